"""Arithmetic as the reference does it, on binary floats of 512 bits, to compare its results to the last digit.

Interlock's own numbers are exact decimals: there 11 % 5.1 is 0.8, which no binary float is.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any

from engine.language import syntax
from engine.language.functions.function import Function, Parameter

BITS = 512
#: Wide enough for every digit of such a float.
_WIDE = Context(prec=400)


def rounded(value: Fraction) -> Fraction:
    """The nearest 512-bit float; of two equally near the even one."""
    if not value:
        return value
    shift = BITS - (value.numerator.bit_length() - value.denominator.bit_length())
    scaled = value * Fraction(2) ** shift
    if abs(scaled) >= 2**BITS:
        shift -= 1
        scaled /= 2
    return Fraction(round(scaled)) / Fraction(2) ** shift


def float_of(value: Decimal | int) -> Fraction:
    """The float that a literal means."""
    return rounded(Fraction(value))


def shortest(value: Fraction) -> str:
    """The fewest digits that mean this float, without an exponent."""
    if value.denominator == 1:
        return str(value.numerator)
    low, high = 1, 160
    while low < high:
        middle = (low + high) // 2
        if float_of(_digits(value, middle)) == value:
            high = middle
        else:
            low = middle + 1
    return format(_digits(value, low).normalize(_WIDE), "f")


def _digits(value: Fraction, count: int) -> Decimal:
    magnitude = len(str(abs(value.numerator))) - len(str(value.denominator))
    power = count - magnitude
    return Decimal(f"{round(value * Fraction(10) ** power)}E{-power}")


def _remainder(left: Fraction, right: Fraction) -> Fraction:
    quotient = rounded(left / right)
    return left - rounded(int(quotient) * right)


_OPERATIONS: dict[str, Callable[[Fraction, Fraction], Fraction]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "%": _remainder,
}


def _function(name: str, apply: Callable[[Fraction, Fraction], Fraction]) -> Function:
    def run(_meter: Any, left: Any, right: Any) -> Decimal:
        return Decimal(shortest(rounded(apply(float_of(left), float_of(right)))))

    parameters = (Parameter(name="left", kind="number"), Parameter(name="right", kind="number"))
    return Function(
        name=name, signature=name, doc="", parameters=parameters, variadic=None, implementation=run
    )


FUNCTIONS: Mapping[str, Function] = {name: _function(name, apply) for name, apply in _OPERATIONS.items()}


def with_floats(node: Any) -> Any:
    """The expression with calls of the functions above in place of its arithmetic."""
    if isinstance(node, tuple):
        return tuple(map(with_floats, node))
    if not is_dataclass(node) or not isinstance(node, syntax.Node):
        return node
    changes = {
        f.name: with_floats(getattr(node, f.name)) for f in fields(node) if not f.name.endswith("span")
    }
    changed = replace(node, **changes)
    if isinstance(changed, syntax.Binary) and changed.operator in _OPERATIONS:
        return syntax.Call(
            span=changed.span,
            name=changed.operator,
            name_span=changed.span,
            arguments=(changed.left, changed.right),
        )
    return changed
