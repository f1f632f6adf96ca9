"""Functions over sets. A set is a list in which nothing stands twice; what these return is in order, whoever asks."""

import unicodedata
from collections.abc import Callable, Mapping
from itertools import product
from math import prod
from typing import Any

from engine.language.binary import BinaryFraction
from engine.language.functions.function import function
from engine.language.meter import Meter
from engine.language.values import encode, number

#: More steps than any evaluation has.
_TOO_MANY = 1 << 60


def identity(value: Any, meter: Meter) -> str:
    """Text that two values share if and only if they are equal."""
    written = encode(value, meter, signed=False)
    return written if written.isascii() else unicodedata.normalize("NFC", written)


def _by_identity(values: list[Any], meter: Meter) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for value in values:
        found.setdefault(identity(value, meter), value)
    return found


def _sorted(found: Mapping[str, Any]) -> list[Any]:
    return [value for _, value in sorted(found.items(), key=_order)]


def _order(item: tuple[str, Any]) -> tuple[int, Any]:
    """False, true, numbers, text, lists, objects, null."""
    written, value = item
    if value is None:
        return 5, ""
    if isinstance(value, bool):
        return 0, value
    if isinstance(value, (int, float, BinaryFraction)):
        return 1, number(value)
    if isinstance(value, str):
        return 2, value
    return (4 if isinstance(value, Mapping) else 3), written


def distinct(values: list[Any], meter: Meter) -> list[Any]:
    """The elements each once, as they come."""
    return list(_by_identity(values, meter).values())


def distinct_sorted(values: list[Any], meter: Meter) -> list[Any]:
    """The elements each once, in order."""
    return _sorted(_by_identity(values, meter))


_Set = dict[str, Any]


def _folded(combine: Callable[[_Set, _Set], _Set]) -> Callable[..., list[Any]]:
    def run(meter: Meter, first: list[Any], *others: list[Any]) -> list[Any]:
        made = _by_identity(first, meter)
        for other in others:
            meter.step(len(made))
            made = combine(made, _by_identity(other, meter))
        return _sorted(made)

    return run


def _without(a: _Set, b: _Set) -> _Set:
    return {key: value for key, value in a.items() if key not in b}


def _common(a: _Set, b: _Set) -> _Set:
    return {key: value for key, value in a.items() if key in b}


def _setproduct(meter: Meter, *sets: list[Any]) -> list[list[Any]]:
    meter.step(min(_TOO_MANY, prod(map(len, sets)) * (1 + len(sets))))
    return list(map(list, product(*sets)))


SETS = (
    function("setintersection(first: list, others: list...)", "What is in every list.", _folded(_common), returns="list"),
    function("setproduct(first: list, second: list, others: list...)", "Every way to take one element of each list, as lists.", _setproduct, returns="list(list)"),
    function("setsubtract(values: list, without: list)", "What is in the first list and not in the second.", _folded(_without), returns="list"),
    function("setsymmetricdifference(first: list, others: list...)", "What is in one list and not in the other; of more lists, in an odd number of them.", _folded(lambda a, b: _without(a, b) | _without(b, a)), returns="list"),
    function("setunion(first: list, others: list...)", "What is in any of the lists.", _folded(lambda a, b: b | a), returns="list"),
)  # fmt: skip
