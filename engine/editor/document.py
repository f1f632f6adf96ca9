"""One open buffer: its text, what of it can be read, and the names in it."""

from functools import cached_property

from engine.diagnostics import Span
from engine.editor.outline import Outline, outline_of
from engine.editor.positions import Text
from engine.language import ParseResult, parse, syntax

_BOM = "\ufeff"


class Document:
    """A text and its name. It never changes: an edit makes a new one."""

    def __init__(
        self, text: str, filename: str, *, before: "Document | None" = None, beside: "Document | None" = None
    ) -> None:
        """Take the text; `before` is the same buffer before the last edit, `beside` the definition that a file of tests
        stands beside.
        """
        self.text = Text(text)
        self.filename = filename
        self.beside = beside
        self._sound = None if before is None else before.sound_if_known

    @property
    def source(self) -> str:
        """The whole text."""
        return self.text.text

    @property
    def origin(self) -> int:
        """Where the text begins, behind a byte order mark."""
        return 1 if self.source.startswith(_BOM) else 0

    @cached_property
    def parsed(self) -> ParseResult:
        """The tree, as far as it could be read."""
        return parse(self.source, self.filename)

    @property
    def tree(self) -> syntax.Body | None:
        """The tree without its broken parts; None if nothing could be read."""
        return self.parsed.tree

    @cached_property
    def own(self) -> Outline:
        """The names in the text as it is."""
        return outline_of(self.tree)

    @property
    def sound(self) -> Outline:
        """The names in the text, or in the last one before it that had no syntax error."""
        if self.parsed.diagnostics and self._sound is not None:
            return self._sound
        return self.own

    @property
    def sound_if_known(self) -> Outline | None:
        """The same without any work: of a buffer that nobody asked anything about, the one before it."""
        return self.sound if "parsed" in self.__dict__ else self._sound

    @cached_property
    def names(self) -> Outline:
        """Every name that can be meant here: the text's own, those that an error hides now, and those beside it."""
        found = self.own.joined(self.sound)
        return found if self.beside is None else found.joined(self.beside.names)

    def range(self, span: Span) -> tuple[int, int]:
        """The offsets of a range of ours."""
        return self.text.offset(span.start), self.text.offset(span.end)

    def written(self, span: Span) -> str:
        """What the text says in a range."""
        first, last = self.range(span)
        return self.source[first:last]
