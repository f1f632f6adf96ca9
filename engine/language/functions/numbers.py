"""Functions over numbers."""

import math
from decimal import Decimal
from typing import Any

from engine.language.functions.function import function
from engine.language.meter import Meter
from engine.language.values import UnfitError, add, number, parse_number, subtract

_MAX_BASE = 36
_MAX_DIGITS = 400


def _sum(meter: Meter, values: list[Any]) -> int | Decimal:
    total: int | Decimal = 0
    for value in values:
        meter.step()
        try:
            total = add(total, number(value))
        except UnfitError as error:
            raise UnfitError(f"has an element that {error.message}", 0) from None
    return total


def _parseint(_meter: Meter, digits: str, base: int | Decimal) -> int:
    if not isinstance(base, int) or not 2 <= base <= _MAX_BASE:  # noqa: PLR2004
        raise UnfitError(f"must be a whole number from 2 to {_MAX_BASE}", 1)
    plain = digits.removeprefix("-")
    try:
        return int(digits if plain.isalnum() and len(plain) <= _MAX_DIGITS else "", base)
    except ValueError:
        raise UnfitError(f"is not a whole number in base {base}", 0) from None


def _tonumber(_meter: Meter, value: Any) -> int | Decimal | None:
    if value is None:
        return None
    if isinstance(value, str):
        parsed = parse_number(value)
        if parsed is None:
            raise UnfitError("spells no number", 0)
        return parsed
    try:
        return number(value)
    except UnfitError as error:
        raise UnfitError(error.message, 0) from None


NUMBERS = (
    function(
        "abs(value: number)",
        "The number without its sign.",
        lambda _, value: value if value >= 0 else subtract(0, value),
    ),
    function("ceil(value: number)", "The whole number at or above.", lambda _, value: math.ceil(value)),
    function("floor(value: number)", "The whole number at or below.", lambda _, value: math.floor(value)),
    function(
        "max(value: number, others: number...)", "The largest argument.", lambda _, *values: max(values)
    ),
    function(
        "min(value: number, others: number...)", "The smallest argument.", lambda _, *values: min(values)
    ),
    function(
        "signum(value: number)",
        "-1, 0 or 1, as the number's sign.",
        lambda _, value: (value > 0) - (value < 0),
    ),
    function("sum(values: list)", "The sum of a list of numbers.", _sum),
    function(
        "parseint(digits: string, base: number)", "The whole number that digits spell in a base.", _parseint
    ),
    function("tonumber(value: any)", "The number that a text spells; numbers and null pass.", _tonumber),
)
