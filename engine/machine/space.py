"""All configurations that a machine can come to, and the moves between them: a graph, as far as it was explored. Pure."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from heapq import heappop, heappush

from engine.machine.clocks import common_tick
from engine.machine.definition import Transition
from engine.machine.explore import Explorer
from engine.machine.moves import Configuration, Move, Moves

#: The most configurations that are explored; what lies behind them is open.
MOST_CONFIGURATIONS = 2_000

#: Where time passes, so many times as many: moments of one place are explored together.
MOMENTS = 5

#: The most work that is done in all, as `Answers.runs` counts it: a few seconds.
MOST_RUNS_IN_ALL = 40_000

#: After so many more it is said how many there were.
_TOLD = 50

#: Why moments cannot be told apart.
NO_TICK = "its times have no common measure that is long enough to tell all moments apart"


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
    #: With how few moves on the way, of those so short, that come at the very moment at which another timer is due.
    races: dict[str, int] = field(default_factory=dict)
    #: The states of each configuration that a new instance comes through before it comes to rest.
    arrived: tuple[frozenset[str], ...] = ()
    #: Transitions of a configuration for which no payload was found, though there may be one.
    undecided: dict[str, tuple[Transition, ...]] = field(default_factory=dict)
    #: Configurations where not everybody was tried who may be asked, or answer.
    partial: set[str] = field(default_factory=set)
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

    def take(self, key: str, moves: Moves) -> None:
        """Take in what can happen in a configuration."""
        self.moves[key] = moves.found
        if moves.undecided:
            self.undecided[key] = moves.undecided
        if moves.partial:
            self.partial.add(key)

    def open(self) -> set[str]:
        """Configurations from which more may be possible than is known."""
        unseen = {key for key in self.configurations if key not in self.moves}
        return unseen | set(self.undecided) | self.partial

    def entered(self) -> set[str]:
        """The states that it comes to, at rest or on the way."""
        at_rest = [c.states for c in self.configurations.values()]
        passed = [states for moves in self.moves.values() for move in moves for states in move.passed]
        return {state for states in (*at_rest, *passed, *self.arrived) for state in states}

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
        return tuple(move for move in self.moves.get(key, ()) if move.quiet or not move.ended)

    def leading_to(self, wanted: frozenset[str], also: Iterable[str] = ()) -> dict[str, int]:
        """The configurations from which some way leads to, or through, a wanted state, or to one of `also`; its least length."""
        into: dict[str, list[Move]] = {}
        distance: dict[str, int] = {}
        for key, moves in self.moves.items():
            for move in moves:
                if move.quiet or not move.ended:
                    into.setdefault(move.after.key, []).append(move)
                if move.passed and move.through(wanted):
                    distance[key] = 1
        distance |= {key: 0 for key, c in self.configurations.items() if c.states & wanted}
        distance |= dict.fromkeys(also, 0)
        todo = deque(sorted(distance.items(), key=lambda found: found[1]))
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
    until: frozenset[str] = frozenset(),
    most_runs: int = MOST_RUNS_IN_ALL,
    tell: Callable[[int], None] = lambda _: None,
    enough: Callable[[Configuration], bool] = lambda _: False,
) -> Space:
    """Explore, nearest first, up to `most` configurations and so much work as `most_runs`; `tell` hears how many there were so far.

    `starts` are where it begins (by default with a new instance), each with the number of moves that lead there. What is
    behind the states of `until` is left out, and so is what is further away than the first configuration that is `enough`.
    """
    space = Space()
    runs = explorer.answers.runs
    sampled: dict[str, None] = {}
    todo: list[tuple[int, int, int, Configuration, Move | None]] = []
    for number, (start, depth) in enumerate(_new(explorer, space) if starts is None else starts):
        heappush(todo, (depth, 0, number, start, None))
    count = len(todo)
    while todo:
        depth, races, _, at, came = heappop(todo)
        if at.key in space.configurations:
            continue
        space.configurations[at.key], space.reached_by[at.key] = at, came
        space.depth[at.key], space.races[at.key] = depth, races
        if enough(at):
            break
        if at.states & until:
            space.moves[at.key] = ()
            continue
        if len(space.moves) >= most or explorer.answers.runs - runs >= most_runs:
            continue
        if not len(space.moves) % _TOLD:
            tell(len(space.moves))
        moves = explorer.moves(at)
        space.take(at.key, moves)
        sampled.update(dict.fromkeys(moves.sampled))
        for move in moves.found:
            if move.after.key not in space.configurations and not (move.passed and move.through(until)):
                count += 1
                further = (depth + (not move.quiet), races + move.races)
                # Time first: what can happen early is found to happen early.
                heappush(todo, (*further, -count if move.quiet else count, move.after, move))
    space.sampled = tuple(sampled)
    return space


def _new(explorer: Explorer, space: Space) -> Iterable[tuple[Configuration, int]]:
    """The start of a new instance, no moves away."""
    begin, passed = explorer.begin()
    space.arrived = explorer.answers.states_of(passed)
    return ((begin, 0),)


def explore_in_time(
    explorer: Explorer,
    lengths: Iterable[timedelta] = (),
    alone: frozenset[str] = frozenset(),
    most: int = MOST_CONFIGURATIONS,
    most_runs: int = MOST_RUNS_IN_ALL,
    tell: Callable[[int], None] = lambda _: None,
) -> tuple[Explorer, Space]:
    """Explore with time that passes, in ticks that divide these lengths and every delay of timers that do not run `alone`.

    Where there is no such tick that is long enough, time stands still, and the space says that it is not all.
    """
    lengths = tuple(lengths)
    while True:
        delays = {d for name, found in explorer.answers.delays.items() if name not in alone for d in found}
        tick = common_tick((*delays, *lengths))
        ticking = explorer.ticking(tick, alone)
        space = explore(ticking, most=most * MOMENTS, most_runs=most_runs, tell=tell)
        if tick is None:
            space.sampled = (*space.sampled, NO_TICK)
        met = {d for name, found in explorer.answers.delays.items() if name not in alone for d in found}
        if tick is None or met == delays or not any(d % tick for d in met):
            return ticking, space


def beside_each_other(space: Space) -> frozenset[str]:
    """The timers that run while others do, somewhere in what was explored without time."""
    together = (c.timers for c in space.configurations.values() if len(c.timers) > 1)
    return frozenset(name for names in together for name in names)
