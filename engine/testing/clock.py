"""A clock that stands still until it is told otherwise."""

from datetime import UTC, datetime, timedelta


class FrozenClock:
    """Call it for the time; everything of the engine that needs a clock takes one as an argument."""

    def __init__(self, at: datetime = datetime(2024, 1, 1, tzinfo=UTC)) -> None:
        """Stand at a time, which has a time zone."""
        if at.tzinfo is None:
            raise ValueError("the time needs a zone: datetime(…, tzinfo=UTC)")
        self._at = at

    def __call__(self) -> datetime:
        """The time, in UTC."""
        return self._at.astimezone(UTC)

    def advance(self, by: timedelta | float) -> datetime:
        """Go forward by a time span, or so many seconds; the new time. Time does not go back."""
        span = by if isinstance(by, timedelta) else timedelta(seconds=by)
        if span < timedelta(0):
            raise ValueError("time does not go back")
        self._at += span
        return self()
