"""Renders a diagram as text: Mermaid, Graphviz DOT and a plain table. Equal diagrams give equal texts."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from engine.machine.diagram import Diagram, Group, Shape
from engine.machine.drawing_dot import dot
from engine.machine.drawing_mermaid import mermaid
from engine.machine.labels import titles
from engine.machine.values import printable
from engine.model import END


def draw(picture: Diagram, form: str) -> str:
    """The picture in one of `FORMATS`."""
    return FORMATS[form](picture)


def table(picture: Diagram) -> str:
    """A table of the transitions for each machine, whole, in the order in which candidates are tried."""
    return "\n".join(_table_of(group) for group in picture.groups)


def _table_of(group: Group) -> str:
    named = {box.state: " / ".join(titles(box)) for box in group.boxes}
    rows = [("", "from", "event", "when", "to", "does")]
    rows += [
        (
            "*" if arrow.visited else "",
            named[arrow.source],
            arrow.event or "first",
            arrow.guard or "no guard",
            "stays" if arrow.stays else named.get(arrow.target, END),
            ", ".join(arrow.effects),
        )
        for arrow in group.arrows
    ]
    starts = ", ".join(named[box.state] for box in group.boxes if box.initial)
    lines = [f"{printable(group.project)}: starts in {printable(starts)}", *_columns(rows)]
    lines += [printable(line) for line in _inner(group, named)]
    busy = {arrow.source for arrow in group.arrows}
    parents = {box.state: box.parent for box in group.boxes}
    quiet = [
        named[box.state]
        for box in group.boxes
        if box.shape is Shape.STATE and not box.begins and not _any_around(box.state, parents, busy)
    ]
    if quiet:
        lines.append(f"nothing leads out of: {printable(', '.join(quiet))}")
    outer = {box.parent for box in group.boxes}
    current = [named[box.state] for box in group.boxes if box.current and box.state not in outer]
    if current:
        lines.append(f"the way ends in: {printable(', '.join(current))}")
    return "\n".join(lines) + "\n"


def _inner(group: Group, named: Mapping[str, str]) -> Iterator[str]:
    """What is in states, and what they do by themselves, a line each."""
    for box in group.boxes:
        inside = [b.state for b in group.boxes if b.parent == box.state and b.shape is Shape.REGION]
        if box.begins:
            yield f"{named[box.state]} begins in {', '.join(named[state] for state in box.begins)}"
        if inside:
            yield f"{named[box.state]} has the regions {', '.join(inside)}"
        yield from (f"{named[box.state]}: on {what.replace(' /', ',', 1)}" for what in box.does)


def _any_around(state: str, parents: Mapping[str, str | None], among: set[str]) -> bool:
    at: str | None = state
    while at is not None:
        if at in among:
            return True
        at = parents.get(at)
    return False


def _columns(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    shown = [[printable(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in shown) for i in range(len(shown[0]))]
    for row in shown:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).strip() if not widths[0] else "  ".join(cells).rstrip()


#: By the name that a user gives to it.
FORMATS: Mapping[str, Callable[[Diagram], str]] = {"mermaid": mermaid, "dot": dot, "table": table}
