"""``?:`` as a closure. Both sides have a say in the type of the result, though only one is its value."""

from collections.abc import Mapping
from typing import Any

from engine.errors import EvaluationError
from engine.language import syntax
from engine.language.failure import FailureError, Run
from engine.language.meter import Meter
from engine.language.values import UnfitError, kind, truth


def conditional_closure(node: syntax.Conditional, condition: Run, then: Run, otherwise: Run) -> Run:
    """The value of one side, as the type that both have in common; a side that cannot be evaluated has no say."""
    from engine.language.unify import unified  # most expressions have no use for it

    alike = _is_text(node.then) and _is_text(node.otherwise)

    def run(scope: Mapping[str, Any], meter: Meter) -> Any:
        held = condition(scope, meter)
        chosen = held if held is True or held is False else truth(held)
        if chosen is None:
            raise FailureError(
                node.condition,
                "not_a_bool",
                f"The condition of ?: must be true or false, not {kind(held)}",
                "Compare it with something, for instance: value != null.",
            )
        taken, left = (then, otherwise) if chosen else (otherwise, then)
        value = taken(scope, meter)
        if alike or value is None:
            return value
        try:
            other = left(scope, meter)
        except (FailureError, EvaluationError):
            return value
        try:
            return unified(value, other, meter)
        except UnfitError as error:
            raise FailureError(
                node,
                "sides_differ",
                f"The sides of ?: {error.message}",
                "Give both sides values of one type.",
            ) from None

    return run


def _is_text(node: syntax.Expression) -> bool:
    """Whether it is text for certain: then nothing is converted, and the side not taken need not be evaluated."""
    if isinstance(node, syntax.Parentheses):
        return _is_text(node.inner)
    if isinstance(node, syntax.Template):
        return not node.wrapped
    return isinstance(node, syntax.Literal) and isinstance(node.value, str)
