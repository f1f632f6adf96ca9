"""Finds timers that hardly wait and set one another without end, in what was explored. Pure."""

from datetime import datetime

from engine.machine.explore import NOW, Move
from engine.machine.space import Space
from engine.machine.step import LEAST_WAIT
from engine.model import AFTER


def hurried_loop(space: Space) -> tuple[Move, ...]:
    """The nearest way round that is made of such timers alone; empty if there is none."""
    hurrying = {key: found for key, moves in space.moves.items() if (found := _hurrying(moves)) is not None}
    for key in hurrying:  # nearest first
        way: dict[str, Move] = {}
        at = key
        while at in hurrying and at not in way:
            way[at] = hurrying[at]
            at = hurrying[at].after.key
        if at == key and way:
            return tuple(way.values())
    return ()


def _hurrying(moves: tuple[Move, ...]) -> Move | None:
    """The move that a timer makes almost at once."""
    for move in moves:
        due = move.before.snapshot.timers.get(move.event.name) if move.event.name.startswith(AFTER) else None
        if due is not None and not move.ended and datetime.fromisoformat(due) - NOW < LEAST_WAIT:
            return move
    return None
