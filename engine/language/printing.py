"""Numbers as text, digit by digit as HCL's reference prints its own: binary floats of 512 bits, in the fewest digits."""

from decimal import Context, Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fractions import Fraction

_BITS = 512
#: So many digits mean a float of their own, and are its fewest.
_SURE_DIGITS = 153
#: With so many digits no two floats share a text.
_MOST_DIGITS = 156
_WIDE = Context(prec=2_000)


def printed(value: int | Decimal) -> str:
    """The number without an exponent."""
    if isinstance(value, int):
        return str(value) if value.bit_length() <= _BITS else format(_shortest(value), "f")
    short = value if len(value.as_tuple().digits) <= _SURE_DIGITS else _shortest(value)
    return format(short, "f")


def _shortest(value: int | Decimal) -> Decimal:
    """The number with the fewest digits that is nearest to the same float."""
    from fractions import Fraction  # hardly any number has so many digits

    float_ = _float(Fraction(value))
    low, high = 1, _MOST_DIGITS
    while low < high:
        middle = (low + high) // 2
        if _float(Fraction(_digits(float_, middle))) == float_:
            high = middle
        else:
            low = middle + 1
    return _digits(float_, low).normalize(_WIDE)


def _float(value: "Fraction") -> "Fraction":
    """The nearest float; of two that are equally near the even one."""
    shift = _BITS - (value.numerator.bit_length() - value.denominator.bit_length())
    two = type(value)(2)
    scaled = value * two**shift
    if abs(scaled) >= 2**_BITS:
        shift -= 1
        scaled /= 2
    return round(scaled) / two**shift


def _digits(value: "Fraction", count: int) -> Decimal:
    magnitude = len(str(abs(value.numerator))) - len(str(value.denominator))
    power = count - magnitude
    return Decimal(f"{round(value * type(value)(10) ** power)}E{-power}")
