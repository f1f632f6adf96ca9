"""What a payload of a known event type holds, and whether a path leads anywhere in it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.sources.github_payloads import EVENT_TYPES, PAYLOADS, SHAPES

#: The event types of the sources whose types are known.
KNOWN_TYPES: Mapping[str, frozenset[str]] = {"github": EVENT_TYPES}
_PAYLOADS: Mapping[str, Mapping[str, str]] = {"github": PAYLOADS}
_SHAPES: Mapping[str, Mapping[str, str]] = {"github": SHAPES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """The step of a path at which a payload has no such field."""

    #: Its position among the steps.
    at: int
    #: The fields there are.
    known: tuple[str, ...]


def is_known(source: str, event_type: str) -> bool:
    """Whether the fields of that type's payloads are known."""
    return event_type in _PAYLOADS.get(source, {})


def fault_in(source: str, event_type: str, steps: Sequence[Any]) -> Fault | None:
    """Where a path from the payload leads to nothing; None if it may lead to something."""
    fields = _fields(_PAYLOADS[source][event_type])
    at = 0
    while at < len(steps):
        if steps[at] not in fields:
            return Fault(at=at, known=tuple(fields))
        shape = fields[steps[at]]
        at += 1
        if shape.startswith("["):
            if at == len(steps) or not isinstance(steps[at], int):
                return None  # the list itself
            shape = shape[1:-1]
            at += 1
        if not shape:
            return None
        fields = _fields(_SHAPES[source][shape])
    return None


def _fields(written: str) -> dict[str, str]:
    """Names and their shapes, empty where anything may be."""
    parts: Iterable[tuple[str, str, str]] = (field.partition(":") for field in written.split())
    return {name: shape for name, _, shape in parts}
