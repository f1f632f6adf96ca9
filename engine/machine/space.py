"""All configurations that a machine can come to, and the moves between them: a graph, as far as it was explored. Pure."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from heapq import heappop, heappush

from engine.machine.clocks import common_tick
from engine.machine.definition import Transition
from engine.machine.explore import Configuration, Explorer, Move

#: The most configurations that are explored; what lies behind them is open.
MOST_CONFIGURATIONS = 2_000

#: Where time passes, so many times as many: moments of one place are explored together.
MOMENTS = 5

#: The most payloads that are tried in all: a few seconds of work.
MOST_RUNS_IN_ALL = 40_000

_NO_TICK = "its times have no common measure that is long enough to tell all moments apart"


@dataclass(slots=True, kw_only=True)
class Space:
    """What was explored, from the starts on, nearest first."""

    #: By key, in the order in which they were found.
    configurations: dict[str, Configuration] = field(default_factory=dict)
    #: The moves out of each configuration that was looked into, those of time included.
    moves: dict[str, tuple[Move, ...]] = field(default_factory=dict)
    #: How each was reached first; None for a start.
    reached_by: dict[str, Move | None] = field(default_factory=dict)
    #: In how many moves at least.
    depth: dict[str, int] = field(default_factory=dict)
    #: Transitions of a configuration for which no payload was found, though there may be one.
    undecided: dict[str, tuple[Transition, ...]] = field(default_factory=dict)
    #: Why the moves may not be all; empty if they are.
    sampled: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every configuration was looked into."""
        return len(self.moves) == len(self.configurations)

    @property
    def explored_depth(self) -> int:
        """So many moves from a start, everything was looked into."""
        unseen = [d for key, d in self.depth.items() if key not in self.moves]
        return min(unseen, default=max(self.depth.values(), default=0))

    @property
    def exact(self) -> bool:
        """Whether this is all that the machine can do."""
        return self.complete and not self.sampled and not self.undecided

    def open(self) -> set[str]:
        """Configurations from which more may be possible than is known."""
        unseen = {key for key in self.configurations if key not in self.moves}
        return unseen | set(self.undecided)

    def path(self, key: str) -> tuple[Move, ...]:
        """The shortest way there."""
        way: list[Move] = []
        at = self.reached_by[key]
        while at is not None:
            way.append(at)
            at = self.reached_by[at.before.key]
        return tuple(reversed(way))

    def start_of(self, way: tuple[Move, ...], key: str) -> Configuration:
        """The configuration in which a way begins that ends at `key`."""
        return way[0].before if way else self.configurations[key]

    def steps(self, key: str) -> tuple[Move, ...]:
        """The moves out of a configuration, those of time and those that lead back to it included."""
        return tuple(
            move for move in self.moves.get(key, ()) if move.quiet or not (move.ended or move.stayed)
        )

    def leading_to(self, wanted: Callable[[Configuration], bool], also: Iterable[str] = ()) -> dict[str, int]:
        """The configurations from which some way leads to a wanted one, or one of `also`, and its least length."""
        into: dict[str, list[Move]] = {}
        for moves in self.moves.values():
            for move in moves:
                if move.quiet or not move.ended:
                    into.setdefault(move.after.key, []).append(move)
        distance = {key: 0 for key, c in self.configurations.items() if wanted(c)}
        distance.update(dict.fromkeys(also, 0))
        todo = deque(distance.items())
        while todo:
            key, length = todo.popleft()
            if length > distance[key]:
                continue
            for move in into.get(key, ()):
                before, longer = move.before.key, length + (not move.quiet)
                if longer < distance.get(before, longer + 1):
                    distance[before] = longer
                    (todo.appendleft if move.quiet else todo.append)((before, longer))
        return distance


def explore(
    explorer: Explorer,
    starts: Iterable[tuple[Configuration, int]] | None = None,
    most: int = MOST_CONFIGURATIONS,
    only: Callable[[Configuration], bool] = lambda _: True,
) -> Space:
    """Explore, nearest first, up to `most` configurations.

    `starts` are where it begins (by default with a new instance), each with the number of moves that lead there. What is
    behind a configuration that `only` does not want is left out.
    """
    space = Space()
    runs = explorer.runs
    sampled: dict[str, None] = {}
    todo: list[tuple[int, int, Configuration, Move | None]] = []
    for number, (start, depth) in enumerate([(explorer.start(), 0)] if starts is None else starts):
        heappush(todo, (depth, number, start, None))
    count = len(todo)
    while todo:
        depth, _, at, came = heappop(todo)
        if at.key in space.moves or (at.key in space.configurations and not only(at)):
            continue
        if at.key not in space.configurations or depth < space.depth[at.key]:
            space.configurations[at.key], space.reached_by[at.key] = at, came
            space.depth[at.key] = depth
        if not only(at):
            space.moves[at.key] = ()
            continue
        if len(space.moves) >= most or explorer.runs - runs >= MOST_RUNS_IN_ALL:
            continue
        moves = explorer.moves(at)
        space.moves[at.key] = moves.found
        sampled.update(dict.fromkeys(moves.sampled))
        if moves.undecided:
            space.undecided[at.key] = moves.undecided
        for move in moves.found:
            if move.after.key not in space.moves:
                count += 1
                # Time first: what can happen early is found to happen early.
                heappush(todo, (depth + (not move.quiet), -count if move.quiet else count, move.after, move))
    space.sampled = tuple(sampled)
    return space


def explore_in_time(
    explorer: Explorer, lengths: Iterable[timedelta] = (), most: int = MOST_CONFIGURATIONS
) -> tuple[Explorer, Space]:
    """Explore with time that passes, in ticks that divide every delay that is met and these lengths.

    Where there is no such tick that is long enough, time stands still, and the space says that it is not all.
    """
    lengths = tuple(lengths)
    while True:
        tick = common_tick((*explorer.delays, *lengths))
        ticking = explorer.ticking(tick)
        known = len(explorer.delays)
        space = explore(ticking, most=most * MOMENTS)
        explorer.runs = ticking.runs
        if tick is None:
            space.sampled = (*space.sampled, _NO_TICK)
        if tick is None or len(explorer.delays) == known or not any(d % tick for d in explorer.delays):
            return ticking, space
