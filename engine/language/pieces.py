"""A file cut into pieces with nothing lost: every token, comment and line break, and how many spaces stand before it.

The parser's scanner drops what has no meaning and fuses what is read faster as one; a formatter needs the rest too. It
only sees files that the parser has accepted, which keeps these rules short.
"""

import re

NAME, IN, NUMBER, NEWLINE, COMMENT, END = "name", "in", "number", "newline", "comment", "end"
OPEN_QUOTE, CLOSE_QUOTE, OPEN_HEREDOC, CLOSE_HEREDOC, TEXT = (
    "open quote",
    "close quote",
    "open heredoc",
    "close heredoc",
    "text",
)
OPEN_INTERPOLATION, OPEN_DIRECTIVE, CLOSE_SEQUENCE = "${", "%{", "close sequence"

_CODE = re.compile(
    r"""(?P<name> (?:[^\W\d]|[^\x00-\x7f])(?:[\w-]|[^\x00-\x7f])*+ )
    | (?P<number> [0-9]++(?:\.*+(?:[0-9]|[eE][+-]?[0-9]))*+ )
    | (?P<newline> \r?\n )
    | (?P<comment> (?:\#|//)[^\n]*+\n? | /\*(?s:.*?)\*/ )
    | (?P<heredoc> <<-?(?P<marker>[^\s"]+)\r?\n )
    | (?P<quote> " )
    | (?P<opener> [({\[] )
    | (?P<closer> ~?\} | [)\]] )
    | (?P<symbol> \.\.\. | :: | == | != | <= | >= | && | \|\| | => | . )""",
    re.VERBOSE,
)
_QUOTED = re.compile(
    r"""(?P<text> (?:\$\$|%%)\{~? | [$%](?!\{) | (?:\\.|[^\\"$%])++ ) | (?P<sequence> [$%]\{~? ) | (?P<quote> " )""",
    re.VERBOSE,
)
_HEREDOC = re.compile(
    r"""(?P<text> (?:\$\$|%%)\{~? | [$%](?!\{)\n? | [^$%\n]++\n? | \n ) | (?P<sequence> [$%]\{~? )""",
    re.VERBOSE,
)
_SPACES = re.compile(r"[ \t]*+")


class Piece:
    """One token, comment or line break of a file."""

    __slots__ = ("kind", "spaces", "text")

    def __init__(self, kind: str, text: str, spaces: int) -> None:
        #: One of the names above, or for a symbol the symbol itself.
        self.kind = kind
        self.text = text
        #: How many spaces stand before it.
        self.spaces = spaces

    @property
    def ends_line(self) -> bool:
        """Whether the next piece begins a line; a comment up to the end of its line holds the line break itself."""
        return self.kind == NEWLINE or (self.kind == COMMENT and self.text[-1] == "\n")


def cut(text: str) -> list[Piece]:
    """The pieces of a valid file without its byte order mark; the last one is the end, with the spaces before it."""
    return _Cutter(text).cut()


class _Cutter:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.pieces: list[Piece] = []
        #: What is open: ``"`` for quotes, the closing line's pattern for a heredoc, for code how many braces are open.
        self.open: list[int | str | re.Pattern[str]] = [0]

    def cut(self) -> list[Piece]:
        while self.at < len(self.text):
            inside = self.open[-1]
            if isinstance(inside, int):
                self._code()
            elif isinstance(inside, str):
                self._quoted()
            else:
                self._heredoc(inside)
        if not self.pieces or self.pieces[-1].kind != END:
            self.pieces.append(Piece(END, "", 0))
        return self.pieces

    def _code(self) -> None:
        start = self.at
        gap = _SPACES.match(self.text, start)
        begin = gap.end() if gap is not None else start
        found = _CODE.match(self.text, begin)
        if found is None:
            self.at = len(self.text)
            self.pieces.append(Piece(END, "", begin - start))
            return
        kind, text = found.lastgroup or "", found[0]
        self.at = found.end()
        if kind == "name":
            kind = IN if text == "in" else NAME
        elif kind == "heredoc" or found["marker"] is not None:
            kind = OPEN_HEREDOC
            self.open.append(re.compile(rf"[^\S\n]*+{re.escape(found['marker'])}[^\S\n]*?(?=\r?\n|\Z)"))
        elif kind == "quote":
            kind = OPEN_QUOTE
            self.open.append('"')
        elif kind in ("opener", "closer"):
            kind = self._bracket(text)
        elif kind == "symbol":
            kind = text
        self.pieces.append(Piece(kind, text, begin - start))

    def _bracket(self, text: str) -> str:
        """The kind of a bracket; a brace that closes the sequence around this code is none."""
        braces = self.open[-1]
        assert isinstance(braces, int)  # noqa: S101 - only code has brackets
        if text == "{":
            self.open[-1] = braces + 1
        elif text[-1] == "}":
            if braces == 0 and len(self.open) > 1:
                self.open.pop()
                return CLOSE_SEQUENCE
            self.open[-1] = braces - 1
        return text

    def _quoted(self) -> None:
        self._template(_QUOTED)

    def _heredoc(self, closing: re.Pattern[str]) -> None:
        found = closing.match(self.text, self.at) if self.text[self.at - 1] == "\n" else None
        if found is None:
            self._template(_HEREDOC)
            return
        self.open.pop()
        self.at = found.end()
        self.pieces.append(Piece(CLOSE_HEREDOC, found[0], 0))

    def _template(self, pattern: re.Pattern[str]) -> None:
        found = pattern.match(self.text, self.at)
        assert found is not None  # noqa: S101 - the parser has read this text before
        self.at = found.end()
        kind = TEXT
        if found["sequence"]:
            kind = OPEN_INTERPOLATION if found[0][0] == "$" else OPEN_DIRECTIVE
            self.open.append(0)
        elif pattern is _QUOTED and found["quote"]:
            kind = CLOSE_QUOTE
            self.open.pop()
        self.pieces.append(Piece(kind, found[0], 0))
