"""Which of the values that are tried for a path a sender may write there, where its payloads are known."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import count, islice
from typing import Any

from engine.language.types import ANY, NULL, Type, holds
from engine.language.values import UnfitError, number
from engine.machine.domains import MISSING, fresh_ones
from engine.machine.use import Path, Use, is_same
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


def is_there(payload: Type, steps: Path) -> bool:
    """Whether every payload has something at a path, which is not null."""
    found: Type | None = payload
    for step in steps:
        if found is None or found.fields is None or step not in found.fields.always:
            return False
        found = found.attribute(step)
    return True


def is_nowhere(payload: Type, steps: Path) -> bool:
    """Whether no payload has anything at a path, for its sender never adds a field there."""
    found = payload
    for step in steps:
        if found.fields is not None and found.fields.field(step) is None:
            return not found.fields.open
        found = type_at(found, (step,))
    return False


def goes_along(payload: Type, steps: Path) -> bool:
    """Whether what stands at a path is never null and never missing in the object that it belongs to, if that is there."""
    found = type_at(payload, steps[:-1]) if steps else ANY
    return found.fields is not None and steps[-1] in found.fields.always


def fitting(options: tuple[Any, ...], found: Type, use: Use | None, *, inner: bool) -> tuple[Any, ...]:
    """The values of a type among them, with some of that type that nothing mentions in place of those that go.

    There are as many of these as it takes to tell the paths apart that it is compared with. With `inner` the path has parts
    that are asked for: an object or a list is made of those.
    """
    kept = tuple(value for value in options if value is MISSING or holds(found, value))
    if found is ANY or len(kept) == len(options):
        return options
    gone = [value for value in options if not any(value is one for one in kept)]
    alike = dict.fromkeys(a for a in map(_alike, gone) if a is not None and holds(found, a))
    kept = (*kept, *(a for a in alike if a not in kept))
    others = list(_others(found, kept, use, inner=inner))
    if "list" in found.kinds and not inner and use is not None and use.opaque:
        parts = [value for value in gone if holds(found.element(), value)]
        others += [[part] for part in parts or _others(found.element(), (), None, inner=False)]
    return (*kept, *(one for one in others if not any(is_same(one, value) for value in kept)))


def documented(options: tuple[Any, ...], found: Type, stand_ins: frozenset[str]) -> tuple[Any, ...]:
    """The values, with documented ones in place of those that stand for what nothing mentions, as far as there are more.

    Senders add to what they document: where all of that is mentioned, one remains that is not.
    """
    if found.choices is None:
        return options
    words = (word for word in found.choices.known if word not in options)
    return tuple(
        next(words, value) if isinstance(value, str) and value in stand_ins else value for value in options
    )


def shared(options: tuple[Any, ...], others: Iterable[Any], found: Type, *, inner: bool) -> tuple[Any, ...]:
    """The values, and those of a path that they are compared with: it may have the same."""
    made = list(options)
    for value in others:
        if value is MISSING or (inner and isinstance(value, (list, dict))) or not holds(found, value):
            continue
        if not any(is_same(value, known) for known in made):
            made.append(value)
    return tuple(made)


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


def _others(found: Type, kept: Iterable[Any], use: Use | None, *, inner: bool) -> Iterable[Any]:
    """Values for each kind that the type has, as many that nothing mentions as are needed: texts are among those kept."""
    listed = list(kept)
    many = 1 if use is None else fresh_ones(use)
    if "bool" in found.kinds:
        yield from (value for value in (True, False) if not any(value is known for known in listed))
    if "number" in found.kinds:
        numbers = [v for v in listed if isinstance(v, (int, float)) and not isinstance(v, bool)]
        mentioned = [] if use is None else [v for v in numbers if v in use.constants]
        needed = max(many - (len(numbers) - len(mentioned)), 0)
        yield from islice((number for number in count(1) if number not in numbers), needed)
    if "list" in found.kinds and not inner:
        element = next(iter(_others(found.element(), (), None, inner=False)), "one") if many > 1 else None
        yield from ([element] * length for length in range(many))
    if "object" in found.kinds and not inner:
        yield from islice(_objects(found), many)
    if found.only("null") or (inner and not listed):
        yield MISSING


def _objects(found: Type) -> Iterable[dict[str, Any]]:
    """Objects that differ; all have what none of their type lacks."""
    there = _filled(found)
    yield there
    names = ("one", "two", "three", "four") if found.fields is None else found.fields.known
    made = ({**there, name: None} for name in names if name not in there)
    yield from (one for one in made if holds(found, one))


def _filled(found: Type) -> dict[str, Any]:
    """What no object of a type lacks, with likely values."""
    if found.fields is None:
        return {}
    inside = ((name, found.attribute(name)) for name in sorted(found.fields.always))
    return {name: _likely(name, inner) for name, inner in inside if inner is not None}


def _likely(name: str, found: Type) -> Any:
    """A value of a type, for a field of that name."""
    if "string" in found.kinds:
        return f"some {name}" if found.choices is None else found.choices.known[0]
    if "object" in found.kinds:
        return _filled(found)
    return next(iter(_others(found, (), None, inner=False)), None)
