"""A rule-based stateful test made of any definition: events come in any order, and its properties are the invariants.

    TestSoc = state_machine_for("statemachines/soc.hcl").TestCase

What no definition may do is checked as well: an effect without a move, a step that is not determined by its arguments, a
state that is not declared, a way out of a final one. A failing run shrinks, and is printed as a `test` block to paste.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from engine.machine.approvals import completed, is_answer
from engine.machine.compile import CompiledMachine, compile_machine
from engine.machine.definition import Provisioner
from engine.machine.explore import Explorer
from engine.machine.masks import shown_effect
from engine.machine.moves import Move
from engine.machine.properties import Claim
from engine.machine.step import step
from engine.machine.story import as_test
from engine.model import Event, Passage, Snapshot, Step, Verdict
from engine.testing.clock import FrozenClock
from engine.testing.load import load_provisioner
from engine.testing.strategies import events

#: What changes where an instance is or what it remembers: properties are held against it, and a test needs it.
_MOVES = (Verdict.MOVED, Verdict.STAYED, Verdict.COUNTED)


class DefinitionMachine(RuleBasedStateMachine):
    """One instance of one project's machine; `state_machine_for` makes the classes that can be run."""

    provisioner: ClassVar[Provisioner]
    compiled: ClassVar[CompiledMachine]
    explorer: ClassVar[Explorer]

    def __init__(self) -> None:
        super().__init__()
        self.clock = FrozenClock()
        self.snapshot = self.explorer.start().snapshot
        #: Every event that moved it, with the snapshots around it, for the `test` block of a failure.
        self.way: list[tuple[Snapshot, Event, Snapshot]] = []

    def start(self) -> None:
        """Hold the claims against the start."""
        _, passed = self.explorer.begin()
        self._claims(None, None, passed)

    def come(self, event: Event) -> None:
        """Decide about an event, and hold everything against the step."""
        before = self.snapshot
        event = completed(event, before, self.clock())
        made = step(self.compiled, before, event, self.clock())
        assert made == step(self.compiled, before, event, self.clock()), "equal arguments gave unequal steps"  # noqa: S101
        self.snapshot = made.snapshot
        if made.trace.verdict in _MOVES:
            self.way.append((before, _told(event), made.snapshot))
        try:
            self._laws(before, made)
            if made.trace.verdict in _MOVES:
                self._claims(before, event, made.passed)
        except AssertionError:
            self._tell()
            raise
        self.decided(made)

    def decided(self, made: Step) -> None:
        """For your own checks: called after every step. Override it in a subclass."""

    def _laws(self, before: Snapshot, made: Step) -> None:
        machine = self.provisioner.machine
        at = self.compiled.configuration(made.snapshot.state)
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

    def _claims(self, before: Snapshot | None, event: Event | None, passed: tuple[Passage, ...] = ()) -> None:
        for breach in self.explorer.breaches(before, event, self.snapshot, passed):
            raise AssertionError(f'property "{breach.property.name}" does not hold: {breach.because}')

    def _tell(self) -> None:
        at = self.explorer.configuration
        way = [Move(event=e, taken=(), before=at(one), after=at(other)) for one, e, other in self.way]
        if way:
            given = Snapshot(state=self.compiled.initial)
            hidden = self.provisioner.machine.names.hidden
            told = as_test("found by a stateful test", given, way, "what was decided", hidden=hidden)
            note("\n".join(told))


def _told(event: Event) -> Event:
    """The event as a test block has it: of an answer, who gave it and with what comment."""
    if not is_answer(event):
        return event
    return replace(event, payload={name: event.payload[name] for name in ("who", "comment")})


def state_machine_for(
    source: Provisioner | Path | str, project: str | None = None
) -> type[DefinitionMachine]:
    """The stateful test of a definition: a class whose ``TestCase`` pytest and unittest run.

    `source` is a file, a text of several lines or a provisioner; `project` may be left out where there is only one. The
    properties that speak of single moves (``always``, ``never``) are its invariants; the others are proven by
    `interlock check`.
    """
    provisioner = source if isinstance(source, Provisioner) else load_provisioner(source, project)
    claims = tuple(p for p in provisioner.properties if p.claim in (Claim.ALWAYS, Claim.NEVER))
    incoming: st.SearchStrategy[Any] = events(provisioner)

    class Made(DefinitionMachine):
        """The stateful test of one definition."""

        @initialize()
        def begin(self) -> None:
            self.start()

        @rule(event=incoming)
        def happens(self, event: Event) -> None:
            self.come(event)

    Made.provisioner = provisioner
    Made.compiled = compile_machine(provisioner.machine)
    Made.explorer = Explorer(provisioner=provisioner, claims=claims)
    Made.__name__ = Made.__qualname__ = f"DefinitionMachine_{provisioner.name}"
    return Made
