"""Holds `property` blocks against an explored space. Pure.

A claim fails only with a way that the machine really goes, and holds only if everything was explored; whatever lies
between is open, and why is said.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from heapq import heapify, heappop, heappush

from engine.machine.explore import Configuration, Explorer, Move
from engine.machine.properties import Claim, Property
from engine.machine.space import Space


class Outcome(StrEnum):
    """How a claim came out."""

    HOLDS = "holds"
    FAILS = "fails"
    #: Neither was shown.
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
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
    #: What is wrong at its end, in one sentence.
    because: str = ""


def length(finding: Finding) -> int:
    """How many moves the way of a finding has."""
    return sum(not move.quiet for move in finding.way)


def find(explorer: Explorer, space: Space, claimed: Property) -> Finding:
    """Decide one claim."""
    if claimed.claim in (Claim.ALWAYS, Claim.NEVER):
        return _safe(explorer, space, claimed)
    if claimed.claim is Claim.REACHABLE:
        return _reachable(space, claimed)
    return _inevitable(space, claimed)


def _safe(explorer: Explorer, space: Space, claimed: Property) -> Finding:
    for key, configuration in space.configurations.items():
        if space.reached_by[key] is None:
            for breach in explorer.breaches(None, None, configuration.snapshot):
                if breach.property is claimed:
                    return failed(claimed, configuration, (), breach.because)
    shortest: tuple[Move, str] | None = None
    for key in space.moves:  # nearest first
        for move in space.moves[key]:
            broken = [b.because for b in move.breaches if b.property is claimed]
            if broken and shortest is None:
                shortest = (move, broken[0])
    if shortest is not None:
        move, because = shortest
        way = (*space.path(move.before.key), move)
        return failed(claimed, way[0].before, way, because)
    return unbroken(space, claimed, opened=not space.exact)


def _reachable(space: Space, claimed: Property) -> Finding:
    perhaps = space.leading_to(lambda c: bool(c.states & set(claimed.states)), space.open())
    most = claimed.moves
    for key in starting(space, claimed):  # nearest first
        if key not in perhaps or (most is not None and perhaps[key] > most):
            way = space.path(key)
            where = listed(claimed.states)
            because = (
                f"from here no way leads to {where}"
                if key not in perhaps
                else f"from here it takes at least {perhaps[key]} moves to {where}, more than {most}"
            )
            return failed(claimed, space.start_of(way, key), way, because)
    return unbroken(space, claimed, opened=not space.exact)


def starting(space: Space, claimed: Property) -> list[str]:
    """Where the way starts that a claim is about."""
    if claimed.starts:
        return [key for key, c in space.configurations.items() if c.states & set(claimed.starts)]
    if claimed.claim is Claim.REACHABLE:
        return list(space.configurations)
    return [key for key, move in space.reached_by.items() if move is None]


def _inevitable(space: Space, claimed: Property) -> Finding:
    """Look for the shortest way that avoids the states: to where nothing moves, round and round, or too long."""
    avoiding = {key for key, c in space.configurations.items() if not c.states & set(claimed.states)}
    starts = [key for key in starting(space, claimed) if key in avoiding]
    came = _reach(space, starts, avoiding)
    failures = (
        _too_long(space, claimed, starts, avoiding),
        _stuck(space, claimed, came),
        _round(space, claimed, came, avoiding),
    )
    found = [failure for failure in failures if failure is not None]
    if found:
        return min(found, key=length)
    opened = bool(came.keys() & space.open()) or (bool(claimed.starts) and not space.exact)
    return unbroken(space, claimed, opened=opened or bool(space.sampled))


def _too_long(space: Space, claimed: Property, starts: list[str], avoiding: set[str]) -> Finding | None:
    most = claimed.moves
    if most is None or _walk(space, starts, avoiding, most) is None:
        return None
    for start in starts:  # nearest first
        walk = _walk(space, [start], avoiding, most)
        if walk is not None:
            because = f"{most} move{'' if most == 1 else 's'} and not yet in {listed(claimed.states)}"
            way = (*space.path(start), *walk)
            return failed(claimed, space.start_of(way, start), way, because)
    return None


def _stuck(space: Space, claimed: Property, came: Mapping[str, Move | None]) -> Finding | None:
    for key in came:  # nearest first
        if key in space.moves and not space.steps(key) and key not in space.undecided:
            way = _way(space, came, key)
            because = f"nothing moves it from here to {listed(claimed.states)}"
            return failed(claimed, space.start_of(way, key), way, because)
    return None


def _round(
    space: Space, claimed: Property, came: Mapping[str, Move | None], avoiding: set[str]
) -> Finding | None:
    core = _core(space, avoiding & came.keys())
    for key in came:  # nearest first
        trip = _cycle(space, key, core) if key in core else None
        if trip is None:
            continue
        before = _way(space, came, key)
        whole = (*before, *trip)
        return Finding(
            property=claimed,
            outcome=Outcome.FAILS,
            start=space.start_of(whole, key),
            way=whole,
            loop=len(before),
            because=f"and so on for ever, without {listed(claimed.states)}",
        )
    return None


def _reach(space: Space, starts: Iterable[str], inside: set[str]) -> dict[str, Move | None]:
    """What can be reached without leaving `inside`, and by which move; what is nearest to a start of all comes first."""
    came: dict[str, Move | None] = {}
    todo: list[tuple[int, int, str, Move | None]] = []
    count = 0
    for start in starts:
        heappush(todo, (space.depth[start], count, start, None))
        count += 1
    while todo:
        depth, _, key, move = heappop(todo)
        if key in came:
            continue
        came[key] = move
        for step in space.steps(key):
            if step.after.key in inside and step.after.key not in came:
                heappush(todo, (depth + (not step.quiet), count, step.after.key, step))
                count += 1
    return came


def _way(space: Space, came: Mapping[str, Move | None], key: str) -> tuple[Move, ...]:
    """The way to a configuration: to where its claim begins, and from there without the states."""
    way: list[Move] = []
    move = came[key]
    while move is not None:
        way.append(move)
        key = move.before.key
        move = came[key]
    return (*space.path(key), *reversed(way))


def _core(space: Space, inside: set[str]) -> set[str]:
    """What is left when everything is taken away that leads nowhere inside: every cycle is in it."""
    into: dict[str, list[str]] = {}
    out: dict[str, int] = {}
    for key in inside:
        after = [move.after.key for move in space.steps(key) if move.after.key in inside]
        out[key] = len(after)
        for other in after:
            into.setdefault(other, []).append(key)
    left = set(inside)
    todo = [key for key, count in out.items() if not count]
    while todo:
        key = todo.pop()
        left.discard(key)
        for before in into.get(key, ()):
            out[before] -= 1
            if not out[before]:
                todo.append(before)
    return left


def _cycle(space: Space, key: str, inside: set[str]) -> tuple[Move, ...] | None:
    """The shortest way from a configuration back to it, if there is one inside."""
    came: dict[str, Move] = {}
    todo: list[tuple[int, int, Move]] = []
    for count, move in enumerate(space.steps(key)):
        todo.append((int(not move.quiet), count, move))
    heapify(todo)
    count = len(todo)
    while todo:
        length, _, move = heappop(todo)
        after = move.after.key
        if after not in inside or after in came:
            continue
        came[after] = move
        if after == key:
            return _back(came, key)
        for step in space.steps(after):
            count += 1
            heappush(todo, (length + (not step.quiet), count, step))
    return None


def _back(came: Mapping[str, Move], key: str) -> tuple[Move, ...]:
    way = [came[key]]
    while way[-1].before.key != key:
        way.append(came[way[-1].before.key])
    return tuple(reversed(way))


def _walk(space: Space, starts: Iterable[str], inside: set[str], length: int) -> tuple[Move, ...] | None:
    """Some way of that many moves that never leaves `inside`, repetitions included."""
    came: list[dict[str, tuple[Move, ...]]] = []
    here = list(starts)
    for _ in range(length):
        there: dict[str, tuple[Move, ...]] = {}
        for key in here:
            for waited in _waits(space, key, inside):
                at = waited[-1].after.key if waited else key
                for move in space.steps(at):
                    if move.after.key in inside and not move.quiet:
                        there.setdefault(move.after.key, (*waited, move))
        if not there:
            return None
        came.append(there)
        here = list(there)
    key = here[0]
    way: tuple[Move, ...] = ()
    for layer in reversed(came):
        way = (*layer[key], *way)
        key = layer[key][0].before.key
    return way


def _waits(space: Space, key: str, inside: set[str]) -> list[tuple[Move, ...]]:
    """Every way that time alone goes from here, none included."""
    found: dict[str, tuple[Move, ...]] = {key: ()}
    for at in (todo := [key]):
        for move in space.steps(at):
            after = move.after.key
            if move.quiet and after in inside and after not in found:
                found[after] = (*found[at], move)
                todo.append(after)
    return list(found.values())


def failed(claimed: Property, start: Configuration, way: tuple[Move, ...], because: str) -> Finding:
    """The finding that a claim fails, at the end of this way."""
    return Finding(property=claimed, outcome=Outcome.FAILS, start=start, way=way, because=because)


def unbroken(space: Space, claimed: Property, *, opened: bool) -> Finding:
    """The finding that nothing was found: the claim holds, or what was `opened` may break it."""
    if not opened:
        return Finding(property=claimed, outcome=Outcome.HOLDS)
    return Finding(property=claimed, outcome=Outcome.OPEN, because=why_open(space))


def why_open(space: Space) -> str:
    """Why not everything is known, in one sentence."""
    reasons = list(space.sampled)
    if not space.complete:
        count, depth = len(space.moves), space.explored_depth
        reasons.append(f"only {count} configurations were explored, all within {depth} moves among them")
    for transitions in space.undecided.values():
        for t in transitions:
            guard = "" if t.guard is None else f" when {t.guard.text}"
            said = f'no payload was found for "{t.event}"{guard} at {t.span}, and there may be one'
            if said not in reasons:
                reasons.append(said)
    return "; ".join(reasons[:3])


def listed(states: tuple[str, ...]) -> str:
    """States, as a sentence names them."""
    return " or ".join(f'"{state}"' for state in states)
