"""Functions that make one kind of value of another."""

from collections.abc import Mapping
from typing import Any

from engine.language.binary import Number
from engine.language.functions.function import function
from engine.language.functions.sets import distinct_sorted
from engine.language.meter import Meter
from engine.language.values import UnfitError, number, parse_number, show, text, truth


def tobool(value: Any) -> bool | None:
    """The bool that a text spells; raises `UnfitError`."""
    found = truth(value)
    if found is None and value is not None:
        raise UnfitError(f'is {show(value, 30)}, neither "true" nor "false"', 0)
    return found


def _tostring(meter: Meter, value: Any) -> str | None:
    if value is None:
        return None
    try:
        made = text(value)
    except UnfitError as error:
        raise UnfitError(error.message, 0) from None
    meter.make(len(made))
    return made


def _tonumber(_meter: Meter, value: Any) -> Number | None:
    if value is None:
        return None
    if isinstance(value, str):
        parsed = parse_number(value)
        if parsed is None:
            raise UnfitError("spells no number", 0)
        return parsed
    try:
        return number(value)
    except UnfitError as error:
        raise UnfitError(error.message, 0) from None


def _tolist(_meter: Meter, value: list[Any] | None) -> list[Any] | None:
    return value


def _tomap(_meter: Meter, value: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    return value


def _toset(meter: Meter, value: list[Any] | None) -> list[Any] | None:
    return None if value is None else distinct_sorted(value, meter)


CONVERSIONS = (
    function("tobool(value: any)", 'The bool that "true" or "false" spells; bools and null pass.', lambda _, value: tobool(value), returns="bool?"),
    function("tolist(value: list?)", "The list itself; there is one kind of list.", _tolist, returns="list?"),
    function("tomap(value: object?)", "The object itself; there is one kind of object.", _tomap, returns="object?"),
    function("tonumber(value: any)", "The number that a text spells; numbers and null pass.", _tonumber, returns="number?"),
    function("toset(value: list?)", "The list's elements in order and each once, which is what a set is here.", _toset, returns="list?"),
    function("tostring(value: any)", "The text of a number or a bool; text and null pass.", _tostring, returns="string?"),
)  # fmt: skip
