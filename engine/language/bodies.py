"""Bodies: sorting items into attributes and blocks, and checking what stands between them."""

from typing import Any

from engine.language import syntax
from engine.language.complaints import (
    BLOCK_IN_ONE_LINE_BLOCK,
    COMMA_BETWEEN_ATTRIBUTES,
    LINE_BREAK_MISSING,
    ONE_LINE_BLOCK_TOO_LONG,
    ONE_LINE_BLOCK_UNCLOSED,
)
from engine.language.source import Place, Source
from engine.language.tokens import Token


def whole(content: list[Any], source: Source) -> syntax.Body:
    """The body of a file."""
    return _body(content, Place(source, 0, len(source.text)), None)


def block_body(content: list[Any], opener: Token, closer: Token) -> syntax.Body:
    """The body of a block, between its braces: empty, one attribute on one line, or a line for each item."""
    place = Place(opener.frame.source, opener.start, closer.end)
    one_line = content and type(content[0]) is not Token
    if one_line:
        _check_one_line(content, place.source)
    return _body(content, place, None if one_line else closer, told=bool(one_line))


def _body(content: list[Any], place: Place, closer: Token | None, *, told: bool = False) -> syntax.Body:
    """Part attributes from blocks, and report where no line break follows one, once a line (never, if `told`)."""
    attributes: dict[str, syntax.Attribute] = {}
    blocks: list[syntax.Block] = []
    begun, never = False, told
    for item in content:
        kind = type(item)
        if kind is Token and item.type == "NEWLINE":
            begun, told = False, never
            continue
        if (begun or kind is Token) and not told:
            told = True
            _misplaced(item, place.source)
        if kind is Token:
            continue
        begun = True
        if kind is syntax.Block:
            blocks.append(item)
        elif attributes.setdefault(item.name, item) is not item:
            _twice(item, attributes[item.name], place.source)
    if begun and closer is not None and not told:
        _misplaced(closer, place.source)
    return syntax.Body(span=place, attributes=tuple(attributes.values()), blocks=tuple(blocks))


def _misplaced(item: Any, source: Source) -> None:
    comma = isinstance(item, Token) and item.type == "COMMA"
    source.report(*(COMMA_BETWEEN_ATTRIBUTES if comma else LINE_BREAK_MISSING).told, *_extent(item))


def _twice(again: syntax.Attribute, earlier: syntax.Attribute, source: Source) -> None:
    """Of two attributes with one name the first counts."""
    name: Any = again.name_span
    source.report(
        "duplicate_attribute",
        f'"{again.name}" is set twice in this block',
        f"It was set on line {earlier.span.line} already: keep one of the two.",
        name.first,
        name.last,
    )


def _check_one_line(content: list[Any], source: Source) -> None:
    """A block whose first item stands on its opening line holds one attribute and nothing else."""
    first = content[0]
    if isinstance(first, syntax.Block):
        from engine.language.subjects import block_begins  # only a mistake needs it

        name: Any = first.type_span
        brace: Any = first.body.span
        source.report(*BLOCK_IN_ONE_LINE_BLOCK.told, name.first, block_begins(first.labels, brace.first + 1))
    elif len(content) > 1:
        second = content[1]
        line_ends = isinstance(second, Token) and second.type == "NEWLINE"
        problem = ONE_LINE_BLOCK_UNCLOSED if line_ends else ONE_LINE_BLOCK_TOO_LONG
        source.report(*problem.told, *_extent(second))


def _extent(item: Any) -> tuple[int, int]:
    if isinstance(item, Token):
        from engine.language.subjects import extent  # only a mistake needs it

        return extent(item)
    place: Any = item.type_span if isinstance(item, syntax.Block) else item.name_span
    return place.first, place.last
