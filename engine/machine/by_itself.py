"""What follows a step's event by itself, and whether it ever ends."""

from collections.abc import Iterable
from typing import Any

from engine.frozen import frozen
from engine.machine.definition import ALWAYS, Machine, Transition
from engine.model import END

#: More rounds than this by themselves are taken for an endless loop.
MOST_ROUNDS = 250


@frozen
class Round:
    """Where a round begins."""

    #: Where it is, what it remembers, and the events that wait.
    told: tuple[str, ...]
    #: What these carry.
    payloads: tuple[Any, ...]

    def is_like(self, other: "Round") -> bool:
        """Whether all that follows is the same. Payloads are told by identity: one that is made up answers when it is asked."""
        same = self.told == other.told
        return same and all(a is b for a, b in zip(self.payloads, other.payloads, strict=True))


def by_itself(machine: Machine) -> str:
    """What can follow one another without end in a machine, in words."""
    blocks = ["always blocks"] if any(t.event == ALWAYS for t in machine.transitions) else []
    if any(not raised.cancels for raised in machine.raises()):
        blocks.append("raised events")
    return " and ".join(blocks) or "ends of states"


def only_ends(taken: Iterable[Transition]) -> bool:
    """Whether transitions that are taken together change nothing."""
    return all(transition.target == END for transition in taken)
