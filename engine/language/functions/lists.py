"""Functions over lists and objects."""

from collections.abc import Mapping
from typing import Any

from engine.language.binary import Number, add, whole_part
from engine.language.functions import sets
from engine.language.functions.function import function
from engine.language.functions.numbers import whole
from engine.language.meter import Meter
from engine.language.values import UnfitError, equal, kind, text, truth

_MISSING = object()
#: More steps than any evaluation has.
_TOO_MANY = 1 << 60
_MAX_LIMITS = 3


def _keys(_meter: Meter, value: Mapping[str, Any]) -> list[str]:
    return sorted(value)


def _values(_meter: Meter, value: Mapping[str, Any]) -> list[Any]:
    return [value[key] for key in sorted(value)]


def _merge(meter: Meter, *objects: Mapping[str, Any] | None) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for value in objects:
        if value is not None:
            meter.step(len(value))
            merged.update(value)
    return merged


def _lookup(_meter: Meter, value: Mapping[str, Any], key: str, default: Any = _MISSING) -> Any:
    found = value.get(key, default)
    if found is _MISSING:
        raise UnfitError(f'has no attribute "{key}", and no default was given', 0)
    return found


def _transpose(meter: Meter, value: Mapping[str, Any]) -> dict[str, list[str]]:
    made: dict[str, list[str]] = {}
    for key in sorted(value):
        if not isinstance(value[key], (list, tuple)):
            raise UnfitError(f'has the attribute "{key}", which is {kind(value[key])}, not a list', 0)
        meter.step(len(value[key]))
        for item in value[key]:
            made.setdefault(_text(item), []).append(key)
    return {name: made[name] for name in sorted(made)}


def _text(value: Any) -> str:
    try:
        return text(value)
    except UnfitError as error:
        raise UnfitError(f"has an element that {error.message}", 0) from None


def _concat(meter: Meter, *lists: list[Any]) -> list[Any]:
    joined: list[Any] = []
    for each in lists:
        meter.step(len(each))
        joined += each
    return joined


def _flatten(meter: Meter, values: list[Any]) -> list[Any]:
    flat: list[Any] = []
    waiting = [iter(values)]
    while waiting:
        for value in waiting[-1]:
            meter.step()
            if isinstance(value, (list, tuple)):
                waiting.append(iter(value))
                break
            flat.append(value)
        else:
            waiting.pop()
    return flat


def _chunklist(_meter: Meter, values: list[Any], size: Any) -> list[list[Any]]:
    step = whole(size, 1)
    if step < 0:
        raise UnfitError("is negative", 1)
    return (
        [values[at : at + step] for at in range(0, len(values), step)] if step else [values] if values else []
    )


def _coalescelist(_meter: Meter, *lists: list[Any] | None) -> list[Any]:
    for each in lists:
        if each:
            return each
    raise UnfitError("every argument is null or empty")


def _compact(_meter: Meter, values: list[Any]) -> list[Any]:
    return [value for value in values if value is not None and value != ""]


def _contains(meter: Meter, values: list[Any], value: Any) -> bool:
    return any(equal(each, value, meter) for each in values)


def _index(meter: Meter, values: list[Any], value: Any) -> int:
    for at, each in enumerate(values):
        if equal(each, value, meter):
            return at
    raise UnfitError("has no such element", 0)


def _matchkeys(meter: Meter, values: list[Any], keys: list[Any], wanted: list[Any]) -> list[Any]:
    if len(values) != len(keys):
        raise UnfitError(f"needs as many values as keys, not {len(values)} and {len(keys)}")
    known = {sets.identity(key, meter) for key in wanted}
    return [value for value, key in zip(values, keys, strict=True) if sets.identity(key, meter) in known]


def _sort(meter: Meter, values: list[Any]) -> list[str]:
    made = []
    for value in values:
        word = _text(value)
        meter.make(len(word))
        made.append(word)
    return sorted(made)


def _element(_meter: Meter, values: list[Any], index: Any) -> Any:
    if not values:
        raise UnfitError("is an empty list", 0)
    return values[whole(index, 1) % len(values)]


def _slice(_meter: Meter, values: list[Any], start: Number, end: Number) -> list[Any]:
    first, last = whole_part(start), whole_part(end)
    if first is None or last is None or not 0 <= first <= last <= len(values):
        raise UnfitError(f"must be whole numbers with 0 <= start <= end <= {len(values)}", 1)
    return values[first:last]


