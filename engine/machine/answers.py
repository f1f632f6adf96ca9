"""What an event does in one place, found out by asking the real step about payloads that are made up for it. Pure.

A payload is made up while guards look at it (`engine.machine.facts`), so that what is explored is what will be decided.
Each move that is reported was made by the step, with the payload that it carries.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from engine.frozen import frozen
from engine.language.syntax import Literal
from engine.machine.approvals import completed
from engine.machine.asking import asking, named
from engine.machine.blind import Blind, blank, fits, is_written_over, kept
from engine.machine.breaches import Conditions
from engine.machine.compile import CompiledMachine
from engine.machine.definition import (
    ALWAYS,
    Machine,
    Provisioner,
    Receive,
    State,
    Transition,
    covers,
    is_pattern,
)
from engine.machine.dispatch import Dispatch
from engine.machine.expression import Expression
from engine.machine.facts import Chooser
from engine.machine.fires import may_fire
from engine.machine.flows import Flows, flows, reactions_of
from engine.machine.judged import Judged
from engine.machine.moves import NOW, Breach, Configuration
from engine.machine.payload_values import Payloads, nothing_known
from engine.machine.people import People
from engine.machine.places import Places
from engine.machine.question import Question
from engine.machine.questions import make_question
from engine.machine.step import step
from engine.machine.timers import timer_event
from engine.machine.use import Path
from engine.machine.values import canonical, timestamp
from engine.model import AFTER, AWAIT, DONE_STATE, END, Event, Passage, Snapshot, Step, Verdict

#: What makes a move.
_MOVES = (Verdict.MOVED, Verdict.STAYED, Verdict.ENDED, Verdict.COUNTED)

#: When timers are due that were set before: a time that no new one has.
_BEFORE = timestamp(NOW - timedelta(days=1))

#: A whole step takes as long as so many payloads for which no guard holds.
_STEP_COSTS = 2

#: The most payloads that are tried for one event in one configuration.
MOST_RUNS = 2_000


@frozen
class Found:
    """A move, whatever is left of the timers."""

    event: Event
    taken: tuple[Transition, ...]
    #: Where it leads, without timers.
    after: Snapshot
    #: All that makes a difference about that, but for how much is left of the timers.
    place: str
    #: The timers afterwards, in their order: how long each was set for, None if it goes on as it was.
    timers: tuple[tuple[str, timedelta | None], ...]
    passed: tuple[frozenset[str], ...] = ()
    quiet: bool = False
    ended: bool = False
    stayed: bool = False
    breaches: tuple[Breach, ...] = ()


@frozen
class Answer:
    """What can happen on one event in one place."""

    found: tuple[Found, ...]
    undecided: tuple[Transition, ...]
    sampled: tuple[str, ...]
    #: Not everybody was tried who may be asked.
    partial: bool = False


@dataclass(kw_only=True)
class Answers:
    """Asks the step of one machine, and remembers what it answered."""

    provisioner: Provisioner
    compiled: CompiledMachine
    conditions: Conditions
    #: What is known of what comes in.
    payloads: Payloads = nothing_known
    #: How much was done so far: 1 for each payload that was tried, and more for each step that was made.
    runs: int = field(init=False, default=0)
    #: How long each timer was set for so far.
    delays: dict[str, set[timedelta]] = field(init=False, default_factory=dict)
    #: What sets off transitions without end, by the place where it does: the first event that was found.
    loops: dict[tuple[str, str], tuple[Snapshot, Event]] = field(init=False, default_factory=dict)
    #: The events that mean something in each state that was asked for.
    _events: dict[str, tuple[str, ...]] = field(init=False, default_factory=dict)
    judged: Judged = field(init=False, default_factory=Judged)
    _dispatch: Dispatch = field(init=False)
    _flows: Flows = field(init=False)
    _people: People = field(init=False)
    _blind: Blind = field(init=False)
    _places: Places = field(init=False)
    _by_place: dict[str, Transition] = field(init=False)
    #: What may be done in any step, whatever its event.
    _by_itself: tuple[Transition, ...] = field(init=False)
    #: The events that `receive` blocks name.
    _fired: tuple[str, ...] = field(init=False)
    _questions: dict[tuple[str, tuple[Any, ...]], Question] = field(init=False, default_factory=dict)
    _answers: dict[tuple[str, str], Answer] = field(init=False, default_factory=dict)
    #: The parts of the memory that an event may write which nothing looks at; None where something does.
    _written: dict[tuple[Any, ...], frozenset[str] | None] = field(init=False, default_factory=dict)
    #: What such events do, whatever is remembered; None where that has to be found out again each time.
    _anyhow: dict[tuple[Any, ...], tuple[list[Found], bool] | None] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        machine, transitions = self.provisioner.machine, self.compiled.definition.transitions
        self._people = People.of(machine, self.claimed)
        self._blind = Blind.of(machine, self.claimed)
        self._dispatch = Dispatch(self.compiled)
        nodes = [receive.fire.node for receive in self.provisioner.receives]
        self._fired = tuple(str(node.value) for node in nodes if isinstance(node, Literal))
        self._by_place = {str(t.span): t for t in transitions}
        self._by_itself = (
            *(t for t in transitions if t.event == ALWAYS or self.may_follow(t.event)),
            *reactions_of(machine),
        )
        self._flows = flows(machine, self.claimed)
        self._places = Places(self._flows, self._people)

    @property
    def claimed(self) -> tuple[Expression, ...]:
        """What is claimed of moves."""
        return self.conditions.expressions()

    @property
    def machine(self) -> Machine:
        """The machine as its author wrote it."""
        return self.provisioner.machine

    @property
    def remembered(self) -> tuple[Path, ...]:
        """The parts of the context that decide anything."""
        return self._places.remembered

    @property
    def named(self) -> tuple[str, ...]:
        """Everybody whose name makes a difference to who may answer, or answers."""
        return tuple(named(self._flows.asked))

    def may_follow(self, event: str) -> bool:
        """Whether a transition on that event, or pattern, may be taken in a step that began with another one."""
        if event.startswith(DONE_STATE) or is_pattern(event):
            return True
        return any(raised.event == event for raised in self.machine.raises())

    def place(self, snapshot: Snapshot, pending: Iterable[str]) -> str:
        """All that makes a difference about a snapshot with these timers, but for how much is left of them."""
        return self._places.of(snapshot, pending)

    def events(self, configuration: Configuration) -> tuple[str, ...]:
        """The events that mean something there, in the order of the definition, timers left out."""
        state = configuration.snapshot.state
        if state not in self._events:
            self._events[state] = self._events_in(state)
        return self._events[state]

    def _events_in(self, state: str) -> tuple[str, ...]:
        at = self.compiled.configuration(state)
        if at is None:
            return ()
        named = self.compiled.events(at)
        known = dict.fromkeys(t.event for t in self.machine.transitions)
        named += [
            e for e in self._fired if e not in known and any(is_pattern(n) and covers(n, e) for n in named)
        ]
        known |= dict.fromkeys(self._fired)
        return tuple(name for name in known if name in named and self._may_come(name))

    def _may_come(self, event: str) -> bool:
        """Whether an event can come from outside: not if only the machine itself sends it."""
        if event.startswith(DONE_STATE):
            return False
        raised = not is_pattern(event) and any(r.event == event for r in self.machine.raises())
        return not raised or any(
            may_fire(self.machine, r, event, self.payloads) for r in self.provisioner.receives
        )

    def candidates(self, configuration: Configuration, event: str) -> tuple[Transition, ...]:
        """What may happen on an event there, in the order in which it is tried."""
        at = self.compiled.configuration(configuration.snapshot.state)
        return () if at is None else self.compiled.candidates(at, event)

    def few(self, snapshot: Snapshot) -> str:
        """Why not everybody was tried who may answer there; empty if all were."""
        return self._people.sampled(snapshot)

    def on(self, configuration: Configuration, event: str) -> Answer:
        """What can happen on an event; asked once for all moments in which the same timers run."""
        key = (configuration.place, event)
        if key not in self._answers:
            candidates = self.candidates(configuration, event)
            question = self.question(configuration, event)
            new, complete = self._found_anyhow(question, configuration.snapshot, candidates)
            sampled = [reason for reason in (question.sampled, question.unnamed) if reason]
            if not complete:
                sampled.append(f'"{event}" asks for more combinations of values than {MOST_RUNS}')
            if event.startswith(AFTER) and ("event", "due") in question.known:
                sampled.append(f'"{event}" looks at the time at which it is due')
            undecided: list[Transition] = []
            opaque = not self._people.knows(question) if event.startswith(AWAIT) else question.opaque
            if opaque or not complete:
                taken = {id(t) for one in new for t in one.taken}
                everything = (*candidates, *self._by_itself)
                undecided = [t for t in everything if id(t) not in taken and t.event]
            self._answers[key] = Answer(
                found=tuple(new),
                undecided=tuple(undecided),
                sampled=tuple(sampled),
                partial=bool(question.unnamed),
            )
        return self._answers[key]

    def question(self, configuration: Configuration, event: str) -> Question:
        """What has to be asked about the payload of an event there."""
        return self.question_about(event, (*self.candidates(configuration, event), *self._by_itself))

    def question_about(self, event: str, candidates: tuple[Transition, ...]) -> Question:
        """What has to be asked about the payload of an event where these candidates are."""
        key = (event, tuple(map(id, candidates)))
        if key not in self._questions:
            self._questions[key] = make_question(
                self.machine,
                self.provisioner.receives,
                event,
                candidates,
                self.claimed,
                self._flows,
                self.payloads,
                self._asked_after(candidates),
            )
        return self._questions[key]

    def _asked_after(self, candidates: Iterable[Transition]) -> Iterable[State]:
        """The states that ask people to which one of the candidates may lead."""
        targets = {t.target for t in candidates if t.target is not None and t.target != END}
        return asking(self.machine, {name for target in targets for name in self.compiled.tree.reach(target)})

    def _found_anyhow(
        self, question: Question, snapshot: Snapshot, candidates: tuple[Transition, ...]
    ) -> tuple[list[Found], bool]:
        """What can happen in a place; where nothing looks at what is remembered, that is found out for all memories at once."""
        key = (question.event, tuple(map(id, candidates)))
        if key not in self._written:
            self._written[key] = self._blind.written(question, (*candidates, *self._by_itself))
        names = self._written[key]
        if names is None or not fits(snapshot.context):
            return self._found_on(question, snapshot, candidates)
        mark = (
            *key,
            snapshot.state,
            *snapshot.timers,  # in their order: of two that are due at once, the first one stays first
            canonical([snapshot.histories, snapshot.raised]),
        )
        if mark not in self._anyhow:
            loops = dict(self.loops)
            found, complete = self._found_on(question, replace(snapshot, context=blank(names)), candidates)
            passed = self.conditions.claims and any(one.passed for one in found)
            self._anyhow[mark] = None if passed or self.loops != loops else (found, complete)
            self.loops = loops
        known = self._anyhow[mark]
        if known is None:
            return self._found_on(question, snapshot, candidates)
        self.runs += len(known[0]) // 2
        return [self._with_memory(one, snapshot, names) for one in known[0]], known[1]

    def _with_memory(self, found: Found, before: Snapshot, names: frozenset[str]) -> Found:
        """The same move of an instance that remembers something; the very same if nothing of that is left."""
        if before.context.keys() <= names and is_written_over(found.after.context):
            return found
        after = replace(found.after, context=kept(before.context, names, found.after.context))
        claimed = not (found.quiet or found.ended)
        return replace(
            found,
            after=after,
            place=self.place(after, after.timers),
            breaches=tuple(self.conditions.breaches(before, found.event, after)) if claimed else (),
        )

    def _found_on(
        self, question: Question, snapshot: Snapshot, candidates: tuple[Transition, ...]
    ) -> tuple[list[Found], bool]:
        found: dict[Any, Found] = {}
        timer = question.event in snapshot.timers
        runs = 0
        for chooser, receive, answer in self._people.runs(question, self.machine.names.scope, snapshot):
            runs += 1
            self.runs += 1
            if runs > MOST_RUNS:
                return list(found.values()), False
            payload = chooser.facts("event") if answer is None else answer
            name = question.named(chooser, receive, self.machine.names.scope)
            event = self._event(name, receive, payload, chooser.facts("delivery"))
            if not timer and answer is None and not self._may_move(snapshot, event):
                self.judged.failed.update(str(t.span) for t in candidates)
                continue
            result = self._step(snapshot, event)
            self.judged.learn(result.trace.candidates)
            moved = result.trace.verdict in _MOVES
            if result.trace.verdict is Verdict.ENDLESS and (snapshot.state, question.event) not in self.loops:
                self._loop(snapshot, self._plain(question, receive, chooser, answer))
            if not moved and not timer:
                continue
            ended = result.trace.verdict is Verdict.ENDED
            quiet = ended or not moved
            broken = () if quiet else self.conditions.broken(snapshot, event, result.snapshot, result.passed)
            place = tuple(i for i, candidate in enumerate(result.trace.candidates) if candidate.taken)
            through = tuple(one.state for one in result.passed)
            after = self.place(result.snapshot, result.snapshot.timers)
            mark = (place, through, after, _times(result.snapshot), broken)
            if mark not in found:
                plain = self._plain(question, receive, chooser, answer)
                one = self._settled(snapshot, plain, result, after)
                if one is not None:
                    found[mark] = one
                    self.learn_delays(one.timers)
        return list(found.values()), True

    def learn_delays(self, timers: Iterable[tuple[str, timedelta | None]]) -> None:
        """Take in how long timers were set for."""
        for name, delay in timers:
            if delay is not None:
                self.delays.setdefault(name, set()).add(delay)

    def states_of(self, passed: tuple[Passage, ...]) -> tuple[frozenset[str], ...]:
        """The states of each configuration that was come through."""
        found = (self.compiled.configuration(one.state) for one in passed)
        return tuple(frozenset(at.active) for at in found if at is not None)

    def _plain(
        self,
        question: Question,
        receive: Receive | None,
        chooser: Chooser,
        answer: Mapping[str, str] | None,
    ) -> Event:
        """The event with the payload that was made up for it, as plain values."""
        payload = chooser.payload("event") if answer is None else answer
        name = question.named(chooser, receive, self.machine.names.scope)
        return self._event(name, receive, payload, chooser.payload("delivery"))

    def _loop(self, at: Snapshot, event: Event) -> None:
        if self._step(at, event).trace.verdict is Verdict.ENDLESS:
            self.loops.setdefault((at.state, event.name), (at, event))

    def _may_move(self, snapshot: Snapshot, event: Event) -> bool:
        """Whether any guard holds: most payloads are tried in vain, and the whole step says no more than that."""
        at = self.compiled.configuration(snapshot.state)
        if at is None:
            return False
        scope = self.machine.names.scope(
            event=event.payload,
            fired=event.name,
            delivery=event.delivery,
            entity={"id": event.entity.id, "project": event.entity.project},
            state=at.text,
            active=at.active,
            context=snapshot.context,
            now=timestamp(NOW),
        )
        return self._dispatch.moves(at, event.name, scope)

    def _settled(self, before: Snapshot, event: Event, result: Step, place: str) -> Found | None:
        """The move with a plain payload; None if that would not be decided alike.

        `result` is what was decided with another one, and `place` where that led.
        """
        again = self._step(before, event)
        if (again.trace.verdict, again.trace.after) != (result.trace.verdict, result.trace.after):
            return None
        moved = again.trace.verdict in _MOVES
        ended = again.trace.verdict is Verdict.ENDED
        breaches = (
            self.conditions.breaches(before, event, again.snapshot, again.passed)
            if moved and not ended
            else ()
        )
        same = again.snapshot == result.snapshot
        return Found(
            event=event,
            taken=tuple(self._by_place[c.place] for c in again.trace.candidates if c.taken),
            after=again.snapshot,
            place=place if same else self.place(again.snapshot, again.snapshot.timers),
            timers=_times(again.snapshot),
            passed=self.states_of(again.passed),
            quiet=not moved or (ended and event.name in before.timers),
            ended=ended,
            stayed=again.trace.verdict is Verdict.STAYED,
            breaches=tuple(breaches),
        )

    def _step(self, snapshot: Snapshot, event: Event) -> Step:
        """The step at `NOW`; timers that go on keep a time of their own, so that they are told from new ones."""
        self.runs += _STEP_COSTS
        event = completed(event, snapshot, NOW)
        if not snapshot.timers:
            return step(self.compiled, snapshot, event, NOW)
        timers = dict.fromkeys(snapshot.timers, _BEFORE)
        if event.name in timers:
            timers[event.name] = timestamp(NOW)
            event = timer_event(event.entity, event.name, timers[event.name])
        return step(self.compiled, replace(snapshot, timers=timers), event, NOW)

    def _event(
        self, name: str, receive: Receive | None, payload: Mapping[str, Any], delivery: Mapping[str, Any]
    ) -> Event:
        return Event(
            name=name,
            entity=self.conditions.entity,
            receive=None if receive is None else receive.key,
            payload=payload,
            delivery=delivery,
        )


def _times(after: Snapshot) -> tuple[tuple[str, timedelta | None], ...]:
    """The timers after a step, and how long each was set for; None if it was set before."""
    return tuple(
        (name, None if due == _BEFORE else datetime.fromisoformat(due) - NOW)
        for name, due in after.timers.items()
    )
