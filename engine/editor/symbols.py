"""The outline of a file, and what of it can be folded."""

from engine.editor.document import Document
from engine.frozen import frozen
from engine.language import syntax

_SHOWN = frozenset(
    {
        "provisioner", "module", "aliasmapper", "statemachine", "receive", "state", "parallel", "history", "on", "after", "always",
        "property", "test", "variable", "locals",
    }
)  # fmt: skip


@frozen
class Symbol:
    """One entry of the outline."""

    name: str
    #: The block's type; ``local`` for a local.
    kind: str
    #: The offsets of the whole.
    start: int
    end: int
    #: The offsets of the name.
    name_start: int
    name_end: int
    children: tuple["Symbol", ...] = ()


def symbols(document: Document) -> tuple[Symbol, ...]:
    """The outline: blocks with names, and locals."""
    return () if document.tree is None else _inside(document, document.tree)


def _inside(document: Document, body: syntax.Body) -> tuple[Symbol, ...]:
    return tuple(_symbol(document, block) for block in body.blocks if block.type in _SHOWN)


def _symbol(document: Document, block: syntax.Block) -> Symbol:
    start, end = document.range(block.span)
    named = block.labels[0].span if block.labels else block.type_span
    name_start, name_end = document.range(named)
    labels = " ".join(label.value for label in block.labels)
    return Symbol(
        name=labels if block.type == "state" and labels else f"{block.type} {labels}".rstrip(),
        kind=block.type,
        start=start,
        end=max(end, name_end),
        name_start=name_start,
        name_end=name_end,
        children=_locals(document, block) if block.type == "locals" else _inside(document, block.body),
    )


def _locals(document: Document, block: syntax.Block) -> tuple[Symbol, ...]:
    found = []
    for attribute in block.body.attributes:
        start, end = document.range(attribute.span)
        name_start, name_end = document.range(attribute.name_span)
        found.append(
            Symbol(
                name=attribute.name,
                kind="local",
                start=start,
                end=end,
                name_start=name_start,
                name_end=name_end,
            )
        )
    return tuple(found)


def folds(document: Document) -> tuple[tuple[int, int], ...]:
    """First and last line, from 0, of every block and every value that has several."""
    found: set[tuple[int, int]] = set()
    todo = [] if document.tree is None else [document.tree]
    while todo:
        body = todo.pop()
        for node in (*body.attributes, *body.blocks):
            start, end = document.range(node.span)
            lines = document.text.line_at(start), document.text.line_at(end)
            if lines[0] < lines[1]:
                found.add(lines)
        todo += [block.body for block in body.blocks]
    return tuple(sorted(found))
