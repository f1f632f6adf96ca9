"""The types of the payloads' fields against the payloads that the examples make of the same tables."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.language.types import holds
from engine.sources.examples import example_payload
from engine.sources.payload_scalars import scalar_type
from engine.sources.payload_types import payload_type
from engine.sources.payloads import KNOWN_TYPES, known_payloads

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
EVERY = [(source, event_type) for source in sorted(KNOWN_TYPES) for event_type in known_payloads(source)]


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(EVERY), st.randoms(use_true_random=False))
def test_a_payload_is_of_the_type_that_its_event_type_has(what: tuple[str, str], random: object) -> None:
    made = example_payload(*what, ["SOC-1"], NOW, lambda values, _: random.choice(values))  # type: ignore[attr-defined]
    assert holds(payload_type(*what), made)


@pytest.mark.parametrize(("source", "event_type"), EVERY)
def test_the_usual_payload_of_every_event_type_is_of_its_type(source: str, event_type: str) -> None:
    assert holds(payload_type(source, event_type), example_payload(source, event_type, ["SOC-1"], NOW))


@pytest.mark.parametrize(
    ("source", "name", "kinds"),
    [
        ("github", "title", {"string"}),
        ("github", "html_url", {"string"}),
        ("github", "number", {"number"}),
        ("github", "merged", {"bool"}),
        ("github", "id", {"number"}),
        ("jira", "summary", {"string"}),
    ],
)
def test_a_field_whose_kind_is_certain_has_it(source: str, name: str, kinds: set[str]) -> None:
    assert scalar_type(source, name).kinds == kinds


def test_a_field_of_which_nothing_is_certain_can_be_anything() -> None:
    assert {"list", "object"} <= scalar_type("github", "from").kinds
    assert {"list", "object"} <= scalar_type("jira", "value").kinds
