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


def moment(written: str) -> _Moment:
    """What a timestamp says; raises `UnfitError`."""
    found = re.search(_FRACTION, written)
    try:
        read = datetime.fromisoformat(written[: found.start()] + written[found.end() :] if found else written)
    except ValueError:
        raise UnfitError("is no RFC 3339 timestamp such as 2025-01-31T12:00:00Z") from None
    read = read if read.tzinfo is not None else read.replace(tzinfo=UTC)
    if (read.utcoffset() or timedelta()) % timedelta(minutes=1):
        raise UnfitError("has a zone that is not in whole minutes")
    nanoseconds = int(found[1][:9].ljust(9, "0")) if found else read.microsecond * 1000
    return read.replace(microsecond=0), nanoseconds


def duration(written: str) -> int:
    """A duration in nanoseconds; raises `UnfitError`."""
    found = re.fullmatch(_DURATION, written) if len(written) <= _MAX_DIGITS else None
    if found is None:
        raise UnfitError('is not a duration such as "72h" or "1h30m"')
    length: int = sum(
        int(units or 0) * _UNITS[unit] + int(part or 0) * _UNITS[unit] // 10 ** len(part)
        for units, part, unit in re.findall(_PIECE, found[2])
    )
    if length >= _MAX_DURATION:
        raise UnfitError("is longer than 292 years")
    return -length if found[1] == "-" else length


def _timeadd(_meter: Meter, timestamp: _Moment, length: int) -> str:
    moved, nanoseconds = timestamp
    seconds = (nanoseconds + length) // _NANOSECONDS
    try:
        moved += timedelta(seconds=seconds)
    except OverflowError:
        raise UnfitError("leads out of the calendar", 1) from None
    return moved.isoformat().replace("+00:00", "Z")


def _timecmp(_meter: Meter, first: _Moment, second: _Moment) -> int:
    return (first > second) - (first < second)


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


#: Text as it is, and fields of the date.
_Format = list[str | Callable[[datetime], str]]


def date_format(pattern: str) -> _Format:
    """What a pattern is made of; raises `UnfitError`."""
    return [_piece(found[0], named=found[1] is not None) for found in re.finditer(_FORMAT, pattern)]


def _piece(token: str, *, named: bool) -> str | Callable[[datetime], str]:
    if token[0] == "'":
        if len(token) == 1 or token[-1] != "'":
            raise UnfitError("has a quotation mark that is not closed")
        return token[1:-1].replace("''", "'") or "'"
    if not named:
        return token
    field = _FIELDS.get(token)
    if field is None:
        known = ", ".join(name for name in _FIELDS if name[0] == token[0]) or "none with this letter"
        raise UnfitError(
            f"has the unknown field \"{token[:20]}\": there is {known}; letters that mean themselves stand in '…'"
        )
    return field


def _formatdate(meter: Meter, pattern: _Format, timestamp: _Moment) -> str:
    date, _ = timestamp
    meter.make(sum(len(piece) if isinstance(piece, str) else _LONGEST for piece in pattern))
    meter.step(len(pattern))
    return "".join([piece if isinstance(piece, str) else piece(date) for piece in pattern])


TIMES = (
    function("formatdate(pattern: format, timestamp: timestamp)", "The timestamp's date and time as the pattern says: YYYY, MM, DD, hh, mm, ss and more; letters that mean themselves stand in '…'.", _formatdate, returns="string"),
    function("timeadd(timestamp: timestamp, duration: duration)", 'The timestamp moved by a duration such as "72h", to the second.', _timeadd, returns="string"),
    function("timecmp(first: timestamp, second: timestamp)", "-1, 0 or 1: the first timestamp is earlier, the same, or later.", _timecmp, returns="number"),
)  # fmt: skip
