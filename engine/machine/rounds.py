"""Ways that go round for ever in some part of a space. Pure.

Time goes on whatever happens: a timer that is never left, set anew or run out would have to run out at last. So a way round
counts only if each timer that runs on it does one of these, and if there is a moment on it at which time can pass. Who asks
may want a move of some kind on it besides.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush

from engine.frozen import frozen
from engine.machine.moves import Configuration, Move

#: The moves out of a configuration.
Steps = Callable[[str], Sequence[Move]]

#: A configuration, and whether what is wanted of a way was on it before.
_Place = tuple[str, bool]


@frozen
class Rounds:
    """Every part of a space in which each configuration leads to each other one, and time to no end."""

    configurations: Mapping[str, Configuration]
    #: For each configuration in such a part, all that are in it.
    parts: Mapping[str, frozenset[str]]
    steps: Steps
    #: Whether a move is one of those of which a way round has at least one.
    counts: Callable[[Move], bool]

    @classmethod
    def of(
        cls,
        configurations: Mapping[str, Configuration],
        steps: Steps,
        inside: Iterable[str],
        counts: Callable[[Move], bool] = lambda _: True,
    ) -> "Rounds":
        """Find them among the configurations `inside`."""
        found: dict[str, frozenset[str]] = {}
        among = frozenset(inside)
        for part in _Parts(steps=steps, inside=among).all():
            moves = [move for key in part for move in steps(key) if move.after.key in part]
            if any(map(counts, moves)) and _goes_on([configurations[key] for key in part], moves):
                found |= dict.fromkeys(part, part)
        return cls(configurations=configurations, parts=found, steps=steps, counts=counts)

    def trip(self, key: str) -> tuple[Move, ...] | None:
        """A short way from a configuration back to it that time allows; None if there is none."""
        part = self.parts.get(key)
        if part is None:
            return None
        trip = self._there_and_back(key, part, self.counts)
        while (wanted := self._missing(trip)) is not None:
            trip = (*trip, *self._there_and_back(key, part, wanted))
        return trip

    def _there_and_back(
        self, key: str, part: frozenset[str], wanted: Callable[[Move], bool]
    ) -> tuple[Move, ...]:
        """The shortest way from a configuration back to it that has a wanted move on it; there is one in its part."""
        came: dict[_Place, tuple[_Place, Move]] = {}
        todo: list[tuple[tuple[int, int], int, _Place, _Place, Move | None]] = []
        count = 0
        heappush(todo, ((0, 0), count, (key, False), (key, False), None))
        while todo:
            (length, races), _, at, before, move = heappop(todo)
            if at in came:
                continue
            if move is not None:
                came[at] = (before, move)
                if at == (key, True):
                    return _back(came, at, (key, False))
            for step in self.steps(at[0]):
                if step.after.key in part:
                    count += 1
                    onward = (step.after.key, at[1] or wanted(step))
                    heappush(todo, ((length + (not step.quiet), races + step.races), count, onward, at, step))
        raise AssertionError(key)

    def _missing(self, trip: tuple[Move, ...]) -> Callable[[Move], bool] | None:
        """What has to be on a way round that is not there yet, besides a move that counts."""
        places = [move.before for move in trip]
        return None if _goes_on(places, trip) else _needed(places, trip)


def _back(came: Mapping[_Place, tuple[_Place, Move]], at: _Place, start: _Place) -> tuple[Move, ...]:
    way: list[Move] = []
    while at != start or not way:
        at, move = came[at]
        way.append(move)
    return tuple(reversed(way))


def _goes_on(places: Sequence[Configuration], moves: Sequence[Move]) -> bool:
    """Whether time goes on where these moves are made again and again."""
    return bool(moves) and any(map(_passes, places)) and not _held(places, moves)


def _passes(at: Configuration) -> bool:
    """Whether time can pass there: no timer is due."""
    return all(at.left.values())


def _held(places: Iterable[Configuration], moves: Iterable[Move]) -> set[str]:
    """The timers that run all the time, though their time is over once."""
    held = set.intersection(*(set(at.left) for at in places))
    return held.difference(*({move.event.name, *move.armed} for move in moves))


def _needed(places: Sequence[Configuration], moves: Sequence[Move]) -> Callable[[Move], bool]:
    """What is missing on a way round: a move that lets go of some timer, or leads to where time can pass."""
    held = _held(places, moves)
    if not held:
        return lambda move: _passes(move.after)
    return lambda move: bool(held & {move.event.name, *move.armed} or held - set(move.after.left))


@dataclass(slots=True, kw_only=True)
class _Parts:
    """The strongly connected parts of a graph (Tarjan), without recursion."""

    steps: Steps
    inside: frozenset[str]
    _number: dict[str, int] = field(default_factory=dict)
    _low: dict[str, int] = field(default_factory=dict)
    _open: dict[str, None] = field(default_factory=dict)
    _found: list[frozenset[str]] = field(default_factory=list)

    def all(self) -> list[frozenset[str]]:
        for key in sorted(self.inside):
            if key not in self._number:
                self._from(key)
        return self._found

    def _from(self, root: str) -> None:
        todo = [(root, self._begin(root))]
        while todo:
            key, after = todo[-1]
            if after:
                other = after.pop()
                if other not in self._number:
                    todo.append((other, self._begin(other)))
                elif other in self._open:
                    self._low[key] = min(self._low[key], self._number[other])
                continue
            todo.pop()
            if todo:
                before = todo[-1][0]
                self._low[before] = min(self._low[before], self._low[key])
            if self._low[key] == self._number[key]:
                self._close(key)

    def _begin(self, key: str) -> list[str]:
        self._number[key] = self._low[key] = len(self._number)
        self._open[key] = None
        return [move.after.key for move in self.steps(key) if move.after.key in self.inside]

    def _close(self, key: str) -> None:
        part: set[str] = set()
        while key not in part:
            last = self._open.popitem()[0]
            part.add(last)
        self._found.append(frozenset(part))
