"""Places in a buffer: character offsets, the UTF-8 bytes of our ranges, and the lines and units of the protocol."""

import re
from bisect import bisect_right
from collections.abc import Callable
from enum import StrEnum
from functools import cached_property
from itertools import pairwise

_LINE_END = re.compile(r"\r\n|\n|\r")


class Encoding(StrEnum):
    """What a unit within a line is; the values are the protocol's."""

    UTF_8 = "utf-8"
    UTF_16 = "utf-16"
    UTF_32 = "utf-32"


def _utf_8(char: str) -> int:
    return len(char.encode("utf-8", "surrogatepass"))


def _utf_16(char: str) -> int:
    return 2 if char > "\uffff" else 1


def _utf_32(_char: str) -> int:
    return 1


_WIDTH: dict[Encoding, Callable[[str], int]] = {
    Encoding.UTF_8: _utf_8,
    Encoding.UTF_16: _utf_16,
    Encoding.UTF_32: _utf_32,
}


class Text:
    """One buffer's text. Offsets count characters, a byte order mark included."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def _ascii(self) -> bool:
        return self.text.isascii()

    @cached_property
    def _lines(self) -> list[int]:
        """Where each line begins: the protocol ends lines with a carriage return alone, too."""
        return [0, *(found.end() for found in _LINE_END.finditer(self.text))]

    @cached_property
    def _line_bytes(self) -> list[int]:
        """The byte at which each line begins."""
        found = [0]
        for first, last in pairwise(self._lines):
            found.append(found[-1] + _bytes(self.text[first:last]))
        return found

    def byte(self, offset: int) -> int:
        """The UTF-8 byte of an offset."""
        if self._ascii:
            return offset
        line = bisect_right(self._lines, offset) - 1
        return self._line_bytes[line] + _bytes(self.text[self._lines[line] : offset])

    def offset(self, byte: int) -> int:
        """The offset of a UTF-8 byte; within a character that of the character."""
        if self._ascii:
            return max(0, min(byte, len(self.text)))
        line = max(0, bisect_right(self._line_bytes, byte) - 1)
        return self._walk(line, byte - self._line_bytes[line], _utf_8, len(self.text))

    def position(self, offset: int, encoding: Encoding) -> tuple[int, int]:
        """Line and unit of an offset, both from 0."""
        offset = max(0, min(offset, len(self.text)))
        line = bisect_right(self._lines, offset) - 1
        before = self.text[self._lines[line] : offset]
        width = _WIDTH[encoding]
        return line, len(before) if before.isascii() else sum(map(width, before))

    def offset_at(self, line: int, unit: int, encoding: Encoding) -> int:
        """The offset of a line and a unit; what lies beyond an end is that end, and within a character its start."""
        if line < 0:
            return 0
        if line >= len(self._lines):
            return len(self.text)
        return self._walk(line, unit, _WIDTH[encoding], self._end(line))

    def line_at(self, offset: int) -> int:
        """The line of an offset, from 0."""
        return bisect_right(self._lines, offset) - 1

    def _end(self, line: int) -> int:
        """The offset of a line's end, before what ends it."""
        if line + 1 == len(self._lines):
            return len(self.text)
        end = self._lines[line + 1]
        return end - (2 if self.text[max(0, end - 2) : end] == "\r\n" else 1)

    def _walk(self, line: int, units: int, width: Callable[[str], int], end: int) -> int:
        start = self._lines[line]
        stop = min(end, start + max(0, units))  # a character has one unit at least
        if self.text[start:stop].isascii():
            return stop
        for at in range(start, end):
            units -= width(self.text[at])
            if units < 0:
                return at
        return end


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
