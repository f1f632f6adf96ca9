"""What an error underlines: which characters, of a token that does not fit, of what it spoils, or of what it leaves open.

The ranges are those of HCL's reference implementation, so that an editor marks the same place whichever of the two
reads the file; ``make conformance`` compares them. A reader goes from left to right and looks one token ahead. Hence
the place is nearly always the first token that cannot stand where it does; the exceptions are the functions below.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from engine.language import tokens as kinds
from engine.language.tokens import Token

#: First and last character of a range.
Range = tuple[int, int]

#: Tokens that the scanner reads as one, and of which only the first character stands for the trouble.
_FIRST_CHARACTER = frozenset({"STRING", "ATTR", "FOR_SQB", "FOR_BRACE"})
_ENDS_TEXT = frozenset({"QUOTE", "STRING", "$END"})
_LINE_END = re.compile(r"\r?\n|(?:\#|//)[^\n]*\n")
_DIRECTIVE_OPENS = re.compile(r"%\{~?")
_DIRECTIVE_CLOSES = re.compile(r"[\s]*~?\}")
#: What a text begins with: a sequence, a lone sign that could have begun one, or everything up to there.
_TEXT_BEGINS = {
    kinds.QUOTED: re.compile(r"[$%]\{~?|[$%]|(?:[^\"\\\r\n$%]|\\.)+|\""),
    kinds.HEREDOC: re.compile(r"[$%]\{~?|[$%]|[^\n$%]*\n?"),
}
_FIRST_SEQUENCE = re.compile(r"(?:[^\"\\\r\n$%]|\\[^\r\n]|\$\$\{|%%\{|[$%](?!\{))*+([$%]\{~?|)")
_CONTAINERS = frozenset({kinds.TUPLE, kinds.OBJECT, kinds.BLOCK})


def extent(token: Token) -> Range:
    """The characters of a token that a reader would point at."""
    text, start = token.frame.source.text, token.start
    if token.type in _FIRST_CHARACTER:
        return start, start + 1
    if token.type == "NEWLINE":
        found = _LINE_END.match(text, start)
        if found is None:
            return len(text), len(text)  # it was put in, or a comment ends with the file
        return start, found.end()
    if token.type.startswith("DIRECTIVE_"):
        found = _DIRECTIVE_OPENS.match(text, start)
        return start, found.end() if found is not None else token.end
    return start, token.end


def subject(
    token: Token, before: Token | None, expected: Collection[str], item: Sequence[Any], values: Sequence[Any]
) -> Range:
    """What to underline for a token that does not fit.

    `expected` are the tokens that would have fitted, `item` is what was read of the innermost attribute or block, and
    `values` the whole stack of the parser.
    """
    kind = token.frame.kind
    if kind in kinds.BODIES and item and is_name(item[0]) and (len(item) == 1 or item[1:] == [[]]):
        return extent(item[0])  # nothing follows the name that makes it an attribute or a block
    if token.type.startswith("DIRECTIVE_"):
        found = _DIRECTIVE_CLOSES.match(token.frame.source.text, token.end)
        return token.start, found.end() if found is not None else token.end
    if before is None or "NUMBER" in expected or "LBRACE" in expected:
        return extent(token)  # a value, a name, a label or a brace is missing
    if before.type == "ELLIPSIS" and kind == kinds.CALL:
        return extent(before)
    if (kind == kinds.FOR_OBJECT and "ARROW" in expected) or (
        kind == kinds.FOR_TUPLE and token.type == "ARROW"
    ):
        return _since_colon(values), before.end
    if kind == kinds.INTERPOLATION and token.type in _ENDS_TEXT:
        return _text_begins(token)
    if token.type == "$END":
        return _opening(token, values) or extent(token)
    return extent(token)


def is_name(value: Any) -> bool:
    """Whether a value of the stack is a name as it was read."""
    return isinstance(value, Token) and value.type == "IDENT"


def block_begins(labels: Sequence[Any], brace: int) -> int:
    """Where it is plain that a name is a block's: after what follows it, a label or what ends at `brace`."""
    if not labels:
        return brace
    place: Any = labels[0].span
    end: int = place.first + 1 if labels[0].quoted else place.last
    return end


def first_sequence(text: str, at: int) -> Range:
    """What opens the first ``${`` or ``%{`` of quoted text."""
    found = _FIRST_SEQUENCE.match(text, at)
    assert found is not None  # noqa: S101 - matches everything
    return found.span(1)


def _opening(token: Token, values: Sequence[Any]) -> Range | None:
    """What a file that ends too early leaves open, where that says more than the place where it ends."""
    frame = token.frame
    opener = frame.opener
    if opener is None:
        return None
    if frame.kind in _CONTAINERS:
        return opener.start, opener.start + 1
    if frame.kind == kinds.CALL:
        names = [values[i] for i in range(len(values) - 1) if values[i + 1] is opener]
        return (names[-1] if names else opener).start, opener.end
    return None


def _since_colon(values: Sequence[Any]) -> int:
    """Where the value after the colon of a `for` begins."""
    at = max(
        (i for i, value in enumerate(values) if isinstance(value, Token) and value.type == "COLON"), default=0
    )
    return next(_starts(values[at + 1 :]), 0)


def _starts(values: Sequence[Any]) -> Iterator[int]:
    for value in values:
        if isinstance(value, Token):
            yield value.start
        elif isinstance(value, list):
            yield from _starts(value)
        elif hasattr(value, "span"):
            place: Any = value.span
            yield place.first


def _text_begins(token: Token) -> Range:
    """The beginning of the text around an interpolation that is not closed."""
    opener = token.frame.opener
    assert opener is not None  # noqa: S101 - only the file itself has no opener
    outer = opener.frame
    begins = _TEXT_BEGINS.get(outer.kind)
    if begins is None or outer.opener is None or (outer.kind == kinds.HEREDOC and token.type != "$END"):
        return extent(token)
    found = begins.match(token.frame.source.text, outer.opener.end)
    return found.span() if found is not None else extent(token)
