"""Everything that a machine can do next: the ground of proofs, simulations by hand and generated tests. Pure.

`Explorer` knows nothing of transitions tables: it asks the real step about payloads that are made up while guards look at
them (`engine.machine.facts`), so that what is explored is what will be decided. Each move that it reports was made by the
step, with the payload that it carries.

Time stands still at `NOW`: what is left of a timer is when it is due then. Where `Explorer.tick` is set, time passes in
moves of its own, from each moment to the next one that makes a difference (`engine.machine.clocks`).
"""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from engine.errors import EvaluationError
from engine.language.syntax import Literal
from engine.language.values import kind, truth
from engine.machine.approvals import completed
from engine.machine.arrival import arrival
from engine.machine.clocks import alike, next_moment
from engine.machine.compile import CompiledMachine, compile_machine
from engine.machine.definition import (
    ALWAYS,
    Machine,
    Provisioner,
    Receive,
    Transition,
    covers,
    is_pattern,
)
from engine.machine.dispatch import Dispatch
from engine.machine.domains import MISSING
from engine.machine.expression import Expression
from engine.machine.facts import Chooser
from engine.machine.flows import Flows, flows, reactions_of
from engine.machine.people import People, all_known, standing, with_somebody
from engine.machine.properties import Claim, Property
from engine.machine.questions import Question, look_up, make_question, may_fire
from engine.machine.step import step
from engine.machine.timers import timer_event
from engine.machine.values import canonical, timestamp
from engine.model import AFTER, AWAIT, DONE_STATE, END, Entity, Event, Snapshot, Step, Verdict

#: The moment at which everything happens.
NOW = datetime(2024, 1, 1, tzinfo=UTC)

#: A timer of a proof's own, which never runs out: how much is left of the time in which something has to happen.
DEADLINE = "<deadline>"

#: What makes a move.
_MOVES = (Verdict.MOVED, Verdict.STAYED, Verdict.ENDED, Verdict.COUNTED)

#: When timers are due that were set before: a time that no new one has.
_BEFORE = timestamp(NOW - timedelta(days=1))

#: The most payloads that are tried for one event in one configuration.
MOST_RUNS = 2_000

