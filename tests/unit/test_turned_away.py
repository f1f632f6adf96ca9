"""What `once_per` and `ordered_by` turn away is in the mind of proofs and of stateful tests."""

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from engine.machine.claims import Outcome
from engine.machine.prove import Proof, prove
from engine.sources.payload_types import known_payload
from engine.testing import load_definition, state_machine_for

CHAIN = """
    initial = "a"
    state "a" "e" { transition = "b" }
    state "b" "e" { transition = "c" }
    state "c" { final = true }
"""


def defined(asked: str, machine: str = CHAIN, properties: str = "", source: str = '"standard" "t"') -> str:
    return f"""
provisioner "dev" {{
  receive {source} {{
    entity = issue_keys(event.k)
    fire   = "e"
    {asked}
  }}
  statemachine "dev" {{
    {machine}
  }}
  property "never c" {{ never = state == "c" }}
  property "reaches c" {{ reachable = "c" }}
  {properties}
}}
"""


def proven(text: str) -> Proof:
    return prove(load_definition(text).provisioners["dev"], payloads=known_payload)


def outcomes(proof: Proof) -> dict[str, str]:
    return {finding.property.name: finding.outcome.value for finding in proof.findings}


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "once_per = event.id",
        "once_per = delivery.id",
        "once_per = [event.id, event.kind]",
        "once_per = { of = event.id }",
        'once_per = "${event.kind}/${event.id}"',
        'once_per = try(event.id, "none")',
        "ordered_by = event.at",
        "ordered_by = delivery.received_at",
        "once_per = event.id\n    ordered_by = event.at",
    ],
)
def test_where_every_delivery_can_be_another_one_nothing_is_open(asked: str) -> None:
    proof = proven(defined(asked))
    assert proof.open == ""
    assert outcomes(proof) == {"never c": "fails", "reaches c": "holds"}


@pytest.mark.parametrize(
    "asked",
    [
        'once_per = "always the same"',
        "once_per = event.k",  # the entity itself
        "once_per = delivery.type",
        "once_per = lower(event.id)",
        "ordered_by = 1 + event.at",
    ],
)
def test_where_it_may_be_the_same_less_is_claimed(asked: str) -> None:
    proof = proven(defined(asked))
    assert "turns away is not followed" in proof.open
    assert outcomes(proof)["reaches c"] == Outcome.OPEN.value
    assert proof.as_json()["exhaustive"] is False
    assert proof.summary().startswith("dev: explored in part")


@pytest.mark.parametrize(
    ("payload", "is_open"),
    [("event", False), ("(event)", False), ("{ n = event.id }", True), ("[event]", True)],
)
def test_an_event_that_is_handed_on_as_it_came_is_not_looked_at(payload: str, *, is_open: bool) -> None:
    machine = f"""
    initial = "a"
    state "a" "e" {{
      transition = "b"
      raise "f" {{
        event = {payload}
      }}
    }}
    state "b" "f" {{ transition = "c" }}
    state "c" {{ final = true }}
"""
    assert ("turns away" in proven(defined("once_per = event.id", machine)).open) is is_open


def test_a_way_that_once_per_closes_is_no_counterexample() -> None:
    proof = proven(defined('once_per = "always the same"'))
    assert outcomes(proof) == {"never c": "open", "reaches c": "open"}
    [finding] = [f for f in proof.findings if f.property.name == "never c"]
    assert 'may take "e" for one that came before' in finding.because


LATE = """
    initial = "a"
    state "a" {
      on "e" {
        when       = event.at > 10
        transition = "b"
      }
    }
    state "b" {
      on "e" {
        when       = event.at < 5
        transition = "c"
      }
    }
    state "c" { final = true }
"""


def test_a_way_that_ordered_by_closes_is_no_counterexample() -> None:
    proof = proven(defined("ordered_by = event.at", LATE))
    assert outcomes(proof) == {"never c": "open", "reaches c": "open"}
    assert outcomes(proven(defined("", LATE))) == {"never c": "fails", "reaches c": "holds"}


def test_what_nothing_does_is_proven_all_the_same_and_so_is_a_way_that_is_open() -> None:
    extra = 'property "no d" { never = state == "d" }\nproperty "no b" { never = state == "b" }'
    found = outcomes(proven(defined("ordered_by = event.at", LATE, extra)))
    assert (found["no d"], found["no b"]) == ("holds", "fails")


def test_a_loop_of_one_delivery_is_none() -> None:
    round_about = """
    initial = "a"
    state "a" "e" { transition = "b" }
    state "b" "e" { transition = "a" }
    state "c" { final = true }
"""
    extra = 'property "comes to b" { eventually = "b" }\nproperty "stays" {\nleads_to = "c"\nfrom = "a"\n}'
    assert outcomes(proven(defined("once_per = event.id", round_about, extra)))["stays"] == "fails"
    assert outcomes(proven(defined('once_per = "one"', round_about, extra)))["stays"] == "open"


def test_a_value_of_few_documented_words_is_not_free() -> None:
    source = '"github" "pull_request"'
    entity = "once_per = event.action"
    assert "turns away" in proven(defined(entity, source=source)).open
    assert proven(defined("once_per = event.pull_request.node_id", source=source)).open == ""


@pytest.mark.parametrize("asked", ['once_per = "always the same"', "ordered_by = event.at"])
def test_stateful_tests_send_what_can_arrive(asked: str) -> None:
    machine = LATE if "ordered_by" in asked else CHAIN
    made = state_machine_for(defined(asked, machine))
    run_state_machine_as_test(made, settings=settings(max_examples=60, stateful_step_count=20, deadline=None))


def test_and_find_what_does_arrive() -> None:
    made = state_machine_for(defined("once_per = event.id"))
    with pytest.raises(AssertionError, match="never c"):
        run_state_machine_as_test(made, settings=settings(max_examples=100, deadline=None))
