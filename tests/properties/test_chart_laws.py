"""Generated statecharts against a plain interpreter of SCXML's algorithm, and laws that hold for all of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.machine.compile import Carrier
from engine.machine.definition import TOGETHER, Kind
from engine.machine.step import step
from engine.machine.values import timestamp
from engine.model import EffectKind, Entity, Event, Snapshot, Verdict
from tests.properties.charts import EVENTS, Chart, EndlessError, Run, charts
from tests.properties.machines import GUARDS, Model, models, payloads

NOW = datetime(2024, 1, 31, 12, 0, tzinfo=UTC)
ENTITY = Entity(project="p", id="P-1")
walks = st.lists(
    st.tuples(st.sampled_from(EVENTS), st.sampled_from(["true", "false"])), min_size=1, max_size=9
)


def event(name: str, payload: Any) -> Event:
    return Event(name=name, entity=ENTITY, receive="s.t", payload=payload)


@settings(deadline=None)
@given(charts(), walks)
def test_a_walk_goes_where_the_plain_interpreter_goes(chart: Chart, walk: list[tuple[str, str]]) -> None:
    compiled = chart.compiled()
    run = Run(chart)
    run.begin()
    at = Snapshot(state=compiled.initial)
    assert at.state == run.text()
    for name, x in walk:
        result = step(compiled, at, event(name, {"x": x == "true"}), NOW)
        run.log = []
        try:
            taken = run.take(name, x)
        except EndlessError:
            assert result.trace.verdict is Verdict.ENDLESS
            assert result.snapshot.state == at.state
            return
        called = [e.name for e in result.effects if e.kind is EffectKind.ACTION]
        assert called == run.log
        assert result.snapshot.state == run.text()
        kept = {past: TOGETHER.join(sorted(states)) for past, states in run.kept.items()}
        assert result.snapshot.histories == kept
        assert (result.trace.verdict in {Verdict.MOVED, Verdict.STAYED}) is taken
        at = result.snapshot


@settings(deadline=None)
@given(charts(), walks)
def test_every_configuration_is_whole_and_can_be_read_back(chart: Chart, walk: list[tuple[str, str]]) -> None:
    compiled = chart.compiled()
    states = compiled.definition.states
    at = Snapshot(state=compiled.initial)
    for name, x in walk:
        at = step(compiled, at, event(name, {"x": x == "true"}), NOW).snapshot
        found = compiled.configuration(at.state)
        assert found is not None
        assert found.text == at.state
        for active in (*found.active, None):
            inner = [s.name for s in states.values() if s.parent == active]
            there = [name for name in inner if name in found.active]
            if active is not None and states[active].kind is Kind.PARALLEL:
                assert there == inner
            else:
                assert len(there) == (1 if inner else 0)


@settings(deadline=None)
@given(charts(), walks)
def test_the_backend_is_called_first_at_most_once_and_only_if_it_shows_the_difference(
    chart: Chart, walk: list[tuple[str, str]]
) -> None:
    compiled = chart.compiled()
    definition = compiled.definition
    at = Snapshot(state=compiled.initial)
    for name, x in walk:
        before, result = at, step(compiled, at, event(name, {"x": x == "true"}), NOW)
        at = result.snapshot
        calls = [n for n, e in enumerate(result.effects) if e.kind is EffectKind.TRANSITION]
        shown = [definition.status_of(s.state.split(TOGETHER)[0]) for s in (before, at)]
        assert calls == ([0] if shown[0] != shown[1] else [])
        if calls:
            assert [result.effects[0].source_status, result.effects[0].target_status] == shown


@settings(deadline=None)
@given(charts(), walks)
def test_the_step_is_determined_by_its_arguments(chart: Chart, walk: list[tuple[str, str]]) -> None:
    one, two = chart.compiled(), chart.compiled()
    assert one.definition.hash == two.definition.hash
    at = Snapshot(state=one.initial)
    for name, x in walk:
        result = step(one, at, event(name, {"x": x == "true"}), NOW)
        assert step(two, at, event(name, {"x": x == "true"}), NOW) == result
        assert step(one, at, event(name, {"x": x == "true"}), NOW) == result
        at = result.snapshot


@settings(deadline=None)
@given(charts(), walks)
def test_every_state_that_an_instance_is_in_has_its_timers_since_it_was_entered_and_no_other_has(
    chart: Chart, walk: list[tuple[str, str]]
) -> None:
    compiled = chart.compiled()
    first = compiled.configuration(compiled.initial)
    assert first is not None
    since = dict.fromkeys(first.active, NOW)
    at = Snapshot(state=compiled.initial)
    for minutes, (name, x) in enumerate(walk):
        now = NOW + timedelta(minutes=minutes)
        before = at
        result = step(compiled, at, event(name, {"x": x == "true"}), now, arrived=minutes == 0)
        at = result.snapshot
        for word, _, state in (effect.name.partition(" ") for effect in result.effects):
            if word == "out":
                del since[state]
            elif word == "in":
                since[state] = now
        due = {f"after.{s}.1": timestamp(since[s] + timedelta(minutes=1)) for s in chart.timed if s in since}
        assert at.timers == due
        assert result.armed == {e: d for e, d in due.items() if before.timers.get(e) != d}
        assert set(result.cancelled) == before.timers.keys() - due.keys()


@given(models(), st.data())
def test_a_flat_choice_is_what_a_trigger_of_the_library_does(model: Model, data: st.DataObject) -> None:
    compiled = model.compiled()
    known = sorted(compiled.table)
    assume(known)
    state, name = data.draw(st.sampled_from(known))
    payload = data.draw(payloads)
    held = {id(t): _holds(t.guard.text if t.guard else "", payload) for t in compiled.definition.transitions}
    at = compiled.configuration(state)
    assert at is not None
    chosen = compiled.choose(at, name, lambda t: held[id(t)])
    carrier = Carrier(lambda t: held[id(t)], state)
    compiled.library.events[f"on {name}"].trigger(carrier)
    assert chosen == (() if carrier.taken is None else (carrier.taken,))
    after = compiled.move(at, [t for t in chosen if t.target in compiled.definition.states], {}).after
    assert after.text == carrier.state


def _holds(guard: str, payload: Any) -> bool:
    return bool(GUARDS[guard](payload))
