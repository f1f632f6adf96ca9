"""A rule-based stateful test made of any definition: whatever may come in comes, in any order, and time passes.

    TestSoc = state_machine_for("statemachines/soc.hcl").TestCase

Its properties are the invariants. What no definition may do is checked as well: an effect without a move, a step that is
not determined by its arguments, a state that is not declared, a way out of a final one. A failing run shrinks, and is
printed as a `test` block to paste, which `interlock test` decides in the same way.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import Phase, currently_in_test_context, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from engine.decide.simulate import Claim as Decided
from engine.decide.simulate import Situation, simulate_event
from engine.machine.arrival import arrive
from engine.machine.compile import CompiledProvisioner, compile_machine
from engine.machine.course import Pause
from engine.machine.definition import Provisioner, Receive
from engine.machine.doubted import doubting
from engine.machine.explore import Explorer
from engine.machine.masks import shown_effect
from engine.machine.properties import Claim
from engine.machine.story import test_block
from engine.machine.timers import next_due, timer_event
from engine.machine.turned_away import TurnedAway
from engine.model import Delivery, Event, Passage, Snapshot, Step, Verdict
from engine.sources.correlate import correlate
from engine.sources.payload_types import known_payload
from engine.testing.clock import FrozenClock
from engine.testing.coming import Coming, events_at, payloads_for
from engine.testing.load import load_provisioner
from engine.testing.strategies import CLOSE, answers, delivery_to, waits

#: What changes where an instance is or what it remembers: properties are held against it, and a test needs it.
_MOVES = (Verdict.MOVED, Verdict.STAYED, Verdict.COUNTED)
#: So many timers run out in one wait at most, and then those that are due at the same moment: then the clock stops.
_MOST_TIMERS = 50


class DefinitionMachine(RuleBasedStateMachine):
    """One instance of one project's machine; `state_machine_for` makes the classes that can be run."""

    provisioner: ClassVar[Provisioner]
    compiled: ClassVar[CompiledProvisioner]
    explorer: ClassVar[Explorer]
    coming: ClassVar[Coming]
    #: The `receive` blocks that may turn deliveries away for what their payloads say: only whole deliveries come by them.
    turned_away: ClassVar[frozenset[str]]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        usual = cls.TestCase.settings
        # To explain a failure traces every line that is run, which takes far longer than to find it, and one defect that
        # several rules come upon is shrunk for each of them: the block that is printed says more, and sooner.
        phases = tuple(phase for phase in usual.phases if phase is not Phase.explain)
        cls.TestCase.settings = settings(usual, phases=phases, report_multiple_bugs=False)

    def __init__(self) -> None:
        super().__init__()
        self.clock = FrozenClock()
        self.entity = self.explorer.entity()
        start = arrive(self.compiled.machine, self.compiled.machine.initial, {}, self.entity, self.clock())
        self._situation = Situation(start=start, snapshots={self.entity: start})
        #: What came in that changed anything, and the time that passed, for the `test` block of a failure.
        self.course: list[Event | Delivery | timedelta] = []
        #: Every delivery, to be sent again.
        self.sent: list[Delivery] = []
        self._moved = False
        #: When the last decision was made.
        self._decided_at = self.clock()
        #: What was decided in the step that is looked at, where it moved nothing and nothing else comes of what came in.
        self._unmoved: Verdict | None = None

    @property
    def snapshot(self) -> Snapshot:
        """Where the instance is."""
        return self._situation.snapshots[self.entity]

    # What happens

    def start(self) -> None:
        """Hold the claims against the start."""
        _, passed = self.explorer.begin()
        with self._telling():
            self._claims(None, None, passed)

    def come(self, event: Event) -> None:
        """Decide about an event, and hold everything against the step."""
        with self._told(event):
            self._decide(event, self.clock())

    def deliver(self, delivery: Delivery) -> None:
        """Decide about all that a delivery means to the instance."""
        self.sent.append(delivery)
        with self._told(delivery):
            meant = [one.event for one in correlate([self.compiled], delivery).events]
            own = [event for event in meant if event.entity == self.entity]
            for number, event in enumerate(own, start=1):
                self._decide(event, self.clock(), last=number == len(own))

    def wait(self, span: timedelta) -> None:
        """Let time pass: every timer that is due by then runs out when it is due, one after the other."""
        begin, until = self.clock(), self.clock() + span
        self.course.append(timedelta())
        ran_out, last = 0, begin
        while (due := next_due(self.snapshot)) is not None and due[0] <= until:
            at, name = due
            if ran_out >= _MOST_TIMERS and at > last:
                until = last
                break
            ran_out, last = ran_out + 1, max(at, last)
            self.course[-1] = last - begin
            with self._telling():
                soon = [
                    name for name, due in self.snapshot.timers.items() if datetime.fromisoformat(due) <= at
                ]
                event = timer_event(self.entity, name, self.snapshot.timers[name])
                self._decide(event, at, last=len(soon) == 1)
        self.clock.advance(until - begin)
        self.course[-1] = until - begin
        if not ran_out and until == begin:
            del self.course[-1]

    def decided(self, made: Step) -> None:
        """For your own checks: called after every step. Override it in a subclass."""

    def _decide(self, event: Event, at: datetime, *, last: bool = True) -> None:
        before, self._decided_at = self.snapshot, at
        one, after = simulate_event(self.compiled, self._situation, event, at)
        made = one.decision.step
        again, _ = simulate_event(self.compiled, self._situation, event, at)
        assert made == again.decision.step, "equal arguments gave unequal steps"  # noqa: S101
        self._situation = after
        verdict = made.trace.verdict
        self._unmoved = verdict if last and verdict is not Verdict.MOVED else None
        self._laws(before, made)
        if verdict in _MOVES:
            self._claims(before, one.event, made.passed)
            self._moved = True
        self.decided(made)
        self._unmoved = None

    # What has to hold

    def _laws(self, before: Snapshot, made: Step) -> None:
        machine = self.provisioner.machine
        at = self.compiled.machine.configuration(made.snapshot.state)
        assert at is not None, f"{made.snapshot.state} is not declared"  # noqa: S101
        assert made.snapshot.version == before.version + 1, "the version counts decisions"  # noqa: S101
        moved = made.trace.verdict is Verdict.MOVED
        acted = moved or made.trace.verdict is Verdict.STAYED
        called = [shown_effect(effect) for effect in made.effects]
        assert acted or not called, f"{made.trace.verdict} called {called}"  # noqa: S101
        assert moved or made.snapshot.state == before.state, f"{made.trace.verdict} moved it"  # noqa: S101
        was = machine.states.get(before.state)
        ended = was is not None and was.final and was.parent is None
        assert not (moved and ended), f"{before.state} is final"  # noqa: S101

    def _claims(self, before: Snapshot | None, event: Event | None, passed: tuple[Passage, ...]) -> None:
        for breach in self.explorer.breaches(before, event, self.snapshot, passed):
            raise AssertionError(f'property "{breach.property.name}" does not hold: {breach.because}')

    # What is told

    def as_test(self, name: str = "found by a stateful test") -> str:
        """What happened so far, as a `test` block."""
        # Nothing has to come to an instance that starts: it does so in no time.
        happened = _merged(self.course) or [timedelta()]
        course = [Pause(by=p) if isinstance(p, timedelta) else p for p in happened]
        given = Snapshot(state=self.compiled.machine.initial)
        entity = self.entity.id if any(isinstance(part, Delivery) for part in course) else None
        hidden = self.provisioner.machine.names.hidden
        end, verdict = self.snapshot, self._unmoved
        if isinstance(happened[-1], timedelta) and (later := self._end_of_moment()) is not end:
            end, verdict, why = later, None, f'"{end.state}" was decided at the same moment, before'
        else:
            why = "what was decided"
        lines = test_block(name, given, course, end.state, why, hidden, entity=entity, verdict=verdict)
        return "\n".join(lines)

    def _end_of_moment(self) -> Snapshot:
        """Where it is when all timers have run out that are due at the moment of the last decision: time cannot stop between."""
        situation, ran_out = self._situation, 0
        while (due := next_due(situation.snapshots[self.entity])) is not None and due[0] <= self._decided_at:
            event = timer_event(self.entity, due[1], situation.snapshots[self.entity].timers[due[1]])
            _, situation = simulate_event(self.compiled, situation, event, due[0])
            ran_out += 1
            if ran_out > _MOST_TIMERS:
                break
        return situation.snapshots[self.entity]

    @contextmanager
    def _told(self, came: Event | Delivery) -> Iterator[None]:
        """What comes in is on the course where it changes anything, or where something is wrong with it."""
        self._moved = False
        before = self._memory()
        self.course.append(came)
        with self._telling():
            yield
        if not self._moved and self._memory() == before:
            del self.course[-1]

    def _memory(self) -> tuple[Snapshot, frozenset[Decided]]:
        """All that later decisions look at: where it is, without what counts decisions, and what was decided about."""
        return replace(self.snapshot, version=0, machine=""), self._situation.claims

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except Exception as problem:
            if currently_in_test_context():
                note(self.as_test())
            else:  # somebody makes things happen by hand
                problem.add_note(self.as_test())
            raise