_AT_ONCE = "of several timers that run at once, only the one that is due first was let run out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """Where an instance can be, with all that makes a difference to what it can do next."""

    snapshot: Snapshot
    #: Equal for configurations that cannot be told apart.
    key: str
    #: The same, but for how much is left of its timers.
    place: str
    #: The full names of all states it is in, those around others included.
    states: frozenset[str]
    #: What is left of each timer, in the order in which they were set.
    left: Mapping[str, timedelta]


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """A claim that does not hold here."""

    property: Property
    #: What it looks at, with the values there.
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One thing that can happen, with a payload that makes it happen."""

    event: Event
    #: The transitions taken.
    taken: tuple[Transition, ...]
    before: Configuration
    after: Configuration
    #: The timers that were set, or set anew, and for how long.
    armed: Mapping[str, timedelta] = field(default_factory=dict)
    #: Nothing happened but time: it passed, or a timer ran out in vain. It is not counted as a move.
    quiet: bool = False
    #: It met ``<end>``: nothing changed.
    ended: bool = False
    #: It set and called something, and led nowhere.
    stayed: bool = False
    #: The claims that it breaks.
    breaches: tuple[Breach, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """Everything that can happen in one configuration."""

    #: In the order of events and candidates.
    found: tuple[Move, ...]
    #: Transitions that no payload was found for, though there may be one.
    undecided: tuple[Transition, ...]
    #: Why this may not be all, one reason each; empty if it is.
    sampled: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A move, whatever is left of the timers."""

    event: Event
    taken: tuple[Transition, ...]
    #: Where it leads, without timers.
    after: Snapshot
    #: The timers afterwards, in their order: how long each was set for, None if it goes on as it was.
    timers: tuple[tuple[str, timedelta | None], ...]
    quiet: bool = False
    ended: bool = False
    stayed: bool = False
    breaches: tuple[Breach, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """What can happen on one event in one place."""

    found: tuple[_Found, ...]
    undecided: tuple[Transition, ...]
    sampled: tuple[str, ...]


@dataclass(kw_only=True)
class Explorer:
    """Explores one project's machine, as far as its own moves go: what people do in the backend is drift, not a move."""

    provisioner: Provisioner
    #: Claims about single moves, which are held against each of them.
    claims: tuple[Property, ...] = ()
    #: What all times are multiples of; None: time does not pass before an event.
    tick: timedelta | None = None
    compiled: CompiledMachine = field(init=False)
    #: How many payloads were tried so far.
    runs: int = field(init=False, default=0)
    #: How long timers were set for so far.
    delays: set[timedelta] = field(init=False, default_factory=set)
    #: What sets off transitions without end, by the place where it does: the first event that was found.
    loops: dict[str, tuple[Snapshot, Event]] = field(init=False, default_factory=dict)
    _dispatch: Dispatch = field(init=False)
    _flows: Flows = field(init=False)
    _people: People = field(init=False)
    _by_place: dict[str, Transition] = field(init=False)
    #: What may be done in any step, whatever its event.
    _by_itself: tuple[Transition, ...] = field(init=False)
    #: The events that `receive` blocks name.
    _fired: tuple[str, ...] = field(init=False)
    _questions: dict[tuple[str, tuple[Any, ...]], Question] = field(init=False, default_factory=dict)
    _answers: dict[tuple[str, str], _Answer] = field(init=False, default_factory=dict)
    #: Why delays are not all known.
    _unknown_delays: tuple[str, ...] = field(init=False, default=())

    def __post_init__(self) -> None:
        machine = self.provisioner.machine
        self.claims = tuple(p for p in self.claims if p.claim in (Claim.ALWAYS, Claim.NEVER))
        # Traces would look at more than guards need: each look would be one more thing to choose.
        quiet = tuple(
            t if t.guard is None else replace(t, guard=replace(t.guard, looks=()))
            for t in machine.transitions
        )
        self.compiled = compile_machine(with_somebody(replace(machine, transitions=quiet)))
        self._people = People.of(machine, self._conditions)
        self._dispatch = Dispatch(self.compiled)
        nodes = [receive.fire.node for receive in self.provisioner.receives]
        self._fired = tuple(str(node.value) for node in nodes if isinstance(node, Literal))
        self._by_place = {str(t.span): t for t in quiet}
        self._by_itself = (
            *(t for t in quiet if t.event == ALWAYS or self.may_follow(t.event)),
            *reactions_of(machine),
        )
        self._flows = flows(machine, self._conditions)
        self._unknown_delays = tuple(_unknown_delays(machine))

    def ticking(self, tick: timedelta | None) -> "Explorer":
        """The same explorer, which knows all that this one knows, with another tick."""
        other = copy.copy(self)
        other.tick = tick
        return other

    def may_follow(self, event: str) -> bool:
        """Whether a transition on that event, or pattern, may be taken in a step that began with another one."""
        if event.startswith(DONE_STATE) or is_pattern(event):
            return True
        return any(raised.event == event for raised in self.machine.raises())

    @property
    def _conditions(self) -> tuple[Expression, ...]:
        return tuple(p.condition for p in self.claims if p.condition is not None)

    @property
    def machine(self) -> Machine:
        """The machine that is explored."""
        return self.provisioner.machine

    def start(self, state: str | None = None) -> Configuration:
        """The configuration of a new instance: in the initial state, or in another, and arrived there."""
        begin = state or self.compiled.initial
        made = arrival(self.compiled, begin, {}, self.entity(), NOW)
        snapshot = made.snapshot
        if made.trace.verdict is Verdict.ENDLESS:
            self.loops.setdefault(begin, (snapshot, Event(name="", entity=self.entity(), payload={})))
        self.delays.update(datetime.fromisoformat(due) - NOW for due in snapshot.timers.values())
        return self.configuration(snapshot)

    def configuration(self, snapshot: Snapshot, since: datetime = NOW) -> Configuration:
        """What of a snapshot makes a difference at the time `since`."""
        pending = {name: datetime.fromisoformat(due) - since for name, due in snapshot.timers.items()}
        return self._configuration(replace(snapshot, version=0), pending)

    def _configuration(self, snapshot: Snapshot, pending: Mapping[str, timedelta]) -> Configuration:
        left = pending if self.tick is None else alike(pending, self.tick)
        timers = {name: timestamp(NOW + time) for name, time in left.items()}
        place = self._place(snapshot, pending)
        ordered = sorted(
            timers.items(), key=lambda timer: timer[1]
        )  # of two at once, the first one stays first
        at = self.compiled.configuration(snapshot.state)
        return Configuration(
            snapshot=replace(snapshot, timers=timers, hurried=0),
            key=f"{place}\n{canonical(ordered)}" if ordered else place,
            place=place,
            states=frozenset({snapshot.state} if at is None else at.active),
            left=left,
        )

    def _place(self, snapshot: Snapshot, pending: Mapping[str, timedelta]) -> str:
        told = [snapshot.state, canonical(dict(snapshot.histories)), canonical(sorted(pending))]
        told += [canonical(standing(snapshot)) if snapshot.awaits else "", canonical(dict(snapshot.raised))]
        for path in sorted(self._flows.values | self._flows.kinds):
            value = look_up(snapshot.context, path[1:])
            if value is MISSING:
                told.append("")
            elif path in self._flows.values:
                told.append(canonical(value))
            else:
                told.append(kind(value))
        return "\n".join(told)

    def events(self, configuration: Configuration) -> tuple[str, ...]:
        """The events that mean something there, in the order of the definition, timers left out."""
        at = self.compiled.configuration(configuration.snapshot.state)
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
        return not raised or any(may_fire(self.machine, r, event) for r in self.provisioner.receives)

    def candidates(self, configuration: Configuration, event: str) -> tuple[Transition, ...]:
        """What may happen on an event there, in the order in which it is tried."""
        at = self.compiled.configuration(configuration.snapshot.state)
        return () if at is None else self.compiled.candidates(at, event)

    def leaving(self, state: str) -> list[Transition]:
        """The transitions that are tried in an innermost state, whatever the event."""
        return [t for (at, _), found in self.compiled.table.items() if at == state for t in found]

    def leads_to(self, transition: Transition) -> set[str]:
        """The states that a transition may lead to, those around others included."""
        tree, target = self.compiled.tree, transition.target
        if target is None:
            return set()
        return set() if target == END else tree.reach(target)

    def moves(self, configuration: Configuration) -> Moves:
        """Everything that can happen there, time included."""
        left = configuration.left
        timers = {name: time for name, time in left.items() if name != DEADLINE}
        found: list[Move] = []
        undecided: list[Transition] = []
        sampled: dict[str, None] = {}
        due = min(timers, key=timers.__getitem__, default=None)
        runs_out = due is not None and (self.tick is None or not timers[due])
        for event in (*self.events(configuration), *([due] if due is not None and runs_out else [])):
            answer = self._answer(configuration, event)
            passed = timers[event] if event == due else timedelta()
            found += [self._move(configuration, one, passed) for one in answer.found]
            undecided += answer.undecided
            sampled.update(dict.fromkeys(answer.sampled))
        wait = None if self.tick is None else next_moment(left.values(), self.tick)
        if wait is not None:
            found.append(self._waits(configuration, wait))
        if self.tick is None and len(timers) > 1:
            sampled[_AT_ONCE] = None
        if timers:
            sampled.update(dict.fromkeys(self._unknown_delays))
        few = self._people.sampled(configuration.snapshot)
        if few:
            sampled[few] = None
        return Moves(found=tuple(found), undecided=tuple(undecided), sampled=tuple(sampled))

    def _waits(self, before: Configuration, wait: timedelta) -> Move:
        left = {name: time - wait for name, time in before.left.items()}
        return Move(
            event=Event(name="", entity=self.entity(), payload={}),
            taken=(),
            before=before,
            after=self._configuration(before.snapshot, left),
            quiet=True,
        )

    def _move(self, before: Configuration, found: _Found, passed: timedelta) -> Move:
        """A move made just there, where what is left of other timers is known."""
        pending = {
            name: before.left[name] - passed if delay is None else delay for name, delay in found.timers
        }
        after = before if found.ended and not found.quiet else self._configuration(found.after, pending)
        return Move(
            event=found.event,
            taken=found.taken,
            before=before,
            after=after,
            armed={name: delay for name, delay in found.timers if delay is not None},
            quiet=found.quiet,
            ended=found.ended,
            stayed=found.stayed and after.key == before.key,
            breaches=found.breaches,
        )

    def _answer(self, configuration: Configuration, event: str) -> _Answer:
        """What can happen on an event; asked once for all moments in which the same timers run."""
        key = (configuration.place, event)
        if key not in self._answers:
            question = self.question(configuration, event)
            new, complete = self._found_on(question, configuration)
            sampled = [question.sampled] if question.sampled else []
            if not complete:
                sampled.append(f'"{event}" asks for more combinations of values than {MOST_RUNS}')
            if event.startswith(AFTER) and ("event", "due") in question.known:
                sampled.append(f'"{event}" looks at the time at which it is due')
            undecided: list[Transition] = []
            opaque = question.opaque and not (event.startswith(AWAIT) and all_known(question))
            if opaque or not complete:
                taken = {id(t) for one in new for t in one.taken}
                candidates = (*self.candidates(configuration, event), *self._by_itself)
                undecided = [t for t in candidates if id(t) not in taken and t.event]
            self._answers[key] = _Answer(found=tuple(new), undecided=tuple(undecided), sampled=tuple(sampled))
        return self._answers[key]

    def question(self, configuration: Configuration, event: str) -> Question:
        """What has to be asked about the payload of an event there."""
        return self.question_about(event, (*self.candidates(configuration, event), *self._by_itself))

    def question_about(self, event: str, candidates: tuple[Transition, ...]) -> Question:
        """What has to be asked about the payload of an event where these candidates are."""
        key = (event, tuple(map(id, candidates)))
        if key not in self._questions:
            self._questions[key] = make_question(
                self.machine, self.provisioner.receives, event, candidates, self._conditions, self._flows
            )
        return self._questions[key]

    def _found_on(self, question: Question, configuration: Configuration) -> tuple[list[_Found], bool]:
        found: dict[Any, _Found] = {}
        snapshot = configuration.snapshot
        timer = question.event in snapshot.timers
        runs = 0
        for chooser, receive, answer in self._people.runs(question, self.machine.names.scope, snapshot):
            runs += 1
            self.runs += 1
            if runs > MOST_RUNS:
                return list(found.values()), False
            payload = chooser.facts("event") if answer is None else answer
            event = self._event(question.event, receive, payload, chooser.facts("delivery"))
            if not timer and answer is None and not self._may_move(snapshot, event):
                continue
            result = self._step(snapshot, event)
            moved = result.trace.verdict in _MOVES
            if result.trace.verdict is Verdict.ENDLESS:
                self._loop(snapshot, self._plain(question, receive, chooser, answer))
            if not moved and not timer:
                continue
            ended = result.trace.verdict is Verdict.ENDED
            broken = () if ended or not moved else tuple(self._broken(snapshot, event, result.snapshot))
            place = tuple(i for i, candidate in enumerate(result.trace.candidates) if candidate.taken)
            pending = dict.fromkeys(result.snapshot.timers, timedelta())
            times = _times(result.snapshot)
            mark = (place, self._place(result.snapshot, pending), times, tuple(p.name for p in broken))
            if mark not in found:
                one = self._settled(snapshot, self._plain(question, receive, chooser, answer), result)
                if one is not None:
                    found[mark] = one
                    self.delays.update(delay for _, delay in one.timers if delay is not None)
        return list(found.values()), True

    def _plain(
        self,
        question: Question,
        receive: Receive | None,
        chooser: Chooser,
        answer: Mapping[str, str] | None,
    ) -> Event:
        """The event with the payload that was made up for it, as plain values."""
        payload = chooser.payload("event") if answer is None else answer
        return self._event(question.event, receive, payload, chooser.payload("delivery"))

    def _loop(self, at: Snapshot, event: Event) -> None:
        if self._step(at, event).trace.verdict is Verdict.ENDLESS:
            self.loops.setdefault(at.state, (at, event))

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

    def _settled(self, before: Snapshot, event: Event, result: Step) -> _Found | None:
        """The move with a plain payload; None if that would not be decided alike."""
        again = self._step(before, event)
        if (again.trace.verdict, again.trace.after) != (result.trace.verdict, result.trace.after):
            return None
        moved = again.trace.verdict in _MOVES
        ended = again.trace.verdict is Verdict.ENDED
        return _Found(
            event=event,
            taken=tuple(self._by_place[c.place] for c in again.trace.candidates if c.taken),
            after=again.snapshot,
            timers=_times(again.snapshot),
            quiet=not moved or (ended and event.name in before.timers),
            ended=ended,
            stayed=again.trace.verdict is Verdict.STAYED,
            breaches=() if ended or not moved else tuple(self.breaches(before, event, again.snapshot)),
        )

    def breaches(self, before: Snapshot | None, event: Event | None, after: Snapshot) -> Iterator[Breach]:
        """The claims that a move breaks, or a start (no `before`, no event)."""
        for claimed in self._broken(before, event, after):
            scope = self._claim_scope(before, event, after)
            condition = claimed.condition
            if condition is not None:
                yield Breach(property=claimed, because=_because(condition, scope))

    def _broken(self, before: Snapshot | None, event: Event | None, after: Snapshot) -> Iterator[Property]:
        if not self.claims:
            return
        scope = self._claim_scope(before, event, after)
        for claimed in self.claims:
            condition = claimed.condition
            if condition is None or (event is None and _looks_at_event(condition, self.machine)):
                continue
            try:
                value = truth(condition.evaluate(scope))
            except EvaluationError:
                value = None
            if value is not (claimed.claim is Claim.ALWAYS):
                yield claimed

    def _claim_scope(self, before: Snapshot | None, event: Event | None, after: Snapshot) -> dict[str, Any]:
        at = self.compiled.configuration(after.state)
        return self.machine.names.scope(
            event=None if event is None else event.payload,
            delivery={} if event is None else event.delivery,
            entity={"id": self.entity().id, "project": self.provisioner.name},
            state=after.state,
            active=() if at is None else at.active,
            previous=None if before is None else before.state,
            context=after.context,
        )

    def _step(self, snapshot: Snapshot, event: Event) -> Step:
        """The step at `NOW`; timers that go on keep a time of their own, so that they are told from new ones."""
        event = completed(event, snapshot, NOW)
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
            entity=self.entity(),
            receive=None if receive is None else receive.key,
            payload=payload,
            delivery=delivery,
        )

    def entity(self) -> Entity:
        """Whose machine is explored."""
        project = self.provisioner.name
        return Entity(project=project, id=f"{project.upper()}-1")


