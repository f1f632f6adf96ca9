"""Lengths of time given on the command line: ``90d``, ``72h``, ``15m``, ``30s``."""

from datetime import timedelta

from engine.config.durations import read_duration
from engine.errors import SettingError


def duration(text: str, flag: str) -> timedelta:
    """The length of time that was given for `flag`; raises `SettingError`."""
    try:
        return read_duration(text)
    except ValueError as error:
        raise SettingError(f"{flag} must be {error}; it is {text!r}") from None
