"""When each move of a way happens: times that fit all timers on it, as early as can be. Pure.

Every timer says that what comes before it runs out comes earlier, and that it runs out exactly its delay after it was set.
These are bounds on the differences between two times; the least times that keep all of them are found by going over them
until nothing changes (Bellman and Ford). A way with its times is tried out with the step itself before it is believed
(`engine.machine.course`).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from engine.frozen import frozen
from engine.machine.moves import DEADLINE, Configuration, Move

_NOTHING = timedelta()
_MICROSECOND = timedelta(microseconds=1)
_ROUND = (
    timedelta(hours=1),
    timedelta(minutes=1),
    timedelta(seconds=1),
    timedelta(milliseconds=1),
    _MICROSECOND,
)


@frozen
class Schedule:
    """The times of a way, since its start."""

    #: One for each move; those of time alone have that of the move before them.
    moves: tuple[timedelta, ...]
    #: When it is over.
    end: timedelta


@dataclass(slots=True)
class _Bounds:
    """What is known of the times: ``later >= earlier + by``, and whether strictly."""

    found: list[tuple[int, int, timedelta, bool]] = field(default_factory=list)

    def at_least(self, later: int, earlier: int, by: timedelta, *, strictly: bool = False) -> None:
        self.found.append((later, earlier, by, strictly))

    def exactly(self, later: int, earlier: int, by: timedelta) -> None:
        self.at_least(later, earlier, by)
        self.at_least(earlier, later, -by)


def schedule(
    start: Configuration, way: Sequence[Move], clock: int | None = None, lasts: timedelta = _NOTHING
) -> Schedule | None:
    """Times for a way, None if there are none; `lasts` passes from the move before number `clock` to its end."""
    bounds = _Bounds()
    pending = {name: (0, time) for name, time in start.left.items()}
    lengths = {time for _, time in pending.values()} | {lasts}
    places = [0]
    last = began = 0
    for number, move in enumerate(way):
        if number == clock:
            pending[DEADLINE], began = (last, lasts), last
        if move.event.name:
            last += 1
            bounds.at_least(last, last - 1, _NOTHING)
            _in_time(bounds, last, move, pending)
            pending = {name: pending[name] for name in move.after.left if name in pending}
            pending |= {name: (last, time) for name, time in move.armed.items()}
            lengths |= set(move.armed.values())
        places.append(last)
    end = last
    if clock is not None:
        end = last + 1
        began = last if clock == len(way) else began
        bounds.at_least(end, last, _NOTHING)
        bounds.exactly(end, began, lasts)
        for name, (since, time) in pending.items():
            if name != DEADLINE:
                bounds.at_least(since, end, -time, strictly=True)
    times = _least(bounds, end + 1, lengths)
    return None if times is None else Schedule(moves=tuple(times[p] for p in places[1:]), end=times[end])


def _in_time(bounds: _Bounds, number: int, move: Move, pending: Mapping[str, tuple[int, timedelta]]) -> None:
    """No timer has run out before a move, but for the one that it is."""
    for name, (since, time) in pending.items():
        if name == move.event.name:
            bounds.exactly(number, since, time)
        elif move.before.left.get(name, time):
            bounds.at_least(since, number, -time, strictly=not move.before.left.get(move.event.name))
        else:
            bounds.exactly(number, since, time)


def _least(bounds: _Bounds, count: int, lengths: set[timedelta]) -> list[timedelta] | None:
    """The least times that keep all bounds; None if nothing does."""
    measure = math.gcd(*(length // _MICROSECOND for length in lengths)) * _MICROSECOND
    small = measure / (2 * (count + 1)) if measure else _MICROSECOND
    little = next((unit for unit in _ROUND if unit <= small), _MICROSECOND)
    times = [_NOTHING] * count
    for _ in range(count + 1):
        changed = False
        for later, earlier, by, strictly in bounds.found:
            least = times[earlier] + by + (little if strictly else _NOTHING)
            if times[later] < least:
                times[later], changed = least, True
        if not changed:
            return times if not times[0] else None
    return None
