"""Numbers as HCL's reference has them: binary floats of 512 bits, rounded to the nearest, of two equally near to the even one.

A whole number is an int, whatever its size, with 512 significant bits at most. Any other is a `BinaryFraction`; so is
negative zero, which equals 0 and is written "-0". Who makes a number, rounds it: the functions here take and give rounded
numbers only.
"""

from typing import Any

from engine.language.failure import UnfitError

#: Significant bits.
PRECISION = 512
#: Bits before the point, and behind it before the first that counts.
_MAX_BITS = 4_096
#: Whole numbers between this one and its negative are exact.
_WHOLE = 1 << PRECISION
#: The quotient of two whole numbers of this size is not rounded to a whole one.
_SMALL = 1 << PRECISION // 2
#: Python's hash of a rational number is a remainder by this prime, of which 2**61 leaves 1.
_HASH_BITS = 61
_HASH_PRIME = (1 << _HASH_BITS) - 1


class BinaryFraction:
    """``mantissa / 2**places``: a number that is not whole, or negative zero. Made here only, and never changed.

    No dataclass: writers of JSON would take it for an object.
    """

    __slots__ = ("mantissa", "places")

    def __init__(self, mantissa: int, places: int) -> None:
        #: Odd, or 0 for negative zero.
        self.mantissa = mantissa
        #: Bits behind the point: at least 1, but for negative zero.
        self.places = places

    def __repr__(self) -> str:
        """Write it as Python would make it."""
        return f"BinaryFraction({self.mantissa}, {self.places})"

    def __bool__(self) -> bool:
        """Whether it is anything but zero."""
        return self.mantissa != 0

    def __float__(self) -> float:
        """Give the nearest double."""
        return self.mantissa / (1 << self.places) if self.mantissa else -0.0

    def __trunc__(self) -> int:
        """Cut off what is behind the point."""
        whole = abs(self.mantissa) >> self.places
        return -whole if self.mantissa < 0 else whole

    __int__ = __trunc__

    def __floor__(self) -> int:
        """Give the whole number below."""
        return self.mantissa >> self.places

    def __ceil__(self) -> int:
        """Give the whole number above."""
        return -(-self.mantissa >> self.places)

    def __abs__(self) -> "Number":
        """Drop the sign."""
        return BinaryFraction(abs(self.mantissa), self.places) if self.mantissa else 0

    def as_integer_ratio(self) -> tuple[int, int]:
        """Numerator and denominator, in lowest terms."""
        return self.mantissa, 1 << self.places

    def __hash__(self) -> int:
        """Hash it like any equal number of Python's."""
        made = (abs(self.mantissa) << (-self.places % _HASH_BITS)) % _HASH_PRIME
        made = made if self.mantissa >= 0 else -made
        return -2 if made == -1 else made

    def __eq__(self, other: object) -> bool:
        """Whether it is the same number; negative zero is zero."""
        if isinstance(other, BinaryFraction):
            return self.mantissa == other.mantissa and self.places == other.places
        if isinstance(other, int):
            return not self.mantissa and not other
        return NotImplemented

    def _beyond(self, other: Any) -> int | None:
        """How far it is above the other, as a whole number of any unit; None if the other is no number."""
        if isinstance(other, BinaryFraction):
            return (self.mantissa << other.places) - (other.mantissa << self.places)
        return self.mantissa - (other << self.places) if isinstance(other, int) else None

    def __lt__(self, other: Any) -> bool:
        """Compare exactly."""
        beyond = self._beyond(other)
        return NotImplemented if beyond is None else beyond < 0

    def __le__(self, other: Any) -> bool:
        """Compare exactly."""
        beyond = self._beyond(other)
        return NotImplemented if beyond is None else beyond <= 0

    def __gt__(self, other: Any) -> bool:
        """Compare exactly."""
        beyond = self._beyond(other)
        return NotImplemented if beyond is None else beyond > 0

    def __ge__(self, other: Any) -> bool:
        """Compare exactly."""
        beyond = self._beyond(other)
        return NotImplemented if beyond is None else beyond >= 0


#: What expressions calculate with.
Number = int | BinaryFraction
NEGATIVE_ZERO = BinaryFraction(0, 0)


def shortened(mantissa: int, bits: int) -> tuple[int, int]:
    """The whole number that is not negative, rounded to so many bits: as a mantissa and the bits that it lost."""
    lost = mantissa.bit_length() - bits
    if lost <= 0:
        return mantissa, 0
    kept = mantissa >> lost
    rest = mantissa - (kept << lost)
    half = 1 << (lost - 1)
    return kept + (rest > half or (rest == half and kept & 1)), lost


