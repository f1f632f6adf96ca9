"""Finds timers that hardly wait and set one another without end, in what was explored. Pure."""

from engine.machine.moves import Move
from engine.machine.space import Space
from engine.machine.step import LEAST_WAIT


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
        left = move.before.left.get(move.event.name)
        if left is not None and left < LEAST_WAIT and not (move.ended or move.quiet):
            return move
    return None
