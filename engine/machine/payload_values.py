"""Which of the values that are tried for a path a sender may write there, where its payloads are known."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import count
from typing import Any

from engine.language.types import ANY, NULL, Type, holds
from engine.language.values import UnfitError, number
from engine.machine.domains import MISSING
from engine.machine.use import Path, Use
from engine.machine.values import NotPlainError, plain

#: The type of a source's payloads of one event type; None where nothing is known of them.
Payloads = Callable[[str, str], Type | None]


def nothing_known(_source: str, _event_type: str) -> Type | None:
    """Of no payload."""
    return None


def type_at(payload: Type, steps: Path) -> Type:
    """What stands at a path of a payload, if it is there at all."""
    found = payload
    for step in steps:
        kinds = found.kinds - NULL.kinds
        if kinds == {"object"}:
            found = found.attribute(step) or ANY
        elif kinds == {"list"} and step.isdigit():
            found = found.element()
        else:
            return ANY
    return found


def fitting(options: tuple[Any, ...], found: Type, use: Use | None, *, inner: bool) -> tuple[Any, ...]:
    """The values of a type among them, with one of that type that nothing mentions in place of those that go.

    Whatever is held against other paths stays as it is: what it has in common with them is more than a type. With `inner` the
    path has parts that are asked for: an object or a list is made of those.
    """
    if found is ANY:
        return options
    if use is not None and (use.joined or use.ordered):
        return tuple(v for v in options if not isinstance(v, list) or holds(found, v))
    kept = tuple(value for value in options if value is MISSING or holds(found, value))
    if len(kept) == len(options):
        return options
    gone = [value for value in options if not any(value is one for one in kept)]
    alike = dict.fromkeys(a for a in map(_alike, gone) if a is not None and holds(found, a))
    kept = (*kept, *(a for a in alike if a not in kept))
    others = list(_others(found, kept, inner=inner))
    if "list" in found.kinds and not inner and use is not None and use.opaque:
        parts = [value for value in gone if holds(found.element(), value)]
        others += [[part] for part in parts or _others(found.element(), (), inner=False)]
    return (*kept, *others)


def _alike(value: Any) -> str | int | float | None:
    """A number or a truth value as a text, which is used like it; what a text spells as a number; None for others."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if not isinstance(value, str):
        return None
    with suppress(UnfitError, NotPlainError):
        found = plain(number(value))
        return found if isinstance(found, (int, float)) else None
    return None


def _others(found: Type, kept: Iterable[Any], *, inner: bool) -> Iterable[Any]:
    """A value for each kind that the type has, other than those there are: texts that nothing mentions are among them."""
    listed = list(kept)
    if "bool" in found.kinds:
        yield from (value for value in (True, False) if not any(value is known for known in listed))
    if "number" in found.kinds:
        numbers = [v for v in listed if isinstance(v, (int, float)) and not isinstance(v, bool)]
        yield next(number for number in count(1) if number not in numbers)
    if "list" in found.kinds and not inner:
        yield []
    if "object" in found.kinds and not inner:
        yield {}
    if found.only("null") or (inner and not listed):
        yield MISSING
