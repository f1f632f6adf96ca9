"""The first character of a text that can be in no token, as the scanner of HCL's reference sees it.

The reference runs its scanner over the whole file before its parser, and lists what that finds first. Our own reads on after
an error where an author would, and may pass over such a character, or see it in another light. Only a text with an error is
read once more here.
"""

import re

from engine.language.identifiers import begins_name, continues_name

#: No operator and no bracket, though the reference makes tokens of them.
_NEVER = frozenset("&|^~;`'")
_CODE = re.compile(
    r"""(?P<space> [ \t\n]++ | \r\n | (?:\#|//)[^\n]*+ | /\*(?s:.*?)\*/ )
    | (?P<word> [0-9]++(?:\.*+(?:[0-9]|[eE][+-]?[0-9]))*+ | [A-Za-z_][A-Za-z0-9_-]*+ )
    | (?P<heredoc> <<-?(?P<marker>[^\W\d][\w-]*+)\r?\n )
    | (?P<quote> " )
    | (?P<open> \{ )
    | (?P<close> ~?\} )
    | (?P<symbol> && | \|\| | [\[\]().,*/%+=<>!?:-] )""",
    re.VERBOSE,
)
_QUOTED = re.compile(
    r"""(?P<text> (?:[^"\\\r\n$%]++ | \\[^\r\n] | \$\$\{~? | %%\{~? | [$%](?=[^{]))++ )
    | (?P<sequence> [$%]\{~? )
    | (?P<quote> " )
    | (?P<misfit> [\r\n]++ | \\ )""",
    re.VERBOSE,
)
_HEREDOC = re.compile(
    r"""(?P<text> [^\n$%]*+\n | [^\n$%]++ | \$\$\{~? | %%\{~? | [$%](?=[^{]) ) | (?P<sequence> [$%]\{~? )""",
    re.VERBOSE,
)
_QUOTES = "quotes"


def first_misfit(text: str) -> tuple[int, int] | None:
    """The first and the last character of it, as an offset and one behind; None if there is none."""
    return _Reading(text).run()


class _Reading:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.braces = 0
        #: What is open: quotes, a heredoc by its marker behind a line break, or how many braces there are where a sequence
        #: ends.
        self.open: list[str | int] = []

    def run(self) -> tuple[int, int] | None:
        while self.at < len(self.text):
            inside = self.open[-1] if self.open else 0
            if isinstance(inside, int):
                misfit = self._code(inside)
            else:
                misfit = self._quoted() if inside is _QUOTES else self._heredoc(inside)
            if misfit is not None:
                return misfit
        return None

    def _code(self, inside: int) -> tuple[int, int] | None:
        start = self.at
        found = _CODE.match(self.text, start)
        if found is None:
            end = _name(self.text, start)
            self.at = end or start
            return (start, start + 1) if end is None else None
        self.at = found.end()
        kind = found.lastgroup
        if kind == "word":
            self.at = _name_end(self.text, self.at)
        elif kind == "open":
            self.braces += 1
        elif kind == "close":
            if self.open and inside == self.braces:
                self.open.pop()
            self.braces -= 1
        elif kind == "quote":
            self.open.append(_QUOTES)
        elif kind == "heredoc":
            self.open.append("\n" + found["marker"])
        return None

    def _quoted(self) -> tuple[int, int] | None:
        start = self.at
        found = _QUOTED.match(self.text, start)
        if found is None:
            return start, len(self.text)
        self.at = found.end()
        if found["quote"] is not None:
            self.open.pop()
        elif found["sequence"] is not None:
            self._sequence()
        return None if found["misfit"] is None else (start, self.at)

    def _heredoc(self, inside: str) -> tuple[int, int] | None:
        start = self.at
        found = _HEREDOC.match(self.text, start)
        if found is None:
            return start, len(self.text)
        self.at = found.end()
        line = self.text[start - 1] == "\n" and found[0].endswith("\n")
        if found["sequence"] is not None:
            self._sequence()
        elif line and found[0].strip() == inside[1:]:
            self.open.pop()
        return None

    def _sequence(self) -> None:
        self.braces += 1
        self.open.append(self.braces)


def _name(text: str, at: int) -> int | None:
    """Where a name ends that begins beyond ASCII; None if none begins there."""
    if text[at] in _NEVER or text[at] <= "\x7f" or not begins_name(text[at]):
        return None
    return _name_end(text, at + 1)


def _name_end(text: str, at: int) -> int:
    r"""Where a name ends that was read up to there: beyond ASCII, ``\w`` is only nearly right."""
    while at < len(text) and text[at] > "\x7f" and continues_name(text[at]):
        at += 1
        while at < len(text) and text[at] <= "\x7f" and continues_name(text[at]):
            at += 1
    return at
