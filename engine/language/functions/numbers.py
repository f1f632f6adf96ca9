"""Functions over numbers."""

import math
import re
from decimal import Context, Decimal
from functools import reduce
from typing import Any

from engine.language.binary import Number, add, rounded, whole_part
from engine.language.functions.function import function
from engine.language.meter import Meter
from engine.language.values import UnfitError, number

#: Digits from 0 on; where upper and lower case differ, the upper ones come last.
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SMALL_BASE = 36
_MAX_DIGITS = 400
_MAX_WHOLE = 2**63
#: Enough for floats of 53 bits to come out the same on every machine, whatever its mathematical library.
_WIDE = Context(prec=40, Emax=999_999_999, Emin=-999_999_999, traps=[])
#: A logarithm or a power is a long sum.
_COST_OF_A_SERIES = 64
_SIGNED = r"[+-]?([0-9A-Za-z]+)"


def whole(value: Number, argument: int) -> int:
    """A whole number such as counts something; raises `UnfitError`."""
    found = whole_part(value)
    if found is None:
        raise UnfitError("is not a whole number", argument)
    if not -_MAX_WHOLE <= found < _MAX_WHOLE:
        raise UnfitError("is too large a number", argument)
    return found


def _sum(meter: Meter, values: list[Any]) -> Number:
    total: Number = 0
    for value in values:
        meter.step()
        try:
            total = add(total, number(value))
        except UnfitError as error:
            raise UnfitError(f"has an element that {error.message}", 0) from None
    return total


def _parseint(meter: Meter, digits: str, base: Number) -> Number:
    radix = whole(base, 1)
    if not 2 <= radix <= len(_DIGITS):  # noqa: PLR2004
        raise UnfitError(f"must be a whole number from 2 to {len(_DIGITS)}", 1)
    found = re.fullmatch(_SIGNED, digits)
    if found is None or len(found[1]) > _MAX_DIGITS:
        raise UnfitError(f"is not a whole number in base {radix}", 0)
    spelled = found[1].lower() if radix <= _SMALL_BASE else found[1]
    if any(char in _DIGITS[radix:] for char in spelled):
        raise UnfitError(f"is not a whole number in base {radix}", 0)
    meter.step(len(spelled) // 4)
    total = (
        int(spelled, radix)
        if radix <= _SMALL_BASE
        else reduce(lambda a, char: a * radix + _DIGITS.index(char), spelled, 0)
    )
    return rounded(-total if digits[0] == "-" else total)


def _log(meter: Meter, value: Number, base: Number) -> Number:
    meter.step(_COST_OF_A_SERIES)
    above, below = _logarithm(value, 0), _logarithm(base, 1)
    if below == 0:
        raise UnfitError("is 1, which has no powers but itself", 1)
    return number(above / below)


def _logarithm(value: Number, argument: int) -> float:
    if value <= 0:
        raise UnfitError("must be more than 0", argument)
    return float(_WIDE.ln(Decimal(_float(value, argument))))


def _pow(meter: Meter, value: Number, power: Number) -> Number:
    meter.step(_COST_OF_A_SERIES)
    base, exponent = _float(value, 0), _float(power, 1)
    if exponent == 0:
        return 1
    made = float(_WIDE.power(Decimal(base), Decimal(exponent)))
    if math.isnan(made):
        raise UnfitError("is negative, and the power is not a whole number", 0)
    if math.isinf(made):
        raise UnfitError("gives too large a number" if base else "divides by zero", 1)
    return number(made)


def _float(value: Number, argument: int) -> float:
    try:
        return float(value)
    except OverflowError:
        raise UnfitError("is too large a number", argument) from None


NUMBERS = (
    function("abs(value: number)", "The number without its sign.", lambda _, value: abs(value), returns="number"),
    function("ceil(value: number)", "The whole number at or above.", lambda _, value: math.ceil(value), returns="number"),
    function("floor(value: number)", "The whole number at or below.", lambda _, value: math.floor(value), returns="number"),
    function("int(value: number)", "The number without what follows its point.", lambda _, value: math.trunc(value) if value else value, returns="number"),
    function("log(value: number, base: number)", "The logarithm, to the 16 or 17 digits of a float.", _log, returns="number"),
    function("max(value: number, others: number...)", "The largest argument.", lambda _, *values: max(values), returns="number"),
    function("min(value: number, others: number...)", "The smallest argument.", lambda _, *values: min(values), returns="number"),
    function("parseint(digits: string, base: number)", "The whole number that digits spell in a base from 2 to 62.", _parseint, returns="number"),
    function("pow(value: number, power: number)", "The number to a power, to the 16 or 17 digits of a float.", _pow, returns="number"),
    function("signum(value: number)", "-1, 0 or 1, as the number's sign.", lambda _, value: (value > 0) - (value < 0), returns="number"),
    function("sum(values: list)", "The sum of a list of numbers.", _sum, returns="number"),
)  # fmt: skip
