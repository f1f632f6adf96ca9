"""Problems in files, as data: what is wrong, where, and what to do about it."""

import unicodedata
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from engine.frozen import frozen

#: A longer source line is shown in part: so much of it, around what is meant.
_LONGEST_LINE = 160
#: So many problems are shown as text; who wants all of them asks for data.
MOST_SHOWN = 100
#: So many problems are given as data.
MOST_GIVEN = 10_000


class Severity(StrEnum):
    """How bad a problem is: an error stops, a warning does not, and a note is only worth knowing."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@frozen
class Span:
    """A range of a file. Lines and columns count from 1, columns in graphemes; offsets are UTF-8 bytes from 0."""

    #: The file as the user named it.
    filename: str
    #: First byte.
    start: int
    #: The byte after the last one.
    end: int
    #: Line of the first byte.
    line: int
    #: Column of the first byte.
    column: int
    #: Line of the byte after the last one.
    end_line: int
    #: Column of the byte after the last one.
    end_column: int

    def __str__(self) -> str:
        """Write the place as compilers do."""
        return f"{self.filename}:{self.line}:{self.column}"

    def holds(self, other: "Span") -> bool:
        """Whether all of another range is in this one."""
        return self.filename == other.filename and self.start <= other.start and other.end <= self.end


@frozen
class Related:
    """Another place that a problem is about: where something is declared first, or was opened."""

    span: Span
    #: What is there, in a few words that begin with a small letter.
    message: str
    #: Its line is shown beside that of the problem.
    shown: bool = False


@frozen
class Diagnostic:
    """One problem, complete: a reader needs nothing else to mend it."""

    #: Stable name, for instance ``transition_state_unregistered``; documented in ``docs/diagnostics.md``.
    code: str
    #: What is wrong, in one line without a full stop.
    summary: str
    #: What to do about it, in one or two sentences.
    detail: str = ""
    #: The range to underline; None where the problem has no place (a missing file).
    subject: Span | None = None
    #: A wider range that helps to understand, for instance the header of the block, or the whole expression.
    context: Span | None = None
    #: Other places that it is about.
    related: tuple[Related, ...] = ()
    #: Errors stop, warnings do not.
    severity: Severity = Severity.ERROR
    #: How it comes to that, in lines: a counterexample. Empty where there is nothing to tell.
    story: str = ""

    def as_json(self) -> dict[str, Any]:
        """The problem as plain JSON values, for ``--json``."""
        return {
            "severity": self.severity.value,
            "code": self.code,
            "summary": self.summary,
            "detail": self.detail,
            **({"story": self.story} if self.story else {}),
            **({} if self.subject is None else _place(self.subject)),
            **({} if self.context is None else {"context": _place(self.context)}),
            **(
                {"related": [{"message": r.message, **_place(r.span)} for r in self.related]}
                if self.related
                else {}
            ),
        }


def _place(span: Span) -> dict[str, Any]:
    return {
        "file": span.filename,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
        "start": span.start,
        "end": span.end,
    }


def errors_in(diagnostics: Iterable[Diagnostic]) -> bool:
    """Whether any of the problems is an error."""
    return any(d.severity is Severity.ERROR for d in diagnostics)


def in_order(diagnostics: Iterable[Diagnostic], files: Iterable[str]) -> tuple[Diagnostic, ...]:
    """The problems file by file, each in its order; what has no place, and unknown files, come first."""
    order = {name: position for position, name in enumerate(files, start=1)}

    def place(problem: Diagnostic) -> tuple[int, int]:
        at = problem.subject
        return (-1, 0) if at is None else (order.get(at.filename, 0), at.start)

    return tuple(sorted(diagnostics, key=place))


def most_telling(diagnostics: Iterable[Diagnostic], most: int) -> tuple[tuple[Diagnostic, ...], int]:
    """At most so many of the problems, errors before all others, in their order; and how many are left out."""
    found = tuple(diagnostics)
    if len(found) <= most:
        return found, 0
    rank = {severity: position for position, severity in enumerate(Severity)}
    kept = sorted(sorted(range(len(found)), key=lambda i: rank[found[i].severity])[:most])
    return tuple(found[i] for i in kept), len(found) - most


def render(diagnostics: Iterable[Diagnostic], sources: Mapping[str, str], *, most: int = MOST_SHOWN) -> str:
    """The problems as text for a terminal: place, code, the source line with a caret, and what to do.

    ``sources`` maps a file name to its text; a file that is not in it is shown without its line. Of more than `most`
    problems the rest is counted.
    """
    shown, left = most_telling(diagnostics, most)
    texts = {name: _Text(text) for name, text in sources.items()}
    parts = [_render_one(d, texts) for d in shown]
    return "\n\n".join([*parts, f"… and {left} more"] if left else parts)


class _Text:
    """A text whose lines are asked for."""

    def __init__(self, text: str) -> None:
        self.lines = text.removeprefix("\ufeff").split("\n")
        self._text = text
        self._data: bytes | None = None

    def offset(self, line: str, column: int, byte: int) -> int:
        """How many characters of a line stand before a place; a column counts what a reader sees."""
        if line.isascii():
            return min(column - 1, len(line))
        if self._data is None:
            self._data = self._text.encode("utf-8", "surrogatepass")
        start = self._data.rfind(b"\n", 0, byte) + 1
        if start == 0 and self._text.startswith("\ufeff"):
            start = len("\ufeff".encode())
        before = self._data[start:byte].decode("utf-8", "replace")
        return len(before) if line.startswith(before) else min(column - 1, len(line))


def _render_one(diagnostic: Diagnostic, texts: Mapping[str, _Text]) -> str:
    subject = diagnostic.subject
    place = f"{subject}: " if subject is not None else ""
    lines = [f"{place}{diagnostic.severity.value}[{diagnostic.code}]: {diagnostic.summary}"]
    text = texts.get(subject.filename) if subject is not None else None
    if subject is not None and text is not None:
        lines += _snippets(diagnostic, subject, text)
    if diagnostic.detail:
        lines.append(f"  help: {diagnostic.detail}")
    lines += [f"  {line}".rstrip() for line in diagnostic.story.split("\n") if diagnostic.story]
    return "\n".join(lines)


def _snippets(diagnostic: Diagnostic, subject: Span, text: _Text) -> list[str]:
    """The lines of a problem in the order of the file: its own, unless it is empty and another tells more."""
    others = [
        r
        for r in diagnostic.related
        if r.shown and r.span.filename == subject.filename and r.span.line != subject.line
    ]
    own = not others or _line_of(subject, text).strip() != ""
    marked = [*([(subject, "^", "")] if own else []), *((r.span, "-", r.message) for r in others)]
    marked = [each for each in marked if 1 <= each[0].line <= len(text.lines)]
    width = max((len(str(span.line)) for span, _, _ in marked), default=0)
    lines = [f"{' ' * width} |"] if marked else []
    for span, mark, note in sorted(marked, key=lambda each: each[0].line):
        shown, lead, length = _window(span, text)
        lines.append(f"{span.line:>{width}} | {shown}")
        lines.append(f"{' ' * width} | {lead}{mark * length}{note and ' '}{note}")
    return lines


def _line_of(span: Span, text: _Text) -> str:
    return text.lines[span.line - 1].rstrip("\r") if 1 <= span.line <= len(text.lines) else ""


def _window(span: Span, text: _Text) -> tuple[str, str, int]:
    """What is shown of a line, what stands before the marks below it, and how many marks there are."""
    line = _line_of(span, text)
    first = text.offset(line, span.column, span.start)
    last = text.offset(line, span.end_column, span.end) if span.end_line == span.line else len(line)
    start = 0
    if len(line) > _LONGEST_LINE:
        start = max(0, min(first - _LONGEST_LINE // 4, len(line) - _LONGEST_LINE))
    stop = min(len(line), start + _LONGEST_LINE)
    cut = "…" if start else ""
    shown = f"{cut}{line[start:stop]}{'…' if stop < len(line) else ''}"
    lead = " " * len(cut) + "".join(map(_blank, line[start:first]))
    return shown, lead, max(1, sum(len(_blank(c)) for c in line[first : min(last, stop)]))


def _blank(char: str) -> str:
    """What takes as much room as a character."""
    if char == "\t" or char < "\x7f":
        return "\t" if char == "\t" else " "
    if unicodedata.combining(char) or unicodedata.category(char) in ("Cf", "Mn", "Me"):
        return ""
    return "  " if unicodedata.east_asian_width(char) in ("W", "F") else " "
