import json
from datetime import UTC, datetime
from typing import Any

import pytest

from engine.decide.decide import Decision, decide, decide_again
from engine.machine.compile import CompiledProvisioner, compile_definition
from engine.machine.read import read_definition
from engine.model import Entity, Event, Observation, Outcome, Snapshot, Verdict

NOW = datetime(2024, 1, 31, 12, 0, 0, 250_000, tzinfo=UTC)

SOURCE = """
provisioner "soc" {
  aliasmapper "soc" {
    aliases = { to_do: "To Do", in_progress: "In Progress", done: "Done", blocked: "Blocked" }
  }
  statemachine "soc" {
    initial = "to_do"
    state "to_do" "next" {
      transition = "in_progress"
      set        = { by = event.user }
    }
    state "in_progress" "next" { transition = "done" }
    state "in_progress" "check" { transition = "checking" }
    state "checking" {
      alias = null
      on "next" { transition = "done" }
    }
    state "done" "next" { transition = "<end>" }
  }
}
"""


def _compiled() -> CompiledProvisioner:
    definition = read_definition(SOURCE, "test.hcl").definition
    assert definition is not None
    return compile_definition(definition)["soc"]


SOC = _compiled()
EVENT = Event(
    name="next",
    entity=Entity(project="soc", id="SOC-1"),
    receive="github.release",
    once="7",
    payload={"user": "ada"},
    delivery={"source": "github", "type": "release", "id": "d", "received_at": "2024-01-31T12:00:00Z"},
)


def decided(
    instance: Snapshot | None,
    observed: Observation | None = None,
    *,
    repeated: bool = False,
    event: Event = EVENT,
) -> Decision:
    decision = decide(SOC, instance, event, NOW, observed=observed, repeated=repeated)
    facts = json.loads(json.dumps(decision.facts))
    assert decide_again(SOC, facts, event.payload) == decision, "the facts are all that is needed"
    return decision


def status(name: str) -> Observation:
    return Observation(outcome=Outcome.DONE, status=name, detail="read")


def test_without_observation_a_new_instance_starts_in_the_initial_state() -> None:
    decision = decided(None)
    assert decision.created
    assert decision.step.trace.before == "to_do"
    assert decision.step.snapshot == Snapshot(state="in_progress", context={"by": "ada"}, version=1)


def test_without_observation_the_snapshot_is_the_truth() -> None:
    decision = decided(Snapshot(state="in_progress", version=5))
    assert not decision.created
    assert decision.step.snapshot == Snapshot(state="done", version=6)


def test_the_observed_status_is_the_truth_from_the_start() -> None:
    decision = decided(None, status("In Progress"))
    assert decision.step.snapshot == Snapshot(state="done", version=1)
    assert decision.step.trace.drift_from is None


def test_drift_moves_the_snapshot_first_and_is_recorded() -> None:
    decision = decided(Snapshot(state="to_do", context={"k": 1}, version=2), status("In Progress"))
    assert decision.step.trace.drift_from == "to_do"
    assert decision.step.trace.before == "in_progress"
    assert decision.step.snapshot == Snapshot(state="done", context={"k": 1}, version=3)
    assert [e.target for e in decision.step.effects] == ["done"]


def test_drift_is_kept_when_the_event_then_moves_nothing() -> None:
    decision = decided(Snapshot(state="to_do", version=2), status("Done"))
    assert decision.step.trace.verdict is Verdict.ENDED
    assert decision.step.trace.drift_from == "to_do"
    assert decision.step.snapshot == Snapshot(state="done", version=3)


def test_agreement_is_no_drift() -> None:
    assert decided(Snapshot(state="to_do"), status("to do")).step.trace.drift_from is None


def test_a_status_without_alias_makes_no_call() -> None:
    decision = decided(Snapshot(state="to_do", version=2), status("Waiting"))
    assert decision.step.trace.verdict is Verdict.UNALIASED
    assert decision.step.trace.because == 'the backend has SOC-1 in "Waiting", which no alias of soc names'
    assert decision.step.effects == ()
    assert decision.step.snapshot == Snapshot(state="to_do", version=3)
    assert (decision.step.trace.before, decision.step.trace.after) == (None, None)


def test_a_status_whose_alias_names_no_state() -> None:
    decision = decided(Snapshot(state="to_do", version=2), status("Blocked"))
    assert decision.step.trace.verdict is Verdict.STATE_NOT_FOUND
    assert decision.step.snapshot.state == "to_do"


@pytest.mark.parametrize("outcome", [Outcome.DONE, Outcome.REFUSED])
def test_an_entity_that_the_backend_does_not_know(outcome: Outcome) -> None:
    decision = decided(None, Observation(outcome=outcome, detail="404", missing=True))
    assert decision.step.trace.verdict is Verdict.ENTITY_NOT_FOUND
    assert decision.step.effects == ()
    assert decision.created


def test_a_backend_that_does_not_say_moves_nothing() -> None:
    decision = decided(Snapshot(state="to_do"), Observation(outcome=Outcome.REFUSED, detail="401"))
    assert decision.step.trace.verdict is Verdict.UNOBSERVED
    assert decision.step.effects == ()


@pytest.mark.parametrize("observed", [None, status("Done")], ids=["snapshot", "observed"])
def test_what_is_repeated_moves_nothing(observed: Observation | None) -> None:
    decision = decided(Snapshot(state="to_do", version=2), observed, repeated=True)
    assert decision.step.trace.verdict is Verdict.REPEATED
    assert decision.step.effects == ()
    assert decision.step.snapshot == Snapshot(state="to_do", version=3)
    assert decision.step.trace.drift_from is None


def test_a_state_that_the_machine_lost_is_kept() -> None:
    decision = decided(Snapshot(state="gone", context={"k": 1}, version=2))
    assert decision.step.trace.verdict is Verdict.STATE_NOT_FOUND
    assert decision.step.snapshot == Snapshot(state="gone", context={"k": 1}, version=3)


def test_an_observation_brings_an_instance_back_from_a_lost_state() -> None:
    decision = decided(Snapshot(state="gone", version=2), status("To Do"))
    assert decision.step.trace.drift_from == "gone"
    assert decision.step.snapshot.state == "in_progress"


def test_an_internal_state_is_no_drift_while_the_backend_shows_where_it_came_from() -> None:
    inside = Snapshot(state="checking", version=2)
    stayed = decided(inside, status("In Progress"))
    assert (stayed.step.trace.drift_from, stayed.step.trace.before) == (None, "checking")
    moved = decided(inside, status("To Do"))
    assert (moved.step.trace.drift_from, moved.step.trace.before) == ("checking", "to_do")


def test_a_new_instance_is_where_the_backend_shows_it_though_the_initial_state_is_internal() -> None:
    source = SOURCE.replace('initial = "to_do"', 'initial = "checking"')
    definition = read_definition(source, "test.hcl").definition
    assert definition is not None
    soc = compile_definition(definition)["soc"]
    decision = decide(soc, None, EVENT, NOW, observed=status("In Progress"), repeated=False)
    assert decision.step.trace.before == "in_progress"


def test_the_facts_leave_the_payload_to_the_inbox() -> None:
    facts = decided(None).facts
    assert "ada" not in json.dumps(facts["event"])
    assert facts["definition"] == SOC.definition_hash


def test_facts_are_json_whatever_the_context() -> None:
    context: dict[str, Any] = {"n": 1.5, "list": [None, True, {"x": "ü"}]}
    assert decided(Snapshot(state="in_progress", context=context)).facts["snapshot"]["context"] == context
