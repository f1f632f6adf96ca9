"""What functions give where that follows from the types of their arguments, of which there is at least one."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engine.language.types import (
    ANY,
    NOTHING,
    OBJECT,
    STRING,
    Type,
    joined,
    list_of,
    object_of,
    perhaps,
    tuple_of,
)
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


def _one(arguments: Sequence[Type]) -> Type:
    """An element of the first list; what is no list never comes so far."""
    return arguments[0].element() if "list" in arguments[0].kinds else NOTHING


def _first(arguments: Sequence[Type]) -> Type:
    """Some of the first list's elements, in any order."""
    return list_of(_one(arguments))


def _elements(arguments: Sequence[Type]) -> Type:
    """Elements of all the lists."""
    return list_of(joined(_one([each]) for each in arguments))


def _member(arguments: Sequence[Type]) -> Type:
    """An attribute of the first object, whichever it is, or the default."""
    default = arguments[_DEFAULT:]
    return joined([arguments[0].attributes(), *default])


def _merged(arguments: Sequence[Type]) -> Type:
    """The attributes of all the objects if each of them is known and no null."""
    if any(not each.only("object") or each.members is None or each.open for each in arguments):
        return OBJECT
    members: dict[str, Type] = {}
    for each in arguments:
        for name, found in (each.members or {}).items():
            members[name] = found if name not in members else joined((members[name], found))
    return object_of(members)


#: Where `lookup` has its default.
_DEFAULT = 2
#: The rules, by the names of the functions.
RESULTS: Mapping[str, Callable[[Sequence[Type]], Type]] = {
    "regex": _match,
    "regexall": lambda arguments: list_of(_match(arguments)),
    "chunklist": lambda arguments: list_of(_first(arguments)),
    "coalescelist": _elements,
    "compact": _elements,
    "concat": _elements,
    "distinct": _first,
    "element": _one,
    "lookup": _member,
    "matchkeys": _first,
    "merge": _merged,
    "one": lambda arguments: perhaps(_one(arguments)),
    "reverse": _first,
    "setintersection": _elements,
    "setsubtract": _first,
    "setsymmetricdifference": _elements,
    "setunion": _elements,
    "slice": _first,
    "values": lambda arguments: list_of(arguments[0].attributes()),
}
