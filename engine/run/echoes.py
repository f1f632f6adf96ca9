"""What a call's sensitive arguments may leave in what is said about it: a backend quotes, a URL holds a token."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from engine.config.redaction import Fragments
from engine.model import Attempt, Effect


def echoes_of(effect: Effect) -> Fragments | None:
    """The sensitive values that an effect is called with; None if there are none."""
    return Fragments(_hidden(effect.arguments, effect.masks)) if effect.masks else None


def without(echoes: Fragments, attempt: Attempt) -> Attempt:
    """The attempt as it may be recorded and shown."""
    exchanges = tuple(replace(e, url=echoes.hide(e.url)) for e in attempt.exchanges)
    return replace(attempt, detail=echoes.hide(attempt.detail), exchanges=exchanges)


def _hidden(value: Any, mask: Any) -> Iterator[Any]:
    """The parts of a value that a mask hides."""
    if isinstance(mask, Mapping) and isinstance(value, Mapping):
        for name, inner in mask.items():
            yield from _hidden(value.get(name), inner)
    elif value is not None:
        yield value
