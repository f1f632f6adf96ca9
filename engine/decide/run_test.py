"""Runs `test` blocks: every event is decided as the daemon would, and the outcome held against what is expected. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from engine.decide.simulate import Simulated, Situation, pass_time, simulate, simulate_event
from engine.diagnostics import Span
from engine.frozen import frozen
from engine.machine.approvals import is_answer_name
from engine.machine.arrival import arrival
from engine.machine.compile import CompiledMachine, CompiledProvisioner, remembering
from engine.machine.definition import Machine
from engine.machine.masks import HIDDEN, context_masks, masked, shown_effect
from engine.machine.test_blocks import IGNORED, Advance, Test, Then, When
from engine.machine.values import canonical
from engine.model import Delivery, Effect, Entity, Event, Step
from engine.sources.correlate import correlate


@frozen
class Mismatch:
    """One expectation that was not met."""

    #: ``state``, ``effects`` and so on.
    what: str
    #: As JSON.
    expected: str
    #: As JSON.
    actual: str
    #: Where it is expected.
    span: Span


@frozen
class TestResult:
    """How a test came out."""

    __test__ = False

    project: str
    test: Test
    #: Empty: it passed.
    mismatches: tuple[Mismatch, ...]
    #: Everything that was decided, in order, as far as the test went.
    decided: tuple[Simulated, ...]
    #: Why deliveries meant no more, one sentence each.
    ignored: tuple[str, ...]
    #: What followed at once where the entity was put into a state; None = it was not.
    arrival: Step | None = None

    @property
    def steps(self) -> tuple[Step, ...]:
        """Every step that was made, in order."""
        begun = () if self.arrival is None else (self.arrival,)
        return (*begun, *(one.decision.step for one in self.decided))

    @property
    def passed(self) -> bool:
        """Whether everything was as expected."""
        return not self.mismatches


@dataclass(slots=True, kw_only=True)
class _Course:
    """A test while it runs."""

    provisioner: CompiledProvisioner
    #: The one that the test is about.
    entity: Entity
    now: datetime
    situation: Situation
    decided: list[Simulated] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    #: How many of the decisions earlier `then` blocks have seen.
    seen: int = 0
    #: How it came to where it begins.
    arrival: Step | None = None

    def come(self, when: When) -> None:
        """Decide about an event or a delivery."""
        if when.source is not None:
            result = simulate([self.provisioner], self.situation, _delivery(when, self.now), self.now)
            self.situation = result.after
            self.decided += result.decided
            self.ignored += result.ignored
            return
        event = Event(name=when.name, entity=self.entity, payload=when.payload, delivery=when.delivery)
        one, self.situation = simulate_event(self.provisioner, self.situation, event, self.now)
        self.decided.append(one)

    def advance(self, advance: Advance) -> None:
        """Let timers run out, and set the clock."""
        self.now += advance.by
        passed = pass_time(self.provisioner, self.situation, self.now, advance.before)
        self.situation = passed.after
        self.decided += passed.decided
        self.ignored += passed.ignored

    def found(self) -> Mapping[str, Any]:
        """What there is to compare: as it is now, and the effects since the last `then`."""
        entity = self.entity
        new = [one for one in self.decided[self.seen :] if one.event.entity == entity]
        snapshot = self.situation.snapshots.get(entity, self.situation.start)
        initial = self.provisioner.machine.initial
        return {
            "verdict": new[-1].decision.step.trace.verdict.value if new else IGNORED,
            "state": initial if snapshot is None else snapshot.state,
            "status": self.situation.statuses.get(entity, self.situation.status),
            "context": {} if snapshot is None else dict(snapshot.context),
            "masks": {} if snapshot is None else context_masks(snapshot),
            "effects": [effect for one in new for effect in one.decision.step.effects],
        }


def run_test(provisioner: CompiledProvisioner, test: Test) -> TestResult:
    """Run one test; it stops at the first `then` that is not met."""
    course = _start(remembering(provisioner, test.sensitive), test)
    mismatches: tuple[Mismatch, ...] = ()
    for part in test.course:
        if isinstance(part, When):
            course.come(part)
            continue
        if isinstance(part, Advance):
            course.advance(part)
            continue
        mismatches = tuple(_mismatches(part, course.found(), provisioner.machine))
        if mismatches:
            break
        course.seen = len(course.decided)
    return TestResult(
        project=provisioner.name,
        test=test,
        mismatches=mismatches,
        decided=tuple(course.decided),
        ignored=tuple(course.ignored),
        arrival=course.arrival,
    )


def _start(provisioner: CompiledProvisioner, test: Test) -> _Course:
    """The course at its beginning: what is given was put where it is just now."""
    given = test.given
    entity = _entity(provisioner, test)
    state = given.state
    if state is None and (given.context or _begins_somewhere(test)):
        state = _shown(provisioner.machine.definition, given.status) or provisioner.machine.initial
    if state is None:
        situation = Situation(status=given.status)
        return _Course(provisioner=provisioner, entity=entity, now=given.now, situation=situation)
    whole = provisioner.machine.tree.entering(state).text
    made = arrival(provisioner.machine, whole, given.context, entity, given.now)
    start = replace(made.snapshot, version=0)
    return _Course(
        provisioner=provisioner,
        entity=entity,
        now=given.now,
        situation=Situation(start=start, status=given.status, snapshots={entity: start}),
        arrival=made,
    )


def _begins_somewhere(test: Test) -> bool:
    """Whether what happens first can only happen to an entity that was seen: time passes, or somebody answers."""
    first = next(part for part in test.course if not isinstance(part, Then))
    return isinstance(first, Advance) or (first.source is None and is_answer_name(first.name))


def _shown(machine: Machine, status: str | None) -> str | None:
    """The state that a status stands for, if it stands for one."""
    state = None if status is None else machine.state_of(status)
    return state if state in machine.states else None


def _entity(provisioner: CompiledProvisioner, test: Test) -> Entity:
    """Whom a test is about: whom it says, else the first one that a delivery names, else the project's number 1."""
    if test.given.entity is not None:
        return Entity(project=provisioner.name, id=test.given.entity)
    for part in test.course:
        if not isinstance(part, When):
            continue
        if part.source is None:
            break
        named = correlate([provisioner], _delivery(part, test.given.now)).events
        if named:
            return named[0].event.entity
    return Entity(project=provisioner.name, id=f"{provisioner.name.upper()}-1")


