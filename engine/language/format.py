"""The canonical style: spaces, indentation and aligned columns, the same bytes as HCL's own formatter writes.

Only spaces change. A line is a lead, then perhaps ``= value`` and a comment, which stand below their neighbours' on the
lines around it. Whether a space stands between two pieces is a table; the first row that fits decides.
"""

import functools
import itertools
from collections.abc import Collection, Iterable
from typing import NamedTuple

from engine.diagnostics import Diagnostic, errors_in
from engine.frozen import frozen
from engine.language import pieces as kinds
from engine.language.graphemes import graphemes
from engine.language.parse import parse
from engine.language.pieces import Piece, cut

INDENT = 2

_OPENERS = frozenset({"{", "[", "(", kinds.OPEN_INTERPOLATION, kinds.OPEN_DIRECTIVE})
_CLOSERS = frozenset({"}", "]", ")", kinds.CLOSE_SEQUENCE})
_NAMES = frozenset({kinds.NAME, kinds.IN})
#: After one of these a minus is a sign and no subtraction.
_BEFORE_SIGN = frozenset({
    "", "(", "{", "[", "=", ":", ",", "?", "+", "*", "/", "%", "-", "==", "!=", ">", ">=", "<", "<=", "&&", "||", "!",
})  # fmt: skip
_BEGINS_TEXT = frozenset({kinds.TEXT, kinds.OPEN_QUOTE, kinds.OPEN_HEREDOC})
_ENDS_TEXT = frozenset({kinds.TEXT, kinds.CLOSE_QUOTE, kinds.CLOSE_HEREDOC})


class _Row(NamedTuple):
    """Whether a space stands between two pieces; None fits anything."""

    left: Collection[str] | None
    right: Collection[str] | None
    space: bool
    #: What stands before the left one.
    before: Collection[str] | None = None


_SPACES = (
    _Row(None, {kinds.NEWLINE}, space=False),
    _Row(_NAMES, {"(", "::"}, space=False),
    _Row({"::"}, _NAMES, space=False),
    # The reference joins "1 .5" to another number. It must mean what it meant.
    _Row({"."}, {kinds.NUMBER}, space=True, before={kinds.NUMBER}),
    _Row({"."}, None, space=False),
    _Row(None, {".", ",", "..."}, space=False),
    _Row({","}, None, space=True),
    _Row(_BEGINS_TEXT, None, space=False),
    _Row(None, _ENDS_TEXT, space=False),
    _Row({kinds.IN}, None, space=True, before=_NAMES),
    _Row(_NAMES | {kinds.NUMBER} | _CLOSERS, {"["}, space=False),
    _Row({"!"}, None, space=False),
    _Row({"-"}, None, space=False, before=_BEFORE_SIGN),
    _Row({"-"}, None, space=True),
    _Row({"{"}, {"}"}, space=False),
    _Row({"{"}, None, space=True),
    _Row(None, {"}"}, space=True),
    _Row({kinds.OPEN_INTERPOLATION, kinds.OPEN_DIRECTIVE}, {"{"}, space=True),
    _Row({"}"}, {kinds.CLOSE_SEQUENCE}, space=True),
    _Row({kinds.CLOSE_SEQUENCE}, {kinds.OPEN_INTERPOLATION, kinds.OPEN_DIRECTIVE}, space=False),
    _Row(_OPENERS, None, space=False),
    _Row(None, _CLOSERS, space=False),
    _Row(None, None, space=True),
)


@frozen
class FormatResult:
    """A file in the canonical style, or why it has none."""

    #: The whole text; None for a file with errors, which nobody should rewrite.
    text: str | None
    #: Every syntax problem, in the order of the file.
    diagnostics: tuple[Diagnostic, ...]


def format_text(source: str | bytes, filename: str) -> FormatResult:
    """Lay one HCL file out in the canonical style: only spaces change, comments and line breaks stay."""
    problems = parse(source, filename).told
    if errors_in(problems):
        return FormatResult(text=None, diagnostics=problems)
    text = source.decode() if isinstance(source, bytes) else source
    return FormatResult(text=_lay_out(cut(text.removeprefix("\ufeff"))), diagnostics=problems)


class _Line:
    """One line's pieces, parted into what is aligned with the lines around it."""

    __slots__ = ("assign", "comment", "lead")

    def __init__(self, line: list[Piece]) -> None:
        self.comment: Piece | None = None
        if len(line) > 1 and line[-1].kind == kinds.COMMENT:
            *line, self.comment = line
        equal = next((i for i, piece in enumerate(line) if i and piece.kind == "="), len(line))
        if _opened(line[equal:]) != 0:
            equal = len(line)  # the value goes on below
        self.lead = line[:equal]
        self.assign = line[equal:]


def _lay_out(found: list[Piece]) -> str:
    *inner, end = found
    lines = [_Line(line) for line in _split(inner)]
    _indent(lines)
    for line in lines:
        _space(line.lead)
        _space(line.assign)
    _align_values(lines)
    _align_comments(lines)
    return "".join([" " * piece.spaces + piece.text for piece in (*inner, end)])


def _split(found: Iterable[Piece]) -> Iterable[list[Piece]]:
    line: list[Piece] = []
    for piece in found:
        line.append(piece)
        if piece.ends_line:
            yield line
            line = []
    if line:
        yield line


def _opened(line: Iterable[Piece]) -> int:
    """How many more brackets open than close."""
    return sum((piece.kind in _OPENERS) - (piece.kind in _CLOSERS) for piece in line)


def _indent(lines: Iterable[_Line]) -> None:
    """A line that opens more than it closes indents what follows by one step, whatever the number of its brackets."""
    steps: list[int] = []
    for line in lines:
        first = line.lead[0]
        if first.kind == kinds.NEWLINE:
            first.spaces = 0
            continue
        heredoc = next((i for i, p in enumerate(line.lead) if p.kind == kinds.OPEN_HEREDOC), len(line.lead))
        change = _opened(line.lead[:heredoc]) + _opened(line.assign)
        closed = -change
        while closed > 0 and steps:
            if closed < steps[-1]:
                steps[-1] -= closed
                break
            closed -= steps.pop()
        first.spaces = INDENT * len(steps)
        if change > 0:
            steps.append(change)


def _space(cell: list[Piece]) -> None:
    before = ""
    for left, right in itertools.pairwise(cell):
        right.spaces = _between(before, left.kind, right.kind)
        before = left.kind


@functools.cache
def _between(before: str, left: str, right: str) -> int:
    return next(
        row.space
        for row in _SPACES
        if (row.left is None or left in row.left)
        and (row.right is None or right in row.right)
        and (row.before is None or before in row.before)
    )


def _columns(cell: Iterable[Piece]) -> int:
    return sum(piece.spaces + graphemes(piece.text) for piece in cell)


def _align_values(lines: Iterable[_Line]) -> None:
    _align((line.assign[0] if line.assign else None, line.lead) for line in lines)


def _align_comments(lines: Iterable[_Line]) -> None:
    _align((line.comment, [*line.lead, *line.assign]) for line in lines)


def _align(cells: Iterable[tuple[Piece | None, list[Piece]]]) -> None:
    """Put the pieces of consecutive lines that have one below each other, a space after the longest of what is left of them."""
    chain: list[tuple[Piece, int]] = []
    for piece, left in (*cells, (None, [])):
        if piece is not None:
            chain.append((piece, _columns(left)))
            continue
        widest = max((width for _, width in chain), default=0)
        for aligned, width in chain:
            aligned.spaces = widest - width + 1
        chain = []