def _merged(course: list[Event | Delivery | timedelta]) -> list[Event | Delivery | timedelta]:
    """The course with one wait in place of several in a row."""
    merged: list[Event | Delivery | timedelta] = []
    for part in course:
        last = merged[-1] if merged else None
        if isinstance(part, timedelta) and isinstance(last, timedelta):
            merged[-1] = last + part
        else:
            merged.append(part)
    return merged


def state_machine_for(
    source: Provisioner | Path | str,
    project: str | None = None,
    *,
    machines: Path | str | None = None,
    variables: Mapping[str, Any] | None = None,
) -> type[DefinitionMachine]:
    """The stateful test of a definition: a class whose ``TestCase`` pytest and unittest run.

    `source` is a file, a folder, a text of several lines or a provisioner; the rest is said as to `load_provisioner`. The
    properties that speak of single moves (``always``, ``never``) are its invariants; the others are proven by
    `interlock check`.
    """
    provisioner = (
        source
        if isinstance(source, Provisioner)
        else load_provisioner(source, project, machines=machines, variables=variables)
    )
    claims = tuple(p for p in provisioner.properties if p.claim in (Claim.ALWAYS, Claim.NEVER))
    explorer = Explorer(provisioner=provisioner, claims=claims, payloads=doubting(known_payload, provisioner))
    members: dict[str, Any] = {
        "__doc__": "The stateful test of one definition.",
        "__module__": __name__,
        "provisioner": provisioner,
        "compiled": CompiledProvisioner(
            name=provisioner.name,
            machine=compile_machine(provisioner.machine),
            receives=provisioner.receives,
            definition_hash="",
            variables={},
        ),
        "explorer": explorer,
        "coming": Coming(explorer=explorer),
        "turned_away": frozenset(TurnedAway.by(provisioner, known_payload).receives),
    }
    return type(f"DefinitionMachine_{provisioner.name}", (DefinitionMachine,), members | _rules(provisioner))


