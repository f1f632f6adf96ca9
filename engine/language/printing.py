"""Numbers as decimal digits: the fewest that mean a number, as HCL's reference prints it, and all that it has."""

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_UP, Context, Decimal
from functools import lru_cache

from engine.language.binary import PRECISION, Number

#: What has no more digits than these is written with all of them: no shorter text means the same float.
_SURE_DIGITS = 153
#: A number of so many bits has no more digits than that, if they are all before the point.
_SURE_BITS = 508
#: More digits than any number has.
_WIDE = Context(prec=6_000, Emax=9_999, Emin=-9_999)


def printed(value: Number) -> str:
    """The number without an exponent."""
    if isinstance(value, int) and value.bit_length() <= _SURE_BITS:
        return str(value)
    return format(shortest(value), "f")


def printed_double(value: float) -> str:
    """The same for a double, whose digits Python knows."""
    return format(_WIDE.normalize(Decimal(repr(value))), "f")


def all_digits(value: Number) -> Decimal:
    """Every digit of the number, without zeros at the end."""
    if isinstance(value, int):
        return _exact(value, 0)
    return _exact(value.mantissa, value.places) if value else Decimal("-0")


@lru_cache(maxsize=256)
def shortest(value: Number) -> Decimal:
    """The fewest digits that lie within half of the last bit of this number; of several such the nearest.

    As the reference does, it takes the numbers below a power of two for as far apart as those above it: where a power
    of two has more digits than are surely all needed, its text may mean the number below.
    """
    exact = all_digits(value)
    digits = _digits(exact)
    if len(digits) <= _SURE_DIGITS:
        return exact
    mantissa, places = (value, 0) if isinstance(value, int) else (value.mantissa, value.places)
    # In units of half of the last bit: one less and one more are the bounds of what means this number.
    shift = PRECISION + 1 - mantissa.bit_length()
    units = abs(mantissa) << shift if shift >= 0 else abs(mantissa) >> -shift
    places += shift
    even = units & 2 == 0
    below, above = (_digits(_exact(units + by, places)) for by in (-1, 1))
    for count, (digit, lower, upper) in enumerate(
        zip(digits, below.ljust(len(digits), "0"), above.ljust(len(digits), "0"), strict=False), 1
    ):
        down = digit != lower or (even and count == len(below))
        up = digit != upper and (even or int(digit) + 1 < int(upper) or count < len(above))
        if down or up:
            rounding = ROUND_HALF_EVEN if down and up else ROUND_DOWN if down else ROUND_UP
            return Context(prec=count, rounding=rounding).plus(exact).normalize(_WIDE)
    return exact


def _digits(value: Decimal) -> str:
    return str(value.scaleb(-value.adjusted(), _WIDE)).lstrip("-").replace(".", "")


def _exact(mantissa: int, places: int) -> Decimal:
    """``mantissa / 2**places``, without zeros at the end."""
    if places <= 0:
        return _WIDE.normalize(Decimal(mantissa << -places))
    return _WIDE.normalize(_WIDE.scaleb(Decimal(mantissa * 5**places), -places))
