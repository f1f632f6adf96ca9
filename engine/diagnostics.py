"""Problems in files, as data: what is wrong, where, and what to do about it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

#: A longer source line is shown in part.
_LONGEST_LINE = 200


class Severity(StrEnum):
    """How bad a problem is: an error stops, a warning does not, and a note is only worth knowing."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
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
    #: A wider range that helps to understand, for instance the whole block.
    context: Span | None = None
    #: Errors stop, warnings do not.
    severity: Severity = Severity.ERROR
    #: How it comes to that, in lines: a counterexample. Empty where there is nothing to tell.
    story: str = ""

    def as_json(self) -> dict[str, Any]:
        """The problem as plain JSON values, for ``--json``."""
        place: dict[str, Any] = {}
        if self.subject is not None:
            s = self.subject
            place = {
                "file": s.filename,
                "line": s.line,
                "column": s.column,
                "end_line": s.end_line,
                "end_column": s.end_column,
                "start": s.start,
                "end": s.end,
            }
        return {
            "severity": self.severity.value,
            "code": self.code,
            "summary": self.summary,
            "detail": self.detail,
            **({"story": self.story} if self.story else {}),
            **place,
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


def render(diagnostics: Iterable[Diagnostic], sources: Mapping[str, str]) -> str:
    """The problems as text for a terminal: place, code, the source line with a caret, and what to do.

    ``sources`` maps a file name to its text; a file that is not in it is shown without its line.
    """
    return "\n\n".join(_render_one(d, sources) for d in diagnostics)


def _render_one(diagnostic: Diagnostic, sources: Mapping[str, str]) -> str:
    subject = diagnostic.subject
    place = f"{subject}: " if subject is not None else ""
    lines = [f"{place}{diagnostic.severity.value}[{diagnostic.code}]: {diagnostic.summary}"]
    text = sources.get(subject.filename) if subject is not None else None
    if subject is not None and text is not None:
        lines += _snippet(subject, text)
    if diagnostic.detail:
        lines.append(f"  help: {diagnostic.detail}")
    lines += [f"  {line}".rstrip() for line in diagnostic.story.split("\n") if diagnostic.story]
    return "\n".join(lines)


def _snippet(subject: Span, text: str) -> list[str]:
    all_lines = text.removeprefix("\ufeff").split("\n")
    if not 1 <= subject.line <= len(all_lines):
        return []
    line = all_lines[subject.line - 1].rstrip("\r")
    end = subject.end_column if subject.end_line == subject.line else len(line) + 1
    start, line = _clipped(line, subject.column - 1)
    gutter = str(subject.line)
    margin = " " * len(gutter)
    column = subject.column - start
    lead = "".join("\t" if c == "\t" else " " for c in line[: column - 1])
    return [
        f"{margin} |",
        f"{gutter} | {line}",
        f"{margin} | {lead}{'^' * max(1, min(end - subject.column, len(line) - column + 1))}",
    ]


def _clipped(line: str, at: int) -> tuple[int, str]:
    """A window of a long line around a place, and where the window starts."""
    if len(line) <= _LONGEST_LINE:
        return 0, line
    start = max(0, at - _LONGEST_LINE // 4)
    return start, line[start : start + _LONGEST_LINE]
