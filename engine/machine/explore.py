"""Everything that a machine can do next: the ground of proofs, simulations by hand and generated tests. Pure.

`Explorer` knows nothing of transitions tables: it asks the real step about payloads that are made up while guards look at
them (`engine.machine.facts`), so that what is explored is what will be decided. Each move that it reports was made by the
step, with the payload that it carries.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from engine.errors import EvaluationError
from engine.language.values import kind
from engine.machine.compile import CompiledMachine, compile_machine
from engine.machine.definition import Machine, Provisioner, Receive, Transition
from engine.machine.domains import MISSING
from engine.machine.expression import Expression
from engine.machine.facts import Chooser
from engine.machine.flows import Flows, flows
from engine.machine.properties import Claim, Property
from engine.machine.questions import Question, look_up, make_question
from engine.machine.step import step
from engine.machine.values import canonical
from engine.model import END, Entity, Event, Snapshot, Step, Verdict

#: The moment at which everything happens.
NOW = datetime(2024, 1, 1, tzinfo=UTC)

#: The most payloads that are tried for one event in one configuration.
MOST_RUNS = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """Where an instance can be, with all that makes a difference to what it can do next."""

    snapshot: Snapshot
    #: Equal for configurations that cannot be told apart.
    key: str

    @property
    def states(self) -> frozenset[str]:
        """The states it is in."""
        return frozenset({self.snapshot.state})


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
    _flows: Flows = field(init=False)
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
        self._flows = flows(machine, self._conditions)

    @property
    def _conditions(self) -> tuple[Expression, ...]:
        return tuple(p.condition for p in self.claims if p.condition is not None)

    @property
    def machine(self) -> Machine:
        """The machine that is explored."""
        return self.provisioner.machine

    def start(self, state: str | None = None) -> Configuration:
        """The configuration of a new instance: in the initial state, or in another."""
        return self.configuration(Snapshot(state=state or self.machine.initial))

    def configuration(self, snapshot: Snapshot) -> Configuration:
        """What of a snapshot makes a difference."""
        told = [snapshot.state]
        for path in sorted(self._flows.values | self._flows.kinds):
            value = look_up(snapshot.context, path[1:])
            if value is MISSING:
                told.append("")
            elif path in self._flows.values:
                told.append(canonical(value))
            else:
                told.append(kind(value))
        return Configuration(snapshot=replace(snapshot, version=0), key="\n".join(told))

    def events(self, configuration: Configuration) -> tuple[str, ...]:
        """The events that mean something there, in the order of the definition."""
        state = configuration.snapshot.state
        known = dict.fromkeys(t.event for t in self.machine.transitions)
        return tuple(name for name in known if self.compiled.candidates(state, name))

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
                candidates = self.compiled.candidates(configuration.snapshot.state, event)
                undecided += [t for t in candidates if id(t) not in taken]
        return Moves(found=tuple(found), undecided=tuple(undecided), sampled=tuple(sampled))

    def question(self, configuration: Configuration, event: str) -> Question:
        """What has to be asked about the payload of an event there."""
        candidates = self.compiled.candidates(configuration.snapshot.state, event)
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
            result = step(self.compiled, snapshot, event, NOW)
            if result.trace.verdict not in (Verdict.MOVED, Verdict.ENDED):
                continue
            after = self.configuration(result.snapshot)
            broken = tuple(self._broken(snapshot, event, result.snapshot)) if self._moved(result) else ()
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
        again = step(self.compiled, before.snapshot, event, NOW)
        if (again.trace.verdict, again.trace.after) != (result.trace.verdict, result.trace.after):
            return None
        candidates = self.compiled.candidates(before.snapshot.state, name)
        ended = again.trace.verdict is Verdict.ENDED
        return Move(
            event=event,
            taken=tuple(t for t, c in zip(candidates, again.trace.candidates, strict=True) if c.taken),
            before=before,
            after=before if ended else self.configuration(again.snapshot),
            ended=ended,
            breaches=() if ended else tuple(self.breaches(before.snapshot, event, again.snapshot)),
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

    def _moved(self, result: Step) -> bool:
        return result.trace.verdict is Verdict.MOVED


def possible_targets(machine: Machine, transitions: Iterable[Transition]) -> set[str]:
    """The states that these transitions lead to."""
    return {t.target for t in transitions if t.target != END and t.target in machine.states}


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
