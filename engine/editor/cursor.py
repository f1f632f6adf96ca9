"""Where a place in a definition is: told by the tokens before it, so that what follows may be as broken as it likes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from engine.frozen import frozen
from engine.language.scan import Scanner
from engine.language.source import Source
from engine.language.tokens import BLOCK, BODIES, HEREDOC, OBJECT, QUOTED, Frame, Token

_BOM = "\ufeff"
_NAME = re.compile(r"[\w-]*")
#: What is left of a name in quotes.
_QUOTED_REST = re.compile(r'[\w.<>&* -]*(?=")')
#: What follows the name of an attribute.
_ASSIGNS = re.compile(r"[ \t]*+=(?!=|>)")
_REST_OF_LINE = re.compile(r"[^\r\n]*")
#: After one of these only an operator can follow.
_VALUE_ENDS = frozenset({"STRING", "NUMBER", "QUOTE_END", "HEREDOC_END", "RPAR", "RSQB", "RBRACE"})
_NAMES = frozenset({"IDENT", "ATTR"})
#: For the payload of a list's elements it makes no difference which one is asked.
_ANY_ELEMENT = 0


class Where(StrEnum):
    """What can stand at a place."""

    #: The name of an attribute or the type of a block.
    ITEM = "item"
    #: A block's label.
    LABEL = "label"
    #: An expression.
    VALUE = "value"
    #: A key of an object.
    KEY = "key"
    #: Nothing that we know: a comment, text, a number.
    NOTHING = "nothing"


@frozen
class Header:
    """A block around a place."""

    type: str
    labels: tuple[str, ...]
    #: The attributes that it has before the place.
    attributes: tuple[str, ...] = ()


@frozen
class Cursor:
    """A place, and what was typed there so far."""

    where: Where
    #: The blocks around it, the outermost first.
    blocks: tuple[Header, ...]
    #: Of a label: the block's type and the labels before this one.
    header: Header | None = None
    #: Of a value or a key: the attribute it belongs to.
    attribute: str = ""
    #: The keys of the objects around it, the outermost first.
    keys: tuple[str, ...] = ()
    #: The names and indexes before the dot that it follows; None where it follows none.
    steps: tuple[str | int, ...] | None = None
    #: It stands in quotes.
    quoted: bool = False
    #: The quote that closes them is missing.
    open: bool = False
    #: The offsets between which what is chosen is put.
    start: int
    end: int
    #: What stands there before the place.
    word: str = ""


class _Block:
    __slots__ = ("attributes", "frame", "labels", "type")

    def __init__(self, frame: Frame, kind: str, labels: tuple[str, ...]) -> None:
        self.frame = frame
        self.type = kind
        self.labels = labels
        self.attributes: list[str] = []

    def header(self) -> Header:
        return Header(type=self.type, labels=self.labels, attributes=tuple(self.attributes))


@dataclass(slots=True)
class _Course:
    """What was read on the way to the place."""

    stack: list[Frame]
    #: The blocks around it.
    blocks: list[_Block] = field(default_factory=list)
    #: The tokens since the last line break of a body.
    item: list[Token] = field(default_factory=list)
    #: Where the last token that is no line break ends.
    last: int = 0
    #: The place lies in a comment that is never closed, or in something that was not read.
    lost: bool = False


def cursor_at(text: str, offset: int) -> Cursor:
    """What stands at an offset of a buffer, judged by the text before it."""
    offset = max(0, min(offset, len(text)))
    origin = 1 if text.startswith(_BOM) else 0
    if offset < origin:
        return Cursor(where=Where.NOTHING, blocks=(), start=offset, end=offset)
    before = text[origin:offset]
    course = _course(before)
    return _judge(course, before, text, origin)


def _course(before: str) -> _Course:
    scanner = Scanner(Source(before, ""))
    course = _Course(stack=scanner.stack)
    tokens = scanner.tokens()
    end = len(before.rstrip(" \t"))
    while scanner.position < end:
        token = next(tokens)
        if token.type == "$END":
            break
        if token.type == "INVALID" and token.problem.code in ("unclosed_comment", "nested_too_deeply"):
            course.lost = True
            break
        if _begins_item(token, before):
            _close_brackets(course, token)
        _follow(course, token)
    return course


def _begins_item(token: Token, before: str) -> bool:
    """Whether a name between brackets plainly is the next attribute: somebody has not closed a bracket yet."""
    if token.type != "IDENT" or token.frame.newlines:
        return False
    line = before.rfind("\n", 0, token.start) + 1
    return not before[line : token.start].strip() and _ASSIGNS.match(before, token.end) is not None


def _close_brackets(course: _Course, token: Token) -> None:
    while course.stack[-1].kind not in BODIES:
        course.stack.pop()
    token.frame = course.stack[-1]
    token.frame.value = False
    course.item.clear()


def _follow(course: _Course, token: Token) -> None:
    if token.type != "NEWLINE":
        course.last = token.end
    if token.type in ("RBRACE", "INVALID"):
        while course.blocks and course.blocks[-1].frame not in course.stack:
            course.blocks.pop()
    frame = token.frame
    if frame.kind not in BODIES:
        course.item.append(token)
    elif token.type in ("NEWLINE", "RBRACE"):
        course.item.clear()
    elif token.type == "LBRACE" and token.opens.kind == BLOCK:
        kind, labels = _head(course.item)
        course.blocks.append(_Block(token.opens, kind, labels))
        course.item.clear()
    else:
        if token.type == "EQUAL" and course.item and course.blocks:
            course.blocks[-1].attributes.append(course.item[0].text)
        course.item.append(token)


def _head(item: Sequence[Token]) -> tuple[str, tuple[str, ...]]:
    """A block's type and labels, of the tokens before its brace."""
    if not item or item[0].type != "IDENT":
        return "", ()
    labels = [t.text.strip('"') for t in item[1:] if t.type in ("IDENT", "STRING", "TEXT")]
    return item[0].text, tuple(labels)


