"""Functions over lists and objects."""

from collections.abc import Mapping
from typing import Any

from engine.language.functions.function import function
from engine.language.meter import Meter
from engine.language.values import UnfitError, encode, kind, text

_MISSING = object()


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


def _distinct(meter: Meter, values: list[Any]) -> list[Any]:
    seen: dict[str, Any] = {}
    for value in values:
        seen.setdefault(encode(value, meter), value)
    return list(seen.values())


def _compact(_meter: Meter, values: list[Any]) -> list[Any]:
    return [value for value in values if value is not None and value != ""]


def _sort(_meter: Meter, values: list[Any]) -> list[str]:
    try:
        return sorted(text(value) for value in values)
    except UnfitError as error:
        raise UnfitError(f"has an element that {error.message}", 0) from None


def _element(_meter: Meter, values: list[Any], index: Any) -> Any:
    if not values:
        raise UnfitError("is an empty list", 0)
    if not isinstance(index, int):
        raise UnfitError("is not a whole number", 1)
    return values[index % len(values)]


def _slice(_meter: Meter, values: list[Any], start: Any, end: Any) -> list[Any]:
    if not isinstance(start, int) or not isinstance(end, int) or not 0 <= start <= end <= len(values):
        raise UnfitError(f"must be whole numbers with 0 <= start <= end <= {len(values)}", 1)
    return values[start:end]


def _range(meter: Meter, *limits: Any) -> list[int]:
    if not all(isinstance(limit, int) for limit in limits):
        raise UnfitError("needs whole numbers")
    start, end, step = (0, limits[0], 1) if len(limits) == 1 else (*limits, 1)[:3]
    if step == 0:
        raise UnfitError("needs a step that is not 0")
    numbers = range(start, end, step)
    meter.step(min(len_of(numbers), 1 << 60))
    return list(numbers)


def len_of(numbers: range) -> int:
    """The length of a range of any size; ``len`` overflows beyond the machine's integers."""
    span = (numbers.stop - numbers.start) * (1 if numbers.step > 0 else -1)
    return max(0, -(-span // abs(numbers.step)))


def _zipmap(meter: Meter, keys: list[Any], values: list[Any]) -> dict[str, Any]:
    if len(keys) != len(values):
        raise UnfitError(f"needs as many values as keys, not {len(values)} and {len(keys)}")
    meter.step(len(keys))
    return {text(key): value for key, value in zip(keys, values, strict=True)}


def _all_true(_meter: Meter, values: list[Any]) -> bool:
    return all(_bools(values))


def _any_true(_meter: Meter, values: list[Any]) -> bool:
    return any(_bools(values))


def _bools(values: list[Any]) -> list[bool]:
    for value in values:
        if not isinstance(value, bool):
            raise UnfitError(f"has an element that is {kind(value)}, not a bool", 0)
    return values


def _one(_meter: Meter, values: list[Any]) -> Any:
    if len(values) > 1:
        raise UnfitError(f"has {len(values)} elements, not one or none", 0)
    return values[0] if values else None


LISTS = (
    function("keys(value: object)", "The names of an object's attributes, sorted.", _keys),
    function("values(value: object)", "The values of an object's attributes, in the order of their names.", _values),
    function("merge(objects: object?...)", "One object with the attributes of all; later ones win, null is skipped.", _merge),
    function("lookup(value: object, key: string, default: any =)", "The attribute of that name, or the default.", _lookup),
    function("concat(lists: list...)", "The lists' elements as one list.", _concat),
    function("flatten(values: list)", "The elements of a list and of the lists in it, as one list.", _flatten),
    function("distinct(values: list)", "The list without repeated elements.", _distinct),
    function("compact(values: list)", "The list without null and empty text.", _compact),
    function("reverse(values: list)", "The list backwards.", lambda _, values: values[::-1]),
    function("sort(values: list)", "The elements as text, sorted.", _sort),
    function("element(values: list, index: number)", "The element at that index, counted round and round.", _element),
    function("slice(values: list, start: number, end: number)", "The elements from start up to, not including, end.", _slice),
    function("range(limit: number, more: number...)", "Whole numbers: range(end), range(start, end) or range(start, end, step).", _range),
    function("zipmap(keys: list, values: list)", "An object of keys and values.", _zipmap),
    function("alltrue(values: list)", "Whether every element is true.", _all_true),
    function("anytrue(values: list)", "Whether some element is true.", _any_true),
    function("one(values: list)", "The only element, or null of an empty list.", _one),
)  # fmt: skip
