"""Text inside quotes and heredocs: escapes, strip markers, indentation, and the nodes they make."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from engine.language import syntax
from engine.language.source import Place, Source
from engine.language.tokens import HEREDOC, Token

_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([uU])|(.))|\$\$\{|%%\{")
_SEQUENCE = re.compile(r"\$\$\{|%%\{")
_SIMPLE = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_LINES = re.compile(r"[^\n]*\n|[^\n]+")
_MAX_CODE_POINT = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)


@dataclass(slots=True)
class Sequence:
    """``${…}`` or a whole directive before it is a node: strip markers act on the text beside it first."""

    first: Token
    last: Token
    #: The expression, condition or collection.
    value: syntax.Expression
    #: ``}`` of the opening sequence.
    opened: Token | None = None
    #: What stands between the opening sequence and the next one.
    body: "list[Token | Sequence] | None" = None
    #: ``%{ else }``: both its ends, and what follows it.
    middle: tuple[Token, Token] | None = None
    other: "list[Token | Sequence] | None" = None
    #: The closing sequence's opener: ``%{ endif``.
    closing: Token | None = None
    #: Key and value name of a `for`.
    names: tuple[str | None, str] | None = None


Parts = list[Token | Sequence]


def unescape(source: Source, raw: str, start: int) -> str:
    """The characters that quoted text means; `start` is where it stands, for what is wrong with it."""
    if "\\" not in raw and "{" not in raw:
        return _normal(raw)

    def one(found: re.Match[str]) -> str:
        short, long, incomplete, char = found.groups()
        if short or long:
            point = int(short or long, 16)
            if point <= _MAX_CODE_POINT and point not in _SURROGATES:
                return chr(point)
            problem = (
                "This escape is no Unicode character",
                "Write the code point of a character, surrogates excluded.",
            )
        elif incomplete:
            digits = 4 if incomplete == "u" else 8
            problem = (
                "This escape is incomplete",
                f"\\{incomplete} is followed by exactly {digits} hexadecimal digits.",
            )
        elif char is None:
            return found[0][1:]
        elif char in _SIMPLE:
            return _SIMPLE[char]
        else:
            problem = (
                f'"\\{char}" is not an escape',
                'The escapes are \\n, \\r, \\t, \\", \\\\, \\uNNNN and \\UNNNNNNNN. Write \\\\ for a backslash.',
            )
        source.report("invalid_escape", *problem, start + found.start(), start + found.end())
        return found[0]

    return _normal(_ESCAPE.sub(one, raw))


def _normal(text: str) -> str:
    """Unicode's composed form, as HCL has it: what looks the same is the same."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def quoted(parts: Parts, first: Token, last: Token) -> syntax.Expression:
    """The node of ``"…"`` with interpolations or directives."""
    texts = {id(token): unescape(first.frame.source, token.text, token.start) for token in _texts(parts)}
    return _template(parts, texts, first, last)


def heredoc(parts: Parts, first: Token, last: Token) -> syntax.Expression:
    """The node of ``<<MARKER``; with ``<<-`` the indentation common to all lines is removed."""
    texts = {id(token): token.text for token in _texts(parts)}
    if first.text.startswith("<<-"):
        _outdent(parts, texts)
    for key, text in texts.items():
        texts[key] = _normal(_SEQUENCE.sub(lambda found: found[0][1:], text))
    return _template(parts, texts, first, last)


def _texts(parts: Parts) -> Iterator[Token]:
    for part in parts:
        if isinstance(part, Token):
            yield part
        else:
            yield from _texts(part.body or [])
            yield from _texts(part.other or [])


def _flat(parts: Parts) -> Iterator[Token | None]:
    """Texts in order, with None for each sequence's edge: whether a line begins with text decides its indentation."""
    for part in parts:
        if isinstance(part, Token):
            yield part
            continue
        yield None
        for inner in (part.body, part.other):
            if inner is not None:
                yield from _flat(inner)
                yield None


