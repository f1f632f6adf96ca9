"""Types: what is known of a value before anything is evaluated. A type is the set of values that an expression may have.

It always holds every value that can come; so what fits none of its kinds fails for certain, and what fits one of them
may succeed and is nobody's business before it runs.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Protocol

from engine.language.binary import BinaryFraction
from engine.language.choices import Choices, together

#: Kinds of values, in the order in which they are told.
KINDS = ("bool", "number", "string", "list", "object", "null")
_WORDS = {"null": "null", "object": "an object"}
#: The value is not known.
UNKNOWN: Any = object()
#: Elements and attributes that are kept one by one.
_MOST_PARTS = 64
#: Types in a type, at any depth, before no more is known of its parts: a value that is written twice a level grows fast.
_MOST_TYPES = 1024


class Fields(Protocol):
    """The attributes of an object that somebody else describes: a sender, of its payloads."""

    #: Their names.
    known: tuple[str, ...]
    #: There may be others.
    open: bool
    #: Those that are there in every such object, and not null.
    always: frozenset[str]

    def field(self, name: str) -> "Type | None":
        """The type of an attribute; None if there is none of that name."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Type:
    """A set of values."""

    #: The kinds of them, of `KINDS`.
    kinds: frozenset[str]
    #: What the elements are, one by one; None where their number is not known.
    items: "tuple[Type, ...] | None" = None
    #: What any element, or any attribute that is not among the members, is; None = anything.
    inner: "Type | None" = None
    #: The attributes that there may be; None where any may be.
    members: "Mapping[str, Type] | None" = None
    #: There may be attributes besides the members.
    open: bool = False
    #: In place of members.
    fields: Fields | None = None
    #: The only value.
    value: Any = UNKNOWN
    #: Texts among them may spell a number or a bool.
    spells: bool = True
    #: What the texts among them are known to be; None where they can be any.
    choices: Choices | None = None
    #: The numbers among them are whole.
    whole: bool = False
    #: None of the numbers among them is below it; None where there is no such bound.
    least: int | None = None
    #: How many types there are in it, itself included.
    size: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Count the parts, each as often as it stands there."""
        inner = 0 if self.inner is None else self.inner.size
        parts = (*(self.items or ()), *(self.members or {}).values())
        object.__setattr__(self, "size", 1 + inner + sum(part.size for part in parts))

    def element(self) -> "Type":
        """What an element of the list is."""
        return joined(self.items) if self.items is not None else self.inner or ANY

    def attribute(self, name: str) -> "Type | None":
        """What an attribute of the object is; None if there is none of that name."""
        if self.fields is not None:
            return self.fields.field(name)
        if self.members is not None and name in self.members:
            return self.members[name]
        return (self.inner or ANY) if self.members is None or self.open else None

    def attributes(self) -> "Type":
        """What any attribute of the object is."""
        if self.fields is not None or self.members is None or self.open:
            return self.inner or ANY if self.fields is None else ANY
        return joined(self.members.values())

    def only(self, *kinds: str) -> bool:
        """Whether its values are of these kinds, if there are any."""
        return self.kinds <= set(kinds)

    def told(self) -> str:
        """What its values are, in words; null only where they are nothing else."""
        kinds = [kind for kind in KINDS if kind in self.kinds and (kind != "null" or len(self.kinds) == 1)]
        return " or ".join(_WORDS.get(kind, f"a {kind}") for kind in kinds)


def _type(*kinds: str, inner: Type | None = None) -> Type:
    return Type(kinds=frozenset(kinds), inner=inner)


ANY = _type(*KINDS)
#: Of what never comes: an element of an empty list.
NOTHING = _type()
NULL, BOOL, NUMBER, STRING = _type("null"), _type("bool"), _type("number"), _type("string")
LIST, OBJECT = _type("list"), _type("object")
#: A time as text.
TIMESTAMP = replace(STRING, spells=False)


def list_of(inner: Type) -> Type:
    """Lists whose elements are of a type."""
    return _type("list", inner=inner)


def tuple_of(items: Iterable[Type]) -> Type:
    """Lists of so many elements."""
    listed = tuple(items)
    return Type(kinds=LIST.kinds, items=listed) if len(listed) <= _MOST_PARTS else list_of(joined(listed))


def map_of(inner: Type) -> Type:
    """Objects whose attributes, whatever their names, are of a type."""
    return _type("object", inner=inner)


def object_of(members: Mapping[str, Type], *, more: bool = False) -> Type:
    """Objects of these attributes; with `more` there may be others."""
    return Type(kinds=OBJECT.kinds, members=members, open=more)


def bounded(type_: Type) -> Type:
    """The same, without its parts if there are too many."""
    return type_ if type_.size <= _MOST_TYPES else Type(kinds=type_.kinds, value=type_.value)


def perhaps(type_: Type) -> Type:
    """The same, or null."""
    return replace(type_, kinds=type_.kinds | NULL.kinds, value=UNKNOWN)


def type_of(value: Any) -> Type:
    """The type that has this value only."""
    if value is None:
        return replace(NULL, value=None)
    if isinstance(value, bool):
        return replace(BOOL, value=value)
    if isinstance(value, str):
        return replace(STRING, value=value)
    if isinstance(value, (int, float, BinaryFraction)):
        return replace(NUMBER, value=value)
    if isinstance(value, (list, tuple)):
        return replace(tuple_of(map(type_of, value)) if len(value) <= _MOST_PARTS else LIST, value=value)
    if isinstance(value, Mapping):
        members = {str(name): type_of(item) for name, item in value.items()}
        return replace(object_of(members) if len(value) <= _MOST_PARTS else OBJECT, value=value)
    return ANY


def joined(types: Iterable[Type]) -> Type:
    """The type of what is of any of these types."""
    whole = NOTHING
    for each in types:
        whole = join(whole, each)
    return whole


def join(left: Type, right: Type) -> Type:
    """The type of what is of one type or the other."""
    if left is right or not right.kinds:
        return left
    if not left.kinds:
        return right
    return bounded(_join(left, right))


def _join(left: Type, right: Type) -> Type:
    counted = [each for each in (left, right) if "number" in each.kinds]
    bounds = [each.least for each in counted]
    made = Type(
        kinds=left.kinds | right.kinds,
        choices=_choices(left, right),
        whole=bool(counted) and all(each.whole for each in counted),
        least=min((bound for bound in bounds if bound is not None), default=None)
        if None not in bounds
        else None,
    )
    lists = [each for each in (left, right) if "list" in each.kinds]
    objects = [each for each in (left, right) if "object" in each.kinds]
    items = _joined_items(lists)
    inner = None
    if (lists and items is None) or (objects and any(each.members is None or each.open for each in objects)):
        inner = joined([*(e.element() for e in lists), *(e.attributes() for e in objects)])
    made = replace(made, items=items, inner=inner)
    if not objects:
        return made
    if all(each.fields is objects[0].fields for each in objects) and objects[0].fields is not None:
        return replace(made, fields=objects[0].fields)
    if any(each.fields is not None or each.members is None for each in objects):
        return made
    names = {name for each in objects for name in each.members or ()}
    members = {
        name: joined(t for t in (e.attribute(name) for e in objects) if t is not None) for name in names
    }
    return replace(made, members=members, open=any(each.open for each in objects))


def _choices(left: Type, right: Type) -> Choices | None:
    """What a text of either type is known to be; what is no text says nothing about it."""
    texts = [each for each in (left, right) if "string" in each.kinds]
    if len(texts) == 1:
        return texts[0].choices
    spelled = [each.value for each in texts if isinstance(each.value, str)]
    return together(left.choices, right.choices, *spelled)


def _joined_items(lists: list[Type]) -> tuple[Type, ...] | None:
    if not lists or any(each.items is None for each in lists):
        return None
    rows = [each.items or () for each in lists]
    if len({len(row) for row in rows}) > 1:
        return None
    return tuple(joined(column) for column in zip(*rows, strict=True))


def loosened(type_: Type) -> Type:
    """The same, with a number or a bool anywhere in it made a text perhaps: what `?:` may do to a side."""
    if type_ is ANY:
        return type_
    more = STRING.kinds if type_.kinds & (NUMBER.kinds | BOOL.kinds) else NOTHING.kinds
    return bounded(
        replace(
            type_,
            kinds=type_.kinds | more,
            items=None if type_.items is None else tuple(map(loosened, type_.items)),
            inner=None if type_.inner is None else loosened(type_.inner),
            members=None if type_.members is None else {n: loosened(t) for n, t in type_.members.items()},
            value=UNKNOWN,
        )
    )


@cache
def named(written: str) -> Type:
    """The type that is written so: ``string``, ``list(string)``, ``map(any)``, ``number?`` with null."""
    if written.endswith("?"):
        return perhaps(named(written[:-1]))
    outer, _, inner = written.removesuffix(")").partition("(")
    if inner:
        return list_of(named(inner)) if outer == "list" else map_of(named(inner))
    return ANY if outer == "any" else _type(outer)


def holds(type_: Type, value: Any) -> bool:
    """Whether a type has this value."""
    if type_.value is not UNKNOWN:
        return bool(type_.value == value)
    own = type_of(value)
    if not own.kinds <= type_.kinds or (own.kinds == NUMBER.kinds and not _counts(type_, value)):
        return False
    if isinstance(value, (list, tuple)):
        if type_.items is not None:
            return len(type_.items) == len(value) and all(map(holds, type_.items, value))
        return all(holds(type_.inner or ANY, item) for item in value)
    if isinstance(value, Mapping):
        inside = [(type_.attribute(name), item) for name, item in value.items()]
        return all(inner is not None and holds(inner, item) for inner, item in inside)
    return True


def _counts(type_: Type, value: Any) -> bool:
    """Whether a number is one of those that a type has."""
    if type_.whole and (isinstance(value, BinaryFraction) or value % 1):
        return False
    return type_.least is None or value >= type_.least
