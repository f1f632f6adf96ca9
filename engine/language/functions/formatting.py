"""Text made of a pattern with verbs: `format` and `formatlist`, to the last digit as HCL's own library writes them."""

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any

from engine.language.binary import whole_part
from engine.language.functions.conversions import tobool
from engine.language.functions.encodings import json_text
from engine.language.functions.function import function
from engine.language.functions.strings import characters
from engine.language.graphemes import reaches
from engine.language.meter import Meter
from engine.language.printing import all_digits, shortest
from engine.language.values import UnfitError, number, text

#: Compiled by its first use.
_SEQUENCE = (
    r"%(?:(?P<percent>%)"
    r"|(?P<flags>[-+ 0#]*+)(?P<width>[1-9][0-9]*+)?(?:\.(?P<precision>[0-9]*+))?(?:\[(?P<at>[1-9][0-9]*+)\])?(?P<verb>[A-Za-z])"
    r"|(?P<wrong>(?s:.)|\Z))"
)
_MAX_WIDTH = 1_000
#: To write a number costs a step for so many digits.
_DIGITS_PER_STEP = 32
_MAX_WIDTH_DIGITS = 4
#: A number without a precision of its own is written with so many digits before it gets an exponent.
_SHORT = 6
_SMALLEST_EXPONENT = -4
_BASES = {"b": ("b", "0b"), "o": ("o", "0"), "d": ("d", ""), "x": ("x", "0x"), "X": ("X", "0X")}
_VERBS = "%v %#v %s %q %d %b %o %x %X %e %f %g %t"


class _Verb:
    """One sequence of a pattern."""

    __slots__ = ("flags", "letter", "precision", "width")

    def __init__(self, found: re.Match[str]) -> None:
        self.letter = found["verb"]
        self.flags = found["flags"]
        self.width = _small(found["width"] or "0")
        self.precision = None if found["precision"] is None else _small(found["precision"] or "0")

    def padded(self, made: str) -> str:
        """Fill up to the width, which counts the characters that a reader sees."""
        if not self.width:
            return made
        missing = self.width - reaches(made, self.width)
        if missing <= 0:
            return made
        fill = ("0" if "0" in self.flags else " ") * missing
        return made + fill if "-" in self.flags else fill + made

    def signed(self, made: str, *, zeros: bool) -> str:
        """A number with the sign that the flags ask for, filled up to the width."""
        negative = made.startswith("-")
        sign = "-" if negative else "+" if "+" in self.flags else " " if " " in self.flags else ""
        digits = made.removeprefix("-")
        missing = self.width - len(sign) - len(digits)
        if zeros:
            return sign + "0" * missing + digits
        return sign + digits + " " * missing if "-" in self.flags else " " * missing + sign + digits


def _pattern(meter: Meter, pattern: str, values: Sequence[Any]) -> str:
    """Fill one pattern in; the position of a value in complaints is that in a call of `format`."""
    meter.make(len(pattern))
    next_value = 1
    highest = 0

    def one(found: re.Match[str]) -> str:
        nonlocal next_value, highest
        if found["percent"]:
            return "%"
        if found["wrong"] is not None:
            raise UnfitError(
                f'has "{found[0]}", which is no verb; the verbs are {_VERBS}, and %% is a percent sign', 0
            )
        meter.step()
        verb = _Verb(found)
        at = next_value if found["at"] is None else _small(found["at"])
        highest = max(highest, at)
        next_value = at + 1
        if at > len(values):
            raise UnfitError(f'asks for value {at} with "{found[0]}", and {len(values)} are given', 0)
        try:
            meter.make(verb.width + (verb.precision or 0))
            return _WRITERS.get(verb.letter, _unknown)(meter, verb, values[at - 1])
        except UnfitError as error:
            raise UnfitError(error.message, at if verb.letter in _WRITERS else 0) from None

    made = re.sub(_SEQUENCE, one, pattern)
    if highest < len(values):
        raise UnfitError(f"uses {highest} of {len(values)} values", 0)
    return made


def _small(digits: str) -> int:
    if len(digits) > _MAX_WIDTH_DIGITS or int(digits) > _MAX_WIDTH:
        raise UnfitError(f"asks for more than {_MAX_WIDTH} characters", 0)
    return int(digits)


def _unknown(_meter: Meter, verb: _Verb, _value: Any) -> str:
    raise UnfitError(f'has the unknown verb "%{verb.letter}"; the verbs are {_VERBS}')


def _value(meter: Meter, verb: _Verb, value: Any) -> str:
    if "#" not in verb.flags:
        if isinstance(value, str):
            meter.make(len(value))
            return verb.padded(value)
        if value is not None and not isinstance(value, (bool, list, tuple, Mapping)):
            return verb.padded(_general(shortest(number(value)), None))
    return verb.padded(json_text(value, meter))


