"""The step: a machine, a snapshot and an event in; the next snapshot, the effects and the trace out. Pure.

A guard that cannot be evaluated counts as false. A candidate whose guard holds but whose `set`, `request` or `action`
cannot be evaluated is not taken, and no later candidate is tried in its place: nothing moves, the verdict is
`arguments_not_evaluated`, and the trace says what failed. A half-made call, or a transition that the author put second,
would both be worse.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from engine.errors import EvaluationError
from engine.language.values import show
from engine.machine.compile import CompiledMachine
from engine.machine.definition import Machine, Transition
from engine.machine.expression import Expression
from engine.machine.values import NotPlainError, canonical, plain, printable, timestamp
from engine.model import END, Candidate, Effect, EffectKind, Event, Snapshot, Step, Trace, Verdict

#: The most that an instance may remember, in characters of JSON: it is written with every decision.
LARGEST_CONTEXT = 256 * 1024


def step(machine: CompiledMachine, snapshot: Snapshot, event: Event, now: datetime) -> Step:
    """Decide about an event. `now` has a time zone; the snapshot's version grows by one whatever the verdict."""
    definition = machine.definition
    before = snapshot.state
    if before not in definition.states:
        because = f'the machine {definition.name} has no state "{before}"'
        return unmoved(snapshot, event, Verdict.STATE_NOT_FOUND, because)
    candidates = machine.candidates(before, event.name)
    if not candidates:
        because = _why_not_registered(machine, before, event.name)
        return unmoved(snapshot, event, Verdict.EVENT_NOT_REGISTERED, because)
    judge = _Judge(definition=definition, snapshot=snapshot, scope=_scope(definition, snapshot, event, now))
    taken, after = machine.choose(before, event.name, judge.may_take)
    listed = _listed(candidates, judge.reasons, taken)
    if taken is None:
        reasons = "; ".join(c.reason for c in listed)
        verdict = Verdict.UNEVALUATED if judge.blocked else Verdict.GUARDED
        because = f'nothing moves "{before}" on "{event.name}": {reasons}'
        return unmoved(snapshot, event, verdict, because, listed)
    if taken.target == END:
        because = f'"{event.name}" ends in "{before}": nothing is called'
        return unmoved(snapshot, event, Verdict.ENDED, because, listed)
    return Step(
        snapshot=Snapshot(state=after, context=judge.context, version=snapshot.version + 1),
        effects=judge.effects,
        trace=Trace(
            verdict=Verdict.MOVED,
            before=before,
            event=event.name,
            after=after,
            candidates=listed,
            because=f'"{event.name}" moves "{before}" to "{after}"',
        ),
    )


def unmoved(
    snapshot: Snapshot,
    event: Event,
    verdict: Verdict,
    because: str,
    candidates: tuple[Candidate, ...] = (),
) -> Step:
    """A step that leaves the instance where it is and calls nothing; its version counts the decision."""
    return Step(
        snapshot=replace(snapshot, version=snapshot.version + 1),
        effects=(),
        trace=Trace(
            verdict=verdict,
            before=snapshot.state,
            event=event.name,
            after=snapshot.state,
            candidates=candidates,
            because=printable(because),
        ),
    )


class _CannotBindError(Exception):
    """A candidate's arguments cannot be evaluated; the message says which and why."""