def _delivery(when: When, now: datetime) -> Delivery:
    return Delivery(source=when.source or "", type=when.name, id="", received_at=now, payload=when.payload)


def _mismatches(then: Then, found: Mapping[str, Any], machine: CompiledMachine) -> Iterator[Mismatch]:
    for what, (expected, span) in then.expected.items():
        actual = found[what]
        wanted, got = expected, actual
        if what == "effects":
            fine = _effects_fit(expected, actual)
            wanted, got = _shown_effects(expected, actual)
        elif what == "context":
            fine = all(_same(actual.get(name), value) for name, value in expected.items())
            wanted, got = (masked(context, found["masks"]) for context in (expected, actual))
        elif what == "state":
            at = machine.configuration(actual)
            named = machine.tree.named(expected)
            fine = actual == expected or (at is not None and set(named) <= set(at.active))
        else:
            fine = actual == expected
        if not fine:
            wanted = masked(wanted, then.masks.get(what))
            yield Mismatch(what=what, expected=canonical(wanted), actual=canonical(got), span=span)


def _shown_effects(expected: Sequence[Any], actual: Sequence[Effect]) -> tuple[list[Any], list[Any]]:
    """What was expected and what there is, with what may be shown of the arguments."""
    hidden = {name for effect in actual for name in effect.masks}
    wanted = [
        {**want, "arguments": masked(want["arguments"], dict.fromkeys(hidden, HIDDEN))}
        if isinstance(want, Mapping) and isinstance(want.get("arguments"), Mapping)
        else want
        for want in expected
    ]
    return wanted, [_as_json(shown_effect(effect)) for effect in actual]


def _effects_fit(expected: Sequence[Any], actual: Sequence[Effect]) -> bool:
    if len(expected) != len(actual):
        return False
    return all(_effect_fits(want, _as_json(effect)) for want, effect in zip(expected, actual, strict=True))


def _effect_fits(want: Any, effect: Mapping[str, Any]) -> bool:
    if isinstance(want, str):
        return bool(want == effect["name"])
    return all(_same(effect.get(name), value) for name, value in want.items())


def _as_json(effect: Effect) -> dict[str, Any]:
    """What there is to say about an effect; what does not apply is left out."""
    members = {
        "kind": effect.kind.value,
        "name": effect.name,
        "worker": effect.worker or None,
        "source": effect.source,
        "target": effect.target,
        "source_status": effect.source_status,
        "target_status": effect.target_status,
        "arguments": dict(effect.arguments) or None,
    }
    return {name: value for name, value in members.items() if value is not None}


def _same(left: Any, right: Any) -> bool:
    """Equality as JSON has it: true is not 1."""
    return canonical(left) == canonical(right)
