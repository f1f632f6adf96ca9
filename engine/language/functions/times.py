"""Functions over RFC 3339 timestamps. Nothing here knows what time it is: `now` is given in the scope."""

import re
from datetime import UTC, datetime, timedelta

from engine.language.functions.function import function
from engine.language.meter import Meter
from engine.language.values import UnfitError

_DURATION = re.compile(r"(-?)((?:[0-9]{1,9}(?:\.[0-9]{1,9})?(?:h|ms|m|s))+)")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


def _moment(written: str, argument: int) -> datetime:
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        raise UnfitError("is no RFC 3339 timestamp such as 2025-01-31T12:00:00Z", argument) from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _timeadd(_meter: Meter, timestamp: str, duration: str) -> str:
    moment = _moment(timestamp, 0)
    found = _DURATION.fullmatch(duration)
    if found is None:
        raise UnfitError('is not a duration such as "72h" or "1h30m"', 1)
    seconds = sum(float(n) * _SECONDS[unit] for n, unit in re.findall(r"([0-9.]+)(h|ms|m|s)", found[2]))
    try:
        moment += timedelta(seconds=-seconds if found[1] else seconds)
    except OverflowError:
        raise UnfitError("leads out of the calendar", 1) from None
    return moment.isoformat().replace("+00:00", "Z")


def _timecmp(_meter: Meter, first: str, second: str) -> int:
    a, b = _moment(first, 0), _moment(second, 1)
    return (a > b) - (a < b)


TIMES = (
    function("timeadd(timestamp: string, duration: string)", 'The timestamp moved by a duration such as "72h".', _timeadd),
    function("timecmp(first: string, second: string)", "-1, 0 or 1: the first timestamp is earlier, the same, or later.", _timecmp),
)  # fmt: skip
