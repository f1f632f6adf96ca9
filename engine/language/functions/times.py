"""Functions over RFC 3339 timestamps. Nothing here knows what time it is: `now` is given in the scope."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from engine.language.functions.function import function
from engine.language.meter import Meter
from engine.language.values import UnfitError

_NANOSECONDS = 10**9
_MAX_DURATION = 2**63
_FRACTION = r"\.([0-9]++)(?=Z|[+-]|\Z)"
_DURATION = r"([-+]?)(0|(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+)"
_PIECE = r"([0-9]*)\.?([0-9]*)(ns|us|µs|μs|ms|s|m|h)"
_UNITS = {
    "ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": _NANOSECONDS, "m": 60 * _NANOSECONDS,
    "h": 3600 * _NANOSECONDS,
}  # fmt: skip
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MAX_DIGITS = 400

#: A moment: date and time of day in its own zone to the second, and the nanoseconds of it.
_Moment = tuple[datetime, int]


def _moment(written: str, argument: int) -> _Moment:
    found = re.search(_FRACTION, written)
    try:
        moment = datetime.fromisoformat(
            written[: found.start()] + written[found.end() :] if found else written
        )
    except ValueError:
        raise UnfitError("is no RFC 3339 timestamp such as 2025-01-31T12:00:00Z", argument) from None
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    if (moment.utcoffset() or timedelta()) % timedelta(minutes=1):
        raise UnfitError("has a zone that is not in whole minutes", argument)
    nanoseconds = int(found[1][:9].ljust(9, "0")) if found else moment.microsecond * 1000
    return moment.replace(microsecond=0), nanoseconds


def _duration(written: str, argument: int) -> int:
    """A duration in nanoseconds."""
    found = re.fullmatch(_DURATION, written) if len(written) <= _MAX_DIGITS else None
    if found is None:
        raise UnfitError('is not a duration such as "72h" or "1h30m"', argument)
    length: int = sum(
        int(units or 0) * _UNITS[unit] + int(part or 0) * _UNITS[unit] // 10 ** len(part)
        for units, part, unit in re.findall(_PIECE, found[2])
    )
    if length >= _MAX_DURATION:
        raise UnfitError("is longer than 292 years", argument)
    return -length if found[1] == "-" else length


def _timeadd(_meter: Meter, timestamp: str, duration: str) -> str:
    moment, nanoseconds = _moment(timestamp, 0)
    seconds = (nanoseconds + _duration(duration, 1)) // _NANOSECONDS
    try:
        moment += timedelta(seconds=seconds)
    except OverflowError:
        raise UnfitError("leads out of the calendar", 1) from None
    return moment.isoformat().replace("+00:00", "Z")


def _timecmp(_meter: Meter, first: str, second: str) -> int:
    a, b = _moment(first, 0), _moment(second, 1)
    return (a > b) - (a < b)


def _offset(moment: datetime, *, colon: bool, utc: str = "") -> str:
    written = moment.strftime("%z")
    if utc and written == "+0000":
        return utc
    return f"{written[:3]}:{written[3:]}" if colon else written


def _half(moment: datetime) -> str:
    return "am" if moment.hour < 12 else "pm"  # noqa: PLR2004 - noon


#: What `formatdate` replaces.
_FIELDS: dict[str, Callable[[datetime], str]] = {
    "YY": lambda t: f"{t.year % 100:02}",
    "YYYY": lambda t: f"{t.year:04}",
    "M": lambda t: str(t.month),
    "MM": lambda t: f"{t.month:02}",
    "MMM": lambda t: _MONTHS[t.month - 1][:3],
    "MMMM": lambda t: _MONTHS[t.month - 1],
    "D": lambda t: str(t.day),
    "DD": lambda t: f"{t.day:02}",
    "EEE": lambda t: _DAYS[t.weekday()][:3],
    "EEEE": lambda t: _DAYS[t.weekday()],
    "h": lambda t: str(t.hour),
    "hh": lambda t: f"{t.hour:02}",
    "H": lambda t: str((t.hour + 11) % 12 + 1),
    "HH": lambda t: f"{(t.hour + 11) % 12 + 1:02}",
    "AA": lambda t: _half(t).upper(),
    "aa": _half,
    "m": lambda t: str(t.minute),
    "mm": lambda t: f"{t.minute:02}",
    "s": lambda t: str(t.second),
    "ss": lambda t: f"{t.second:02}",
    "Z": lambda t: _offset(t, colon=True, utc="Z"),
    "ZZZ": lambda t: _offset(t, colon=False, utc="UTC"),
    "ZZZZ": lambda t: _offset(t, colon=False),
    "ZZZZZ": lambda t: _offset(t, colon=True),
}
_LONGEST = 9
_FORMAT = r"''|'(?:[^']++|'')*+(?:'|\Z)|([A-Za-z])\1*+|[^A-Za-z']++"


def _formatdate(meter: Meter, pattern: str, timestamp: str) -> str:
    moment, _ = _moment(timestamp, 1)
    meter.make(_LONGEST * len(pattern))
    meter.step(len(pattern) // 4)

    def one(found: re.Match[str]) -> str:
        token = found[0]
        if token[0] == "'":
            if len(token) == 1 or token[-1] != "'":
                raise UnfitError("has a quotation mark that is not closed", 0)
            return token[1:-1].replace("''", "'") or "'"
        if found[1] is None:
            return token
        field = _FIELDS.get(token)
        if field is None:
            known = ", ".join(name for name in _FIELDS if name[0] == token[0]) or "none with this letter"
            raise UnfitError(
                f"has the unknown field \"{token[:20]}\": there is {known}; letters that mean themselves stand in '…'",
                0,
            )
        return field(moment)

    return re.sub(_FORMAT, one, pattern)


TIMES = (
    function("formatdate(pattern: string, timestamp: string)", "The timestamp's date and time as the pattern says: YYYY, MM, DD, hh, mm, ss and more; letters that mean themselves stand in '…'.", _formatdate, returns="string"),
    function("timeadd(timestamp: string, duration: string)", 'The timestamp moved by a duration such as "72h", to the second.', _timeadd, returns="string"),
    function("timecmp(first: string, second: string)", "-1, 0 or 1: the first timestamp is earlier, the same, or later.", _timecmp, returns="number"),
)  # fmt: skip
