"""Lengths of time as operators write them: ``90d``, ``72h``, ``15m``, ``30s``."""

import re
from datetime import timedelta

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_FORM = re.compile(r"([0-9]{1,6})([smhdw])")
#: What is expected, for messages.
EXPECTED = "a number and one of s, m, h, d, w, such as 90d"


def read_duration(text: str) -> timedelta:
    """The length of time; ValueError with what is expected instead."""
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise ValueError(EXPECTED)
    return timedelta(**{_UNITS[found[2]]: int(found[1])})
