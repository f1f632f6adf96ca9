"""What functions give where that follows from the types of their arguments, of which there is at least one."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engine.language.types import ANY, STRING, Type, list_of, object_of, perhaps, tuple_of
from engine.language.values import UnfitError, text


def _match(arguments: Sequence[Type]) -> Type:
    """A match of a pattern that is known: its text, its groups, or its groups by their names."""
    from engine.language.functions.compiled_patterns import check_pattern, compiled

    try:
        pattern = text(arguments[0].value)
        check_pattern(pattern)
    except UnfitError:
        return ANY
    matcher: Any = compiled(pattern)
    if not matcher.groups:
        return STRING
    group = perhaps(STRING)  # it may have no part in the match
    if not matcher.groupindex:
        return tuple_of([group] * matcher.groups)
    return object_of(dict.fromkeys(matcher.groupindex, group))


#: The rules, by the names of the functions.
RESULTS: Mapping[str, Callable[[Sequence[Type]], Type]] = {
    "regex": _match,
    "regexall": lambda arguments: list_of(_match(arguments)),
}