def rounded(mantissa: int, places: int = 0) -> Number:
    """The number nearest to ``mantissa / 2**places``, where places may be negative; raises `UnfitError` out of range."""
    if -_WHOLE < mantissa < _WHOLE:
        if not mantissa:
            return 0
    else:
        kept, lost = shortened(abs(mantissa), PRECISION)
        mantissa = kept if mantissa > 0 else -kept
        places -= lost
    size = mantissa.bit_length() - places
    if size > _MAX_BITS:
        raise UnfitError("is too large a number")
    if size < -_MAX_BITS:
        raise UnfitError("is too close to zero")
    if places > 0:
        zeros = min(places, (mantissa & -mantissa).bit_length() - 1)
        mantissa >>= zeros
        places -= zeros
    return BinaryFraction(mantissa, places) if places > 0 else mantissa << -places


def quotient(numerator: int, denominator: int, places: int = 0) -> Number:
    """The number nearest to ``numerator / denominator / 2**places``; the denominator is not 0."""
    negative = (numerator < 0) != (denominator < 0)
    numerator, denominator = abs(numerator), abs(denominator)
    shift = max(0, PRECISION + 2 - numerator.bit_length() + denominator.bit_length())
    whole, rest = divmod(numerator << shift, denominator)
    whole = whole << 1 | (rest != 0)  # what is cut off still tells what is half way from what is beyond it
    return rounded(-whole if negative else whole, places + shift + 1)


def _parts(value: Number) -> tuple[int, int]:
    return (value, 0) if isinstance(value, int) else (value.mantissa, value.places)


def whole_part(value: Number) -> int | None:
    """The whole number that it is; None if it is none."""
    if isinstance(value, int):
        return value
    return None if value.mantissa else 0


def is_rounded(value: object) -> bool:
    """Whether it is a number whose digits may have been more than it has."""
    return isinstance(value, BinaryFraction) or (isinstance(value, int) and value.bit_length() > PRECISION)


def is_negative(value: Number) -> bool:
    """Whether it has a sign, as negative zero has."""
    return value < 0 or (not value and not isinstance(value, int))


def negate(value: Number) -> Number:
    """``-value``."""
    if isinstance(value, int):
        return -value if value else NEGATIVE_ZERO
    return BinaryFraction(-value.mantissa, value.places) if value.mantissa else 0


def add(left: Number, right: Number) -> Number:
    """``left + right``."""
    if type(left) is int and type(right) is int:
        total = left + right
        return total if -_WHOLE < total < _WHOLE else rounded(total)
    if not right and not left:
        return NEGATIVE_ZERO if is_negative(left) and is_negative(right) else 0
    (a, a_places), (b, b_places) = _parts(left), _parts(right)
    places = max(a_places, b_places)
    return rounded((a << (places - a_places)) + (b << (places - b_places)), places)


def subtract(left: Number, right: Number) -> Number:
    """``left - right``."""
    if type(left) is int and type(right) is int:
        difference = left - right
        return difference if -_WHOLE < difference < _WHOLE else rounded(difference)
    return add(left, negate(right))


def multiply(left: Number, right: Number) -> Number:
    """``left * right``."""
    if type(left) is int and type(right) is int:
        product = left * right
        if product and -_WHOLE < product < _WHOLE:
            return product
    (a, a_places), (b, b_places) = _parts(left), _parts(right)
    if not a or not b:
        return _zero(left, right)
    return rounded(a * b, a_places + b_places)


def divide(left: Number, right: Number) -> Number:
    """``left / right``."""
    if not right:
        raise UnfitError("divides by zero")
    if not left:
        return _zero(left, right)
    if type(left) is int and type(right) is int and not left % right:
        return left // right
    (a, a_places), (b, b_places) = _parts(left), _parts(right)
    return quotient(a, b, a_places - b_places)


def remainder(left: Number, right: Number) -> Number:
    """``left % right``, with the sign of the left side: what is left beside the whole times that the rounded quotient has."""
    if not right:
        raise UnfitError("divides by zero")
    if type(left) is int and type(right) is int and -_SMALL < left < _SMALL and -_SMALL < right < _SMALL:
        rest = abs(left) % abs(right)
        return -rest if left < 0 else rest
    times = int(divide(left, right))
    return subtract(left, multiply(times, right))


def _zero(left: Number, right: Number) -> Number:
    """The product or quotient that is zero."""
    return NEGATIVE_ZERO if is_negative(left) != is_negative(right) else 0
