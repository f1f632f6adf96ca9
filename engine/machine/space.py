"""All configurations that a machine can come to, and the moves between them: a graph, as far as it was explored. Pure."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from engine.machine.definition import Transition
from engine.machine.explore import Configuration, Explorer, Move

#: The most configurations that are explored; what lies behind them is open.
MOST_CONFIGURATIONS = 2_000

#: The most payloads that are tried in all: a few seconds of work.
MOST_RUNS_IN_ALL = 40_000


@dataclass(slots=True, kw_only=True)
class Space:
    """What was explored, from the starts on, nearest first."""

    #: By key, in the order in which they were found.
    configurations: dict[str, Configuration] = field(default_factory=dict)
    #: The moves out of each configuration that was looked into.
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
        """The moves out of a configuration, those that lead back to it included."""
        return tuple(move for move in self.moves.get(key, ()) if not (move.ended or move.stayed))

    def leading_to(self, wanted: Callable[[Configuration], bool], also: Iterable[str] = ()) -> dict[str, int]:
        """The configurations from which some way leads to a wanted one, or one of `also`, and its least length."""
        into: dict[str, list[str]] = {}
        for key, moves in self.moves.items():
            for move in moves:
                if not move.ended:
                    into.setdefault(move.after.key, []).append(key)
        distance = {key: 0 for key, c in self.configurations.items() if wanted(c)}
        distance.update(dict.fromkeys(also, 0))
        todo = deque(distance)
        while todo:
            key = todo.popleft()
            for before in into.get(key, ()):
                if before not in distance:
                    distance[before] = distance[key] + 1
                    todo.append(before)
        return distance


def explore(
    explorer: Explorer, starts: Iterable[Configuration] | None = None, most: int = MOST_CONFIGURATIONS
) -> Space:
    """Explore from these configurations (by default that of a new instance), breadth first, up to `most` of them."""
    space = Space()
    sampled: dict[str, None] = {}
    todo: deque[Configuration] = deque()
    for start in (explorer.start(),) if starts is None else starts:
        if start.key not in space.configurations:
            space.configurations[start.key] = start
            space.reached_by[start.key] = None
            space.depth[start.key] = 0
            todo.append(start)
    while todo and len(space.moves) < most and explorer.runs < MOST_RUNS_IN_ALL:
        at = todo.popleft()
        moves = explorer.moves(at)
        space.moves[at.key] = moves.found
        sampled.update(dict.fromkeys(moves.sampled))
        if moves.undecided:
            space.undecided[at.key] = moves.undecided
        for move in moves.found:
            after = move.after
            if after.key not in space.configurations:
                space.configurations[after.key] = after
                space.reached_by[after.key] = move
                space.depth[after.key] = space.depth[at.key] + 1
                todo.append(after)
    space.sampled = tuple(sampled)
    return space
