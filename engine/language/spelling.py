"""Numbers from their decimal digits, to the last bit as HCL's reference reads them."""

from functools import lru_cache

from engine.language.binary import NEGATIVE_ZERO, PRECISION, Number, quotient, rounded, shortened

#: The reference keeps so many bits of a power of five, and takes it together from parts of so many.
_POWER_BITS = PRECISION + 64
_PART_BITS = _POWER_BITS + 64
#: The greatest power of five that it has in a table.
_FIRST_POWER = 27


def number_of(digits: str, exponent: int, *, negative: bool = False) -> Number:
    """The number nearest to ``digits * 10**exponent``; there may be a point among the digits. Raises `UnfitError`."""
    whole, _, fraction = digits.partition(".")
    mantissa = int(whole + fraction)
    if not mantissa:
        return NEGATIVE_ZERO if negative else 0
    if negative:
        mantissa = -mantissa
    exponent -= len(fraction)
    if not exponent:
        return rounded(mantissa)
    power, lost = _power_of_five(abs(exponent))
    if exponent > 0:
        return rounded(mantissa * power, -exponent - lost)
    return quotient(mantissa, power, lost - exponent)


@lru_cache(maxsize=256)
def _power_of_five(exponent: int) -> tuple[int, int]:
    """5 to a power as mantissa and lost bits. Beyond 5**248 it is rounded, and on the way there, as in the reference.

    So a number of a great exponent may be one of the two next to the nearest: there as here.
    """
    power: int = 5**exponent
    if power.bit_length() <= _POWER_BITS:
        return power, 0
    power, lost = 5**_FIRST_POWER, 0
    part, lost_of_part = 5, 0
    exponent -= _FIRST_POWER
    while exponent:
        if exponent & 1:
            power, more = shortened(power * part, _POWER_BITS)
            lost += lost_of_part + more
        part, more = shortened(part * part, _PART_BITS)
        lost_of_part = 2 * lost_of_part + more
        exponent >>= 1
    return power, lost
