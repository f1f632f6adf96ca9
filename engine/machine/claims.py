"""Holds `property` blocks against an explored space. Pure.

A claim fails only with a way that the machine really goes, and holds only if everything was explored; whatever lies
between is open, and why is said.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from heapq import heappop, heappush

from engine.frozen import frozen
from engine.machine.definition import Transition
from engine.machine.explore import Explorer
from engine.machine.hops import Hops
from engine.machine.moves import Configuration, Move
from engine.machine.perhaps import holds_anyway
from engine.machine.properties import Claim, Property
from engine.machine.rounds import Rounds
from engine.machine.space import Space


class Outcome(StrEnum):
    """How a claim came out."""

    HOLDS = "holds"
    FAILS = "fails"
    #: Neither was shown.
    OPEN = "open"


@frozen
class Finding:
    """One claim, decided as far as it can be."""

    property: Property
    outcome: Outcome
    #: Where the counterexample begins; None without one.
    start: Configuration | None = None
    #: The shortest way to where the claim fails, time included.
    way: tuple[Move, ...] = ()
    #: From where on the way repeats itself for ever; None if it does not.
    loop: int | None = None
    #: From where on the way a time counts in which something has to happen; None where none does.
    clock: int | None = None
    #: What is wrong at its end, in one sentence; every reason why it is open.
    because: str = ""
    #: The same reasons, one by one.
    reasons: tuple[str, ...] = ()


def cost(way: Iterable[Move]) -> tuple[int, int]:
    """How many moves a way has; of ways equally short, the one on which less comes at the moment of another timer is better."""
    way = tuple(way)
    return sum(not move.quiet for move in way), sum(move.races for move in way)


def length(finding: Finding) -> int:
    """How many moves the way of a finding has."""
    return cost(finding.way)[0]


def find(explorer: Explorer, space: Space, claimed: Property) -> Finding:
    """Decide one claim."""
    if claimed.claim in (Claim.ALWAYS, Claim.NEVER):
        return _safe(explorer, space, claimed)
    if claimed.claim is Claim.REACHABLE:
        return _reachable(space, claimed)
    return _inevitable(space, claimed)


def _safe(explorer: Explorer, space: Space, claimed: Property) -> Finding:
    begin, passed = explorer.begin()
    for breach in explorer.answers.conditions.breaches(None, None, begin.snapshot, passed):
        if breach.property is claimed:
            return failed(claimed, begin, (), breach.because)
    broken = [
        (space.depth[key] + 1, space.races[key] + move.races, number, move, breach.because)
        for number, (key, moves) in enumerate(space.moves.items())
        for move in moves
        for breach in move.breaches
        if breach.property is claimed
    ]
    if broken:
        *_, move, because = min(broken, key=lambda found: found[:3])
        way = (*space.path(move.before.key), move)
        return failed(claimed, way[0].before, way, because)
    return unbroken(space, claimed, opened=not (space.exact or holds_anyway(explorer, space, claimed)))


def _reachable(space: Space, claimed: Property) -> Finding:
    perhaps = space.leading_to(frozenset(claimed.states), space.open())
    most = claimed.moves
    for key, by in starting(space, claimed).items():  # nearest first
        if key not in perhaps or (most is not None and perhaps[key] > most):
            way = way_to(space, key, by)
            where = listed(claimed.states)
            because = (
                f"from here no way leads to {where}"
                if key not in perhaps
                else f"from here it takes at least {perhaps[key]} moves to {where}, more than {most}"
            )
            return failed(claimed, space.start_of(way, key), way, because)
    return unbroken(space, claimed, opened=not space.exact)


#: Where the ways start that a claim is about, each with the move that makes it a start if that matters.
Starts = Mapping[str, Move | None]


def starting(space: Space, claimed: Property) -> Starts:
    """Where the ways start that a claim is about, nearest first.

    A state that is only come through starts one as well: where the move ends, unless what is claimed came in between.
    """
    if not claimed.starts:
        if claimed.claim is Claim.REACHABLE:
            return dict.fromkeys(space.configurations)
        wanted = frozenset(claimed.states)
        through = any(states & wanted for states in space.arrived)
        return {key: None for key, move in space.reached_by.items() if move is None and not through}
    starts = frozenset(claimed.starts)
    found: dict[str, Move | None] = {
        key: None
        for key, c in space.configurations.items()
        if c.states & starts or (space.reached_by[key] is None and _begins_in_passing(space.arrived, claimed))
    }
    on_the_way: dict[str, Move] = {}
    for moves in space.moves.values():
        for move in moves:
            after = move.after.key
            if move.passed and after not in found and _begins_in_passing(move.passed, claimed):
                known = on_the_way.get(after)
                if known is None or _cost_to(space, after, move) < _cost_to(space, after, known):
                    on_the_way[after] = move
    if on_the_way:
        every: list[tuple[str, Move | None]] = [*found.items(), *on_the_way.items()]
        return dict(sorted(every, key=lambda start: _cost_to(space, *start)))
    return found


def way_to(space: Space, key: str, by: Move | None) -> tuple[Move, ...]:
    """The shortest way to a start."""
    return space.path(key) if by is None else (*space.path(by.before.key), by)


def _cost_to(space: Space, key: str, by: Move | None) -> tuple[int, int]:
    if by is None:
        return space.depth[key], space.races[key]
    before = by.before.key
    return space.depth[before] + (not by.quiet), space.races[before] + by.races


def _begins_in_passing(passed: tuple[frozenset[str], ...], claimed: Property) -> bool:
    """Whether one of the states of `from` was come through, and none of those that are claimed since."""
    for states in reversed(passed):
        if states & set(claimed.states):
            return False
        if states & set(claimed.starts):
            return True
    return False


@frozen
class _Without:
    """What can happen without coming to some states, or through them."""

    space: Space
    states: frozenset[str]
    #: Configurations from which more may be possible than is known: asked for once, not again in each of them.
    open: frozenset[str]

    def free(self, key: str) -> bool:
        """Whether a configuration is in none of them."""
        return not self.space.configurations[key].states & self.states

    def steps(self, key: str) -> list[Move]:
        """The moves out of a configuration that come to none of them."""
        return [
            move
            for move in self.space.steps(key)
            if not move.after.states & self.states and not move.through(self.states)
        ]

    def may_leave(self, key: str) -> bool:
        """Whether an event may do more there than let it stay: some time one that may come does come."""
        known = self.space.steps(key)
        return key in self.open or any(
            not (m.stayed or m.quiet or m.event.name in m.before.left) for m in known
        )

    def stays(self, key: str) -> list[Move]:
        """The moves out of a configuration in which nothing but time passes, or it stays."""
        return [move for move in self.steps(key) if move.stayed or move.quiet]


def _inevitable(space: Space, claimed: Property) -> Finding:
    """Look for the shortest way that avoids the states: to where nothing moves, round and round, or too long."""
    avoiding = _Without(space=space, states=frozenset(claimed.states), open=frozenset(space.open()))
    starts = {key: by for key, by in starting(space, claimed).items() if avoiding.free(key)}
    came = _reach(avoiding, starts)
    found = [_stuck(avoiding, claimed, starts, came), _round(avoiding, claimed, starts, came)]
    shorter = [cost(failure.way)[0] for failure in found if failure is not None]
    failures = (_too_long(avoiding, claimed, starts, min(shorter, default=None)), *found)
    told = [failure for failure in failures if failure is not None]
    if told:
        return min(told, key=lambda finding: cost(finding.way))
    opened = bool(came.keys() & avoiding.open) or (bool(claimed.starts) and not space.exact)
    return unbroken(space, claimed, opened=opened or bool(space.sampled))


def _too_long(avoiding: _Without, claimed: Property, starts: Starts, shorter: int | None) -> Finding | None:
    """The nearest way that is too long, unless another failure is known in fewer moves than any of these has."""
    most = claimed.moves
    if most is None or (shorter is not None and shorter < most):
        return None
    hops = Hops.of(avoiding.steps, starts)
    last = hops.lasting(most)
    for start, by in starts.items():  # nearest first
        if start in last:
            because = f"{most} move{'' if most == 1 else 's'} and not yet in {listed(claimed.states)}"
            way = (*way_to(avoiding.space, start, by), *hops.way(start, most))
            return failed(claimed, avoiding.space.start_of(way, start), way, because)
    return None


def _stuck(
    avoiding: _Without,
    claimed: Property,
    starts: Starts,
    came: Mapping[str, Move | None],
) -> Finding | None:
    space = avoiding.space
    for key in came:  # nearest first
        ways = [move for move in space.steps(key) if not (move.stayed and move.after.key == key)]
        if not ways and key not in avoiding.open:
            way = _way(space, starts, came, key)
            because = f"nothing moves it from here to {listed(claimed.states)}"
            return failed(claimed, space.start_of(way, key), way, because)
    return None


def _round(
    avoiding: _Without,
    claimed: Property,
    starts: Starts,
    came: Mapping[str, Move | None],
) -> Finding | None:
    places = avoiding.space.configurations
    moving = Rounds.of(places, avoiding.steps, came, counts=lambda move: not (move.stayed or move.quiet))
    kept = [key for key in came if not avoiding.may_leave(key)]
    staying = Rounds.of(places, avoiding.stays, kept)
    for key in came:  # nearest first
        trip = moving.trip(key) or staying.trip(key)
        if trip is None:
            continue
        before = _way(avoiding.space, starts, came, key)
        whole = (*before, *trip)
        return Finding(
            property=claimed,
            outcome=Outcome.FAILS,
            start=avoiding.space.start_of(whole, key),
            way=whole,
            loop=len(before),
            because=f"and so on for ever, without {listed(claimed.states)}",
        )
    return None


def _reach(avoiding: _Without, starts: Starts) -> dict[str, Move | None]:
    """What can be reached without the states, and by which move; what is nearest to a start of all comes first."""
    came: dict[str, Move | None] = {}
    todo: list[tuple[tuple[int, int], int, str, Move | None]] = []
    count = 0
    for start, by in starts.items():
        heappush(todo, (_cost_to(avoiding.space, start, by), count, start, None))
        count += 1
    while todo:
        (depth, races), _, key, move = heappop(todo)
        if key in came:
            continue
        came[key] = move
        for step in avoiding.steps(key):
            if step.after.key not in came:
                further = (depth + (not step.quiet), races + step.races)
                heappush(todo, (further, count, step.after.key, step))
                count += 1
    return came


def _way(space: Space, starts: Starts, came: Mapping[str, Move | None], key: str) -> tuple[Move, ...]:
    """The way to a configuration: to where its claim begins, and from there without the states."""
    way: list[Move] = []
    move = came[key]
    while move is not None:
        way.append(move)
        key = move.before.key
        move = came[key]
    return (*way_to(space, key, starts[key]), *reversed(way))


def failed(claimed: Property, start: Configuration, way: tuple[Move, ...], because: str) -> Finding:
    """The finding that a claim fails, at the end of this way."""
    return Finding(property=claimed, outcome=Outcome.FAILS, start=start, way=way, because=because)


def unbroken(space: Space, claimed: Property, *, opened: bool) -> Finding:
    """The finding that nothing was found: the claim holds, or what was `opened` may break it."""
    if not opened:
        return Finding(property=claimed, outcome=Outcome.HOLDS)
    reasons = why_open(space)
    return Finding(property=claimed, outcome=Outcome.OPEN, because="; ".join(reasons), reasons=reasons)


def why_open(space: Space) -> tuple[str, ...]:
    """Why not everything is known, one sentence each."""
    reasons = list(space.sampled)
    if not space.complete:
        count, depth = len(space.moves), space.explored_depth
        reasons.append(
            f"only {count} situations (a configuration with what it remembers and its timers) were explored, "
            f"all within {depth} moves among them"
        )
    taken = {id(t) for moves in space.moves.values() for move in moves for t in move.taken}
    told: dict[int, str] = {}
    for key, transitions in space.undecided.items():
        for t in transitions:
            guard = "" if t.guard is None else f" when {t.guard.text}"
            where = f" {_where(space.configurations[key], t)}" if id(t) in taken else ""
            told.setdefault(
                id(t), f'no payload was found for "{t.event}"{guard} at {t.span}{where}, and there may be one'
            )
    reasons += [said for said in dict.fromkeys(told.values()) if said not in reasons]
    return tuple(reasons)


def _where(at: Configuration, transition: Transition) -> str:
    """A place where none was found for a transition that is taken elsewhere."""
    guard = transition.guard
    remembers = guard is not None and any(r.root in ("context", "local") for r in guard.references)
    return f'in "{at.snapshot.state}"{" with some of what is remembered there" if remembers else ""}'


def listed(states: tuple[str, ...]) -> str:
    """States, as a sentence names them."""
    return " or ".join(f'"{state}"' for state in states)
