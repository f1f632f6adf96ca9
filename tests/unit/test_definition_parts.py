"""Parts of a definition where they meet: both forms, time in nested states, late events, loops of timers."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.decide.simulate import Situation, simulate
from engine.machine.approvals import approvals_of
from engine.machine.compile import CompiledMachine, CompiledProvisioner, compile_definition
from engine.machine.definition import Definition
from engine.machine.prove import prove
from engine.machine.read import read_definition
from engine.machine.step import LEAST_WAIT, MOST_HURRIED, step
from engine.machine.timers import next_due, timer_event
from engine.machine.values import timestamp
from engine.model import Delivery, Entity, Event, Snapshot, Step, Verdict

NOW = datetime(2024, 1, 31, 12, 0, tzinfo=UTC)
ENTITY = Entity(project="p", id="P-1")


def definition(states: str, *, initial: str = "a", head: str = "") -> Definition:
    source = f'provisioner "p" {{\n{head}\nstatemachine "p" {{\ninitial = "{initial}"\n{states}\n}}\n}}\n'
    result = read_definition(source, "p.hcl")
    assert result.definition is not None, [str(d) for d in result.diagnostics]
    return result.definition


def machine(states: str, **more: str) -> CompiledMachine:
    return compile_definition(definition(states, **more))["p"].machine


def event(name: str, **payload: Any) -> Event:
    return Event(name=name, entity=ENTITY, receive="github.x", payload=payload)


def entered(of: CompiledMachine, state: str, now: datetime = NOW, **more: Any) -> Snapshot:
    """The snapshot of an instance that was put into a state."""
    return step(of, Snapshot(state=state, **more), event("?"), now, arrived=True).snapshot


def runs_out(of: CompiledMachine, at: Snapshot) -> tuple[Step, datetime]:
    """The step of the timer that is due next, at the time that it is due."""
    found = next_due(at)
    assert found is not None
    now, name = found
    return step(of, at, timer_event(ENTITY, name, timestamp(now)), now), now


class TestBothForms:
    """Two labels and a nested block say the same."""

    BODY = (
        'when = event.x\ntransition = "b"\nset = { y = null }\nrequest {\nz = 1\n}\naction "http" "call" {}'
    )

    def test_they_mean_the_same(self) -> None:
        rest = 'state "b" {}'
        short = definition(f'state "a" "go" {{\n{self.BODY}\n}}\n{rest}')
        full = definition(f'state "a" {{\non "go" {{\n{self.BODY}\n}}\n}}\n{rest}')
        assert short.hash == full.hash

    def test_they_may_be_mixed_and_are_tried_in_their_order(self) -> None:
        of = machine(
            'state "a" "go" {\nwhen = event.x == 1\ntransition = "b"\n}\n'
            'state "a" {\non "go" {\nwhen = event.x < 3\ntransition = "c"\n}\n}\n'
            'state "a" "go" { transition = "d" }\nstate "b" {}\nstate "c" {}\nstate "d" {}'
        )
        found = {x: step(of, Snapshot(state="a"), event("go", x=x), NOW).snapshot.state for x in (1, 2, 3)}
        assert found == {1: "b", 2: "c", 3: "d"}

    def test_the_short_form_of_every_state(self) -> None:
        short = definition('state "*" "go" { transition = "b" }\nstate "a" {}\nstate "b" {}')
        full = definition('state "*" {\non "go" { transition = "b" }\n}\nstate "a" {}\nstate "b" {}')
        assert short.hash == full.hash


NESTED = """
state "a" {
  initial = "x"
  after {
    delay      = "1h"
    transition = "late"
  }
  on "self" { transition = "a" }
  on "stay" { set = { stayed = now } }
  state "x" {
    after {
      delay      = "10m"
      transition = "y"
    }
    on "inner" { transition = "x" }
    on "over" { transition = "y" }
  }
  state "y" {}
}
state "late" {}
state "*" "stop" { transition = "late" }
"""


class TestTime:
    """Timers belong to the stay in their state, in the instance's own time."""

    LATER = NOW + timedelta(minutes=5)

    def due(self, **ways: datetime) -> dict[str, str]:
        waits = {"a": timedelta(hours=1), "x": timedelta(minutes=10)}
        names = {"a": "after.a.1", "x": "after.a.x.1"}
        return {names[state]: timestamp(at + waits[state]) for state, at in ways.items()}

    def test_each_instance_has_its_own(self) -> None:
        of = machine(NESTED)
        assert entered(of, "a").timers == self.due(a=NOW, x=NOW)
        assert entered(of, "a", self.LATER).timers == self.due(a=self.LATER, x=self.LATER)

    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("self", {"a": LATER, "x": LATER}),  # external: all of it is left and entered
            ("inner", {"a": NOW, "x": LATER}),
            ("over", {"a": NOW}),
            ("stay", {"a": NOW, "x": NOW}),  # internal: nothing is
            ("stop", {}),
            ("unknown", {"a": NOW, "x": NOW}),
        ],
    )
    def test_leaving_cancels_entering_sets_staying_keeps(self, name: str, expected: Any) -> None:
        of = machine(NESTED)
        before = entered(of, "a")
        made = step(of, before, event(name), self.LATER)
        assert made.snapshot.timers == self.due(**expected)
        assert set(made.cancelled) == before.timers.keys() - made.snapshot.timers.keys()
        changed = {n: due for n, due in made.snapshot.timers.items() if before.timers[n] != due}
        assert made.armed == changed

    def test_an_outer_timer_runs_out_whatever_happened_inside(self) -> None:
        of = machine(NESTED)
        made, now = runs_out(of, entered(of, "a"))
        assert (made.snapshot.state, now) == ("a.y", NOW + timedelta(minutes=10))
        made, now = runs_out(of, made.snapshot)
        assert (made.snapshot.state, now, made.snapshot.timers) == ("late", NOW + timedelta(hours=1), {})

    def test_a_timer_that_ends_is_gone_and_changes_nothing(self) -> None:
        of = machine('state "a" {\nafter {\ndelay = 60\ntransition = "<end>"\n}\n}')
        made, _ = runs_out(of, entered(of, "a"))
        assert (made.trace.verdict, made.snapshot.timers, made.cancelled) == (
            Verdict.ENDED,
            {},
            ("after.a.1",),
        )

    def test_the_timers_of_one_region_outlive_the_moves_of_another(self) -> None:
        region = 'state "%s" {\ninitial = "x"\nstate "x" {\nafter {\ndelay = "1h"\ntransition = "y"\n}\non "%s" { transition = "x" }\n}\nstate "y" {}\n}\n'
        of = machine(f'parallel "a" {{\n{region % ("one", "e")}{region % ("two", "f")}}}')
        before = entered(of, "a")
        after = step(of, before, event("e"), self.LATER)
        assert list(after.armed) == ["after.a.one.x.1"]
        assert after.snapshot.timers["after.a.two.x.1"] == before.timers["after.a.two.x.1"]

    def test_a_cancelled_timer_does_not_undo_what_happens_on_arrival(self) -> None:
        of = machine(
            'state "a" {\nafter {\ndelay = "1h"\ntransition = "b"\n}\n}\n'
            'state "b" {\nalways { transition = "c" }\n}\nstate "c" {}'
        )
        due = entered(of, "a").timers["after.a.1"]
        made = step(of, Snapshot(state="b"), timer_event(ENTITY, "after.a.1", due), NOW, arrived=True)
        assert (made.snapshot.state, made.trace.verdict) == ("c", Verdict.MOVED)
        assert '"after.a.1" moves nothing there' in made.trace.because

    def test_what_is_asked_and_left_in_one_step_is_not_asked(self) -> None:
        of = machine(
            'state "a" "go" { transition = "b" }\n'
            'state "b" {\nawait {\nfrom = "ada"\nanswer "yes" { transition = "c" }\n}\n'
            "always {\nwhen = try(event.trusted, false)\n"
            'transition = "c"\n}\n}\nstate "c" {}'
        )
        assert step(of, Snapshot(state="a"), event("go", trusted=True), NOW).snapshot.awaits == {}
        asked = step(of, Snapshot(state="a"), event("go"), NOW).snapshot
        assert [a.state for a in approvals_of(asked)] == ["b"]


