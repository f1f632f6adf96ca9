"""The states of a document: their places in each other, and the names that they have in a definition."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from engine.machine.definition import TOGETHER
from engine.scxml.document import Element
from engine.scxml.ecmascript import UnreadableError
from engine.scxml.problems import Problems

#: What is a state.
STATES = ("state", "parallel", "final")


@dataclass(slots=True, kw_only=True)
class Place:
    """One state, or one history."""

    element: Element
    #: Its name in a definition, and its full name.
    own: str
    full: str
    parent: "Place | None"
    #: The position in the order of the document.
    order: int
    children: "list[Place]" = field(default_factory=list)
    histories: "list[Place]" = field(default_factory=list)

    @property
    def is_history(self) -> bool:
        """Whether it is a history."""
        return self.element.name == "history"

    @property
    def is_parallel(self) -> bool:
        """Whether an instance in it is in all of its states."""
        return self.element.name == "parallel" and bool(self.children)

    @property
    def is_compound(self) -> bool:
        """Whether an instance in it is in one of its states."""
        return self.element.name == "state" and bool(self.children)

    def around(self) -> "Iterator[Place]":
        """The state itself and those around it, the innermost first."""
        at: Place | None = self
        while at is not None:
            yield at
            at = at.parent


class States:
    """All states of a document, by their ids."""

    def __init__(self, root: Element, problems: Problems) -> None:
        """Find them, and name them."""
        self.problems = problems
        self.known: dict[str, Place] = {}
        self._full: set[str] = set()
        self._order = 0
        self.tops = self._inside(root, None)

    def _inside(self, element: Element, parent: Place | None) -> list[Place]:
        found = []
        for child in element.all(*STATES, "history"):
            place = self._place(child, parent)
            place.children = self._inside(child, place)
            if parent is not None and place.is_history:
                parent.histories.append(place)
            elif place.is_history:
                self.problems.unsupported(
                    child, "A <history> of the whole document has no counterpart", "Put a <state> around."
                )
            else:
                found.append(place)
        return found

    def _place(self, element: Element, parent: Place | None) -> Place:
        self._order += 1
        wanted = element.get("id")
        own = re.sub(r"[^\w-]", "_", wanted or element.name)[:100]
        lead = "" if parent is None else f"{parent.full}."
        number, name = 1, own
        while f"{lead}{name}" in self._full:
            number += 1
            name = f"{own}_{number}"
        place = Place(element=element, own=name, full=f"{lead}{name}", parent=parent, order=self._order)
        self._full.add(place.full)
        if wanted is not None and wanted in self.known:
            self.problems.name(element, f'The id "{wanted}" is given twice', "Give every state its own id.")
        elif wanted is not None:
            self.known[wanted] = place
        return place

    def free(self, name: str) -> str:
        """A name like this one that no outermost state has."""
        number, found = 1, name
        while found in self._full:
            number += 1
            found = f"{name}_{number}"
        return found

    def all(self) -> Iterator[Place]:
        """All states, in the order of the document."""
        todo = list(reversed(self.tops))
        while todo:
            place = todo.pop()
            yield place
            todo += reversed(place.children)

    def targets(self, element: Element, text: str) -> list[Place]:
        """The states that a target names; an unknown one is reported."""
        found = [(name, self.known.get(name)) for name in text.split()]
        for name, place in found:
            if place is None:
                self.problems.name(element, f'No state has the id "{name}"', "Name a state of this document.")
        return [place for _, place in found if place is not None]

    # Whether a state is active

    def anywhere(self, name: str) -> str:
        """Says that a state is active, where nothing is being left or entered."""
        place = self._state(name)
        return "false" if place.is_history else f'contains(active, "{place.full}")'

    def entering(self, at: Place, name: str) -> str:
        """Says that a state is active while `at` is entered."""
        return self._while(at, name, before=True)

    def leaving(self, at: Place, name: str) -> str:
        """Says that a state is active while `at` is left."""
        return self._while(at, name, before=False)

    def between(self, name: str) -> str:
        """Nothing can be said after states were left, and before others are entered."""
        self._state(name)
        raise UnreadableError("In() in a transition's content sees neither what was left nor what is entered")

    def _while(self, at: Place, name: str, *, before: bool) -> str:
        place = self._state(name)
        if place in at.around():
            return "true"
        mine = list(at.around())
        shared = next((outer for outer in place.around() if outer in mine), None)
        if place.is_history or shared is None or shared is at or not shared.is_parallel:
            return "false"
        if before and place.order < at.order:
            return f'contains(active, "{place.full}")'
        raise UnreadableError("In() sees a region that may be left or entered in the same step, later on")

    def _state(self, name: str) -> Place:
        if name not in self.known:
            raise UnreadableError(f"no state has the id {name}")
        return self.known[name]


def joined(places: list[Place]) -> str:
    """The places as a target of the language."""
    return TOGETHER.join(sorted({place.full for place in places}))
