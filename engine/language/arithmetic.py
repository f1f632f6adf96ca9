"""Operators as closures."""

from collections.abc import Callable, Mapping
from typing import Any

from engine.language import syntax
from engine.language.binary import add, divide, multiply, negate, remainder, subtract
from engine.language.failure import FailureError, Run, UnfitError
from engine.language.meter import Meter
from engine.language.values import equal, kind, number, truth

_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": add,
    "-": subtract,
    "*": multiply,
    "/": divide,
    "%": remainder,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def unary(node: syntax.Unary, operand: Run) -> Run:
    """``-x`` and ``!x``."""
    if node.operator == "!":

        def invert(scope: Mapping[str, Any], meter: Meter) -> Any:
            value = operand(scope, meter)
            if value is True:
                return False
            if value is False:
                return True
            return not _bool(node.operand, "!", value)

        return invert
    return lambda scope, meter: negate(_operand(node.operand, "-", operand(scope, meter)))


def binary(node: syntax.Binary, left: Run, right: Run) -> Run:
    """``left operator right``; && and || do not look at the right side when the left one decides."""
    operator = node.operator
    if operator in ("&&", "||"):
        return _logic(node, left, right, decided=operator == "||")
    if operator in ("==", "!="):
        return _equality(node, left, right, negated=operator == "!=")
    apply = _ARITHMETIC[operator]

    def run(scope: Mapping[str, Any], meter: Meter) -> Any:
        a, b = left(scope, meter), right(scope, meter)
        if type(a) is not int:
            a = _operand(node.left, operator, a)
        if type(b) is not int:
            b = _operand(node.right, operator, b)
        try:
            return apply(a, b)
        except UnfitError as error:
            raise FailureError(
                node, "arithmetic", f'The result of "{operator}" {error.message}', advice(b)
            ) from None

    return run


def advice(right: Any) -> str:
    """What to do about a calculation without a result."""
    return "Guard it: n != 0 ? 1 / n : 0." if right == 0 else ""


def text_advice(operator: str) -> str:
    """What to do about a text that is no number beside an operator."""
    if operator == "+":
        return 'Texts are joined in a template: "${a}${b}". Move a timestamp with timeadd.'
    return "Convert it with tonumber, or compare timestamps with timecmp."


def _logic(node: syntax.Binary, left: Run, right: Run, *, decided: bool) -> Run:
    def run(scope: Mapping[str, Any], meter: Meter) -> Any:
        value = left(scope, meter)
        if value is not True and value is not False:
            value = _bool(node.left, node.operator, value)
        if value is decided:
            return value
        value = right(scope, meter)
        if value is not True and value is not False:
            value = _bool(node.right, node.operator, value)
        return value

    return run


def _equality(node: syntax.Binary, left: Run, right: Run, *, negated: bool) -> Run:
    for side, other in ((node.left, right), (node.right, left)):
        if isinstance(side, syntax.Literal) and isinstance(side.value, str) and side.value.isascii():
            return _equals_text(side.value, other, negated=negated)
    return lambda scope, meter: equal(left(scope, meter), right(scope, meter), meter) is not negated


def _equals_text(text: str, other: Run, *, negated: bool) -> Run:
    if negated:
        return lambda scope, meter: other(scope, meter) != text
    return lambda scope, meter: other(scope, meter) == text


def _operand(node: syntax.Expression, operator: str, value: Any) -> Any:
    try:
        return number(value)
    except UnfitError as error:
        raise FailureError(
            node,
            "not_a_number",
            f'"{operator}" needs numbers: this {error.message}',
            text_advice(operator) if isinstance(value, str) else "",
        ) from None


def _bool(node: syntax.Expression, operator: str, value: Any) -> bool:
    """The bool that an operand is, or spells."""
    found = truth(value)
    if found is not None:
        return found
    raise FailureError(
        node,
        "not_a_bool",
        f'"{operator}" needs true or false on both sides, not {kind(value)}'
        if operator != "!"
        else f'"!" needs true or false, not {kind(value)}',
        "Compare it with something, for instance: value != null.",
    )
