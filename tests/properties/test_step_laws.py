from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from engine.machine.step import step
from engine.model import END, EffectKind, Entity, Event, Snapshot, Verdict
from tests.properties.machines import GUARDS, Model, models, names, payloads

NOW = datetime(2024, 1, 31, 12, 0, tzinfo=UTC)
ENTITY = Entity(project="p", id="P-1")


def event(name: str, payload: Any) -> Event:
    return Event(name=name, entity=ENTITY, payload=payload)


@st.composite
def decisions(draw: st.DrawFn) -> tuple[Model, str, str, Any]:
    model = draw(models())
    state = draw(st.sampled_from(list(model.states)))
    known = sorted({name for _, name in model.table})
    name = draw(st.sampled_from(known) | names if known else names)
    return model, state, name, draw(payloads)


def unmoved(model: Model, state: str, name: str, payload: Any) -> Verdict:
    """Why nothing leads out of a state, in the words of a plain model."""
    if state not in model.finals and any((source, name) in model.table for source in (state, "*")):
        return Verdict.GUARDED
    elsewhere = [model.decide(other, name, payload) for other in model.states if other != state]
    return Verdict.ALREADY_THERE if state in elsewhere else Verdict.EVENT_NOT_REGISTERED


@given(decisions())
def test_the_step_agrees_with_a_plain_model(decision: tuple[Model, str, str, Any]) -> None:
    model, state, name, payload = decision
    result = step(model.compiled(), Snapshot(state=state), event(name, payload), NOW)
    expected = model.decide(state, name, payload)
    if expected is None:
        assert result.trace.verdict is unmoved(model, state, name, payload)
        assert result.snapshot.state == state
    elif expected == END:
        assert result.trace.verdict is Verdict.ENDED
        assert result.snapshot.state == state
    else:
        assert result.trace.verdict is Verdict.MOVED
        assert result.snapshot.state == expected


@given(decisions())
def test_the_step_is_determined_by_its_arguments(decision: tuple[Model, str, str, Any]) -> None:
    model, state, name, payload = decision
    first = step(model.compiled(), Snapshot(state=state), event(name, payload), NOW)
    compiled = model.compiled()
    assert step(compiled, Snapshot(state=state), event(name, payload), NOW) == first
    assert step(compiled, Snapshot(state=state), event(name, payload), NOW) == first


@given(models(), st.lists(st.tuples(names, payloads), max_size=8), st.data())
def test_no_walk_leaves_the_declared_states(
    model: Model, given_: list[tuple[str, Any]], data: st.DataObject
) -> None:
    compiled = model.compiled()
    known = sorted({name for _, name in model.table}) or ["x"]
    at = Snapshot(state=model.initial)
    for number, (name, payload) in enumerate(given_, start=1):
        chosen = data.draw(st.sampled_from([name, *known]))
        result = step(compiled, at, event(chosen, payload), NOW)
        at = result.snapshot
        assert at.state in model.states
        assert at.version == number
        for effect in result.effects:
            assert effect.kind is EffectKind.TRANSITION
            assert effect.target == at.state
            assert effect.target_status == model.states[at.state] is not None


@given(decisions())
def test_what_does_not_move_calls_nothing(decision: tuple[Model, str, str, Any]) -> None:
    model, state, name, payload = decision
    result = step(model.compiled(), Snapshot(state=state), event(name, payload), NOW)
    if result.trace.verdict is not Verdict.MOVED:
        assert result.effects == ()


@given(decisions())
def test_the_trace_names_every_candidate_in_order_and_one_taken(
    decision: tuple[Model, str, str, Any],
) -> None:
    model, state, name, payload = decision
    result = step(model.compiled(), Snapshot(state=state), event(name, payload), NOW)
    sources = () if state in model.finals else (state, "*")
    expected = [(s, target) for s in sources for _, target in model.table.get((s, name), [])]
    assert [(c.source, c.target) for c in result.trace.candidates] == expected
    guards = [guard for s in sources for guard, _ in model.table.get((s, name), [])]
    holding = [position for position, guard in enumerate(guards) if GUARDS[guard](payload)]
    assert [p for p, c in enumerate(result.trace.candidates) if c.taken] == holding[:1]
    assert all(c.reason for c in result.trace.candidates)
    after_it = result.trace.candidates[holding[0] + 1 :] if holding else ()
    assert all(c.reason.startswith("not tried") for c in after_it)


@given(models())
def test_aliases_lead_there_and_back(model: Model) -> None:
    machine = model.compiled().definition
    for state, status in model.states.items():
        assert machine.status_of(state) == status
        if status is not None:
            assert machine.state_of(status) == state