def _outdent(parts: Parts, texts: dict[int, str]) -> None:
    indents: list[int] = []
    line_begins = True
    for token in _flat(parts):
        if token is None:
            if line_begins:
                indents.append(0)
            line_begins = False
            continue
        for line in _LINES.findall(token.text):
            if line_begins and (line.strip() or not line.endswith("\n")):
                indents.append(len(line) - len(line.lstrip()))
            line_begins = line.endswith("\n")
    cut = min(indents, default=0)
    line_begins = True
    for token in _flat(parts):
        if token is None:
            line_begins = False
            continue
        kept = []
        for line in _LINES.findall(token.text):
            blank = not line.strip() and line.endswith("\n")
            kept.append(line[cut:] if line_begins and not blank else line)
            line_begins = line.endswith("\n")
        texts[id(token)] = "".join(kept)


def _template(parts: Parts, texts: dict[int, str], first: Token, last: Token) -> syntax.Expression:
    source = first.frame.source
    place = Place(source, first.start, last.end)
    nodes = _nodes(parts, texts, strip_first=False, strip_last=False)
    wrapped = len(parts) == 1 and isinstance(parts[0], Sequence) and parts[0].body is None
    if (
        all(isinstance(node, syntax.Literal) for node in nodes)
        and not wrapped
        and all(isinstance(p, Token) for p in parts)
    ):
        return syntax.Literal(span=place, value="".join(texts[id(p)] for p in parts))
    return syntax.Template(span=place, parts=tuple(nodes), wrapped=wrapped)


def _nodes(
    parts: Parts, texts: dict[int, str], *, strip_first: bool, strip_last: bool
) -> list[syntax.Expression]:
    nodes: list[syntax.Expression] = []
    for i, part in enumerate(parts):
        if isinstance(part, Sequence):
            nodes.append(_node(part, texts))
            continue
        text = texts[id(part)]
        before = parts[i - 1] if i else None
        after = parts[i + 1] if i + 1 < len(parts) else None
        if strip_first if before is None else isinstance(before, Sequence) and before.last.text[0] == "~":
            text = _strip_left(text, part)
        if strip_last if after is None else isinstance(after, Sequence) and _strips(after.first):
            text = _strip_right(text, part)
        if text:
            nodes.append(syntax.Literal(span=Place(part.frame.source, part.start, part.end), value=text))
    return nodes


def _strip_left(text: str, token: Token) -> str:
    """Without the white space that it begins with; in a heredoc as far as the line goes, its end included."""
    end = text.find("\n") + 1 if token.frame.kind == HEREDOC else 0
    return text[:end].lstrip() + text[end:] if end else text.lstrip()


def _strip_right(text: str, token: Token) -> str:
    """Without the white space that it ends with; in a heredoc as far as the line goes, its end included."""
    start = text.rfind("\n", 0, -1) + 1 if token.frame.kind == HEREDOC else 0
    return text[:start] + text[start:].rstrip()


def _strips(opener: Token) -> bool:
    return opener.text.startswith("~", 2)


def _node(part: Sequence, texts: dict[int, str]) -> syntax.Expression:
    if part.body is None:
        return part.value
    source = part.first.frame.source
    assert part.opened is not None  # noqa: S101 - a directive with a body has both
    assert part.closing is not None  # noqa: S101
    place = Place(source, part.first.start, part.last.end)
    ends = part.middle[0] if part.middle else part.closing
    body = _branch(part.body, texts, part.opened, ends)
    if part.names is not None:
        key, value = part.names
        return syntax.TemplateFor(span=place, key=key, value=value, collection=part.value, body=body)
    if part.middle is not None and part.other is not None:
        otherwise = _branch(part.other, texts, part.middle[1], part.closing)
    else:
        otherwise = syntax.Template(span=Place(source, part.closing.start, part.closing.start), parts=())
    return syntax.TemplateIf(span=place, condition=part.value, then=body, otherwise=otherwise)


def _branch(parts: Parts, texts: dict[int, str], opened: Token, closing: Token) -> syntax.Template:
    nodes = _nodes(parts, texts, strip_first=opened.text[0] == "~", strip_last=_strips(closing))
    return syntax.Template(span=Place(opened.frame.source, opened.end, closing.start), parts=tuple(nodes))