def _range(meter: Meter, *limits: Number) -> list[Number]:
    if len(limits) > _MAX_LIMITS:
        raise UnfitError("takes a start, an end and a step, and no more")
    start, end = (0, limits[0]) if len(limits) == 1 else limits[:2]
    step = limits[2] if len(limits) == _MAX_LIMITS else -1 if end < start else 1
    if step == 0:
        raise UnfitError("must not be 0", 2)
    if end != start and (end < start) != (step < 0):
        raise UnfitError("leads away from the end", 2)
    if isinstance(start, int) and isinstance(end, int) and isinstance(step, int):
        meter.step(min(_TOO_MANY, -(-(end - start) // step)))
        return list(range(start, end, step))
    made: list[Number] = []
    while start > end if step < 0 else start < end:
        meter.step()
        made.append(start)
        start = add(start, step)
    return made


def _zipmap(meter: Meter, keys: list[Any], values: list[Any]) -> dict[str, Any]:
    if len(keys) != len(values):
        raise UnfitError(f"needs as many values as keys, not {len(values)} and {len(keys)}")
    meter.step(len(keys))
    return {_text(key): value for key, value in zip(keys, values, strict=True)}


def _all_true(_meter: Meter, values: list[Any]) -> bool:
    return all(_bools(values))


def _any_true(_meter: Meter, values: list[Any]) -> bool:
    return any(_bools(values))


def _bools(values: list[Any]) -> list[bool]:
    return [_bool(value) for value in values]


def _bool(value: Any) -> bool:
    """Whether an element is true, which null is not."""
    found = value is not None and truth(value)
    if found is None:
        raise UnfitError(f"has an element that is {kind(value)}, not a bool", 0)
    return found


def _one(_meter: Meter, values: list[Any]) -> Any:
    if len(values) > 1:
        raise UnfitError(f"has {len(values)} elements, not one or none", 0)
    return values[0] if values else None


LISTS = (
    function("keys(value: object)", "The names of an object's attributes, sorted.", _keys, returns="list(string)"),
    function("values(value: object)", "The values of an object's attributes, in the order of their names.", _values, returns="list"),
    function("merge(objects: object?...)", "One object with the attributes of all; later ones win, null is skipped.", _merge, returns="object"),
    function("lookup(value: object, key: string, default: any =)", "The attribute of that name, or the default.", _lookup),
    function("transpose(value: object)", "An object of lists turned round: for each element the names of the lists that have it.", _transpose, returns="map(list(string))"),
    function("concat(first: list, others: list...)", "The lists' elements as one list.", _concat, returns="list"),
    function("contains(values: list, value: any)", "Whether the list has that element.", _contains, returns="bool"),
    function("flatten(values: list)", "The elements of a list and of the lists in it, as one list.", _flatten, returns="list"),
    function("chunklist(values: list, size: number)", "The list in lists of that size; 0 leaves it in one.", _chunklist, returns="list(list)"),
    function("coalescelist(first: list?, others: list?...)", "The first list that is neither null nor empty.", _coalescelist, returns="list"),
    function("distinct(values: list)", "The list without repeated elements.", lambda meter, values: sets.distinct(values, meter), returns="list"),
    function("compact(values: list)", "The list without null and empty text.", _compact, returns="list"),
    function("index(values: list, value: any)", "Where the element first stands in the list, from 0; an error if it does not.", _index, returns="number"),
    function("matchkeys(values: list, keys: list, wanted: list)", "The values whose key, at the same place of the second list, is in the third.", _matchkeys, returns="list"),
    function("reverse(values: list)", "The list backwards.", lambda _, values: values[::-1], returns="list"),
    function("sort(values: list)", "The elements as text, sorted.", _sort, returns="list(string)"),
    function("element(values: list, index: number)", "The element at that index, counted round and round.", _element),
    function("slice(values: list, start: number, end: number)", "The elements from start up to, not including, end.", _slice, returns="list"),
    function("range(limit: number, more: number...)", "Numbers: range(end), range(start, end) or range(start, end, step).", _range, returns="list(number)"),
    function("zipmap(keys: list, values: list)", "An object of keys and values.", _zipmap, returns="object"),
    function("alltrue(values: list)", "Whether every element is true; null is not.", _all_true, returns="bool"),
    function("anytrue(values: list)", "Whether some element is true; null is not.", _any_true, returns="bool"),
    function("one(values: list)", "The only element, or null of an empty list.", _one),
)  # fmt: skip
