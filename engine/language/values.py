"""Values as expressions see them: JSON's kinds, numbers as in HCL's reference, and no conversion that could hide a mistake."""

import json
import math
import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from engine.language.binary import NEGATIVE_ZERO, BinaryFraction, Number
from engine.language.failure import UnfitError
from engine.language.meter import Meter
from engine.language.printing import printed, printed_double
from engine.language.spelling import number_of

__all__ = [
    "UnfitError",
    "decode",
    "encode",
    "equal",
    "kind",
    "number",
    "parse_number",
    "show",
    "text",
    "truth",
]

_MAX_DIGITS = 400
_MAX_DEPTH = 200
#: An escape in JSON text; the group is half of a surrogate pair without the other half.
_ESCAPE = r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\."
_TRUTHS = {"true": True, "1": True, "false": False, "0": False}


def kind(value: Any) -> str:
    """The value's kind in words, with its article."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a bool"
    if isinstance(value, (int, float, BinaryFraction)):
        return "a number"
    if isinstance(value, str):
        return "a string"
    if isinstance(value, (list, tuple)):
        return "a list"
    return "an object" if isinstance(value, Mapping) else f"a {type(value).__name__}"


def number(value: Any) -> Number:
    """The number that a value is; a string that spells one counts, as in HCL, and a double is what its digits say."""
    if isinstance(value, bool):
        raise UnfitError("is a bool, not a number")
    if isinstance(value, (int, BinaryFraction)):
        return value
    if isinstance(value, float):
        return _number_of_double(value) if value else _zero_of_double(value)
    if isinstance(value, str):
        parsed = parse_number(value)
        if parsed is None:
            raise UnfitError("is a string that spells no number")
        return parsed
    raise UnfitError(f"is {kind(value)}, not a number")


@lru_cache(maxsize=1_024)
def _number_of_double(value: float) -> Number:
    if not math.isfinite(value):
        raise UnfitError("is not a finite number")
    found = parse_number(repr(value))
    assert found is not None  # noqa: S101 - HCL reads what Python writes
    return found


def _zero_of_double(value: float) -> Number:
    return 0 if math.copysign(1, value) > 0 else NEGATIVE_ZERO


def truth(value: Any) -> bool | None:
    """The bool that a value is, or that a text spells as in HCL; None if it is none."""
    if value is True or value is False:
        return bool(value)
    return _TRUTHS.get(value) if isinstance(value, str) else None


def parse_number(text: str) -> Number | None:
    """The number that a text spells in HCL's notation, with an optional sign; None if it spells none."""
    if len(text) > _MAX_DIGITS or not text.isascii():
        return None
    unsigned = text[1:] if text[:1] in ("+", "-") else text
    mantissa, mark, exponent = unsigned.lower().partition("e")
    if not mantissa.replace(".", "", 1).isdigit():
        return None
    digits = exponent[1:] if exponent[:1] in ("+", "-") else exponent
    if mark and (not digits.isdigit() or int(digits) > _MAX_DIGITS):
        return None
    return number_of(mantissa, int(exponent or 0), negative=text[0] == "-")


