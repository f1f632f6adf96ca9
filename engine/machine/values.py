"""Values that expressions gave, on their way out: as plain JSON and as canonical JSON."""

import json
import math
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import count
from typing import Any

from engine.language.binary import BinaryFraction

#: Deeper than any payload of a known source; what is deeper is not stored.
DEEPEST = 100
#: More than a payload of the greatest size has.
MOST_PARTS = 2_000_000
#: Whole numbers beyond 64 bits become doubles, as in the payloads of the sources.
_SMALLEST, _LARGEST = -(2**63), 2**64 - 1
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


class NotPlainError(ValueError):
    """A value that JSON cannot hold, or that is nested too deep."""


def plain(value: Any, depth: int = 0) -> Any:
    """The value as JSON knows it: a whole number of 64 bits is an int, any other a float; raises `NotPlainError`.

    `depth` is how deep it is going to stand in something else.
    """
    return _plain(value, depth, count(1))


def _plain(value: Any, depth: int, parts: Iterator[int]) -> Any:
    if depth > DEEPEST:
        raise NotPlainError(f"it is nested more than {DEEPEST} deep")
    if next(parts) > MOST_PARTS:  # one value may stand in another so often that writing it out never ends
        raise NotPlainError(f"it has more than {MOST_PARTS:,} parts")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int | BinaryFraction | float):
        return _number(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(item, depth + 1, parts) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, depth + 1, parts) for item in value]
    raise NotPlainError(f"JSON has no {type(value).__name__}")


def _text(value: str) -> str:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise NotPlainError("half of a surrogate pair is not a text") from None
    return value


def _number(value: BinaryFraction | float) -> float:
    try:
        number = float(value)
    except OverflowError:
        raise NotPlainError("the number is too large") from None
    if not math.isfinite(number):
        raise NotPlainError("the number is too large or none")
    if isinstance(value, BinaryFraction) and not value:
        return 0
    return value if isinstance(value, int) and _SMALLEST <= value <= _LARGEST else number


def canonical(value: Any) -> str:
    """The value as JSON that is the same for equal values: keys sorted, no spaces; raises `NotPlainError`."""
    return _CANONICAL.encode(plain(value))


def composed(text: str) -> str:
    """The text as definitions hold theirs, in Unicode's composed form: so that a name from elsewhere can be found."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def printable(text: str) -> str:
    """The text with every character escaped that could disturb a terminal or a log."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def timestamp(time: datetime) -> str:
    """A time, which has a time zone, as expressions see it: RFC 3339 in UTC."""
    if time.tzinfo is not UTC:
        time = time.astimezone(UTC)
    return time.isoformat().replace("+00:00", "Z")
