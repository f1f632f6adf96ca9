"""Everything that a machine can do next: the ground of proofs, simulations by hand and generated tests. Pure.

`Explorer` knows nothing of transitions tables: it asks the real step (`engine.machine.answers`). What it adds is time.

Time stands still at `NOW`: what is left of a timer is when it is due then. Where `Explorer.tick` is set, time passes in
moves of its own, from each moment to the next one that makes a difference (`engine.machine.clocks`). Three things make
fewer moments: a timer that never runs beside another (`alone`) runs out whenever that suits; one that is due after a
proof's own deadline (`BEYOND`) does not run out; and where time is left out (`timeless`), every timer may be the next.
"""

import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from engine.machine.answers import Answers, Found
from engine.machine.arrival import arrival
from engine.machine.breaches import Conditions
from engine.machine.clocks import alike, next_moment
from engine.machine.compile import CompiledMachine, compile_machine
from engine.machine.definition import Machine, Provisioner, Transition
from engine.machine.expression import Expression
from engine.machine.moves import BEYOND, DEADLINE, NOW, Breach, Configuration, Move, Moves
from engine.machine.payload_values import Payloads, nothing_known
from engine.machine.properties import Claim, Property
from engine.machine.question import Question
from engine.machine.values import timestamp
from engine.model import END, Entity, Event, Passage, Snapshot, Verdict

_AT_ONCE = "of several timers that run at once, only the one that is due first was let run out"


