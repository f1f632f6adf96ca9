"""Everything that a machine can do next: the ground of proofs, simulations by hand and generated tests. Pure.

`Explorer` knows nothing of transitions tables: it asks the real step about payloads that are made up while guards look at
them (`engine.machine.facts`), so that what is explored is what will be decided. Each move that it reports was made by the
step, with the payload that it carries.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from engine.errors import EvaluationError
from engine.language.syntax import Literal
from engine.language.values import kind
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
from engine.machine.domains import MISSING
from engine.machine.expression import Expression
from engine.machine.facts import Chooser
from engine.machine.flows import Flows, flows, reactions_of
from engine.machine.properties import Claim, Property
from engine.machine.questions import Question, look_up, make_question, may_fire
from engine.machine.step import step
from engine.machine.timers import next_due, timer_event
from engine.machine.values import canonical, timestamp
from engine.model import DONE_STATE, END, Entity, Event, Snapshot, Step, Verdict

#: The moment at which everything happens.
NOW = datetime(2024, 1, 1, tzinfo=UTC)

#: The name of an event that no machine knows.
_ARRIVAL = "<arrival>"
#: What makes a move.
_MOVES = (Verdict.MOVED, Verdict.STAYED, Verdict.ENDED)

#: The most payloads that are tried for one event in one configuration.
MOST_RUNS = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """Where an instance can be, with all that makes a difference to what it can do next."""

    snapshot: Snapshot
    #: Equal for configurations that cannot be told apart.
    key: str
    #: The full names of all states it is in, those around others included.
    states: frozenset[str]


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


@dataclass(slots=True, kw_only=True)
class Explorer:
    """Explores one project's machine, as far as its own moves go: what people do in the backend is drift, not a move."""

    provisioner: Provisioner
    #: Claims about single moves, which are held against each of them.
    claims: tuple[Property, ...] = ()
    compiled: CompiledMachine = field(init=False)
    #: How many payloads were tried so far.
    runs: int = field(init=False, default=0)
    _told: CompiledMachine | None = field(init=False, default=None)
    _flows: Flows = field(init=False)
    _by_place: dict[str, Transition] = field(init=False)
    #: What may be done in any step, whatever its event.
    _by_itself: tuple[Transition, ...] = field(init=False)
    #: The events that `receive` blocks name.
    _fired: tuple[str, ...] = field(init=False)
    _questions: dict[tuple[str, tuple[Any, ...]], Question] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        machine = self.provisioner.machine
        self.claims = tuple(p for p in self.claims if p.claim in (Claim.ALWAYS, Claim.NEVER))
        # Traces would look at more than guards need: each look would be one more thing to choose.
        quiet = tuple(
            t if t.guard is None else replace(t, guard=replace(t.guard, looks=()))
            for t in machine.transitions
        )
        self.compiled = compile_machine(replace(machine, transitions=quiet))
        nodes = [receive.fire.node for receive in self.provisioner.receives]
        self._fired = tuple(str(node.value) for node in nodes if isinstance(node, Literal))
        self._by_place = {str(t.span): t for t in quiet}
        self._by_itself = (
            *(t for t in quiet if t.event == ALWAYS or self.may_follow(t.event)),
            *reactions_of(machine),
        )
        self._flows = flows(machine, self._conditions)

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
        begin = Snapshot(state=state or self.compiled.initial)
        arrived = step(self.compiled, begin, self._event(_ARRIVAL, None, {}, {}), NOW, arrived=True)
        return self.configuration(arrived.snapshot)

    def configuration(self, snapshot: Snapshot) -> Configuration:
        """What of a snapshot makes a difference."""
        at = self.compiled.configuration(snapshot.state)
        told = [snapshot.state]
        told += [
            canonical(dict(kept)) for kept in (snapshot.histories, snapshot.timers, snapshot.raised) if kept
        ]
        for path in sorted(self._flows.values | self._flows.kinds):
            value = look_up(snapshot.context, path[1:])
            if value is MISSING:
                told.append("")
            elif path in self._flows.values:
                told.append(canonical(value))
            else:
                told.append(kind(value))
        states = frozenset({snapshot.state} if at is None else at.active)
        return Configuration(snapshot=replace(snapshot, version=0), key="\n".join(told), states=states)

    def events(self, configuration: Configuration) -> tuple[str, ...]:
        """The events that mean something there, in the order of the definition, and then the timers that are set.

        Of several timers only the one that is due first can run out.
        """
        at = self.compiled.configuration(configuration.snapshot.state)
        if at is None:
            return ()
        named = self.compiled.events(at)
        known = dict.fromkeys(t.event for t in self.machine.transitions)
        named += [
            e for e in self._fired if e not in known and any(is_pattern(n) and covers(n, e) for n in named)
        ]
        known |= dict.fromkeys(self._fired)
        timer = next_due(configuration.snapshot)
        comes = [name for name in known if name in named and self._may_come(name)]
        return (*comes, *([] if timer is None else [timer[1]]))

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
        """Everything that can happen there."""
        found: list[Move] = []
        undecided: list[Transition] = []
        sampled: dict[str, None] = {}
        for event in self.events(configuration):
            question = self.question(configuration, event)
            new, complete = self._moves_on(question, configuration)
            found += new
            if question.sampled:
                sampled[question.sampled] = None
            if not complete:
                sampled[f'"{event}" asks for more combinations of values than {MOST_RUNS}'] = None
            if question.opaque or not complete:
                taken = {id(t) for move in new for t in move.taken}
                candidates = (*self.candidates(configuration, event), *self._by_itself)
                undecided += [t for t in candidates if id(t) not in taken and t.event]
        if len(configuration.snapshot.timers) > 1:
            sampled["of several timers that are set, only the one that is due first was let run out"] = None
        return Moves(found=tuple(found), undecided=tuple(undecided), sampled=tuple(sampled))

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

    def _moves_on(self, question: Question, configuration: Configuration) -> tuple[list[Move], bool]:
        found: dict[Any, Move] = {}
        snapshot = configuration.snapshot
        runs = 0
        for chooser, receive in question.runs(self.machine.names.scope, snapshot.context):
            runs += 1
            self.runs += 1
            if runs > MOST_RUNS:
                return list(found.values()), False
            event = self._event(question.event, receive, chooser.facts("event"), chooser.facts("delivery"))
            result = self._step(snapshot, event)
            if result.trace.verdict not in _MOVES:
                continue
            after = self.configuration(result.snapshot)
            ended = result.trace.verdict is Verdict.ENDED
            broken = () if ended else tuple(self._broken(snapshot, event, result.snapshot))
            place = tuple(i for i, candidate in enumerate(result.trace.candidates) if candidate.taken)
            mark = (place, after.key, tuple(p.name for p in broken))
            if mark not in found:
                move = self._settled(configuration, question.event, receive, chooser, result)
                if move is not None:
                    found[mark] = move
        return list(found.values()), True

    def _settled(
        self,
        before: Configuration,
        name: str,
        receive: Receive | None,
        chooser: Chooser,
        result: Step,
    ) -> Move | None:
        """The move with a plain payload; None if that would not be decided alike."""
        event = self._event(name, receive, chooser.payload("event"), chooser.payload("delivery"))
        again = self._step(before.snapshot, event)
        if (again.trace.verdict, again.trace.after) != (result.trace.verdict, result.trace.after):
            return None
        ended = again.trace.verdict is Verdict.ENDED
        after = before if ended else self.configuration(again.snapshot)
        return Move(
            event=event,
            taken=tuple(self._by_place[c.place] for c in again.trace.candidates if c.taken),
            before=before,
            after=after,
            ended=ended,
            stayed=again.trace.verdict is Verdict.STAYED and after.key == before.key,
            breaches=() if ended else tuple(self.breaches(before.snapshot, event, again.snapshot)),
        )

    def decide(self, move: Move) -> Step:
        """The step that a move is, with all that its guards saw."""
        if self._told is None:
            self._told = compile_machine(self.machine)
        event = move.event
        due = move.before.snapshot.timers.get(event.name)
        if due is None:
            return step(self._told, move.before.snapshot, event, NOW)
        ran_out = timer_event(event.entity, event.name, due)
        return step(self._told, move.before.snapshot, ran_out, datetime.fromisoformat(due))

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
                value = condition.evaluate(scope)
            except EvaluationError:
                value = None
            if value is not (claimed.claim is Claim.ALWAYS):
                yield claimed

    def _claim_scope(self, before: Snapshot | None, event: Event | None, after: Snapshot) -> dict[str, Any]:
        return self.machine.names.scope(
            event=None if event is None else event.payload,
            delivery={} if event is None else event.delivery,
            entity={"id": self.entity().id, "project": self.provisioner.name},
            state=after.state,
            previous=None if before is None else before.state,
            context=after.context,
        )

    def _step(self, snapshot: Snapshot, event: Event) -> Step:
        """The step, with the clock set back to `NOW` after a timer ran out: what is left of the others is kept."""
        due = snapshot.timers.get(event.name)
        if due is None:
            return step(self.compiled, snapshot, event, NOW)
        now = datetime.fromisoformat(due)
        result = step(self.compiled, snapshot, timer_event(event.entity, event.name, due), now)
        timers = {
            name: timestamp(datetime.fromisoformat(other) - (now - NOW))
            for name, other in result.snapshot.timers.items()
        }
        return replace(result, snapshot=replace(result.snapshot, timers=timers))

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


def _looks_at_event(condition: Expression, machine: Machine) -> bool:
    used, _ = machine.names.used_by([condition])
    read = [condition, *(machine.names.locals[name] for name in used)]
    return any(r.root in ("event", "delivery") for e in read for r in e.references)


def _because(condition: Expression, scope: dict[str, Any]) -> str:
    try:
        value = condition.evaluate(scope)
    except EvaluationError as problem:
        return f"it cannot be evaluated: {problem}"
    if not isinstance(value, bool):
        return f"it is neither true nor false but {kind(value)}"
    return condition.seen(scope)
