"""Lengths of time, as definitions write them."""

import math
import re
from datetime import timedelta
from typing import Any

from engine.language.binary import BinaryFraction
from engine.language.values import show

_UNITS = {"d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_PART = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)(ms|[dhms])")
#: Ten years: what is longer is a mistake.
LONGEST = 3_653 * 86_400.0


def seconds_of(value: Any) -> float:
    """The seconds of ``"72h"``, ``"1h30m"``, ``"7d"`` or a number; `ValueError` says what is wrong with another value."""
    if isinstance(value, str):
        parts = _PART.findall(value)
        if not parts or "".join(number + unit for number, unit in parts) != value:
            raise ValueError(f'is not a duration such as "72h": it is {show(value)}')
        seconds = sum(float(number) * _UNITS[unit] for number, unit in parts)
    elif isinstance(value, int | float | BinaryFraction) and not isinstance(value, bool):
        try:
            seconds = float(value)
        except OverflowError:
            seconds = math.inf
    else:
        raise ValueError(  # noqa: TRY004 -- the author's mistake, told like the others
            f"is neither a duration nor a number of seconds: it is {show(value)}"
        )
    if not 0 <= seconds <= LONGEST:
        raise ValueError(f"is not between nothing and ten years: it is {show(value)}")
    return seconds


def text_of(span: timedelta) -> str:
    """A length of time as `seconds_of` reads it: ``72h``, ``1h30m``, ``7d``; exact to the microsecond."""
    rest = span // timedelta(microseconds=1)
    week, day = 7 * 86_400_000_000, 86_400_000_000
    units = [("d", day)] if rest >= week else []
    told = ""
    for unit, size in (*units, ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000)):
        count, rest = divmod(rest, size)
        told += f"{count}{unit}" if count else ""
    return told + (f"{rest / 1000:g}ms" if rest else "") or "0s"