def _times(after: Snapshot) -> tuple[tuple[str, timedelta | None], ...]:
    """The timers after a step, and how long each was set for; None if it was set before."""
    return tuple(
        (name, None if due == _BEFORE else datetime.fromisoformat(due) - NOW)
        for name, due in after.timers.items()
    )


def _unknown_delays(machine: Machine) -> Iterator[str]:
    """The timers whose delay is not the same at every time, in a sentence each."""
    delays = [(timer.event, timer.delay) for state in machine.states.values() for timer in state.timers]
    delays += [(raised.event, raised.delay) for raised in machine.raises() if raised.delay is not None]
    for event, delay in delays:
        used, _ = machine.names.used_by([delay])
        read = [delay, *(machine.names.locals[name] for name in used)]
        roots = {r.root for e in read for r in e.references} - {"var", "local"}
        if roots:
            yield f'the delay of "{event}" looks at {" and ".join(sorted(roots))}'


def _looks_at_event(condition: Expression, machine: Machine) -> bool:
    used, _ = machine.names.used_by([condition])
    read = [condition, *(machine.names.locals[name] for name in used)]
    return any(r.root in ("event", "delivery") for e in read for r in e.references)


def _because(condition: Expression, scope: dict[str, Any]) -> str:
    try:
        value = condition.evaluate(scope)
    except EvaluationError as problem:
        return f"it cannot be evaluated: {problem}"
    if truth(value) is None:
        return f"it is neither true nor false but {kind(value)}"
    return condition.seen(scope)