def _judge(course: _Course, before: str, text: str, origin: int) -> Cursor:
    offset = len(before) + origin
    blocks = tuple(block.header() for block in course.blocks)
    here = Cursor(where=Where.NOTHING, blocks=blocks, start=offset, end=offset)
    top = course.stack[-1]
    if course.lost or top.kind == HEREDOC or _in_comment(before[course.last :], course):
        return here
    if top.kind == QUOTED:
        return _in_quotes(course, here, text, origin)
    last = course.item[-1] if course.item else None
    touching = last is not None and last.end == len(before)
    if last is not None and touching and last.type == "NUMBER":
        return here
    word = last.text.lstrip(". \t") if last is not None and touching and last.type in _NAMES else ""
    rest = _NAME.match(text, offset)
    here = replace(here, start=offset - len(word), end=rest.end() if rest else offset, word=word)
    if top.kind in BODIES and not top.value:
        return _in_body(course.item[:-1] if word else course.item, here)
    return _in_value(course, here, touching=touching)


def _in_body(typed: Sequence[Token], here: Cursor) -> Cursor:
    """Where an attribute or a block begins, or a block's labels go on."""
    if not typed:
        return replace(here, where=Where.ITEM)
    kind, labels = _head(typed)
    if kind and typed[-1].type in ("IDENT", "STRING", "QUOTE_END"):
        return replace(here, where=Where.LABEL, header=Header(type=kind, labels=labels))
    return here


def _in_value(course: _Course, here: Cursor, *, touching: bool) -> Cursor:
    last = course.item[-1]
    steps = _steps(course.item) if last.type in ("DOT", "ATTR") and touching else None
    if steps is None and (_follows_dot(course.item) or (not here.word and last.type in _VALUE_ENDS | _NAMES)):
        return here
    attribute, keys, in_key = _value_place(course)
    if not attribute:
        return here
    where = Where.KEY if in_key and steps is None else Where.VALUE
    return replace(here, where=where, attribute=attribute, keys=keys, steps=steps)


def _in_comment(gap: str, course: _Course) -> bool:
    """Whether the gap behind the last token ends in a comment; quotes and heredocs have none."""
    if course.stack[-1].text:
        return False
    line = re.sub(r"/\*.*?\*/", "", gap, flags=re.DOTALL).rpartition("\n")[2]
    return "#" in line or "//" in line or "/*" in line


def _in_quotes(course: _Course, here: Cursor, text: str, origin: int) -> Cursor:
    opener = course.stack[-1].opener
    around = course.stack[-2]
    start = (opener.end if opener is not None else 0) + origin
    rest = _QUOTED_REST.match(text, here.start)
    line = _REST_OF_LINE.match(text, here.start)
    inside = replace(
        here,
        quoted=True,
        open=rest is None and not (line and '"' in line[0]),
        start=start,
        end=rest.end() if rest else here.start,
        word=text[start : here.start],
    )
    if around.kind in BODIES and not around.value:
        kind, labels = _head([t for t in course.item if opener is None or t.start < opener.start])
        return replace(inside, where=Where.LABEL, header=Header(type=kind, labels=labels)) if kind else here
    attribute, keys, in_key = _value_place(course)
    where = Where.KEY if in_key else Where.VALUE
    return replace(inside, where=where, attribute=attribute, keys=keys)


def _value_place(course: _Course) -> tuple[str, tuple[str, ...], bool]:
    """The attribute that a value belongs to, the keys of the objects around the place, and whether it is a key itself."""
    item = course.item
    attribute = item[0].text if item and item[0].type == "IDENT" else ""
    keys: list[str] = []
    in_key = False
    for frame in course.stack:
        if frame.kind != OBJECT:
            in_key = in_key and frame.kind == QUOTED
            continue
        inside = [t for t in item if t.frame is frame]
        marks = [i for i, t in enumerate(inside) if t.type in ("EQUAL", "COLON", "COMMA", "NEWLINE")]
        last = inside[marks[-1]] if marks else None
        in_key = last is None or last.type in ("COMMA", "NEWLINE")
        if last is not None and not in_key:
            name = inside[marks[-1] - 1] if marks[-1] else None
            keys.append(name.text.strip('"') if name is not None else "")
    return attribute, tuple(keys), in_key


def _follows_dot(item: Sequence[Token]) -> bool:
    """Whether a dot stands before the place whose path cannot be told."""
    return item[-1].type in ("DOT", "ATTR") or (len(item) > 1 and item[-2].type == "DOT")


def _steps(item: Sequence[Token]) -> tuple[str | int, ...] | None:
    """The names and indexes before the last dot of an item; None if they do not begin with a name."""
    at = len(item) - 2
    found: list[str | int] = []
    while at >= 0:
        token = item[at]
        if token.type == "ATTR":
            found.append(token.text.lstrip(". \t"))
        elif token.type == "RSQB":
            opener = token.frame.opener
            inside = [t for t in item if t.frame is token.frame and t is not token]
            if opener is None or len(inside) != 1:
                return None
            found.append(_index(inside[0]))
            at = item.index(opener)
        elif token.type == "STAR" and at and item[at - 1].type == "DOT":
            found.append(_ANY_ELEMENT)
            at -= 1
        elif token.type == "IDENT":
            return (token.text, *reversed(found))
        else:
            return None
        at -= 1
    return None


def _index(token: Token) -> str | int:
    if token.type == "STRING":
        return token.text[1:-1]
    return int(token.text) if token.type == "NUMBER" and token.text.isdecimal() else _ANY_ELEMENT
