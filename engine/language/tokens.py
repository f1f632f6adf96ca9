"""What the scanner makes: tokens, and the frames that say where they stand."""

import re
from typing import NamedTuple

from engine.language.source import Source

FILE, BLOCK, OBJECT, TUPLE, INDEX, CALL, PARENTHESES = (
    "file",
    "block",
    "object",
    "tuple",
    "index",
    "call",
    "parentheses",
)
FOR_TUPLE, FOR_OBJECT = "for_tuple", "for_object"
INTERPOLATION, DIRECTIVE, QUOTED, HEREDOC = "interpolation", "directive", "quoted", "heredoc"

BODIES = frozenset({FILE, BLOCK})
_NEWLINES_COUNT = frozenset({FILE, BLOCK, OBJECT})
_KEYWORDS_COUNT = frozenset({FOR_TUPLE, FOR_OBJECT, DIRECTIVE})
_TEXT = frozenset({QUOTED, HEREDOC})
_CLOSERS = {
    FILE: "", BLOCK: "}", OBJECT: "}", TUPLE: "]", INDEX: "]", CALL: ")", PARENTHESES: ")", FOR_TUPLE: "]",
    FOR_OBJECT: "}", INTERPOLATION: "}", DIRECTIVE: "}", QUOTED: '"', HEREDOC: "",
}  # fmt: skip

_TRAITS = {
    kind: (closer, kind in _NEWLINES_COUNT, kind in _TEXT, kind in _KEYWORDS_COUNT)
    for kind, closer in _CLOSERS.items()
}


class Problem(NamedTuple):
    """What is wrong with a token, or why an ``INVALID`` one is none."""

    code: str
    summary: str
    detail: str
    #: The first and the last character of what was opened and is not closed, or is closed wrongly.
    opened: tuple[int, int] | None = None
    #: Other places that tell where the mistake may be: first and last character, and what is there.
    signs: tuple[tuple[int, int, str], ...] = ()

    @property
    def told(self) -> tuple[str, str, str]:
        """The texts."""
        return self.code, self.summary, self.detail


class Frame:
    """Something open: what it is, which token opened it, and how far its reading has come."""

    __slots__ = (
        "closer",
        "directives",
        "kind",
        "marker",
        "names",
        "naming",
        "newlines",
        "opener",
        "source",
        "text",
        "value",
    )

    def __init__(self, kind: str, opener: "Token | None", source: Source) -> None:
        self.kind = kind
        self.opener = opener
        self.source = source
        #: What closes it, whether newlines count, whether text is read and not code, whether some names are keywords.
        self.closer, self.newlines, self.text, self.names = _TRAITS[kind]
        #: In a body: the ``=`` of the current item has been read, so that ``{`` opens an object.
        self.value = False
        #: In a `for`: the names before ``in`` are still being read.
        self.naming = False
        #: In text: how many ``%{ if }`` and ``%{ for }`` wait for their end.
        self.directives = 0
        #: In a heredoc: what matches the closing line.
        self.marker: re.Pattern[str] | None = None


class Token:
    """One token; `frame` is the innermost frame it stands in (for an opener the one around it, for a closer its own)."""

    __slots__ = ("end", "frame", "opens", "problem", "start", "text", "type")

    def __init__(self, type: str, text: str, start: int, frame: Frame) -> None:  # noqa: A002 - lark reads `type`
        self.type = type
        self.text = text
        self.start = start
        self.end = start + len(text)
        self.frame = frame

    #: Only on ``INVALID`` tokens.
    problem: Problem
    #: Only on openers.
    opens: Frame


def opening(opener: "Token | None") -> tuple[int, int] | None:
    """The characters that opened something, without what the scanner reads with them."""
    if opener is None:
        return None
    shown = opener.text.strip()
    width = 1 if opener.type.startswith("FOR_") else len(shown.split("~")[0])
    return opener.start, opener.start + width
