"""Nested, parallel and eventless: what is left and entered, in which order, and what is called and set."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.machine.compile import CompiledMachine, compile_definition
from engine.machine.read import read_definition
from engine.machine.step import step
from engine.machine.timers import next_due, timer_event
from engine.model import EffectKind, Entity, Event, Snapshot, Step, Verdict

NOW = datetime(2024, 1, 31, 12, 0, tzinfo=UTC)
ENTITY = Entity(project="soc", id="SOC-12")


def machine(states: str, *, initial: str = "a", aliases: str = "") -> CompiledMachine:
    source = (
        f'provisioner "soc" {{\n{aliases}\nstatemachine "soc" {{\ninitial = "{initial}"\n{states}\n}}\n}}\n'
    )
    result = read_definition(source, "test.hcl")
    assert result.definition is not None, result.diagnostics
    return compile_definition(result.definition)["soc"].machine


def event(name: str, payload: Any = None) -> Event:
    return Event(name=name, entity=ENTITY, receive="github.release", payload=payload or {})


def start(of: CompiledMachine, **more: Any) -> Snapshot:
    return Snapshot(state=of.initial, **more)


def walk(of: CompiledMachine, *events: str, at: Snapshot | None = None) -> Step:
    """The last of the steps that the events make, from the initial state."""
    snapshot = at if at is not None else start(of)
    for name in events:
        result = step(of, snapshot, event(name), NOW)
        snapshot = result.snapshot
    return result


def state_after(of: CompiledMachine, *events: str) -> str:
    return walk(of, *events).snapshot.state


def called(result: Step) -> list[str]:
    return [effect.name for effect in result.effects]


LOGGED = """
on_enter {
  action "http" "enter_%(name)s" {}
}
on_exit {
  action "http" "exit_%(name)s" {}
}
"""


def logged(name: str) -> str:
    return LOGGED % {"name": name}


REVIEW = f"""
state "open" "ask" {{ transition = "review" }}
state "review" {{
  initial = "waiting"
  {logged("review")}
  on "drop" {{ transition = "open" }}
  on "again" {{ transition = "review" }}
  on "done.state.review" {{
    transition = "done"
    action "http" "announce" {{}}
  }}
  state "waiting" {{
    {logged("waiting")}
    on "look" {{ transition = "reading" }}
    on "noop" {{ set = {{ seen = true }} }}
  }}
  state "reading" {{
    {logged("reading")}
    on "approve" {{ transition = "approved" }}
    on "drop" {{ transition = "waiting" }}
  }}
  state "approved" {{ final = true }}
  history "last" {{}}
}}
state "paused" "resume" {{ transition = "review.last" }}
state "*" "pause" {{ transition = "paused" }}
state "done" {{ final = true }}
"""


class TestNested:
    def test_a_compound_state_is_entered_with_its_initial_state(self) -> None:
        result = walk(machine(REVIEW, initial="open"), "ask")
        assert result.snapshot.state == "review.waiting"
        assert called(result) == ["review.waiting", "enter_review", "enter_waiting"]

    def test_the_backends_call_comes_first_then_exit_transition_entry(self) -> None:
        result = walk(machine(REVIEW, initial="open"), "ask", "look", "approve")
        assert result.snapshot.state == "done"
        assert called(result) == ["done", "exit_reading", "exit_review", "announce"]
        assert result.trace.because == '"approve" moves "review.reading" to "done" through "review.approved"'
        assert [(c.on, c.taken) for c in result.trace.candidates] == [("", True), ("done.state.review", True)]

    def test_an_inner_state_beats_the_one_around_it(self) -> None:
        of = machine(REVIEW, initial="open")
        assert state_after(of, "ask", "look", "drop") == "review.waiting"
        assert state_after(of, "ask", "drop") == "open"
        assert state_after(of, "ask", "look", "pause") == "paused"

    def test_a_self_transition_leaves_and_enters_again(self) -> None:
        result = walk(machine(REVIEW, initial="open"), "ask", "look", "again")
        assert result.snapshot.state == "review.waiting"
        assert called(result)[1:] == ["exit_reading", "exit_review", "enter_review", "enter_waiting"]

    def test_an_internal_transition_leaves_nothing(self) -> None:
        result = walk(machine(REVIEW, initial="open"), "ask", "noop")
        assert result.trace.verdict is Verdict.STAYED
        assert (result.snapshot.state, result.snapshot.context) == ("review.waiting", {"seen": True})
        assert result.effects == ()

    def test_history_brings_back_what_was_left_last(self) -> None:
        of = machine(REVIEW, initial="open")
        assert state_after(of, "ask", "look", "pause", "resume") == "review.reading"
        assert state_after(of, "pause", "resume") == "review.waiting"

    def test_the_trace_lists_inner_candidates_before_outer_ones(self) -> None:
        result = walk(machine(REVIEW, initial="open"), "ask", "look", "drop")
        assert [(c.source, c.target, c.taken) for c in result.trace.candidates] == [
            ("review.reading", "review.waiting", True),
            ("review", "open", False),
        ]

    def test_a_name_of_a_compound_state_stands_for_what_is_entered_with_it(self) -> None:
        of = machine(REVIEW, initial="open")
        assert walk(of, "look", at=Snapshot(state="review")).snapshot.state == "review.reading"

    def test_a_state_that_is_no_more_is_not_found(self) -> None:
        of = machine(REVIEW, initial="open")
        for gone in ("review.gone", "review.waiting & review.reading", "open & done", ""):
            result = walk(of, "look", at=Snapshot(state=gone))
            assert result.trace.verdict is Verdict.STATE_NOT_FOUND
            assert result.snapshot.state == gone


DEEP = """
state "a" {
  initial = "b"
  history "shallow" {}
  history "deep" { deep = true }
  on "out" { transition = "z" }
  state "b" "next" { transition = "c" }
  state "c" {
    initial = "d"
    state "d" "next" { transition = "e" }
    state "e" {}
  }
}
state "z" {
  on "shallow" { transition = "a.shallow" }
  on "deep" { transition = "a.deep" }
}
"""


class TestHistory:
    def test_a_shallow_one_brings_back_the_state_right_inside(self) -> None:
        assert state_after(machine(DEEP), "next", "next", "out", "shallow") == "a.c.d"

    def test_a_deep_one_brings_back_the_innermost(self) -> None:
        assert state_after(machine(DEEP), "next", "next", "out", "deep") == "a.c.e"

    def test_it_is_kept_in_the_snapshot(self) -> None:
        result = walk(machine(DEEP), "next", "next", "out")
        assert result.snapshot.histories == {"a.shallow": "a.c", "a.deep": "a.c.e"}

    @pytest.mark.parametrize("kept", ["a.gone", "a", "z", "a.b & a.c", "a.c", "a.c.d & a.c.e"])
    def test_what_no_longer_fits_is_as_if_nothing_were_kept(self, kept: str) -> None:
        snapshot = Snapshot(state="z", histories={"a.deep": kept})
        assert walk(machine(DEEP), "deep", at=snapshot).snapshot.state == "a.b"


PARALLEL = f"""
state "a" "go" {{ transition = "p" }}
parallel "p" {{
  {logged("p")}
  on "stop" {{ transition = "a" }}
  on "done.state.p" {{ transition = "z" }}
  state "left" {{
    initial = "one"
    {logged("left")}
    state "one" {{
      on "x" {{ transition = "two" }}
      on "out" {{ transition = "a" }}
      on "both" {{ transition = "two" }}
    }}
    state "two" {{ final = true }}
  }}
  state "right" {{
    initial = "one"
    {logged("right")}
    state "one" {{
      on "y" {{ transition = "two" }}
      on "both" {{ transition = "two" }}
      on "out" {{ transition = "two" }}
      on "seen" {{
        when       = contains(active, "p.left.two")
        transition = "two"
      }}
    }}
    state "two" {{ final = true }}
  }}
}}
state "z" {{}}
"""


class TestParallel:
    def test_all_regions_are_entered_outer_ones_first(self) -> None:
        result = walk(machine(PARALLEL), "go")
        assert result.snapshot.state == "p.left.one & p.right.one"
        assert called(result) == ["p.left.one & p.right.one", "enter_p", "enter_left", "enter_right"]
        assert (result.effects[0].target_status, result.effects[0].source_status) == ("p", "a")

    def test_all_regions_are_left_inner_ones_first(self) -> None:
        result = walk(machine(PARALLEL), "go", "stop")
        assert called(result) == ["a", "exit_right", "exit_left", "exit_p"]

    def test_an_event_of_one_region_moves_that_one_and_calls_nothing(self) -> None:
        result = walk(machine(PARALLEL), "go", "x")
        assert result.snapshot.state == "p.left.two & p.right.one"
        assert result.effects == ()

    def test_an_event_of_both_moves_both_and_it_is_done_when_both_are(self) -> None:
        assert state_after(machine(PARALLEL), "go", "both") == "z"
        assert state_after(machine(PARALLEL), "go", "x", "y") == "z"

    def test_the_first_of_two_that_leave_the_same_state_is_taken(self) -> None:
        result = walk(machine(PARALLEL), "go", "out")
        assert result.snapshot.state == "a"
        assert [(c.source, c.taken) for c in result.trace.candidates] == [
            ("p.left.one", True),
            ("p.right.one", False),
        ]
        assert result.trace.candidates[1].reason == "no guard, but another one leaves the same state"

    def test_a_guard_sees_every_state_the_instance_is_in(self) -> None:
        of = machine(PARALLEL)
        assert walk(of, "go", "seen").trace.verdict is Verdict.GUARDED
        assert state_after(of, "go", "x", "seen") == "z"


class TestAlways:
    def test_it_is_taken_as_soon_as_its_guard_holds(self) -> None:
        of = machine(
            'state "a" "next" {\n transition = "b"\n set = { n = 2 }\n}\n'
            'state "b" {\n always {\n when = context.n > 3\n transition = "c"\n}\n'
            'always { transition = "d" }\n}\nstate "c" {}\nstate "d" {}'
        )
        result = walk(of, "next")
        assert result.snapshot.state == "d"
        assert called(result) == ["d"]
        assert [c.on for c in result.trace.candidates] == ["", "always", "always"]

    def test_a_loop_is_found_and_nothing_moves(self) -> None:
        of = machine(
            'state "a" "next" { transition = "b" }\n'
            'state "b" {\nalways { transition = "c" }\n}\nstate "c" {\nalways { transition = "b" }\n}'
        )
        result = walk(of, "next")
        assert result.trace.verdict is Verdict.ENDLESS
        assert (result.snapshot, result.effects) == (Snapshot(state="a", version=1), ())
        assert not any(c.taken for c in result.trace.candidates)

    def test_what_cannot_be_evaluated_later_undoes_the_whole_step(self) -> None:
        of = machine(
            'state "a" "next" {\n transition = "b"\n set = { n = 2 }\n}\n'
            'state "b" {\n always {\n transition = "c"\n action "http" "x" { url = event.no.such }\n}\n}\nstate "c" {}'
        )
        result = walk(of, "next")
        assert result.trace.verdict is Verdict.UNEVALUATED
        assert (result.snapshot, result.effects) == (Snapshot(state="a", version=1), ())
        assert not any(c.taken for c in result.trace.candidates)

    def test_an_instance_that_arrives_is_not_left_in_a_state_that_leads_on_by_itself(self) -> None:
        of = machine(
            'state "a" {\nalways { transition = "b" }\n}\nstate "b" "next" { transition = "c" }\nstate "c" {}'
        )
        result = step(of, start(of), event("next"), NOW, arrived=True)
        assert result.snapshot.state == "c"
        alone = step(of, start(of), event("other"), NOW, arrived=True)
        assert (alone.snapshot.state, alone.trace.verdict) == ("b", Verdict.MOVED)
        assert alone.trace.because == '"a" moves to "b" by itself; "other" moves nothing there'


SETS = """
state "a" {
  on_exit { set = { log = [context.log, "exit"] } }
  on "next" {
    transition = "b"
    set        = { log = [context.log, "transition"], from = previous, to = state }
    action "http" "mid" { log = context.log }
  }
}
state "b" {
  on_enter {
    set = { log = [context.log, "enter"] }
    action "http" "end" { log = context.log }
  }
}
"""


def test_what_is_set_is_seen_by_what_comes_after_it() -> None:
    result = walk(machine(SETS), "next", at=Snapshot(state="a", context={"log": "start"}))
    exit_ = ["start", "exit"]
    assert result.effects[1].arguments == {"log": [exit_, "transition"]}
    assert result.effects[2].arguments == {"log": [[exit_, "transition"], "enter"]}
    assert result.snapshot.context["from"] == "a"
    assert result.snapshot.context["to"] == "b"


TIMED = """
state "a" {
  on "next" { transition = "a" }
  on "stay" { set = { n = 1 } }
  on "leave" { transition = "b" }
  after {
    delay      = "72h"
    when       = try(context.hold, false) != true
    transition = "c"
  }
  after {
    delay = try(event.wait, 60)
    action "http" "remind" { due = event.due }
  }
}
state "b" "next" { transition = "a" }
state "c" {}
"""
FIRST, SECOND = "after.a.1", "after.a.2"


def stamp(**later: float) -> str:
    return (NOW + timedelta(**later)).isoformat().replace("+00:00", "Z")


class TestTimers:
    def test_they_are_set_on_entry(self) -> None:
        result = walk(machine(TIMED), "next", at=Snapshot(state="b"))
        assert result.armed == {FIRST: stamp(hours=72), SECOND: stamp(seconds=60)}
        assert result.snapshot.timers == result.armed
        assert result.cancelled == ()
        assert next_due(result.snapshot) == (NOW + timedelta(seconds=60), SECOND)

    def test_they_are_set_on_arrival_without_any_transition(self) -> None:
        of = machine(TIMED)
        result = step(of, start(of), event("unknown"), NOW, arrived=True)
        assert result.trace.verdict is Verdict.EVENT_NOT_REGISTERED
        assert set(result.armed) == {FIRST, SECOND}

    def test_leaving_cancels_entering_again_replaces_staying_keeps(self) -> None:
        of = machine(TIMED)
        timers = {FIRST: stamp(hours=1), SECOND: stamp(hours=2)}
        left = walk(of, "leave", at=Snapshot(state="a", timers=timers))
        assert (left.snapshot.timers, left.cancelled, left.armed) == ({}, (FIRST, SECOND), {})
        again = walk(of, "next", at=Snapshot(state="a", timers=timers))
        assert (again.armed, again.cancelled) == ({FIRST: stamp(hours=72), SECOND: stamp(seconds=60)}, ())
        stayed = walk(of, "stay", at=Snapshot(state="a", timers=timers))
        assert (stayed.snapshot.timers, stayed.armed, stayed.cancelled) == (timers, {}, ())

    def test_one_that_runs_out_is_an_event_and_is_gone(self) -> None:
        of = machine(TIMED)
        pending = {FIRST: stamp(), SECOND: stamp()}
        result = step(of, Snapshot(state="a", timers=pending), timer_event(ENTITY, SECOND, stamp()), NOW)
        assert result.trace.verdict is Verdict.STAYED
        assert result.effects[0].arguments == {"due": stamp()}
        assert result.snapshot.timers == {FIRST: stamp()}
        last = step(of, result.snapshot, timer_event(ENTITY, FIRST, stamp()), NOW)
        assert (last.snapshot.state, last.snapshot.timers) == ("c", {})

    def test_one_whose_guard_does_not_hold_is_gone_too(self) -> None:
        snapshot = Snapshot(state="a", context={"hold": True}, timers={FIRST: stamp()})
        result = step(machine(TIMED), snapshot, timer_event(ENTITY, FIRST, stamp()), NOW)
        assert (result.trace.verdict, result.snapshot.timers) == (Verdict.GUARDED, {})
        assert result.cancelled == (FIRST,)

    def test_one_that_was_cancelled_or_set_anew_moves_nothing(self) -> None:
        of = machine(TIMED)
        for timers in ({}, {FIRST: stamp(hours=1)}):
            result = step(of, Snapshot(state="a", timers=timers), timer_event(ENTITY, FIRST, stamp()), NOW)
            assert result.trace.verdict is Verdict.TIMER_CANCELLED
            assert result.snapshot.timers == timers

    @pytest.mark.parametrize("wait", ["soon", -1, 1e12, True, [], "-1h", "1 h", ""])
    def test_a_delay_that_is_none_keeps_the_instance_where_it_is(self, wait: Any) -> None:
        result = step(machine(TIMED), Snapshot(state="b"), event("next", {"wait": wait}), NOW)
        assert result.trace.verdict is Verdict.UNEVALUATED
        assert "the delay of after.a.2 is" in result.trace.because
        assert (result.snapshot, result.armed) == (Snapshot(state="b", version=1), {})


def test_a_fallback_is_bound_with_its_action() -> None:
    of = machine(
        'state "a" "next" {\ntransition = "b"\naction "http" "tell" {\nurl = "u"\non_failure {\n'
        'action "http" "mail" { text = "${entity.id} in ${state}" }\n}\n}\n}\nstate "b" {}'
    )
    [_, tell] = walk(of, "next").effects
    [mail] = tell.fallbacks
    assert (mail.name, mail.kind, mail.arguments) == ("mail", EffectKind.ACTION, {"text": "SOC-12 in b"})


def test_states_in_a_state_with_an_alias_are_shown_as_it() -> None:
    of = machine(
        'state "a" "next" { transition = "b" }\nstate "b" {\ninitial = "c"\nstate "c" "next" { transition = "d" }\n'
        'state "d" "next" { transition = "a" }\n}',
        aliases='aliasmapper "soc" {\naliases = { a: "A", b: "B" }\n}',
    )
    entered, inside, left = (walk(of, *["next"] * n) for n in (1, 2, 3))
    assert entered.effects[0].target_status == "B"
    assert inside.effects == ()
    assert (left.effects[0].source_status, left.effects[0].target_status) == ("B", "A")
