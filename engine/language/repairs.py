"""Where a broken item ends, as far as what stands around it tells: the next item of its object, a brace, its indentation."""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from engine.language.source import Source
from engine.language.tables import Tables
from engine.language.tokens import BODIES, OBJECT, Frame, Token

_LINE = re.compile(r"[^\n]*\n?")
_CLOSES = re.compile(r"[ \t]*\}(?=[ \t]*(?:(?:#|//)[^\n]*)?\r?\n)")


class OpenItem(NamedTuple):
    """An item of an object that breaks off."""

    #: How many of the values that the parser has in hand stand before it, its key and its sign included where they were read.
    kept: int
    #: Both were read.
    keyed: bool
    #: The object's.
    frame: Frame
    #: Where the item's value begins, or the item.
    start: int


def open_item(made: Tables, states: Sequence[int], values: Sequence[Any]) -> OpenItem | None:
    """The item of the innermost object that breaks off; None if the innermost body is further inside, or around it."""
    for at in range(len(states) - 1, -1, -1):
        gotos = made.gotos[states[at]]
        if "attribute" in gotos or "content" in gotos:
            return None
        opener = _opener(values[:at]) if "item" in gotos else None
        if opener is not None and not _is_closed(opener, values[at:]):
            break
    else:
        return None
    if opener.opens.kind != OBJECT:
        return None
    sign = values[at + 1] if len(values) > at + 1 else None
    if isinstance(sign, Token) and sign.type in ("EQUAL", "COLON"):
        return OpenItem(at + 2, True, opener.opens, sign.end)
    return OpenItem(at, False, opener.opens, opener.end)


def _opener(values: Sequence[Any]) -> Token | None:
    """The brace that was opened last."""
    return next((v for v in reversed(values) if isinstance(v, Token) and v.type == "LBRACE"), None)


def _is_closed(opener: Token, behind: Sequence[Any]) -> bool:
    return any(isinstance(v, Token) and v.type == "RBRACE" and v.frame is opener.opens for v in behind)


def hanging(source: Source, first: int, line_end: int) -> int | None:
    """Where a value ends that has no opening brace, but lines that stand further right than its name, and a closing one.

    `first` is where the name stands, `line_end` where its line ends. None if there is no such value.
    """
    text, left = source.text, source.indentation(first)
    at = text.find("\n", line_end) + 1
    lines = 0
    while 0 < at < len(text):
        line = _LINE.match(text, at)
        assert line is not None  # noqa: S101 - it matches nothing as well
        if line[0].strip():
            if source.indentation(at + len(line[0]) - len(line[0].lstrip())) <= left:
                break
            lines += 1
        at = line.end()
    closes = _CLOSES.match(text, at) if lines else None
    if closes is None or source.indentation(closes.end() - 1) != left:
        return None
    between = text[line_end:at]
    return closes.end() if between.count("{") == between.count("}") else None


def is_header(values: Sequence[Any], token: Token) -> bool:
    """Whether a block's header breaks off at a character that means nothing, before the brace at the end of its line."""
    if token.type != "INVALID" or token.frame.kind not in BODIES:
        return False
    if token.frame.value or not any(isinstance(each, Token) and each.type == "IDENT" for each in values[-2:]):
        return False
    text = token.frame.source.text
    end = text.find("\n", token.start)
    return text[token.start : end].rstrip().endswith("{")
