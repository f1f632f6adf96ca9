"""What a syntax error within a value leaves of its attribute: the name, and a value that nobody knows.

So the rest of the file is read as it stands, and nobody takes what was read of the value for the whole of it.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from engine.diagnostics import Diagnostic
from engine.language import syntax
from engine.language.source import Place, Source
from engine.language.tokens import Token

#: Errors after which nobody knows where the value ends: what opens or closes something is missing, or one too many.
BOUNDLESS = frozenset({
    "mismatched", "nested_too_deeply", "strip_marker_misplaced", "unclosed", "unclosed_comment", "unclosed_heredoc", "unopened",
})  # fmt: skip
#: Errors that are found when a value is whole, and that leave it in the tree.
_WITHIN = frozenset({
    "invalid_escape", "legacy_index", "nested_splat", "number_malformed", "number_out_of_range",
})  # fmt: skip


class Broken(NamedTuple):
    """An attribute with a syntax error in its value."""

    name: str
    #: Its first character.
    first: int
    #: The first character of its value.
    value: int
    #: What was taken for the whole of it, and stands among what is complete.
    instead: syntax.Attribute | None = None


def broken(content: Sequence[Any], item: Sequence[Any], token: Token, *, continued: bool) -> Broken | None:
    """The attribute that breaks off, or goes on where it cannot; None if the error is in no attribute's value.

    `content` is what is complete of the body, `item` what was read of the item that breaks off at a `token`; it may have `continued` the
    value of the line before.
    """
    begun = [each for each in item[:2] if isinstance(each, Token)]
    if [each.type for each in begun] == ["IDENT", "EQUAL"]:
        return Broken(begun[0].text, begun[0].start, begun[1].end)
    if [each.type for each in begun] == ["IDENT"] and token.type == "COLON":
        return Broken(begun[0].text, begun[0].start, token.end)
    complete = [each for each in content[-2:] if isinstance(each, syntax.Attribute)]
    if complete and (complete[-1] is content[-1] or continued):
        place: Any = complete[-1].span
        value: Any = complete[-1].value.span
        return Broken(complete[-1].name, place.first, value.first, complete[-1])
    return None


def keep(content: list[Any], found: Broken, end: int, source: Source) -> None:
    """End a body's content with an attribute whose value nobody knows, and which ends at a character."""
    if found.instead is not None:
        content.remove(found.instead)
    content.append(_attribute(found, end, source))


def _attribute(found: Broken, end: int, source: Source) -> syntax.Attribute:
    value = syntax.Unread(span=Place(source, found.value, max(found.value, end)))
    return syntax.Attribute(
        span=Place(source, found.first, max(found.value, end)), name=found.name, value=value
    )


def without_broken(body: syntax.Body, problems: Iterable[Diagnostic], replaced: Iterable[int]) -> syntax.Body:
    """The same body, where the values are unknown that a problem was found in when they were whole.

    So are those around what was `replaced`, by the bytes before it.
    """
    places = list(replaced)
    places += [p.subject.start for p in problems if p.code in _WITHIN and p.subject is not None]
    return _without(body, places) if places else body


def _without(body: syntax.Body, places: list[int]) -> syntax.Body:
    return syntax.Body(
        span=body.span,
        attributes=tuple(_unknown(a) if _holds(a.value, places) else a for a in body.attributes),
        blocks=tuple(
            syntax.Block(span=b.span, type=b.type, labels=b.labels, body=_without(b.body, places))
            if _holds(b.body, places)
            else b
            for b in body.blocks
        ),
    )


def _holds(node: syntax.Node, places: list[int]) -> bool:
    start, end = node.span.start, node.span.end
    return any(start <= place < end for place in places)


def _unknown(attribute: syntax.Attribute) -> syntax.Attribute:
    return syntax.Attribute(
        span=attribute.span, name=attribute.name, value=syntax.Unread(span=attribute.value.span)
    )
