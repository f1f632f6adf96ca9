"""Which texts in locals, and in defaults of variables, are nothing but names of states: every use of them says so."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple


class Part(NamedTuple):
    """A state that a text names, and which part of the text does."""

    project: str
    #: Its full name.
    full: str
    first: int
    last: int


class Member(NamedTuple):
    """``local.near`` or ``var.near``."""

    root: str
    name: str


@dataclass(slots=True)
class Uses:
    """How one file uses its names."""

    #: Where each name is used, whatever for.
    places: dict[Member, set[int]] = field(default_factory=dict)
    #: Where it is used as the name of a state, and the states that its text names there.
    states: dict[Member, dict[int, set[Part]]] = field(default_factory=dict)
    #: The roots that are used as a whole, or with a computed member: any name may be meant.
    wild: set[str] = field(default_factory=set)

    def add(self, member: Member, place: int) -> None:
        """Note a use."""
        self.places.setdefault(member, set()).add(place)

    def names(self, member: Member, place: int, parts: Iterable[Part]) -> None:
        """Note what a use names."""
        self.states.setdefault(member, {}).setdefault(place, set()).update(parts)


def states_held(member: Member, files: Iterable[Uses]) -> Iterator[Part]:
    """The states that the text of a local or variable names wherever it is used; none if it may be something else too."""
    meant: list[set[Part]] = []
    for uses in files:
        named = uses.states.get(member, {})
        if member.root in uses.wild or uses.places.get(member, set()) != named.keys():
            return
        meant += named.values()
    if meant and all(parts == meant[0] for parts in meant):
        yield from meant[0]