def _bool(_meter: Meter, _verb: _Verb, value: Any) -> str:
    found = tobool(value)
    if found is None:
        raise UnfitError("is null")
    return text(found)


def _string(meter: Meter, verb: _Verb, value: Any) -> str:
    made = text(value)
    meter.make(len(made))
    if verb.precision:
        made = "".join(characters(meter, made)[: verb.precision])
    return verb.padded(json_text(made, meter) if verb.letter == "q" else made)


def _whole(meter: Meter, verb: _Verb, value: Any) -> str:
    found = whole_part(number(value))
    if found is None:
        raise UnfitError(f"must be a whole number for %{verb.letter}")
    if found == 0 and verb.precision == 0:
        return ""
    letter, prefix = _BASES[verb.letter]
    meter.make(found.bit_length())
    digits = format(abs(found), letter).rjust(verb.precision or 0, "0")
    if "#" not in verb.flags:
        prefix = ""
    zeros = "0" in verb.flags and verb.precision is None
    if zeros and "-" not in verb.flags:
        sign = 1 if found < 0 or "+" in verb.flags or " " in verb.flags else 0
        digits = digits.rjust(verb.width - len(prefix) - sign, "0")
    return verb.signed(("-" if found < 0 else "") + prefix + digits, zeros=False)


def _fraction(meter: Meter, verb: _Verb, value: Any) -> str:
    found = (shortest if verb.precision is None and verb.letter in "gG" else all_digits)(number(value))
    digits = abs(found.adjusted()) + len(found.as_tuple().digits)
    meter.make(digits)
    meter.step((digits + (verb.precision or 0)) // _DIGITS_PER_STEP)
    letter = verb.letter.lower()
    if letter == "g":
        made = _general(found, verb.precision)
    elif letter == "e":
        made = _scientific(found, 6 if verb.precision is None else verb.precision)
    else:
        made = format(found, f".{6 if verb.precision is None else verb.precision}f")
    return verb.signed(made.upper() if verb.letter.isupper() else made, zeros="0" in verb.flags)


def _rounded(value: Decimal, digits: int) -> Decimal:
    return value.normalize(Context(prec=max(1, digits), rounding=ROUND_HALF_EVEN))


def _scientific(value: Decimal, places: int) -> str:
    mantissa, _, exponent = format(_rounded(value, places + 1), f".{places}e").partition("e")
    power = int(exponent) if value else 0
    return f"{mantissa}e{'-' if power < 0 else '+'}{abs(power):02}"


def _general(value: Decimal, precision: int | None) -> str:
    """As few digits as say the number, or so many; with an exponent where it would be long."""
    if precision is not None:
        value = _rounded(value, precision)
    digits = len(value.as_tuple().digits) if value else 0
    exponent = value.adjusted() if value else -1
    limit = _SHORT if precision is None else max(1, precision)
    if precision is not None and limit > digits >= exponent + 1:
        limit = digits
    if exponent < _SMALLEST_EXPONENT or exponent >= limit:
        return _scientific(value, digits - 1)
    return format(value, "f")


_WRITERS: dict[str, Callable[[Meter, _Verb, Any], str]] = {
    "v": _value,
    "t": _bool,
    **dict.fromkeys("sq", _string),
    **dict.fromkeys("bdoxX", _whole),
    **dict.fromkeys("eEfgG", _fraction),
}


def _format(meter: Meter, pattern: str, *values: Any) -> str:
    return _pattern(meter, pattern, values)


def _formatlist(meter: Meter, pattern: str, *values: Any) -> list[str]:
    lengths = {
        len(value): at
        for at, value in reversed(list(enumerate(values, start=1)))
        if isinstance(value, (list, tuple))
    }
    if len(lengths) > 1:
        (first, _), (other, at), *_ = sorted(lengths.items(), key=lambda item: item[1])
        raise UnfitError(f"has {other} elements, and an earlier list has {first}", at)
    count = next(iter(lengths), 1)
    meter.step(count * (1 + len(values)))
    return [
        _pattern(
            meter, pattern, [value[i] if isinstance(value, (list, tuple)) else value for value in values]
        )
        for i in range(count)
    ]


FORMATTING = (
    function(
        "format(pattern: string, values: any...)",
        'Text made from a pattern: format("%s has %d", name, count). %v writes a number of seven digits or more with an '
        "exponent; %s and %d do not.",
        _format,
        returns="string",
    ),
    function(
        "formatlist(pattern: string, values: any...)",
        "A pattern filled in once for each element of the lists among the values, which are equally long.",
        _formatlist,
        returns="list(string)",
    ),
)
