"""Renders a diagram as text: Mermaid, Graphviz DOT and a plain table. Equal diagrams give equal texts."""

import string
from collections.abc import Callable, Iterator, Mapping, Sequence

from engine.machine.definition import ANY
from engine.machine.diagram import Arrow, Box, Diagram, Group
from engine.machine.values import printable
from engine.model import END

#: Longer labels are cut in pictures; the table shows them whole.
_LONGEST_LABEL = 100
_ANYWHERE = "any state"
_PLAIN = frozenset(string.ascii_letters + string.digits + " _.,()=!|/+*'$@?[]-")


def draw(picture: Diagram, form: str) -> str:
    """The picture in one of `FORMATS`."""
    return FORMATS[form](picture)


def mermaid(picture: Diagram) -> str:
    """A Mermaid state diagram, as GitHub shows it in Markdown."""
    lines = ["stateDiagram-v2"]
    many = len(picture.groups) > 1
    for number, group in enumerate(picture.groups):
        body = list(_mermaid_group(group, f"m{number}_" if many else ""))
        if many:
            lines.append(f'  state "{_mermaid_text(group.project)}" as m{number} {{')
            lines += [f"  {line}" for line in body]
            lines.append("  }")
        else:
            lines += body
    if any(box.visited for group in picture.groups for box in group.boxes):
        lines.append("  classDef visited stroke-width:3px")
        lines.append("  classDef current stroke-width:3px,font-weight:bold")
        for number, group in enumerate(picture.groups):
            ids = _ids(group, f"m{number}_" if many else "")
            for box in group.boxes:
                if box.visited:
                    lines.append(f"  class {ids[box.state]} {'current' if box.current else 'visited'}")
    return "\n".join(lines) + "\n"


def _mermaid_group(group: Group, prefix: str) -> Iterator[str]:
    ids = _ids(group, prefix)
    for box in group.boxes:
        yield f'  state "{_mermaid_text(" / ".join(_title(box)))}" as {ids[box.state]}'
    for box in group.boxes:
        if box.initial:
            yield f"  [*] --> {ids[box.state]}"
    for arrow in group.arrows:
        target = "[*]" if arrow.target == END else ids[arrow.target]
        mark = "* " if arrow.visited else ""
        yield f"  {ids[arrow.source]} --> {target} : {mark}{_mermaid_text(_cut(arrow.label()))}"
    for box in group.boxes:
        if box.final:
            yield f"  {ids[box.state]} --> [*]"


def _mermaid_text(text: str) -> str:
    """The text with everything that Mermaid could take for syntax written as an entity."""
    return "".join(c if c in _PLAIN else f"#{ord(c)};" for c in printable(text).replace("--", "- -"))


def dot(picture: Diagram) -> str:
    """A Graphviz graph; states of one machine stand together."""
    lines = [
        "digraph interlock {",
        "  rankdir=LR;",
        '  node [shape=box, style=rounded, fontname="Helvetica"];',
        '  edge [fontname="Helvetica", fontsize=10];',
    ]
    for number, group in enumerate(picture.groups):
        lines.append(f"  subgraph cluster_{number} {{")
        lines.append(f"    label={_dot_text(group.project)};")
        lines += [f"    {line}" for line in _dot_group(group, f"m{number}_")]
        lines.append("  }")
    lines.append("}")
    return "\n".join(lines) + "\n"


def _dot_group(group: Group, prefix: str) -> Iterator[str]:
    ids = _ids(group, prefix)
    yield f'{prefix}start [shape=point, label=""];'
    for box in group.boxes:
        look = [f"label={_dot_text(chr(10).join(_title(box)))}"]
        look += ["peripheries=2"] if box.final else []
        look += ['style="rounded,dashed"'] if box.internal and box.state != ANY else []
        look += ["penwidth=3"] if box.visited else []
        look += ['fillcolor="lightgrey"', 'style="rounded,filled"'] if box.current else []
        yield f"{ids[box.state]} [{', '.join(look)}];"
    if any(arrow.target == END for arrow in group.arrows):
        yield f'{prefix}end [shape=doublecircle, label="", width=0.15];'
    for box in group.boxes:
        if box.initial:
            yield f"{prefix}start -> {ids[box.state]};"
    for arrow in group.arrows:
        target = f"{prefix}end" if arrow.target == END else ids[arrow.target]
        look = [f"label={_dot_text(_dot_label(arrow))}"]
        look += ["penwidth=3"] if arrow.visited else []
        yield f"{ids[arrow.source]} -> {target} [{', '.join(look)}];"


def _dot_label(arrow: Arrow) -> str:
    guard = [f"[{_cut(arrow.guard)}]"] if arrow.guard else []
    return "\n".join([arrow.event, *guard, *(_cut(f"/ {effect}") for effect in arrow.effects)])


def _dot_text(text: str) -> str:
    lines = [printable(line).replace("\\", "\\\\").replace('"', '\\"') for line in text.split("\n")]
    return '"' + "\\n".join(lines) + '"'


def table(picture: Diagram) -> str:
    """A table of the transitions for each machine, whole, in the order in which candidates are tried."""
    return "\n".join(_table_of(group) for group in picture.groups)


def _table_of(group: Group) -> str:
    titles = {box.state: " / ".join(_title(box)) for box in group.boxes}
    rows = [("", "from", "event", "when", "to", "does")]
    rows += [
        (
            "*" if arrow.visited else "",
            titles[arrow.source],
            arrow.event,
            arrow.guard or "always",
            titles.get(arrow.target, END),
            ", ".join(arrow.effects),
        )
        for arrow in group.arrows
    ]
    starts = ", ".join(titles[box.state] for box in group.boxes if box.initial)
    quiet = [t for s, t in titles.items() if s not in {arrow.source for arrow in group.arrows}]
    lines = [f"{printable(group.project)}: starts in {printable(starts)}", *_columns(rows)]
    if quiet:
        lines.append(f"nothing leads out of: {printable(', '.join(quiet))}")
    return "\n".join(lines) + "\n"


def _columns(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    shown = [[printable(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in shown) for i in range(len(shown[0]))]
    for row in shown:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).strip() if not widths[0] else "  ".join(cells).rstrip()


def _ids(group: Group, prefix: str) -> Mapping[str, str]:
    return {box.state: f"{prefix}s{number}" for number, box in enumerate(group.boxes)}


def _title(box: Box) -> list[str]:
    """What a box says, a line each."""
    if box.state == ANY:
        return [_ANYWHERE]
    note = [box.status] if box.status is not None else ["internal"] if box.internal else []
    return [box.state, *note]


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_LABEL else text[: _LONGEST_LABEL - 1] + "…"


#: By the name that a user gives to it.
FORMATS: Mapping[str, Callable[[Diagram], str]] = {"mermaid": mermaid, "dot": dot, "table": table}