@dataclass(kw_only=True)
class Explorer:
    """Explores one project's machine, as far as its own moves go: what people do in the backend is drift, not a move."""

    provisioner: Provisioner
    #: Claims about single moves, which are held against each of them.
    claims: tuple[Property, ...] = ()
    #: What is known of what comes in: values are tried that a sender may write.
    payloads: Payloads = nothing_known
    #: What all times are multiples of; None: time does not pass before an event.
    tick: timedelta | None = None
    #: The timers that never run beside another one.
    alone: frozenset[str] = frozenset()
    #: Every timer that runs may run out next, whatever is left of it: more than can happen, and nothing less.
    timeless: bool = False
    #: Where one timer runs by itself, or none, what happens does so at once: for claims that something can happen by then,
    #: which no delay makes easier.
    soonest: bool = False
    #: Where one timer runs by itself, what happens does so just before it runs out, or then: for claims that something
    #: has to happen by then, which are broken the sooner the longer everything takes.
    latest: bool = False
    compiled: CompiledMachine = field(init=False)
    answers: Answers = field(init=False)
    #: What moves lead to that leave no timer running, by the identity of what was found, which is kept with it.
    _without_timers: dict[int, tuple[Found, Configuration]] = field(init=False, default_factory=dict)
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
        self.compiled = compile_machine(replace(machine, transitions=quiet))
        self._unknown_delays = tuple(_unknown_delays(machine))
        self.answers = self._answers_about(self.claims)

    def _answers_about(self, claims: tuple[Property, ...]) -> Answers:
        conditions = Conditions(compiled=self.compiled, entity=self.entity(), claims=claims)
        return Answers(
            provisioner=self.provisioner,
            compiled=self.compiled,
            conditions=conditions,
            payloads=self.payloads,
        )

    def about(self, claims: tuple[Property, ...]) -> "Explorer":
        """An explorer of the same machine that asks what these claims ask, and nothing that others do."""
        other = copy.copy(self)
        other.claims, other.answers = claims, self._answers_about(claims)
        return other

    def ticking(self, tick: timedelta | None, alone: frozenset[str] = frozenset()) -> "Explorer":
        """The same explorer, which knows all that this one knows, with another tick."""
        other = copy.copy(self)
        other.tick, other.alone, other.timeless = tick, alone, False
        return other

    def hurrying(self) -> "Explorer":
        """The same explorer, in which nothing is put off that may as well happen at once."""
        other = copy.copy(self)
        other.soonest = True
        return other

    def dawdling(self) -> "Explorer":
        """The same explorer, in which everything is put off as long as a timer that runs by itself lets it."""
        other = copy.copy(self)
        other.latest = True
        return other

    def without_time(self) -> "Explorer":
        """The same explorer, in which every timer that runs may run out next."""
        other = copy.copy(self)
        other.tick, other.timeless = None, True
        return other

    @property
    def machine(self) -> Machine:
        """The machine that is explored."""
        return self.provisioner.machine

    def begin(self, state: str | None = None) -> tuple[Configuration, tuple[Passage, ...]]:
        """The configuration of a new instance, in the initial state or in another, and what it came through at once."""
        begin = state or self.compiled.initial
        made = arrival(self.compiled, begin, {}, self.entity(), NOW)
        snapshot = made.snapshot
        self.answers.judged.learn(made.trace.candidates)
        if made.trace.verdict is Verdict.ENDLESS:
            event = Event(name="", entity=self.entity(), payload={})
            self.answers.loops.setdefault((begin, event.name), (snapshot, event))
        left = {name: datetime.fromisoformat(due) - NOW for name, due in snapshot.timers.items()}
        self.answers.learn_delays(tuple(left.items()))
        passed = made.passed
        if made.trace.verdict is Verdict.MOVED:
            passed = (Passage(state=made.trace.before or begin, context={}), *passed)
        return self.configuration(snapshot), passed

    def start(self, state: str | None = None) -> Configuration:
        """The configuration of a new instance: in the initial state, or in another, and arrived there."""
        return self.begin(state)[0]

    def configuration(self, snapshot: Snapshot, since: datetime = NOW) -> Configuration:
        """What of a snapshot makes a difference at the time `since`."""
        pending = {name: datetime.fromisoformat(due) - since for name, due in snapshot.timers.items()}
        return self.at(replace(snapshot, version=0), pending)

    def at(
        self, snapshot: Snapshot, pending: Mapping[str, timedelta], place: str | None = None
    ) -> Configuration:
        """What of a snapshot makes a difference where so much is left of its timers; `place`: its place, if that is known."""
        left = self._left(pending)
        timers = {name: timestamp(NOW + time) for name, time in left.items() if name != DEADLINE}
        if place is None:
            place = self.answers.place(snapshot, timers)
        # Of two at once, the first one stays first.
        ordered = sorted(timers.items(), key=lambda timer: timer[1])
        if DEADLINE in left:
            ordered.append((DEADLINE, str(left[DEADLINE])))
        at = self.compiled.configuration(snapshot.state)
        return Configuration(
            snapshot=replace(snapshot, timers=timers, hurried=0),
            key=f"{place}\n{ordered}" if ordered and not self.timeless else place,
            place=place,
            states=frozenset({snapshot.state} if at is None else at.active),
            left=left,
        )

    def _left(self, pending: Mapping[str, timedelta]) -> Mapping[str, timedelta]:
        """What has to be told apart of what is left."""
        if self.tick is None or self._by_itself(pending):
            return pending
        last = pending.get(DEADLINE)
        if last is None:
            return alike(pending, self.tick)
        late = sorted(name for name, time in pending.items() if time > last)
        near = alike({name: time for name, time in pending.items() if time <= last}, self.tick)
        return {**near, **dict.fromkeys(late, BEYOND)}

    def _by_itself(self, pending: Mapping[str, timedelta]) -> bool:
        """Whether one timer runs that never runs beside others."""
        return len(pending) == 1 and pending.keys() <= self.alone

    def _at_once(self, left: Mapping[str, timedelta]) -> bool:
        """Whether no more than one timer runs beside a claim's time, and it never runs beside others."""
        own = left.keys() - {DEADLINE}
        return not own or (len(own) == 1 and own <= self.alone)

    def leaving(self, state: str) -> list[Transition]:
        """The transitions that are tried in an innermost state, whatever the event."""
        return [t for (at, _), found in self.compiled.table.items() if at == state for t in found]

    def reads(self, expression: Expression) -> set[str]:
        """The roots of all names that it looks at, in locals too."""
        names = self.machine.names
        used, _ = names.used_by([expression])
        return {r.root for e in (expression, *(names.locals[name] for name in used)) for r in e.references}

    def leads_to(self, transition: Transition) -> set[str]:
        """The states that a transition may lead to, those around others included."""
        tree, target = self.compiled.tree, transition.target
        if target is None:
            return set()
        return set() if target == END else tree.reach(target)

    def moves(self, configuration: Configuration) -> Moves:
        """Everything that can happen there, time included."""
        left = configuration.left
        found: list[Move] = []
        undecided: list[Transition] = []
        sampled: dict[str, None] = {}
        partial = False
        due = self._due(configuration)
        late = self._put_off(left)
        coming = self.answers.events(configuration) if late is None else ()
        for event in (*coming, *due):
            answer = self.answers.on(configuration, event)
            passed = left[event] if event in due else timedelta()
            found += [self._move(configuration, one, passed) for one in answer.found]
            undecided += answer.undecided
            sampled.update(dict.fromkeys(answer.sampled))
            partial |= answer.partial
        wait = late or self._wait(left)
        if wait is not None:
            found.append(self._waits(configuration, wait))
        if configuration.timers:
            if self.tick is None and len(configuration.timers) > 1 and not self.timeless:
                sampled[_AT_ONCE] = None
            sampled.update(dict.fromkeys(self._unknown_delays))
        few = self.answers.few(configuration.snapshot)
        if few:
            sampled[few], partial = None, True
        return Moves(found=tuple(found), undecided=tuple(undecided), sampled=tuple(sampled), partial=partial)

    def _wait(self, left: Mapping[str, timedelta]) -> timedelta | None:
        """How long nothing but time may pass; None if something has to come first."""
        if self.timeless:
            return None
        if self.tick is None:  # nothing comes any more until the time is over
            last = left.get(DEADLINE)
            over = last is not None and all(last < time for name, time in left.items() if name != DEADLINE)
            return last if last and over else None
        near = {name: time for name, time in left.items() if time != BEYOND}
        if self._by_itself(near) or (self.soonest and self._at_once(near)):
            return None
        if near.keys() == {DEADLINE}:
            # No timer makes one moment better than another: what can come at all can come at once, with more time left,
            # and who waits can wait until the time is over.
            return near[DEADLINE] or None
        return next_moment(near.values(), self.tick)

    def _put_off(self, left: Mapping[str, timedelta]) -> timedelta | None:
        """How long everything can be put off until just before the only timer runs out; None if it is not, or no longer."""
        near = {name: time for name, time in left.items() if time != BEYOND}
        if not (self.latest and self.tick and DEADLINE in near and len(near) > 1 and self._at_once(near)):
            return None
        own, last = min(near.values()), near[DEADLINE]
        before = (self.tick - (last - own) % self.tick) / 2
        return own - before if own > before else None

    def _due(self, configuration: Configuration) -> tuple[str, ...]:
        """The timers that may run out next."""
        left = configuration.left
        if self.timeless:
            return configuration.timers
        due = min(configuration.timers, key=left.__getitem__, default=None)
        if due is None or left[due] == BEYOND:
            return ()
        early = self._by_itself(left) or (self.soonest and self._at_once(left))
        if not (self.tick is None or early or not left[due]):
            return ()
        if self.tick is None and DEADLINE in left and left[due] > left[DEADLINE]:
            return ()
        return (due,)

    def _waits(self, before: Configuration, wait: timedelta) -> Move:
        left = {name: time if time == BEYOND else time - wait for name, time in before.left.items()}
        return Move(
            event=Event(name="", entity=self.entity(), payload={}),
            taken=(),
            before=before,
            after=self.at(before.snapshot, left, before.place),
            quiet=True,
        )

    def _move(self, before: Configuration, found: Found, passed: timedelta) -> Move:
        """A move made just there, where what is left of other timers is known."""
        left = before.left
        pending = {
            name: delay
            if delay is not None
            else left[name]
            if self.timeless or left[name] == BEYOND
            else left[name] - passed
            for name, delay in found.timers
        }
        if DEADLINE in left:  # no step knows of it
            pending[DEADLINE] = left[DEADLINE] - passed
        ended = found.ended and not found.quiet
        after = before if ended else self._after(found, pending)
        return Move(
            event=found.event,
            taken=found.taken,
            before=before,
            after=after,
            passed=found.passed,
            armed={name: delay for name, delay in found.timers if delay is not None},
            quiet=found.quiet,
            ended=found.ended,
            stayed=found.stayed,
            breaches=found.breaches,
        )

    def _after(self, found: Found, pending: Mapping[str, timedelta]) -> Configuration:
        """Where a move leads; without timers that is the same place each time."""
        if pending:
            return self.at(found.after, pending, found.place)
        if id(found) not in self._without_timers:
            self._without_timers[id(found)] = (found, self.at(found.after, pending, found.place))
        return self._without_timers[id(found)][1]

    def events(self, configuration: Configuration) -> tuple[str, ...]:
        """The events that mean something there, in the order of the definition, timers left out."""
        return self.answers.events(configuration)

    def question(self, configuration: Configuration, event: str) -> Question:
        """What has to be asked about the payload of an event there."""
        return self.answers.question(configuration, event)

    def breaches(
        self, before: Snapshot | None, event: Event | None, after: Snapshot, passed: Iterable[Passage] = ()
    ) -> Iterator[Breach]:
        """The claims that a move breaks, or a start (no `before`, no event)."""
        return self.answers.conditions.breaches(before, event, after, tuple(passed))

    def entity(self) -> Entity:
        """Whose machine is explored."""
        project = self.provisioner.name
        return Entity(project=project, id=f"{project.upper()}-1")


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
