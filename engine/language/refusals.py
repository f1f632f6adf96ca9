"""Why a text breaks off where it does: problems, each with the range that it underlines."""

from collections.abc import Collection, Iterator
from typing import Any

from engine.frozen import frozen
from engine.language import syntax
from engine.language.complaints import (
    BLOCK_IN_ONE_LINE_BLOCK,
    EQUALS_MISSING,
    LABEL_NOT_LITERAL,
    LINE_BREAK_MISSING,
    ONE_LINE_BLOCK_TOO_LONG,
    complaint,
    still_open,
)
from engine.language.habits import habit
from engine.language.subjects import Range, block_begins, extent, first_sequence, is_name, subject
from engine.language.tokens import BLOCK, Frame, Problem, Token, opening


@frozen
class Refused:
    """A token that does not fit, and what the parser had in hand."""

    #: The token.
    token: Token
    #: The one before it, which did fit.
    before: Token | None
    #: The types that would have fitted.
    expected: Collection[str]
    #: What is complete in the innermost body: attributes, blocks and what separates them.
    content: list[Any]
    #: What was read of the item that breaks off.
    item: list[Any]
    #: Everything that is not complete.
    values: list[Any]
    #: The token that plainly begins the next item, though a bracket is still open.
    next_item: Token | None
    #: A block that probably took another one's brace, and where that brace is.
    suspect: tuple[Frame, int] | None


def refusals(refused: Refused) -> Iterator[tuple[Problem, Range]]:
    """What is wrong, in the order of the text: with the item that the token spoils, and with the token itself."""
    token = refused.token
    invalid = token.type == "INVALID"
    if invalid and token.problem.code == "nested_too_deeply":
        yield token.problem, (token.start, token.end)  # a limit of ours says nothing about the text around it
        return
    if invalid and token.problem.code == "unclosed_comment":
        token.start, token.end = _comment_opener(refused)
    spoilt = _spoilt_before(refused)
    place = subject(token, refused.before, refused.expected, refused.item, refused.values)
    text = token.frame.source.text
    if spoilt is not None:
        problem, place = spoilt
        yield habit(problem, text, place[0]), place
    elif not invalid or place[0] < token.start:
        yield habit(_misfit(refused), text, place[0]), place
    if invalid:
        yield token.problem, (token.start, token.end)


def _comment_opener(refused: Refused) -> Range:
    """The slash of a comment that is never closed; where a slash could divide, the star after it."""
    start = refused.token.start + ("OPERATOR" in refused.expected)
    return start, start + 1


def _spoilt_before(refused: Refused) -> tuple[Problem, Range] | None:
    """What is wrong with an item from its first word on."""
    content, item = refused.content, refused.item
    if not item or not is_name(item[0]):
        return None
    name = item[0]
    place = name.start, name.end
    if content and isinstance(content[-1], syntax.Node):
        one_line = name.frame.kind == BLOCK and not any(isinstance(each, Token) for each in content)
        return (ONE_LINE_BLOCK_TOO_LONG if one_line else LINE_BREAK_MISSING), place
    if len(item) == 1 or not isinstance(item[1], list):
        return None  # an attribute, or no more than a name
    _, labels, *rest = item
    if (labels or rest) and not content and name.frame.kind == BLOCK:
        opened = any(isinstance(each, Token) and each.type == "LBRACE" for each in rest)
        problem = BLOCK_IN_ONE_LINE_BLOCK if opened else EQUALS_MISSING
        return problem, (name.start, block_begins(labels, _first_end(rest[0]) if rest else 0))
    return _label_not_literal(rest[0], refused.token) if rest else None


def _first_end(value: Any) -> int:
    """The end of what a reader sees first of a value: of a token, or of the quotes of a text that was read whole."""
    if isinstance(value, Token):
        return extent(value)[1]
    place: Any = value.span
    first: int = place.first
    return first + 1


def _label_not_literal(label: Any, token: Token) -> tuple[Problem, Range] | None:
    """What is wrong with a label that breaks off, or is not followed by what a label is followed by."""
    if isinstance(label, syntax.Template):
        place: Any = label.span
        return LABEL_NOT_LITERAL, first_sequence(place.source.text, place.first + 1)
    if isinstance(label, Token) and label.type == "QUOTE":
        start, end = first_sequence(label.frame.source.text, label.end)
        if start < end <= token.end:
            return LABEL_NOT_LITERAL, (start, end)
    return None


def _misfit(refused: Refused) -> Problem:
    token, opener = refused.token, refused.next_item and refused.next_item.frame.opener
    if opener is not None:
        return still_open(opener.opens)
    problem = complaint(token, refused.before, refused.expected)
    if problem.code == "unclosed" and token.frame.kind == BLOCK:
        return _where_missing(problem, refused)
    return problem


def _where_missing(problem: Problem, refused: Refused) -> Problem:
    """The problem of a block that is never closed, with where its indentation says that a brace is missing."""
    frame = refused.token.frame
    source, opener = frame.source, frame.opener
    if refused.suspect is not None:
        taken, brace = refused.suspect
        first: Any = opening(taken.opener)
        lines = tuple(source.position(at)[0] for at in (first[0], brace))
        return problem._replace(
            detail=f'The "}}" is probably missing between line {lines[0]} and line {lines[1]}, '
            "whose brace stands further left than the block that it closes.",
            signs=(
                (*first, "this block seems not to be closed"),
                (brace, brace + 1, "this stands further left"),
            ),
        )
    left = None if opener is None else source.indentation(opener.start)
    for item in refused.content:
        if isinstance(item, syntax.Node) and left is not None:
            start, end = _name_of(item)
            if source.indentation(start) <= left:
                return problem._replace(
                    detail=f'The "}}" is probably missing before line {source.position(start)[0]}, '
                    "which stands no further right than the block that is open.",
                    signs=((start, end, "this seems to stand outside it"),),
                )
    return problem


def _name_of(item: Any) -> Range:
    place: Any = item.type_span if isinstance(item, syntax.Block) else item.name_span
    return place.first, place.last
