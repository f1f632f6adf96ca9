import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from engine.decide.decide import decide, decide_again
from engine.machine.compile import CompiledProvisioner, compile_definition
from engine.machine.read import read_definition
from engine.machine.step import step
from engine.model import Entity, Event, Observation, Outcome, Snapshot, Verdict
from tests.properties.machines import Model, models, names, payloads

NOW = datetime(2024, 1, 31, 12, 0, tzinfo=UTC)


def compiled(model: Model) -> CompiledProvisioner:
    definition = read_definition(model.source(), "generated.hcl").definition
    assert definition is not None
    return compile_definition(definition)["p"]


def event(name: str, payload: Any) -> Event:
    return Event(name=name, entity=Entity(project="p", id="P-1"), payload=payload)


observations = st.none() | st.builds(
    Observation,
    outcome=st.sampled_from(Outcome),
    status=st.none() | names,
    detail=st.text(max_size=5),
    missing=st.booleans(),
)


@st.composite
def situations(draw: st.DrawFn) -> tuple[Model, Snapshot | None, Event, Observation | None]:
    model = draw(models())
    snapshot = draw(st.none() | st.builds(Snapshot, state=st.sampled_from(list(model.states)) | names))
    known = sorted({name for _, name in model.table})
    chosen = event(draw(st.sampled_from(known) | names if known else names), draw(payloads))
    statuses = [status for status in model.states.values() if status is not None]
    observed = draw(observations)
    if statuses and draw(st.sampled_from([True, False])):
        observed = Observation(outcome=Outcome.DONE, status=draw(st.sampled_from(statuses)))
    return model, snapshot, chosen, observed


@given(situations())
def test_it_never_raises_and_its_facts_decide_the_same_again(
    situation: tuple[Model, Snapshot | None, Event, Observation | None],
) -> None:
    model, snapshot, chosen, observed = situation
    provisioner = compiled(model)
    for repeated in (False, True):
        decision = decide(provisioner, snapshot, chosen, NOW, observed=observed, repeated=repeated)
        assert decision.step.snapshot.version == (0 if snapshot is None else snapshot.version) + 1
        assert decision.created is (snapshot is None)
        facts = json.loads(json.dumps(decision.facts))
        assert decide_again(provisioner, facts, chosen.payload) == decision


@given(situations())
def test_only_a_move_calls_and_it_leads_to_a_declared_state(
    situation: tuple[Model, Snapshot | None, Event, Observation | None],
) -> None:
    model, snapshot, chosen, observed = situation
    result = decide(compiled(model), snapshot, chosen, NOW, observed=observed, repeated=False).step
    if result.trace.verdict is Verdict.MOVED:
        assert result.snapshot.state in model.states
    else:
        assert result.effects == ()


@given(situations())
def test_what_is_repeated_stays(situation: tuple[Model, Snapshot | None, Event, Observation | None]) -> None:
    model, snapshot, chosen, observed = situation
    result = decide(compiled(model), snapshot, chosen, NOW, observed=observed, repeated=True).step
    assert result.trace.verdict is Verdict.REPEATED
    assert result.snapshot.state == (model.initial if snapshot is None else snapshot.state)
    assert result.effects == ()


@given(models(), names, payloads, st.data())
def test_an_observed_status_decides_like_the_state_it_stands_for(
    model: Model, name: str, payload: Any, data: st.DataObject
) -> None:
    aliased = [state for state, status in model.states.items() if status is not None]
    if not aliased:
        return
    state = data.draw(st.sampled_from(aliased))
    before = data.draw(st.sampled_from(aliased))
    provisioner = compiled(model)
    known = sorted({event_name for _, event_name in model.table}) or [name]
    chosen = event(data.draw(st.sampled_from(known)), payload)
    observed = Observation(outcome=Outcome.DONE, status=model.states[state])
    result = decide(provisioner, Snapshot(state=before), chosen, NOW, observed=observed, repeated=False).step
    plain = step(provisioner.machine, Snapshot(state=state), chosen, NOW)
    assert (result.snapshot, result.effects) == (plain.snapshot, plain.effects)
    assert result.trace.drift_from == (None if before == state else before)
