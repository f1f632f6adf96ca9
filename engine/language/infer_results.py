"""What functions give where that follows from the types of their arguments, of which there is at least one."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from engine.language.types import (
    ANY,
    NOTHING,
    NULL,
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


class _MergedFields:
    """The attributes of merged objects, of which a sender describes one at least."""

    __slots__ = ("_objects", "always", "known", "open")

    def __init__(self, objects: Sequence[Type]) -> None:
        self._objects = objects
        #: The names that are written out.
        self.known = tuple(dict.fromkeys(name for each in objects for name in _names(each)))
        #: Nothing is said of what is there in all of them.
        self.always: frozenset[str] = frozenset()
        #: There may be others.
        self.open = any(each.open if each.fields is None else each.fields.open for each in objects)

    def field(self, name: str) -> Type | None:
        """What an attribute is, whichever object it comes from; None if it comes from none."""
        return _attribute(self._objects, name)


def _names(object_: Type) -> Iterable[str]:
    return (object_.members or ()) if object_.fields is None else object_.fields.known


def _attribute(objects: Sequence[Type], name: str) -> Type | None:
    found = [inner for each in objects if (inner := each.attribute(name)) is not None]
    return joined(found) if found else None


def _merged(arguments: Sequence[Type]) -> Type:
    """The attributes of all the objects, as far as any of them is known; null has none."""
    objects = [each for each in arguments if each.kinds != NULL.kinds]
    if any(
        not each.only("object", "null") or (each.members is None and each.fields is None) for each in objects
    ):
        return OBJECT
    if any(each.fields is not None for each in objects):
        return Type(kinds=OBJECT.kinds, fields=_MergedFields(objects))
    names = dict.fromkeys(name for each in objects for name in _names(each))
    members = {name: _attribute(objects, name) or ANY for name in names}
    return object_of(members, more=any(each.open for each in objects))


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
