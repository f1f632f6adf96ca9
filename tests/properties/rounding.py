"""A model of the numbers of expressions that shares nothing with them: rational numbers, rounded to 512 bits."""

from fractions import Fraction
from typing import Any

BITS = 512


def exact(value: Any) -> Fraction:
    """A number of the language as a rational one."""
    return Fraction(*value.as_integer_ratio())


def nearest(value: Fraction) -> Fraction:
    """The float of 512 bits that is nearest; of two the one whose last bit is 0."""
    if not value:
        return value
    unit = Fraction(2) ** (value.numerator.bit_length() - value.denominator.bit_length() - BITS)
    while abs(value / unit) >= 2**BITS:
        unit *= 2
    while abs(value / unit) < 2 ** (BITS - 1):
        unit /= 2
    return round(value / unit) * unit


def remainder(left: Fraction, right: Fraction) -> Fraction:
    """What is left beside the whole times that the rounded quotient has."""
    return nearest(left - nearest(int(nearest(left / right)) * right))
