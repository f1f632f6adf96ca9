"""What an author claims about a machine: the values of `property` blocks. `engine.machine.prove` proves them."""

from datetime import timedelta
from enum import StrEnum

from engine.diagnostics import Span
from engine.frozen import frozen
from engine.machine.expression import Expression


class Claim(StrEnum):
    """What kind of thing is claimed; the values are the attributes of a `property` block."""

    #: The condition holds at the start and after every move.
    ALWAYS = "always"
    #: It holds nowhere.
    NEVER = "never"
    #: From everywhere, some way leads to one of the states.
    REACHABLE = "reachable"
    #: Every way leads there, as long as anything moves.
    EVENTUALLY = "eventually"
    #: The same, wherever the machine has come to one of the states of `from`.
    LEADS_TO = "leads_to"


@frozen
class Property:
    """One claim."""

    name: str
    claim: Claim
    #: Of `ALWAYS` and `NEVER`.
    condition: Expression | None = None
    #: Of the others: one of these states is to be reached.
    states: tuple[str, ...] = ()
    #: Where the way starts; empty = everywhere for `REACHABLE`, at the initial state for `EVENTUALLY`.
    starts: tuple[str, ...] = ()
    #: In at most so many moves, or in so long a time; None = however long it takes.
    within: int | timedelta | None = None
    span: Span

    @property
    def moves(self) -> int | None:
        """In how many moves, if that is what is claimed."""
        return self.within if isinstance(self.within, int) else None