def _rules(provisioner: Provisioner) -> dict[str, Any]:
    """What can happen: only what makes a difference to this definition."""

    @initialize()
    def begin(self: DefinitionMachine) -> None:
        self.start()

    @rule(data=st.data())
    def happens(self: DefinitionMachine, data: st.DataObject) -> None:
        if self.coming.possible:
            event = data.draw(events_at(self.coming, self.snapshot, self.clock()), label="what comes")
            if event.receive not in self.turned_away:  # whether those count, deliveries tell
                self.come(event)

    states, receives = provisioner.machine.states.values(), provisioner.receives
    timed = any(s.timers for s in states) or any(r.delay is not None for r in provisioner.machine.raises())
    ordered = any(r.once_per is not None or r.ordered_by is not None for r in receives)
    rules: dict[str, Any] = {"begin": begin, "happens": happens}
    rules |= _deliveries(provisioner) if ordered else {}  # elsewhere events say as much, and sooner
    rules |= _people() if any(s.awaits is not None for s in states) else {}
    rules |= _time(provisioner) if timed else {}
    return rules


def _deliveries(provisioner: Provisioner) -> dict[str, Any]:
    @rule(data=st.data(), receive=st.sampled_from(provisioner.receives))
    def arrives(self: DefinitionMachine, data: st.DataObject, receive: Receive) -> None:
        asked = payloads_for(self.coming, receive, self.snapshot)
        # A bare one: a test block of a realistic payload could not be read.
        self.deliver(data.draw(delivery_to(receive, asked, (self.entity.id,)), label="what arrives"))

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def arrives_again(self: DefinitionMachine, data: st.DataObject) -> None:
        self.deliver(data.draw(st.sampled_from(self.sent)))

    return {"arrives": arrives, "arrives_again": arrives_again}


def _people() -> dict[str, Any]:
    @precondition(lambda self: self.snapshot.awaits)
    @rule(data=st.data())
    def somebody_answers(self: DefinitionMachine, data: st.DataObject) -> None:
        self.come(data.draw(answers(self.entity, self.snapshot)))

    return {"somebody_answers": somebody_answers}


def _time(provisioner: Provisioner) -> dict[str, Any]:
    @rule(span=waits(provisioner))
    def time_passes(self: DefinitionMachine, span: timedelta) -> None:
        self.wait(span)

    @precondition(lambda self: self.snapshot.timers)
    @rule(data=st.data(), off=st.sampled_from(CLOSE))
    def time_passes_until(self: DefinitionMachine, data: st.DataObject, off: timedelta) -> None:
        due = data.draw(st.sampled_from(list(self.snapshot.timers.values())), label="a timer is due")
        self.wait(max(datetime.fromisoformat(due) + off - self.clock(), timedelta()))

    return {"time_passes": time_passes, "time_passes_until": time_passes_until}
