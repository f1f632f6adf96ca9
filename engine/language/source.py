"""A text and the places in it: character offsets while parsing, lines and columns only for what is shown."""

import itertools
from array import array
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from engine.diagnostics import Diagnostic, Related, Span
from engine.language.graphemes import graphemes, running

_BOM = "\ufeff"
#: Places further than this from the beginning of their line are looked up, not counted.
_LONG = 500


class Source:
    """One file while it is parsed: its text without byte order mark, and the problems found so far."""

    __slots__ = ("_bytes", "_lines", "_ruler", "bom", "diagnostics", "filename", "mistakes", "text")

    def __init__(self, text: str, filename: str) -> None:
        """Take the decoded text, with its byte order mark if it has one."""
        self.bom = 3 if text.startswith(_BOM) else 0
        self.text = text[1:] if self.bom else text
        self.filename = filename
        #: What no HCL file may say.
        self.diagnostics: list[Diagnostic] = []
        #: What HCL allows and nobody means.
        self.mistakes: list[Diagnostic] = []
        self._lines: list[int] | None = None
        self._bytes: list[int] | None = None
        self._ruler: _Ruler | None = None

    def place(self, start: int, end: int) -> "Place":
        """The range between two character offsets."""
        return Place(self, start, end)

    def report(
        self,
        code: str,
        summary: str,
        detail: str,
        start: int,
        end: int,
        *,
        opened: tuple[int, int] | None = None,
        item: int | None = None,
        signs: Iterable[tuple[int, int, str]] = (),
    ) -> None:
        """Add an error that underlines the range between two character offsets.

        `opened` is the range of an opening, `item` where the attribute or block begins that the error is in, `signs` are
        ranges that tell where the mistake may be, each with what is there.
        """
        problem = self._error(code, summary, detail, start, end)
        if item is not None and item < start:
            problem = replace(problem, context=Place(self, item, end).settled())
        beside = [] if opened in (None, (start, end)) else [(*opened, "it was opened here")]
        if beside := [*beside, *signs]:
            related = tuple(
                Related(span=Place(self, first, last).settled(), message=message, shown=True)
                for first, last, message in beside
            )
            problem = replace(problem, related=related)
        self.diagnostics.append(problem)

    def doubt(self, code: str, summary: str, detail: str, start: int, end: int) -> None:
        """Add a mistake: like an error, but the syntax allows it."""
        self.mistakes.append(self._error(code, summary, detail, start, end))

    def _error(self, code: str, summary: str, detail: str, start: int, end: int) -> Diagnostic:
        place = Place(self, start, end).settled()
        return Diagnostic(code=code, summary=summary, detail=detail, subject=place)

    def _line_starts(self) -> list[int]:
        if self._lines is None:
            starts = [0]
            find = self.text.find
            at = find("\n")
            while at >= 0:
                starts.append(at + 1)
                at = find("\n", at + 1)
            self._lines = starts
        return self._lines

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column, from 1; columns count graphemes."""
        starts = self._line_starts()
        line = bisect_right(starts, offset)
        start = starts[line - 1]
        if self.text.isascii():
            return (
                line,
                1 + offset - start,
            )  # a carriage return of two counts with its newline, which is not before it
        if offset - start <= _LONG:
            return line, 1 + graphemes(self.text[start:offset])
        return line, 1 + self._ruled(line).columns[offset - start]

    def indentation(self, offset: int) -> int:
        """How many spaces and tabs the line of a place begins with."""
        before = self.text[self.text.rfind("\n", 0, offset) + 1 : offset]
        return len(before) - len(before.lstrip(" \t"))

    def byte(self, offset: int) -> int:
        """The UTF-8 byte offset of a character offset, byte order mark included."""
        if self.text.isascii():
            return self.bom + offset
        starts = self._line_starts()
        if self._bytes is None:
            self._bytes = [self.bom]
            for i in range(1, len(starts)):
                self._bytes.append(self._bytes[-1] + len(self.text[starts[i - 1] : starts[i]].encode()))
        line = bisect_right(starts, offset)
        start = starts[line - 1]
        if offset - start <= _LONG:
            return self._bytes[line - 1] + len(self.text[start:offset].encode())
        return self._bytes[line - 1] + self._ruled(line).bytes[offset - start]

    def _ruled(self, line: int) -> "_Ruler":
        """The places of a long line, counted once for all that is asked about it."""
        if self._ruler is None or self._ruler.line != line:
            starts = self._line_starts()
            end = starts[line] if line < len(starts) else len(self.text)
            self._ruler = _Ruler(line, self.text[starts[line - 1] : end])
        return self._ruler


class _Ruler:
    """For every place in a line, what stands before it: bytes, and characters that a reader sees."""

    __slots__ = ("bytes", "columns", "line")

    def __init__(self, line: int, text: str) -> None:
        self.line = line
        self.columns = running(text)
        self.bytes = array("L", [0])
        self.bytes.extend(itertools.accumulate(len(char.encode()) for char in text))


class Place(Span):
    """A span that knows its source and works out bytes, lines and columns only when asked."""

    __slots__ = ("first", "last", "source")

    #: Where the text is.
    source: Source
    #: First character.
    first: int
    #: The character after the last one.
    last: int

    # Both: while one of them is the frozen class's, Python calls a function for every assignment.
    __setattr__ = object.__setattr__
    __delattr__ = object.__delattr__

    def __init__(self, source: Source, first: int, last: int) -> None:
        self.source = source
        self.first = first
        self.last = last

    @property
    def filename(self) -> str:
        """The file as the user named it."""
        return self.source.filename

    @property
    def start(self) -> int:
        """First byte."""
        return self.source.byte(self.first)

    @property
    def end(self) -> int:
        """The byte after the last one."""
        return self.source.byte(self.last)

    @property
    def line(self) -> int:
        """Line of the first byte."""
        return self.source.position(self.first)[0]

    @property
    def column(self) -> int:
        """Column of the first byte."""
        return self.source.position(self.first)[1]

    @property
    def end_line(self) -> int:
        """Line of the byte after the last one."""
        return self.source.position(self.last)[0]

    @property
    def end_column(self) -> int:
        """Column of the byte after the last one."""
        return self.source.position(self.last)[1]

    @property
    def text(self) -> str:
        """The characters of the range, as written."""
        return self.source.text[self.first : self.last]

    def settled(self) -> Span:
        """The same range as a plain value that does not keep the text alive."""
        line, column = self.source.position(self.first)
        end_line, end_column = self.source.position(self.last)
        return Span(
            filename=self.source.filename,
            start=self.start,
            end=self.end,
            line=line,
            column=column,
            end_line=end_line,
            end_column=end_column,
        )

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Place):
            return self.settled() == other.settled()
        return other == self.settled() if isinstance(other, Span) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.settled())

    def __reduce__(self) -> tuple[Any, ...]:
        return _plain, (*_values(self.settled()),)


def beginning(span: Span, text: str) -> Span:
    """The range of the text that a range begins with."""
    if isinstance(span, Place):
        return Place(span.source, span.first, span.first + len(text))
    width = graphemes(text)
    return _plain(
        span.filename,
        span.start,
        span.start + len(text.encode()),
        span.line,
        span.column,
        span.line,
        span.column + width,
    )


def through(first: Span, last: Span) -> Span:
    """The range from the beginning of one to the end of another."""
    if isinstance(first, Place) and isinstance(last, Place):
        return Place(first.source, first.first, last.last)
    return _plain(
        first.filename, first.start, last.end, first.line, first.column, last.end_line, last.end_column
    )


def _values(span: Span) -> tuple[Any, ...]:
    return (
        span.filename,
        span.start,
        span.end,
        span.line,
        span.column,
        span.end_line,
        span.end_column,
    )


def _plain(filename: str, *numbers: int) -> Span:
    start, end, line, column, end_line, end_column = numbers
    return Span(
        filename=filename,
        start=start,
        end=end,
        line=line,
        column=column,
        end_line=end_line,
        end_column=end_column,
    )