class TestLate:
    """`ordered_by` belongs to one `receive` block."""

    HEAD = """
    receive "github" "pull_request" {
      when       = event.action == "opened"
      entity     = "P-1"
      fire       = "go"
      ordered_by = event.number
      once_per   = event.id
    }
    receive "github" "pull_request" {
      when       = event.action == "closed"
      entity     = "P-1"
      fire       = "go"
      ordered_by = event.attempt
      once_per   = event.id
    }
    receive "github" "push" {
      entity     = "P-1"
      fire       = "go"
      ordered_by = event.number
    }
    """

    def came(self, *payloads: dict[str, Any]) -> list[str]:
        provisioner: CompiledProvisioner = compile_definition(
            definition('state "a" "go" { transition = "a" }', head=self.HEAD)
        )["p"]
        situation, verdicts = Situation(), []
        for payload in payloads:
            kind = "push" if "action" not in payload else "pull_request"
            delivery = Delivery(source="github", type=kind, id="", received_at=NOW, payload=payload)
            result = simulate([provisioner], situation, delivery, NOW)
            situation = result.after
            verdicts += [one.decision.step.trace.verdict.value for one in result.decided]
        return verdicts

    def test_blocks_do_not_make_each_other_late(self) -> None:
        opened = {"action": "opened", "number": 900, "id": 1}
        closed = {"action": "closed", "attempt": 1, "id": 2}
        assert self.came(opened, closed, {"number": 5}) == ["moved", "moved", "moved"]

    def test_each_knows_its_own_newest(self) -> None:
        closed = [{"action": "closed", "attempt": n, "id": n} for n in (3, 2, 3, 4)]
        opened = [{"action": "opened", "number": n, "id": 10 + n} for n in (1, 2, 1)]
        assert self.came(*closed, *opened) == [
            "moved",
            "late",
            "repeated",
            "moved",
            "moved",
            "moved",
            "repeated",
        ]

    def test_blocks_for_one_thing_share_what_happens_once(self) -> None:
        same = [{"action": "opened", "number": 1, "id": 7}, {"action": "closed", "attempt": 1, "id": 7}]
        assert self.came(*same) == ["moved", "repeated"]


