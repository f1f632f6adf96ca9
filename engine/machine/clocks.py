"""How time passes where several timers run at once: only the moments at which their order can change make a difference. Pure.

What is left of each timer is a multiple of a common tick and a part of one. Two moments are alike where the whole ticks are
the same and the parts stand in the same order; of each such class one moment stands for all (the regions of timed
automata). So there are finitely many, and none is overlooked.
"""

import math
from collections.abc import Iterable, Mapping
from datetime import timedelta

#: Where a timer is longer than so many ticks, moments are too many to be told apart.
MOST_TICKS = 400

_MICROSECOND = timedelta(microseconds=1)
_NOTHING = timedelta()


def common_tick(lengths: Iterable[timedelta]) -> timedelta | None:
    """The longest time that all lengths are multiples of; None if that is too short, or there is no length."""
    counts = [length // _MICROSECOND for length in lengths if length]
    if not counts:
        return None
    tick = math.gcd(*counts) * _MICROSECOND
    return tick if max(counts) * _MICROSECOND <= MOST_TICKS * tick else None


def alike(left: Mapping[str, timedelta], tick: timedelta) -> dict[str, timedelta]:
    """The moment that stands for this one: what is left of each timer, whole ticks kept and parts spread evenly."""
    parts = sorted({rest for time in left.values() if (rest := time % tick)})
    spread = {part: tick * number / (len(parts) + 1) for number, part in enumerate(parts, start=1)}
    return {name: time - time % tick + spread.get(time % tick, _NOTHING) for name, time in left.items()}


def next_moment(left: Iterable[timedelta], tick: timedelta) -> timedelta | None:
    """How long until a moment that is not like this one; None where no timer runs, or one has run out."""
    times = list(left)
    if not times or not all(times):
        return None
    parts = [time % tick for time in times]
    if all(parts):
        return min(parts)
    return min((part for part in parts if part), default=tick) / 2
