"""The daemon's clock: the one place below the edges where time is read."""

from datetime import UTC, datetime


def now() -> datetime:
    """The current time with time zone UTC."""
    return datetime.now(UTC)
