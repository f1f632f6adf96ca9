"""Renders a diagram as a Mermaid state diagram, as GitHub shows it in Markdown: states in states are composite states."""

import string
from collections.abc import Iterator

from engine.machine.diagram import Arrow, Box, Diagram, Group, Shape
from engine.machine.labels import cut, ids, titles
from engine.machine.values import printable
from engine.model import END

#: In any line that has it before another word, Mermaid reads nothing else.
_DIRECTION = "direction"
_PLAIN = frozenset(string.ascii_letters + string.digits + " _.,()=!|/+*'$@?[]-")


def mermaid(picture: Diagram) -> str:
    """The diagram in Mermaid's words."""
    lines = ["stateDiagram-v2"]
    many = len(picture.groups) > 1
    parts = [_Part(group, f"m{n}_" if many else "") for n, group in enumerate(picture.groups)]
    for number, part in enumerate(parts):
        body = [f"  {line}" for line in part.inside(None)]
        if many:
            lines.append(f'  state "{_text(part.group.project)}" as m{number} {{')
            lines += [f"  {line}" for line in body]
            lines.append("  }")
        else:
            lines += body
    if any(box.visited for group in picture.groups for box in group.boxes):
        lines.append("  classDef visited stroke-width:3px")
        lines.append("  classDef current stroke-width:3px,font-weight:bold")
        lines += [f"  {line}" for part in parts for line in part.marks()]
    return "\n".join(lines) + "\n"


class _Part:
    """One machine."""

    def __init__(self, group: Group, prefix: str) -> None:
        self.group = group
        self.ids = ids(group, prefix)
        self.boxes = {box.state: box for box in group.boxes}
        self.arrows: dict[str | None, list[Arrow]] = {}
        for arrow in group.arrows:
            self.arrows.setdefault(self._home(arrow), []).append(arrow)

    def inside(self, parent: str | None) -> Iterator[str]:
        """The lines of a box's inside: what is in it, where it begins, and the arrows that do not leave it."""
        inner = [box for box in self.group.boxes if box.parent == parent]
        divided = parent is not None and self.boxes[parent].shape is Shape.PARALLEL
        histories = 0
        for number, box in enumerate(inner):  # histories come last
            histories += box.shape is Shape.HISTORY
            if divided and number and histories <= 1:  # they are of no region: theirs is a section of its own
                yield "--"
            yield from self._box(box)
        for box in inner:
            if box.initial and parent is None:
                yield f"[*] --> {self.ids[box.state]}"
        for begin in () if parent is None else self.boxes[parent].begins:
            yield f"[*] --> {self.ids[begin]}"
        for arrow in self.arrows.get(parent, ()):
            yield self._arrow(arrow)
        for box in inner:
            if box.final:
                yield f"{self.ids[box.state]} --> [*]"

    def _box(self, box: Box) -> Iterator[str]:
        name = self.ids[box.state]
        head = f'state "{_text(" / ".join(titles(box, box.parent)))}" as {name}'
        body = [*self.inside(box.state)]
        yield f"{head} {{" if body else head
        if body:
            yield from (f"  {line}" for line in body)
            yield "}"
        yield from (f"{name} : {_text(cut(what))}" for what in box.does if not body)
        if body and box.does:
            told = "\n".join(_text(cut(what)) for what in box.does).replace("\n", "<br/>")
            yield f"note right of {name} : {told}"

    def _arrow(self, arrow: Arrow) -> str:
        target = "[*]" if arrow.target == END else self.ids[arrow.target]
        label = f"{'* ' if arrow.visited else ''}{_text(cut(arrow.label()))}"
        return f"{self.ids[arrow.source]} --> {target}{f' : {label}' if label else ''}"

    def marks(self) -> Iterator[str]:
        """Which boxes stand out."""
        for box in self.group.boxes:
            if box.visited:
                yield f"class {self.ids[box.state]} {'current' if box.current else 'visited'}"

    def _home(self, arrow: Arrow) -> str | None:
        """The innermost box around both ends, regions' dividing lines not crossed; None is the whole machine."""
        ends = [self._around(end) for end in (arrow.source, arrow.target) if end in self.boxes]
        for outer in ends[0]:
            parallel = self.boxes[outer].shape is Shape.PARALLEL
            if not parallel and all(outer in around for around in ends):
                return outer
        return None

    def _around(self, state: str) -> list[str]:
        found = []
        parent = self.boxes[state].parent
        while parent is not None:
            found.append(parent)
            parent = self.boxes[parent].parent
        return found


def _text(text: str) -> str:
    """The text with everything that Mermaid could take for syntax written as an entity."""
    text = "".join(c if c in _PLAIN else f"#{ord(c)};" for c in printable(text).replace("--", "- -"))
    return text.replace(_DIRECTION, f"#{ord('d')};irection")
