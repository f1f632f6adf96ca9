"""Holds claims about time (`within = "72h"`) against a machine: what must have happened, or can happen, by then. Pure.

A clock of the proof's own starts where the claim starts and is explored with the timers. What has to happen fails where
that clock has run down and time can go on: what happens at that very moment is in time.
"""

from dataclasses import replace
from datetime import timedelta

from engine.machine.claims import Finding, failed, listed, starting, unbroken
from engine.machine.durations import text_of
from engine.machine.explore import DEADLINE, NOW, Configuration, Explorer
from engine.machine.properties import Claim, Property
from engine.machine.space import MOMENTS, MOST_CONFIGURATIONS, Space, explore, explore_in_time
from engine.machine.values import timestamp


def find_in_time(explorer: Explorer, space: Space, claimed: Property, lasts: timedelta) -> Finding:
    """Decide a claim that something happens within `lasts`; `space` is all that can happen, if it is exact."""
    if claimed.claim is Claim.REACHABLE and space.exact and _at_once(space, claimed):
        return unbroken(space, claimed, opened=False)
    ticking, space = explore_in_time(explorer, [lasts])
    if ticking.tick is None:
        return unbroken(space, claimed, opened=True)
    return (_reachable if claimed.claim is Claim.REACHABLE else _inevitable)(ticking, space, claimed, lasts)


def _at_once(space: Space, claimed: Property) -> bool:
    """Whether events alone lead there from wherever the claim starts: then it takes no time, whatever timers do."""
    fine = {c.place for c in space.configurations.values() if c.states & set(claimed.states)}
    into: dict[str, list[str]] = {}
    for moves in space.moves.values():
        for move in moves:
            if not (move.quiet or move.ended or move.event.name in move.before.left):
                into.setdefault(move.after.place, []).append(move.before.place)
    todo = list(fine)
    while todo:
        new = set(into.get(todo.pop(), ())) - fine
        fine |= new
        todo += new
    return all(space.configurations[key].place in fine for key in starting(space, claimed))


def _reachable(explorer: Explorer, space: Space, claimed: Property, lasts: timedelta) -> Finding:
    wanted = set(claimed.states)
    begins = {
        key: _with_clock(explorer, space.configurations[key], lasts) for key in starting(space, claimed)
    }
    first = dict(list(begins.items())[:1])  # often that is enough, and it is much less to explore
    for some in (first, begins):
        timed = _explore(explorer, space, some, wanted)
        fine = timed.leading_to(lambda c: bool(c.states & wanted), timed.open())
        for key, begin in some.items():  # nearest first
            if begin.key not in fine:
                way = space.path(key)
                because = f"from here no way leads to {listed(claimed.states)} in {text_of(lasts)}"
                return failed(claimed, space.start_of(way, key), way, because)
    return unbroken(space if not space.exact else timed, claimed, opened=not (space.exact and timed.exact))


def _inevitable(explorer: Explorer, space: Space, claimed: Property, lasts: timedelta) -> Finding:
    wanted = set(claimed.states)
    begins = {
        key: _with_clock(explorer, space.configurations[key], lasts)
        for key in starting(space, claimed)
        if not _came_by_time(space, key) and not space.configurations[key].states & wanted
    }
    timed = _explore(explorer, space, begins, wanted)
    late = next(
        (key for key, c in timed.configurations.items() if _is_late(c) and not c.states & wanted), None
    )
    if late is None:
        return unbroken(
            space if not space.exact else timed, claimed, opened=not (space.exact and timed.exact)
        )
    on = timed.path(late)
    first = timed.start_of(on, late)
    key = next(key for key, begin in begins.items() if begin.key == first.key)
    before = space.path(key)
    because = f"{text_of(lasts)} and not yet in {listed(claimed.states)}"
    found = failed(claimed, space.start_of(before, key), (*before, *on), because)
    return replace(found, clock=len(before))


def _explore(explorer: Explorer, space: Space, begins: dict[str, Configuration], wanted: set[str]) -> Space:
    """Everything that can happen until one of the states is reached, or for ever."""
    starts = [(begin, space.depth[key]) for key, begin in begins.items()]
    return explore(explorer, starts, most=MOST_CONFIGURATIONS * MOMENTS, only=lambda c: not c.states & wanted)


def _with_clock(explorer: Explorer, at: Configuration, lasts: timedelta) -> Configuration:
    due = {**at.snapshot.timers, DEADLINE: timestamp(NOW + lasts)}
    return explorer.configuration(replace(at.snapshot, timers=due))


def _came_by_time(space: Space, key: str) -> bool:
    """Whether it was only waited there: where the wait began, the claim begins as well, and there is more time to lose."""
    came = space.reached_by[key]
    return came is not None and came.quiet


def _is_late(at: Configuration) -> bool:
    """Whether the time is over, and nothing has to happen first."""
    return not at.left[DEADLINE] and all(time for name, time in at.left.items() if name != DEADLINE)
