"""Renders a diagram as a Graphviz graph: states in states are clusters, and arrows end at their borders."""

from collections.abc import Iterator

from engine.machine.diagram import Arrow, Box, Diagram, Group, Shape
from engine.machine.labels import cut, ids, titles
from engine.machine.values import printable
from engine.model import END


def dot(picture: Diagram) -> str:
    """The diagram in DOT; states of one machine stand together."""
    lines = [
        "digraph interlock {",
        "  rankdir=LR;",
        "  compound=true;",
        "  newrank=true;",  # without it arrows are lost where many of them cross the borders of clusters
        '  node [shape=box, style=rounded, fontname="Helvetica"];',
        '  edge [fontname="Helvetica", fontsize=10];',
    ]
    for number, group in enumerate(picture.groups):
        lines.append(f"  subgraph cluster_{number} {{")
        lines.append(f"    label={_text(group.project)};")
        lines += [f"    {line}" for line in _Part(group, f"m{number}_").lines()]
        lines.append("  }")
    lines.append("}")
    return "\n".join(lines) + "\n"


class _Part:
    """One machine."""

    def __init__(self, group: Group, prefix: str) -> None:
        self.group = group
        self.prefix = prefix
        self.ids = ids(group, prefix)
        self.parents = {box.state: box.parent for box in group.boxes}
        #: Boxes with others in them.
        self.outer = {box.parent for box in group.boxes if box.parent is not None}

    def lines(self) -> Iterator[str]:
        """Boxes first, and then all arrows."""
        yield f'{self.prefix}start [shape=point, label=""];'
        yield from self._inside(None)
        if any(arrow.target == END for arrow in self.group.arrows):
            yield f'{self.prefix}end [shape=doublecircle, label="", width=0.15];'
        for box in self.group.boxes:
            if box.initial:
                yield self._edge(f"{self.prefix}start", self.ids[box.state], self._head(None, box.state))
        for box in self.group.boxes:
            for begin in box.begins:
                start = f"{self.ids[box.state]}_start"
                yield self._edge(start, self.ids[begin], self._head(box.state, begin))
        for arrow in self.group.arrows:
            yield self._arrow(arrow)

    def _inside(self, parent: str | None) -> Iterator[str]:
        for box in self.group.boxes:
            if box.parent == parent:
                yield from self._cluster(box) if box.state in self.outer else [self._node(box)]

    def _cluster(self, box: Box) -> Iterator[str]:
        name = self.ids[box.state]
        style = "rounded,dashed" if box.shape is Shape.REGION or box.internal else "rounded"
        yield f"subgraph cluster_{name} {{"
        yield f"  label={_text(_lines(box))};"
        yield f'  style="{style}{",filled" if box.current else ""}";'
        yield '  fillcolor="lightgrey";' if box.current else "  fillcolor=none;"
        yield f"  penwidth={3 if box.visited else 1};"
        if box.begins:
            yield f'  {name}_start [shape=point, label=""];'
        yield f'  {name} [shape=point, style=invis, width=0.01, label=""];'  # where arrows of the whole end
        yield from (f"  {line}" for line in self._inside(box.state))
        yield "}"

    def _node(self, box: Box) -> str:
        look = [f"label={_text(_lines(box))}"]
        if box.shape is Shape.HISTORY:
            look = [
                f"label={_text('H*' if box.status else 'H')}",
                "shape=circle",
                f"tooltip={_text(box.state)}",
            ]
        look += ["peripheries=2"] if box.final else []
        style = ["rounded", "dashed"] if box.internal else ["rounded"]
        style += ["filled"] if box.current else []
        look += [f'style="{",".join(style)}"'] if len(style) > 1 else []
        look += ['fillcolor="lightgrey"'] if box.current else []
        look += ["penwidth=3"] if box.visited else []
        return f"{self.ids[box.state]} [{', '.join(look)}];"

    def _arrow(self, arrow: Arrow) -> str:
        look = [f"label={_text(_label(arrow))}"]
        look += ["style=dashed"] if arrow.stays else []
        look += ["penwidth=3"] if arrow.visited else []
        if arrow.target == END:
            look += self._tail(arrow.source, None)
            return self._edge(self.ids[arrow.source], f"{self.prefix}end", look)
        look += [*self._tail(arrow.source, arrow.target), *self._head(arrow.source, arrow.target)]
        return self._edge(self.ids[arrow.source], self.ids[arrow.target], look)

    def _head(self, source: str | None, target: str) -> list[str]:
        """An arrow to a box with others in it ends at its border, if it comes from outside."""
        ends = target in self.outer and not self._is_in(source, target)
        return [f"lhead=cluster_{self.ids[target]}"] if ends else []

    def _tail(self, source: str, target: str | None) -> list[str]:
        begins = source in self.outer and not self._is_in(target, source)
        return [f"ltail=cluster_{self.ids[source]}"] if begins else []

    def _is_in(self, state: str | None, outer: str) -> bool:
        while state is not None and state != outer:
            state = self.parents.get(state)
        return state == outer

    @staticmethod
    def _edge(source: str, target: str, look: list[str]) -> str:
        told = f" [{', '.join(look)}]" if look else ""
        return f"{source} -> {target}{told};"


def _lines(box: Box) -> str:
    return "\n".join([*titles(box, box.parent), *map(cut, box.does)])


def _label(arrow: Arrow) -> str:
    guard = [f"[{cut(arrow.guard)}]"] if arrow.guard else []
    return "\n".join([arrow.event, *guard, *(cut(f"/ {effect}") for effect in arrow.effects)])


def _text(text: str) -> str:
    """The text in quotes; Graphviz takes what looks like an HTML entity for one, and a backslash for its own words."""
    escapes = (("&", "&amp;"), ("\\", "\\\\"), ('"', '\\"'))
    lines = [printable(line) for line in text.split("\n")]
    for plain, written in escapes:
        lines = [line.replace(plain, written) for line in lines]
    return '"' + "\\n".join(lines) + '"'