@dataclass(slots=True, kw_only=True)
class _Judge:
    """Asked about one candidate after the other; keeps what it saw, and what the last one that holds would do."""

    definition: Machine
    snapshot: Snapshot
    scope: dict[str, Any]
    #: For each candidate asked about, why it was or was not taken.
    reasons: dict[int, str] = field(default_factory=dict)
    blocked: bool = False
    context: Mapping[str, Any] = field(default_factory=dict)
    effects: tuple[Effect, ...] = ()

    def may_take(self, transition: Transition) -> bool:
        """Whether the guard holds and everything the transition would do can be evaluated."""
        if self.blocked:
            self._note(transition, "not tried: an earlier one held and could not be evaluated")
            return False
        held, reason = _guard(transition.guard, self.scope)
        if held and transition.target != END:
            try:
                self._bind(transition)
            except _CannotBindError as problem:
                self.blocked = True
                held, reason = False, f"{reason}, but {problem}"
        self._note(transition, reason)
        return held

    def _note(self, transition: Transition, reason: str) -> None:
        self.reasons[id(transition)] = reason

    def _bind(self, transition: Transition) -> None:
        source, target = self.snapshot.state, transition.target
        names = self.definition.names
        roots = {root: value for root, value in self.scope.items() if root not in ("var", "local")}
        scope = names.scope(**{**roots, "state": target, "previous": source})
        self.context = self._merged(transition.set, scope)
        request = _arguments("request", transition.request, scope)
        calls = [
            Effect(
                kind=EffectKind.ACTION,
                name=action.name,
                worker=action.worker,
                arguments=_arguments(f"action {action.name}", action.arguments, scope),
            )
            for action in transition.actions
        ]
        target_status = self.definition.status_of(target)
        if target_status is not None and target != source:
            calls.insert(
                0,
                Effect(
                    kind=EffectKind.TRANSITION,
                    name=target,
                    source=source,
                    target=target,
                    source_status=self.definition.status_of(source),
                    target_status=target_status,
                    arguments=request,
                ),
            )
        self.effects = tuple(calls)

    def _merged(self, change: Expression | None, scope: Mapping[str, Any]) -> Mapping[str, Any]:
        if change is None:
            return self.snapshot.context
        value = _value("set", change, scope)
        if not isinstance(value, dict):
            raise _CannotBindError(f"set is no object: it is {show(value)}")
        merged = {**self.snapshot.context, **value}
        kept = {name: item for name, item in merged.items() if item is not None}
        if len(canonical(kept)) > LARGEST_CONTEXT:
            raise _CannotBindError(f"the context would be larger than {LARGEST_CONTEXT} characters")
        return kept


def _scope(definition: Machine, snapshot: Snapshot, event: Event, now: datetime) -> dict[str, Any]:
    return definition.names.scope(
        event=event.payload,
        delivery=event.delivery,
        entity={"id": event.entity.id, "project": event.entity.project},
        state=snapshot.state,
        context=snapshot.context,
        now=timestamp(now),
    )


def _guard(guard: Expression | None, scope: Mapping[str, Any]) -> tuple[bool, str]:
    """Whether a guard holds, and why, in words for the operator."""
    if guard is None:
        return True, "no guard"
    try:
        value = guard.evaluate(scope)
    except EvaluationError as problem:
        return False, f"guard could not be evaluated: {problem}"
    if not isinstance(value, bool):
        return False, f"guard is neither true nor false: it is {show(value)}"
    seen = guard.seen(scope)
    return value, ("guard held" if value else "guard false") + (f": {seen}" if seen else "")


def _arguments(block: str, arguments: Mapping[str, Expression], scope: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _value(f"{name} of {block}", expression, scope) for name, expression in arguments.items()}


def _value(what: str, expression: Expression, scope: Mapping[str, Any]) -> Any:
    try:
        return plain(expression.evaluate(scope))
    except (EvaluationError, NotPlainError) as problem:
        raise _CannotBindError(f"{what} could not be evaluated: {problem}") from None


def _listed(
    candidates: Iterable[Transition], reasons: Mapping[int, str], taken: Transition | None
) -> tuple[Candidate, ...]:
    return tuple(
        Candidate(
            source=transition.source,
            target=transition.target,
            taken=transition is taken,
            reason=printable(reasons.get(id(transition), "not tried: an earlier one was taken")),
            place=str(transition.span),
        )
        for transition in candidates
    )


def _why_not_registered(machine: CompiledMachine, state: str, event: str) -> str:
    if machine.definition.states[state].final:
        return f'"{state}" is final: no event leads out of it'
    known = sorted(name for at, name in machine.table if at == state)
    knows = ", ".join(f'"{name}"' for name in known) or "no event"
    return f'no transition leaves "{state}" on "{event}"; it knows {knows}'
