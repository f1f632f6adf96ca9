"""Reads XML into elements that know their places; whatever a hostile document could ask of a parser is refused.

The parser is expat. A document type is refused outright, and with it all entities: there is nothing to expand, and
nothing to fetch.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from engine.diagnostics import Diagnostic, Span
from engine.language.source import Source
from engine.machine.values import printable

#: SCXML's namespace.
NAMESPACE = "http://www.w3.org/2005/07/scxml"

#: Larger documents, deeper ones, and ones with more elements are refused.
MOST_CHARACTERS = 4 * 1024 * 1024
DEEPEST = 60
MOST_ELEMENTS = 20_000

#: Between a name and its namespace: no name has a space.
_SEPARATOR = " "


@dataclass(slots=True, kw_only=True)
class Element:
    """One element."""

    #: Its name without namespace.
    name: str
    namespace: str
    #: By their names; those in a namespace are left out.
    attributes: Mapping[str, str]
    #: The tag that begins it.
    place: Span
    children: "list[Element]" = field(default_factory=list)
    #: The text right inside it.
    text: str = ""

    def get(self, name: str) -> str | None:
        """An attribute; None if it is missing."""
        return self.attributes.get(name)

    def all(self, *names: str) -> "list[Element]":
        """The children of these names, in order."""
        return [child for child in self.children if child.name in names]

    def walk(self) -> "Iterator[Element]":
        """The element and all in it, in the order of the document."""
        yield self
        for child in self.children:
            yield from child.walk()


class _RefusedError(Exception):
    """The document is not read on; the problem was reported."""


def read_document(text: str, filename: str) -> tuple[Element | None, list[Diagnostic]]:
    """The outermost element; None if the text is no XML that can be read, with the problem."""
    # Half a character, which no file has, is none.
    source = Source(text.encode("utf-8", "replace").decode(), filename)
    if len(text) > MOST_CHARACTERS:
        detail = f"At most {MOST_CHARACTERS} characters are read. Take it apart."
        source.report("scxml_too_large", "The document is too large", detail, 0, 0)
        return None, source.diagnostics
    return _Parse(source).root(), source.diagnostics


class _Parse:
    def __init__(self, source: Source) -> None:
        self._source = source
        self._data = source.text.encode()
        self._open: list[Element] = []
        self._root: Element | None = None
        self._count = 0
        #: A byte and the character there.
        self._known = (0, 0)
        parser = expat.ParserCreate("utf-8", _SEPARATOR)
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = self._doctype
        self._parser = parser

    def root(self) -> Element | None:
        try:
            self._parser.Parse(self._data, True)
        except expat.ExpatError as error:
            what = printable(expat.ErrorString(error.code) or "it is not well-formed")
            detail = "Mend it so that an XML reader takes it."
            at = self._offset(self._parser.ErrorByteIndex)
            self._source.report("scxml_unreadable", f"This is no XML: {what}", detail, at, at + 1)
            return None
        except _RefusedError:
            return None
        return self._root

    def _start(self, name: str, attributes: dict[str, Any]) -> None:
        self._count += 1
        if len(self._open) >= DEEPEST or self._count > MOST_ELEMENTS:
            what = f"{DEEPEST} deep" if len(self._open) >= DEEPEST else f"{MOST_ELEMENTS} of them"
            self._refuse("scxml_too_large", "The document has too many elements", f"At most {what} are read.")
        namespace, _, own = name.rpartition(_SEPARATOR)
        start = self._parser.CurrentByteIndex
        element = Element(
            name=own,
            namespace=namespace,
            attributes={key: value for key, value in attributes.items() if _SEPARATOR not in key},
            place=self._place(start, start + 1 + len(self._tag(start))),
        )
        if self._open:
            self._open[-1].children.append(element)
        else:
            self._root = element
        self._open.append(element)

    def _end(self, _name: str) -> None:
        self._open.pop()

    def _characters(self, text: str) -> None:
        if self._open:
            self._open[-1].text += text

    def _doctype(self, *_given: Any) -> None:
        detail = "Remove the line that begins with <!DOCTYPE; write out what its entities stand for."
        self._refuse("scxml_doctype", "The document has a document type", detail)

    def _refuse(self, code: str, summary: str, detail: str) -> None:
        at = self._offset(self._parser.CurrentByteIndex)
        self._source.report(code, summary, detail, at, at + 1)
        raise _RefusedError

    def _tag(self, start: int) -> bytes:
        """The name as it is written, prefix included."""
        end = start + 1
        while end < len(self._data) and self._data[end : end + 1] not in (
            b" ",
            b">",
            b"/",
            b"\n",
            b"\t",
            b"\r",
        ):
            end += 1
        return self._data[start + 1 : end]

    def _place(self, start: int, end: int) -> Span:
        return self._source.place(self._offset(start), self._offset(end))

    def _offset(self, byte: int) -> int:
        """The character at a byte; places are asked for from the first to the last."""
        if byte < self._known[0]:
            self._known = (0, 0)
        before, offset = self._known
        offset += len(self._data[before:byte].decode("utf-8", "ignore"))
        self._known = (byte, offset)
        return offset
