"""One type for both sides of ``?:``, as HCL's reference finds it: what the side not taken is decides what the taken one becomes.

A value's type here is what the reference gives it: None for null, which may become anything, a word for a text, a number
or a bool, and the types of all parts for a list or an object. Numbers and bools become text beside text. Lists of one
length and objects of the same names agree part by part, others only if all their parts are of one type. The rules are
those of cty's `convert.UnifyUnsafe`; ``make conformance`` compares.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from engine.language.binary import BinaryFraction
from engine.language.meter import Meter
from engine.language.values import UnfitError, kind, text

#: None, a word, or (word, types of the parts): a tuple's and an object's as many as there are, a list's and a map's one.
_Type = Any
#: There is no such type.
_NONE = ("none", ())
#: How many arguments are told.
_SHOWN = 8
_PLAIN = (str, bool, int, float, BinaryFraction, type(None))
_SIMPLE = ("bool", "number", "string")
#: Steps that a type takes to be unified with another, for each type in it.
_WORK = 8
_TEXT, _TUPLE, _OBJECT, _LIST, _MAP = "string", "tuple", "object", "list", "map"


def unified(taken: Any, other: Any, meter: Meter) -> Any:
    """The value of a conditional whose condition chose `taken`; raises `UnfitError` if no type fits both."""
    if taken is other or taken is None or other is None or type(taken) is type(other) is str:
        return taken
    if not _is_plain(taken) or not _is_plain(other):
        return taken
    types = _Types(meter)
    mine, its = types.of(taken), types.of(other)
    if mine == its:
        return taken
    meter.step(_WORK * (types.size(mine) + types.size(its)))
    wanted = _unify([mine, its])
    if wanted == _NONE:
        raise UnfitError(_difference(taken, other))
    return _convert(taken, mine, wanted)


def chosen(value: Any, among: Sequence[Any], meter: Meter) -> Any:
    """What `coalesce` makes of the value that it chose: a text where it, or another, is one. Lists and objects stay as they are."""
    if any(not isinstance(each, _PLAIN) for each in among):
        return value
    types = _Types(meter)
    wanted = _unify([types.of(each) for each in among])
    if wanted == _NONE:
        raise UnfitError("the arguments are not of one type: " + ", ".join(map(kind, among[:_SHOWN])))
    return _convert(value, types.of(value), wanted)


def _difference(taken: Any, other: Any) -> str:
    mine, its = kind(taken), kind(other)
    return f"are {mine} and {its}" if mine != its else f"are each {mine}, of parts that are not of one type"


def _is_plain(value: Any) -> bool:
    """Whether all of it is there; what is made up while it is looked at has no type yet."""
    return not isinstance(value, Mapping) or isinstance(value, dict)


class _Types:
    """The types of values: of one value it is found once, and equal types are one object.

    A value that stands in another many times is not walked many times: there may be more paths to it than can be.
    """

    __slots__ = ("_known", "_made", "_meter", "_sizes")

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        #: By the identity of the value.
        self._known: dict[int, _Type] = {}
        #: By the names and the identities of the parts.
        self._made: dict[Any, _Type] = {}
        self._sizes: dict[int, int] = {}

    def of(self, value: Any) -> _Type:
        """The type of a value."""
        if value is None:
            return None
        if isinstance(value, str):
            return _TEXT
        if isinstance(value, bool):
            return "bool"
        if not isinstance(value, (list, tuple, dict)):
            return None if isinstance(value, Mapping) else "number"
        found = self._known.get(id(value))
        if found is None:
            self._meter.step(len(value))
            found = self._known[id(value)] = self._type(value)
        return found

    def _type(self, value: Any) -> _Type:
        names = sorted(value) if isinstance(value, dict) else None
        inner = (
            [self.of(item) for item in value] if names is None else [self.of(value[name]) for name in names]
        )
        key = (None if names is None else tuple(names), tuple(map(id, inner)))
        made = self._made.get(key)
        if made is None:
            made = (
                (_TUPLE, tuple(inner)) if names is None else (_OBJECT, tuple(zip(names, inner, strict=True)))
            )
            self._made[key] = made
            self._sizes[id(made)] = 1 + sum(map(self.size, inner))
        return made

    def size(self, type_: _Type) -> int:
        """How many types there are in one, each as often as it stands there."""
        return self._sizes.get(id(type_), 1)


def _unify(types: list[_Type]) -> _Type:
    """The type that all of these can become, or `_NONE`; None = each stays as it is."""
    if not types:
        return _NONE
    if all(each == types[0] for each in types):
        return types[0]
    known = [each for each in types if each is not None]
    kinds = {_word(each) for each in known}
    if len(kinds) == 1 and kinds <= {_TUPLE, _OBJECT}:
        if len(known) < len(types):
            return None
        return _unify_parts(known, _TUPLE in kinds)
    if _TUPLE in kinds and _OBJECT in kinds:
        return _NONE
    if kinds <= set(_SIMPLE) and (_TEXT in kinds or len(kinds) == 1):
        return _TEXT if _TEXT in kinds else known[0]
    return _NONE if len(known) == len(types) else None


def _word(type_: _Type) -> str:
    return str(type_ if isinstance(type_, str) else type_[0])


def _unify_parts(types: list[_Type], tuples: bool) -> _Type:  # noqa: FBT001
    """Lists of one length, or objects of the same names, agree part by part; others become lists or maps of one type."""
    names = [range(len(parts)) if tuples else [name for name, _ in parts] for _, parts in types]
    if all(each == names[0] for each in names):
        across = zip(*[parts if tuples else [inner for _, inner in parts] for _, parts in types], strict=True)
        found = [_unify(list(each)) for each in across]
        if _NONE in found:
            return _NONE
        made = (_TUPLE, tuple(found)) if tuples else (_OBJECT, tuple(zip(names[0], found, strict=True)))
        if all(each == made or _converts(each, made) for each in types):
            return made
    inner = _unify([part for each in types for part in _inner(each)])
    made = (_LIST if tuples else _MAP, (inner,))
    return _NONE if inner == _NONE or not all(_converts(each, made) for each in types) else made


def _inner(type_: _Type) -> list[_Type]:
    """The types of the parts."""
    word, parts = type_
    return [inner for _, inner in parts] if word == _OBJECT else list(parts)


def _converts(given: _Type, wanted: _Type) -> bool:
    """Whether a value of one type can become one of another."""
    if given is None or wanted is None or given == wanted:
        return True
    if isinstance(given, str) or isinstance(wanted, str):
        return isinstance(given, str) and _TEXT in (wanted, given)
    if wanted[0] in (_LIST, _MAP):
        return _gathers(given, wanted[1][0])
    return all(_converts(a, b) for a, b in zip(_inner(given), _inner(wanted), strict=True))


def _gathers(given: _Type, wanted: _Type) -> bool:
    """Whether all parts of a value can be of one type."""
    parts = _inner(given)
    if not parts:
        return True
    if wanted is None:
        wanted = _unify(parts)
        if wanted == _NONE or (wanted is None and given[0] == _TUPLE and any(p is not None for p in parts)):
            return False
    return all(_converts(part, wanted) for part in parts)


def _convert(value: Any, given: _Type, wanted: _Type) -> Any:
    if value is None or wanted is None or given == wanted:
        return value
    if isinstance(wanted, str):
        return text(value) if wanted == _TEXT else value
    parts = _inner(given)
    inner: _Type = None
    if wanted[0] in (_LIST, _MAP):
        [inner] = wanted[1]
        if inner is None and parts:
            inner = _unify(parts)
        targets = [inner] * len(parts)
    else:
        targets = _inner(wanted)
    items = [value[name] for name, _ in given[1]] if given[0] == _OBJECT else value
    made = [_convert(*each) for each in zip(items, parts, targets, strict=True)]
    if wanted[0] in (_LIST, _MAP) and _is_open(inner):
        _alike(made)
    return made if given[0] == _TUPLE else dict(zip([name for name, _ in given[1]], made, strict=True))


def _is_open(type_: _Type) -> bool:
    """Whether something in it may be left as it is."""
    todo, seen = [type_], set[int]()
    while todo:
        current = todo.pop()
        if current is None:
            return True
        if not isinstance(current, str) and id(current) not in seen:
            seen.add(id(current))
            todo += _inner(current)
    return False


def _alike(items: list[Any]) -> None:
    """A part that was left as it is, beside null, may still differ from the others."""
    found = _Types(Meter())
    types = [found.of(item) for item in items if item is not None]
    if all(each == types[0] for each in types):
        return
    whole = _unify(types) if len(types) == len(items) else _NONE
    if whole == _NONE or not all(_is_of(each, whole) for each in types):
        raise UnfitError("have parts that are not of one type")


def _is_of(given: _Type, wanted: _Type) -> bool:
    if given is None or given == wanted:
        return True
    if wanted is None or isinstance(given, str) or isinstance(wanted, str):
        return False
    if wanted[0] in (_LIST, _MAP):
        return all(_is_of(each, wanted[1][0]) for each in _inner(given))
    return len(given[1]) == len(wanted[1]) and all(map(_is_of, _inner(given), _inner(wanted)))