def pair(delay: str, guard: str = "") -> str:
    """Two states whose timers lead to each other."""
    when = f"when = {guard}\n" if guard else ""
    block = 'state "%s" {\nafter {\ndelay = %s\n%stransition = "%s"\nset = { n = try(context.n, 0) + 1 }\n}\non "stop" { transition = "c" }\n}\n'
    return block % ("a", delay, when, "b") + block % ("b", delay, when, "a") + 'state "c" {}'


class TestHurriedTimers:
    """Timers that hardly wait and set one another are stopped."""

    def run(self, of: CompiledMachine, at: Snapshot, most: int = 1_000) -> tuple[Step, int]:
        """Let timers run out until none is pending; the last step, and how many there were."""
        for number in range(1, most + 1):
            made, _ = runs_out(of, at)
            at = made.snapshot
            if not at.timers:
                return made, number
        return made, most

    @pytest.mark.parametrize("delay", ["0", '"0s"', '"1ms"', "0.999"])
    def test_a_loop_is_parked_with_a_verdict(self, delay: str) -> None:
        of = machine(pair(delay))
        made, number = self.run(of, entered(of, "a"))
        assert number == MOST_HURRIED + 1
        assert made.trace.verdict is Verdict.ENDLESS
        assert "100 timers in a row that waited less than 1 s each" in made.trace.because
        assert made.snapshot.context["n"] == MOST_HURRIED
        assert made.snapshot.hurried == 0
        assert made.armed == {}

    def test_who_waits_a_second_is_not_in_a_hurry(self) -> None:
        of = machine(pair(f'"{LEAST_WAIT.seconds}s"'))
        made, number = self.run(of, entered(of, "a"), most=3 * MOST_HURRIED)
        assert (number, made.trace.verdict, made.snapshot.hurried) == (3 * MOST_HURRIED, Verdict.MOVED, 0)

    def test_a_loop_that_ends_by_itself_is_left_alone(self) -> None:
        of = machine(pair("0", "try(context.n, 0) < 50"))
        made, number = self.run(of, entered(of, "a"))
        assert (number, made.trace.verdict) == (51, Verdict.GUARDED)

    def test_a_parked_instance_goes_on_with_the_next_event(self) -> None:
        of = machine(pair("0"))
        made, _ = self.run(of, entered(of, "a"))
        assert step(of, made.snapshot, event("stop"), NOW).snapshot.state == "c"

    def test_events_that_move_nothing_do_not_keep_it_going(self) -> None:
        of = machine(pair("0"))
        at, count = entered(of, "a"), 0
        while at.timers and count < 1_000:
            made, now = runs_out(of, at)
            at = step(of, made.snapshot, event("unknown"), now).snapshot
            count += 1
        assert count == MOST_HURRIED + 1

    def test_a_timer_that_is_set_for_the_moment_at_which_it_ran_out_is_set(self) -> None:
        of = machine('state "a" {\nafter {\ndelay = 0\ntransition = "a"\n}\n}')
        at = entered(of, "a")
        made, _ = runs_out(of, at)
        assert made.armed == made.snapshot.timers == at.timers

    def test_a_self_transition_is_a_loop_too(self) -> None:
        of = machine('state "a" {\nafter {\ndelay = 0\ntransition = "a"\n}\n}')
        made, number = self.run(of, entered(of, "a"))
        assert (made.trace.verdict, number) == (Verdict.ENDLESS, MOST_HURRIED + 1)

    @pytest.mark.parametrize(
        ("states", "told"),
        [
            (pair("0"), True),
            (pair('"0.5s"'), True),
            (pair('"1s"'), False),
            ('state "a" {\nafter {\ndelay = 0\ntransition = "a"\n}\n}', True),
            ('state "a" {\nafter {\ndelay = 0\nset = { x = 1 }\n}\n}', False),
            ('state "a" {\nafter {\ndelay = 0\ntransition = "<end>"\n}\n}', False),
            (pair("0", "try(context.stop, false)"), False),
            ('state "a" "go" { transition = "b" }\nstate "b" {\nafter {\ndelay = 0\ntransition = "a"\n}\n}', False),
        ],
    )  # fmt: skip
    def test_the_check_tells_a_loop_that_it_finds(self, states: str, told: bool) -> None:  # noqa: FBT001
        found = prove(definition(states).provisioners["p"]).diagnostics
        loops = [d for d in found if d.code == "endless_timers"]
        assert bool(loops) is told
        if told:
            assert "from here it goes round:" in loops[0].story