def text(value: Any) -> str:
    """The text that a value becomes in a template: strings, numbers and bools have one."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return printed_double(value) if math.isfinite(value) else printed(number(value))
    if isinstance(value, (int, BinaryFraction)):
        return printed(value)
    raise UnfitError(f"is {kind(value)}, which has no text")


def equal(left: Any, right: Any, meter: Meter) -> bool:
    """Whether two values are the same: of one kind, numbers by value, lists and objects element by element."""
    waiting = [(left, right)]
    while waiting:
        a, b = waiting.pop()
        if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
            if len(a) != len(b):
                return False
            meter.step(len(a))
            waiting.extend(zip(a, b, strict=True))
        elif isinstance(a, Mapping) and isinstance(b, Mapping):
            if a.keys() != b.keys():
                return False
            meter.step(len(a))
            waiting.extend((a[key], b[key]) for key in a)
        elif not _same_scalar(a, b):
            return False
    return True


def _same_scalar(left: Any, right: Any) -> bool:
    if isinstance(left, str) and isinstance(right, str):
        return left == right or (
            not left.isascii() and not right.isascii() and _composed(left) == _composed(right)
        )
    if type(left) is type(right) and isinstance(left, (int, type(None))):
        return bool(left == right)
    if isinstance(left, bool) or isinstance(right, bool):
        return False
    numbers = (int, float, BinaryFraction)
    if isinstance(left, numbers) and isinstance(right, numbers):
        return number(left) == number(right)
    return bool(type(left) is type(right) and left == right)


def _composed(value: str) -> str:
    """One spelling for characters that Unicode can compose in several ways."""
    return unicodedata.normalize("NFC", value)


def encode(value: Any, meter: Meter, depth: int = 0, *, signed: bool = True) -> str:
    """The value as compact JSON, numbers as text has them, keys in order; unless `signed`, negative zero is 0."""
    if depth > _MAX_DEPTH:
        raise UnfitError(f"is nested more than {_MAX_DEPTH} levels deep")
    meter.step()
    if isinstance(value, str):
        return _quoted(value, meter)
    if value is None:
        return "null"
    if isinstance(value, (bool, int, float, BinaryFraction)):
        written = text(value if signed or value or value is False else 0)
        meter.make(len(written))
        return written
    if isinstance(value, (list, tuple)):
        return "[" + ",".join([encode(item, meter, depth + 1, signed=signed) for item in value]) + "]"
    if isinstance(value, Mapping):
        items = [
            f"{_quoted(key, meter)}:{encode(value[key], meter, depth + 1, signed=signed)}"
            for key in sorted(value)
        ]
        return "{" + ",".join(items) + "}"
    raise UnfitError(f"is {kind(value)}, which JSON cannot say")


def _quoted(value: str, meter: Meter) -> str:
    """The text as JSON; what cannot be printed takes up to six characters."""
    meter.make(len(value) if value.isprintable() else 6 * len(value))
    return json.dumps(value, ensure_ascii=False)


def decode(source: str) -> Any:
    """The value that JSON text says; half of a surrogate pair becomes U+FFFD."""
    if "\\ud" in source or "\\uD" in source:
        source = re.sub(_ESCAPE, lambda found: "\\ufffd" if found[1] else found[0], source)
    try:
        return json.loads(
            source, parse_float=_json_number, parse_int=_json_number, parse_constant=_json_number
        )
    except RecursionError:
        raise UnfitError("is JSON that is nested too deeply") from None
    except ValueError as error:
        raise UnfitError(f"is not JSON: {error}") from None


def _json_number(spelled: str) -> Number:
    value = parse_number(spelled)
    if value is None:
        raise ValueError(f"{spelled[:20]} is out of range")
    return value


#: Made once: `json.dumps` makes an encoder for each call.
_as_json = json.JSONEncoder(ensure_ascii=False).encode


def show(value: Any, limit: int = 60) -> str:
    """The value for a person, in one line of at most `limit` characters."""
    if isinstance(value, str):
        shown = _as_json(value[: limit + 1])
        return shown if len(shown) <= limit else shown[: limit - 2] + '…"'
    if value is None:
        return "null"
    if isinstance(value, (bool, int, float, BinaryFraction)):
        try:
            shown = text(value)
        except UnfitError:
            shown = str(value)
        return shown if len(shown) <= limit else shown[: limit - 1] + "…"
    if isinstance(value, (list, tuple)):
        return f"a list of {len(value)}" if value else "an empty list"
    if isinstance(value, Mapping):
        names = ", ".join(str(name) for _, name in zip(range(6), value, strict=False))
        shown = f"an object with {names}{', …' if len(value) > 6 else ''}" if value else "an empty object"  # noqa: PLR2004
        return shown if len(shown) <= limit else shown[: limit - 1] + "…"
    return kind(value)
