"""Holds what is claimed of single moves (`always`, `never`) against them. Pure.

A condition is held against wherever a move comes to: where it ends, and every configuration that it comes through, because
something there waits for no event. States on the way are entered like others. At the start nothing has come in: `event`
and `delivery` are null there, and what looks into them cannot be evaluated.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from engine.errors import EvaluationError
from engine.frozen import frozen
from engine.language.values import kind, truth
from engine.machine.compile import CompiledMachine
from engine.machine.expression import Expression
from engine.machine.moves import Breach
from engine.machine.properties import Claim, Property
from engine.model import Entity, Event, Passage, Snapshot


@frozen
class Conditions:
    """The conditions that are claimed of one machine."""

    compiled: CompiledMachine
    entity: Entity
    #: `ALWAYS` and `NEVER` only.
    claims: tuple[Property, ...]

    def expressions(self) -> tuple[Expression, ...]:
        """What is claimed."""
        return tuple(p.condition for p in self.claims if p.condition is not None)

    def broken(
        self, before: Snapshot | None, event: Event | None, after: Snapshot, passed: Iterable[Passage] = ()
    ) -> tuple[str, ...]:
        """The names of the claims that a move breaks."""
        return tuple(one.property.name for one in self.breaches(before, event, after, passed, told=False))

    def breaches(
        self,
        before: Snapshot | None,
        event: Event | None,
        after: Snapshot,
        passed: Iterable[Passage] = (),
        *,
        told: bool = True,
    ) -> Iterator[Breach]:
        """The claims that a move breaks, or a start (no `before`, no event); `told`: with the values they saw."""
        if not self.claims:
            return
        scopes = [self._scope(before, event, one.state, one.context) for one in passed]
        through = [f'on the way through "{one.state}": ' for one in passed]
        scopes.append(self._scope(before, event, after.state, after.context))
        for claimed in self.claims:
            condition = claimed.condition
            if condition is None:
                continue
            wanted = claimed.claim is Claim.ALWAYS
            number = next(
                (n for n, scope in enumerate(scopes) if _value(condition, scope) is not wanted), None
            )
            if number is not None:
                because = _because(condition, scopes[number]) if told else ""
                yield Breach(property=claimed, because="".join([*through[number : number + 1], because]))

    def _scope(
        self, before: Snapshot | None, event: Event | None, state: str, context: Mapping[str, Any]
    ) -> dict[str, Any]:
        at = self.compiled.configuration(state)
        return self.compiled.definition.names.scope(
            event=None if event is None else event.payload,
            delivery=None if event is None else event.delivery,
            entity={"id": self.entity.id, "project": self.entity.project},
            state=state,
            active=() if at is None else at.active,
            previous=None if before is None else before.state,
            context=context,
        )


def _value(condition: Expression, scope: Mapping[str, Any]) -> bool | None:
    try:
        return truth(condition.evaluate(scope))
    except EvaluationError:
        return None


def _because(condition: Expression, scope: Mapping[str, Any]) -> str:
    try:
        value = condition.evaluate(scope)
    except EvaluationError as problem:
        return f"it cannot be evaluated: {problem}"
    if truth(value) is None:
        return f"it is neither true nor false but {kind(value)}"
    return condition.seen(scope)
