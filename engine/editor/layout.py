"""The canonical style, as edits: only the lines that change, so that the cursor and the marks of an editor stay."""

import re
from collections.abc import Iterator

from engine.editor.document import Document
from engine.editor.rename import Edit
from engine.language.format import format_text

_LINES = re.compile(r"[^\n]*\n|[^\n]+\Z")


def layout(document: Document) -> tuple[Edit, ...]:
    """The edits of `interlock fmt`; none for a file with a syntax error."""
    formatted = format_text(document.source, document.filename).text
    if formatted is None or formatted == document.source:
        return ()
    before, after = _LINES.findall(document.source), _LINES.findall(formatted)
    if len(before) != len(after):
        return (Edit(start=0, end=len(document.source), text=formatted),)
    return tuple(_changes(before, after))


def _changes(before: list[str], after: list[str]) -> Iterator[Edit]:
    at = 0
    for old, new in zip(before, after, strict=True):
        if old != new:
            yield Edit(start=at, end=at + len(old), text=new)
        at += len(old)
