"""Lengths of time as operators write them: ``90d``, ``72h``, ``15m``, ``30s``."""

import re
from datetime import timedelta

from engine.errors import SettingError

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_FORM = re.compile(r"([0-9]{1,6})([smhdw])")


def duration(text: str, flag: str) -> timedelta:
    """The length of time that was given for `flag`; raises `SettingError`."""
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise SettingError(f"{flag} must be a number and one of s, m, h, d, w, such as 90d; it is {text!r}")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})
