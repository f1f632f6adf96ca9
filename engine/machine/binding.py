"""Binds what a transition sets, calls and times to the values of one decision."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from engine.errors import EvaluationError
from engine.language.values import truth
from engine.machine.approvals import names_of
from engine.machine.definition import Action, Await, Raise, Timer
from engine.machine.durations import seconds_of
from engine.machine.expression import Expression, sensitive_in
from engine.machine.values import NotPlainError, canonical, plain, timestamp
from engine.model import Effect, EffectKind

#: The most that an instance may remember, in characters of JSON: it is written with every decision.
LARGEST_CONTEXT = 256 * 1024


class CannotBindError(Exception):
    """Something cannot be evaluated; the message says what and why."""


def merged(
    context: Mapping[str, Any], change: Expression | None, scope: Mapping[str, Any]
) -> Mapping[str, Any]:
    """The context after a `set`; null deletes."""
    if change is None:
        return context
    value = _value("set", change, scope)
    if not isinstance(value, dict):
        raise CannotBindError(f"set is not an object: it is {change.shown(value, scope)}")
    kept = {name: item for name, item in {**context, **value}.items() if item is not None}
    if len(canonical(kept)) > LARGEST_CONTEXT:
        raise CannotBindError(f"the context would be larger than {LARGEST_CONTEXT} characters")
    return kept


def calls(actions: Iterable[Action], scope: Mapping[str, Any]) -> tuple[Effect, ...]:
    """The effects of actions, with those that take their place when they are given up."""
    return tuple(
        Effect(
            kind=EffectKind.ACTION,
            name=action.name,
            worker=action.worker,
            arguments=arguments(f"action {action.name}", action.arguments, scope),
            fallbacks=calls(action.fallbacks, scope) if action.fallbacks else (),
            masks=masks(action.arguments, scope),
        )
        for action in actions
    )


def arguments(block: str, given: Mapping[str, Expression], scope: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a `request` or an `action` block."""
    return {name: _value(f"{name} of {block}", expression, scope) for name, expression in given.items()}


def masks(given: Mapping[str, Expression], scope: Mapping[str, Any]) -> dict[str, Any]:
    """What to show in place of those values that are sensitive."""
    if sensitive_in(scope) is None:
        return {}
    found = ((name, expression.mask(scope)) for name, expression in given.items())
    return {name: mask for name, mask in found if mask is not None}


def due(timer: Timer, now: datetime, scope: Mapping[str, Any]) -> str:
    """When a timer that is set now is due, as `Snapshot.timers` has it."""
    value = _value("delay", timer.delay, scope)
    try:
        return timestamp(now + timedelta(seconds=seconds_of(value)))
    except (ValueError, OverflowError) as problem:
        why = _why(timer.delay, problem, scope)
        raise CannotBindError(f"the delay of {timer.event} {why}") from None


def people(asked: Await, scope: Mapping[str, Any]) -> list[str]:
    """Who may answer."""
    value = _value("from of await", asked.people, scope)
    try:
        return names_of(value)
    except ValueError as problem:
        raise CannotBindError(f"from of await {_why(asked.people, problem, scope)}") from None


def holds(raised: Raise, scope: Mapping[str, Any]) -> bool:
    """Whether an event is raised: its `when` holds, or it has none."""
    if raised.when is None:
        return True
    value = _value(f'when of raise "{raised.event}"', raised.when, scope)
    held = truth(value)
    if held is None:
        raise CannotBindError(
            f'when of raise "{raised.event}" is neither true nor false: it is {raised.when.shown(value, scope)}'
        )
    return held


def payload(raised: Raise, scope: Mapping[str, Any]) -> Any:
    """What an event that is raised carries."""
    if raised.payload is None:
        return None
    value = _value(f'event of raise "{raised.event}"', raised.payload, scope)
    if raised.delay is not None and len(canonical(value)) > LARGEST_CONTEXT:
        raise CannotBindError(
            f'the event of raise "{raised.event}" would be larger than {LARGEST_CONTEXT} characters'
        )
    return value


def ending(state: str, payload: Expression | None, scope: Mapping[str, Any]) -> Any:
    """What the event carries that says that the state around a final one came to its end."""
    return None if payload is None else _value(f"event of {state}", payload, scope)


def raised_at(raised: Raise, now: datetime, scope: Mapping[str, Any]) -> str | None:
    """When a delayed event is due, as `Snapshot.timers` has it; None = at once, after all that follows from the step."""
    if raised.delay is None:
        return None
    value = _value(f'delay of raise "{raised.event}"', raised.delay, scope)
    try:
        seconds = seconds_of(value)
        return timestamp(now + timedelta(seconds=seconds)) if seconds else None
    except (ValueError, OverflowError) as problem:
        why = _why(raised.delay, problem, scope)
        raise CannotBindError(f'the delay of raise "{raised.event}" {why}') from None


def _why(given: Expression, problem: Exception, scope: Mapping[str, Any]) -> str:
    """What is wrong with a value, in words that show it only if it may be shown."""
    return str(problem) if given.mask(scope) is None else f"cannot be used: it is {given.shown(None, scope)}"


def _value(what: str, expression: Expression, scope: Mapping[str, Any]) -> Any:
    try:
        return plain(expression.evaluate(scope))
    except (EvaluationError, NotPlainError) as problem:
        raise CannotBindError(f"{what} could not be evaluated: {problem}") from None
