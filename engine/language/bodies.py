"""Bodies: sorting items into attributes and blocks, and checking what stands between them."""

from typing import Any

from engine.language import syntax
from engine.language.complaints import (
    BLOCK_IN_ONE_LINE_BLOCK,
    COMMA_BETWEEN_ATTRIBUTES,
    LINE_BREAK_MISSING,
    ONE_LINE_BLOCK_TOO_LONG,
)
from engine.language.source import Place, Source
from engine.language.subjects import block_begins, extent
from engine.language.tokens import Token


def whole(content: list[Any], source: Source) -> syntax.Body:
    """The body of a file."""
    _check_separators(content)
    return _sort(content, Place(source, 0, len(source.text)))


def block_body(content: list[Any], opener: Token, closer: Token) -> syntax.Body:
    """The body of a block, between its braces."""
    if content:
        _check_lines(content, opener, closer)
    return _sort(content, Place(opener.frame.source, opener.start, closer.end))


def _sort(content: list[Any], place: Place) -> syntax.Body:
    """Part attributes from blocks; of two attributes with one name the first counts."""
    attributes: dict[str, syntax.Attribute] = {}
    blocks: list[syntax.Block] = []
    for item in content:
        if isinstance(item, syntax.Block):
            blocks.append(item)
        elif isinstance(item, syntax.Attribute):
            earlier = attributes.setdefault(item.name, item)
            if earlier is not item:
                again: Any = item.name_span
                place.source.report(
                    "duplicate_attribute",
                    f'"{item.name}" is set twice in this block',
                    f"It was set on line {earlier.span.line} already: keep one of the two.",
                    again.first,
                    again.last,
                )
    return syntax.Body(span=place, attributes=tuple(attributes.values()), blocks=tuple(blocks))


def _check_lines(content: list[Any], opener: Token, closer: Token) -> None:
    """A block is empty, holds one attribute on its own line, or gives each item a line."""
    first = content[0]
    if isinstance(first, Token):
        _check_separators([*content, closer])
        return
    source = opener.frame.source
    if isinstance(first, syntax.Block):
        name: Any = first.type_span
        brace: Any = first.body.span
        source.report(*BLOCK_IN_ONE_LINE_BLOCK, name.first, block_begins(first.labels, brace.first + 1))
        return
    if len(content) == 1:
        return
    second = content[1]
    if isinstance(second, Token) and second.type == "NEWLINE":
        source.report(
            "one_line_block_unclosed",
            "A block that begins on its opening line must end there",
            'Break the line after "{", or put the "}" on the same line.',
            *extent(second),
        )
        return
    start, end = _extent(second)
    source.report(*ONE_LINE_BLOCK_TOO_LONG, start, end)


def _check_separators(content: list[Any]) -> None:
    """Every attribute and block is followed by a line break; only the first offence on a line is reported."""
    line_done = False
    reported = False
    for item in content:
        if isinstance(item, Token) and item.type == "NEWLINE":
            line_done = reported = False
            continue
        comma = isinstance(item, Token) and item.type == "COMMA"
        if comma or line_done:
            if not reported:
                start, end = _extent(item)
                source = item.frame.source if isinstance(item, Token) else item.span.source
                source.report(*(COMMA_BETWEEN_ATTRIBUTES if comma else LINE_BREAK_MISSING), start, end)
                reported = True
            continue
        line_done = True


def _extent(item: Any) -> tuple[int, int]:
    if isinstance(item, Token):
        return extent(item)
    place: Any = item.type_span if isinstance(item, syntax.Block) else item.name_span
    return place.first, place.last
