"""New files from old ones: other spaces, and small damage of the kind that people and editors do."""

import random

from engine.language import pieces
from engine.language.pieces import Piece, cut

_IN_TEMPLATES = {
    pieces.TEXT,
    pieces.CLOSE_QUOTE,
    pieces.CLOSE_HEREDOC,
    pieces.OPEN_INTERPOLATION,
    pieces.OPEN_DIRECTIVE,
}
_GAPS = ["", "", "", " ", " ", "  ", "     ", "\t", " /* c */ "]
_WORDS = [
    '"', "${", "%{ if x }", "%{ else }", "%{ endif }", "%{ for x in y }", "%{ endfor }", "}", "{", "(", ")", "[", "]", "\n", "\r\n",
    "<<A\n", "A\n", "<<-A\n", "=", "==", ":", "::", "?", ".", "...", "*", ".*", "[*]", ".0", ".0.1", "for ", " in ", " if ", "1", "1.5", "1e3",
    "/*", "*/", "#", "//", "\\", "~}", "${~", ",", "=>", "é", "x", " ", "\t", "-", "!", "&&", "||", "&", "|", "+", "/", "%", "<", ">=",
    "true", "null", "f(", "a.b", "[for x in y : x]", "{for k, v in m : k => v}", '"a"', "$${", "%%{", "\\n", "\\u00e9", "$", "'", ";", "`",
]  # fmt: skip


def respaced(text: str, random_: random.Random) -> str:
    """The same tokens of a valid file with other spaces, tabs and comments between them."""
    written = []
    for piece in cut(text):
        gap = "" if piece.kind in _IN_TEMPLATES else random_.choice(_GAPS)
        written.append((gap or " " * bool(piece.spaces)) + piece.text)
    return "".join(written)


def damaged(text: str, other: str, random_: random.Random) -> str:
    """A file with one to three small changes: characters or tokens removed, doubled, swapped or put in."""
    for _ in range(random_.choice((1, 1, 1, 2, 3))):
        text = random_.choice(_DAMAGES)(text, other, random_)
    return text


def _at(text: str, random_: random.Random) -> int:
    return random_.randint(0, len(text))


def _cut_out(text: str, _other: str, random_: random.Random) -> str:
    at = _at(text, random_)
    return text[:at] + text[at + random_.choice((1, 1, 1, 2, 5, 20)) :]


def _put_in(text: str, _other: str, random_: random.Random) -> str:
    at = _at(text, random_)
    return text[:at] + random_.choice(_WORDS) + text[at:]


def _double(text: str, _other: str, random_: random.Random) -> str:
    at = _at(text, random_)
    part = text[at : at + random_.choice((1, 1, 3, 10, 40))]
    return text[:at] + part + text[at:]


def _end_early(text: str, _other: str, random_: random.Random) -> str:
    return text[: _at(text, random_)]


def _splice(text: str, other: str, random_: random.Random) -> str:
    at, there = _at(text, random_), _at(other, random_)
    return text[:at] + other[there : there + random_.choice((3, 10, 40))] + text[at:]


def _pieces(text: str) -> list[Piece]:
    try:
        return cut(text)
    except (AssertionError, IndexError):  # it was damaged before
        return []


def _join(found: list[Piece]) -> str:
    return "".join(" " * piece.spaces + piece.text for piece in found)


def _token_removed(text: str, _other: str, random_: random.Random) -> str:
    found = _pieces(text)
    if found:
        del found[random_.randrange(len(found))]
    return _join(found) or text


def _tokens_swapped(text: str, _other: str, random_: random.Random) -> str:
    found = _pieces(text)
    if len(found) > 1:
        at = random_.randrange(len(found) - 1)
        found[at], found[at + 1] = found[at + 1], found[at]
    return _join(found) or text


def _token_replaced(text: str, other: str, random_: random.Random) -> str:
    found, theirs = _pieces(text), _pieces(other)
    if found and theirs:
        found[random_.randrange(len(found))] = random_.choice(theirs)
    return _join(found) or text


_DAMAGES = (
    _cut_out,
    _put_in,
    _put_in,
    _double,
    _end_early,
    _splice,
    _token_removed,
    _token_removed,
    _tokens_swapped,
    _token_replaced,
)
