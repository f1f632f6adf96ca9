from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from engine.machine.compile import CompiledProvisioner, compile_definition
from engine.machine.read import read_definition
from engine.machine.values import canonical
from engine.model import Delivery
from engine.sources.correlate import correlate

AT = datetime(2024, 1, 31, 12, 0, tzinfo=UTC)


def _compiled() -> dict[str, CompiledProvisioner]:
    source = "\n".join(
        f'provisioner "{name}" {{\nstatemachine "{name}" {{\ninitial = "a"\nstate "a" "next" {{ transition = "a" }}\n}}\n}}'
        for name in ("soc", "dev_ops", "r2d2")
    )
    definition = read_definition(source, "x.hcl").definition
    assert definition is not None
    return compile_definition(definition)


COMPILED = _compiled()
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)
bodies = st.lists(
    st.sampled_from(
        ["SOC-1", "SOC-2", "DEV_OPS-12", "R2D2-9", "UTF-8", "CVE-2024-1", "fixes", "\n", ",", "x"]
    )
    | st.text(max_size=5)
).map(" ".join)


def delivery(payload: Any) -> Delivery:
    return Delivery(source="github", type="release", id="d", received_at=AT, payload=payload)


@given(json_values)
def test_no_payload_raises(payload: Any) -> None:
    assert correlate(COMPILED.values(), delivery(payload)).ignored


@given(json_values, json_values, json_values)
def test_no_release_raises(action: Any, body: Any, number: Any) -> None:
    payload = {"action": action, "release": {"body": body, "id": number}}
    result = correlate(COMPILED.values(), delivery(payload))
    assert result.events or result.ignored


@given(bodies, st.integers())
def test_events_are_for_own_entities_and_distinct(body: str, number: int) -> None:
    payload = {"action": "published", "release": {"body": body, "id": number}}
    result = correlate(COMPILED.values(), delivery(payload))
    for correlated in result.events:
        assert correlated.event.entity.project == correlated.provisioner
        assert correlated.event.entity.id in body.upper()
        assert correlated.event.once == canonical(["next", number])
    places = [(c.provisioner, c.event.entity, c.event.name) for c in result.events]
    assert len(places) == len(set(places))


@given(bodies)
def test_it_is_determined_by_its_arguments(body: str) -> None:
    one = delivery({"action": "published", "release": {"body": body, "id": 1}})
    assert correlate(COMPILED.values(), one) == correlate(COMPILED.values(), one)


@given(bodies)
def test_provisioners_do_not_see_each_other(body: str) -> None:
    one = delivery({"action": "published", "release": {"body": body, "id": 1}})
    together = correlate(COMPILED.values(), one).events
    apart = tuple(e for p in COMPILED.values() for e in correlate([p], one).events)
    assert together == apart
