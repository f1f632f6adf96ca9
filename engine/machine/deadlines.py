"""Holds claims about time (`within = "72h"`) against a machine: what must have happened, or can happen, by then. Pure.

A clock of the proof's own starts where the claim starts and is explored with the timers. What has to happen fails where
that clock has run down and time can go on: what happens at that very moment is in time. Timers that are due later than
that clock make no difference, however long they are.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import timedelta

from engine.frozen import frozen
from engine.machine.claims import Finding, Outcome, failed, listed, starting, unbroken, way_to, why_open
from engine.machine.clocks import common_tick
from engine.machine.durations import text_of
from engine.machine.explore import Explorer
from engine.machine.moves import DEADLINE, Configuration, Move
from engine.machine.properties import Claim, Property
from engine.machine.space import (
    MOMENTS,
    MOST_CONFIGURATIONS,
    MOST_RUNS_IN_ALL,
    NO_TICK,
    Space,
    explore,
    explore_in_time,
)

_MICROSECOND = timedelta(microseconds=1)


@frozen
class _Begin:
    """Where the clock starts."""

    at: Configuration
    #: In how many moves that is come to.
    depth: int
    #: The configuration of the whole space that it is, and the move that leads there if it makes a difference.
    key: str
    by: Move | None


def find_in_time(
    explorer: Explorer, space: Space, beside: frozenset[str], claimed: Property, lasts: timedelta
) -> Finding:
    """Decide a claim that something happens within `lasts`.

    `space` is all that can happen, if it is exact, and `beside` are the timers that may run while others do.
    """
    if claimed.claim is Claim.REACHABLE and space.exact and _at_once(space, claimed):
        return unbroken(space, claimed, opened=False)
    delays = explorer.answers.delays
    alone = frozenset(delays) - beside
    lengths = [lasts, *(d for name in alone for d in delays[name] if d <= lasts)]
    if beside:
        # Where places are too many, nothing is proven either way.
        less = 1 if space.complete else MOMENTS
        most, most_runs = MOST_CONFIGURATIONS // less, MOST_RUNS_IN_ALL // less
        ticking, space = explore_in_time(explorer, lengths, alone, most, most_runs)
    else:
        ticking = explorer.ticking(common_tick(lengths), alone)
    if ticking.tick is None:
        return _without_tick(ticking, space, beside, claimed, lasts)
    return (_reachable if claimed.claim is Claim.REACHABLE else _inevitable)(ticking, space, claimed, lasts)


def _without_tick(
    explorer: Explorer, space: Space, beside: frozenset[str], claimed: Property, lasts: timedelta
) -> Finding:
    """Decide a claim where moments are too many to be told apart, as far as that can be done.

    What happens in less time happens in this one too: so it is proven for a time that the delays are a measure of. And it
    is refuted by a way on which nothing comes but what comes at once: then it is only waited, until the time is over.
    """
    less = _in_measure((d for found in explorer.answers.delays.values() for d in found), lasts)
    if less and space.exact:
        found = find_in_time(explorer, space, beside, claimed, less)
        if found.outcome is Outcome.HOLDS:
            return found
    if claimed.claim is not Claim.REACHABLE:
        found = _inevitable(explorer, space, claimed, lasts)
        if found.outcome is Outcome.FAILS:
            return found
    reasons = (NO_TICK,) if space.exact else why_open(space)
    return replace(unbroken(space, claimed, opened=True), because="; ".join(reasons), reasons=reasons)


def _in_measure(delays: Iterable[timedelta], lasts: timedelta) -> timedelta:
    """The longest time below `lasts` that the shorter delays are a measure of; none is 0."""
    counts = [delay // _MICROSECOND for delay in delays if delay and delay <= lasts]
    measure = math.gcd(*counts) * _MICROSECOND
    return lasts - lasts % measure if measure and lasts % measure else timedelta()


def _at_once(space: Space, claimed: Property) -> bool:
    """Whether events alone lead there from wherever the claim starts: then it takes no time, whatever timers do."""
    wanted = frozenset(claimed.states)
    fine = {c.place for c in space.configurations.values() if c.states & wanted}
    into: dict[str, list[str]] = {}
    for moves in space.moves.values():
        for move in moves:
            if not (move.quiet or move.ended or move.event.name in move.before.left):
                into.setdefault(move.after.place, []).append(move.before.place)
                if move.through(wanted):
                    fine.add(move.before.place)
    todo = list(fine)
    while todo:
        new = set(into.get(todo.pop(), ())) - fine
        fine |= new
        todo += new
    return all(space.configurations[key].place in fine for key in starting(space, claimed))


def _reachable(explorer: Explorer, space: Space, claimed: Property, lasts: timedelta) -> Finding:
    wanted = frozenset(claimed.states)
    begins: dict[str, _Begin] = {}
    for begin in _begins(explorer, space, claimed, lasts):
        begins.setdefault(begin.at.key, begin)
    explorer = explorer.hurrying()
    first = dict(list(begins.items())[:1])  # often that is enough, and it is much less to explore
    for some in (first, begins):
        timed = _explore(explorer, space, some, wanted)
        fine = timed.leading_to(wanted, timed.open())
        for key, begin in some.items():  # nearest first
            if key not in fine:
                way = way_to(space, begin.key, begin.by)
                because = f"from here no way leads to {listed(claimed.states)} in {text_of(lasts)}"
                return failed(claimed, space.start_of(way, begin.key), way, because)
    return unbroken(space if not space.exact else timed, claimed, opened=not (space.exact and timed.exact))


def _inevitable(explorer: Explorer, space: Space, claimed: Property, lasts: timedelta) -> Finding:
    wanted = frozenset(claimed.states)
    begins: dict[str, _Begin] = {}
    for begin in _begins(explorer, space, claimed, lasts):
        if not begin.at.states & wanted:
            begins.setdefault(begin.at.key, begin)

    def is_late(at: Configuration) -> bool:
        return _is_late(at) and not at.states & wanted

    timed = _explore(explorer.dawdling(), space, begins, wanted, is_late)
    late = next((key for key, c in timed.configurations.items() if is_late(c)), None)
    if late is None:
        return unbroken(
            space if not space.exact else timed, claimed, opened=not (space.exact and timed.exact)
        )
    on = timed.path(late)
    begin = begins[timed.start_of(on, late).key]
    before = way_to(space, begin.key, begin.by)
    because = f"{text_of(lasts)} and not yet in {listed(claimed.states)}"
    found = failed(claimed, space.start_of(before, begin.key), (*before, *on), because)
    return replace(found, clock=len(before))


def _explore(
    explorer: Explorer,
    space: Space,
    begins: dict[str, _Begin],
    wanted: frozenset[str],
    enough: Callable[[Configuration], bool] = lambda _: False,
) -> Space:
    """Everything that can happen until one of the states is reached, or for ever; less where that proves nothing, and
    no more than up to what is `enough`.
    """
    starts = [(begin.at, begin.depth) for begin in begins.values()]
    if space.complete:
        most = MOST_CONFIGURATIONS * MOMENTS
        return explore(explorer, starts, most=most, until=wanted, enough=enough)
    return explore(explorer, starts, until=wanted, most_runs=MOST_RUNS_IN_ALL // 8, enough=enough)


def _begins(explorer: Explorer, space: Space, claimed: Property, lasts: timedelta) -> Iterator[_Begin]:
    """Where the claim begins, nearest first, with its clock.

    What is left of a timer that runs alone was not kept: all of it stands for any part of it. With less, whatever is
    reached in time is reached as well, and nothing can be put off longer.
    """
    for key, by in starting(space, claimed).items():
        if claimed.claim is Claim.REACHABLE or by is not None or not _came_by_time(space, key):
            at = space.configurations[key]
            begun = explorer.at(at.snapshot, {**at.left, DEADLINE: lasts})
            yield _Begin(at=begun, depth=space.depth[key], key=key, by=by)


def _came_by_time(space: Space, key: str) -> bool:
    """Whether it was only waited there: where the wait began, the claim begins as well, and there is more time to lose."""
    came = space.reached_by[key]
    return came is not None and came.quiet


def _is_late(at: Configuration) -> bool:
    """Whether the time is over, and nothing has to happen first."""
    return not at.left[DEADLINE] and all(time for name, time in at.left.items() if name != DEADLINE)
