"""What commands do not print: the values of sensitive variables, wherever they turn up."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from engine.machine.definition import Definition

_HIDDEN = "·····"
#: A shorter text would be found everywhere, and is no secret.
_SHORTEST = 4


def secrets_of(definitions: Iterable[Definition]) -> tuple[str, ...]:
    """The texts that are not to be printed, the longest first."""
    return secrets_in((d.variables, d.sensitive) for d in definitions)


def secrets_in(values: Iterable[tuple[Mapping[str, Any], Iterable[str]]]) -> tuple[str, ...]:
    """The texts in values of variables, of which some are sensitive; the longest first."""
    found = {
        text for variables, sensitive in values for name in sensitive for text in _texts(variables.get(name))
    }
    return tuple(
        sorted((text for text in found if len(text) >= _SHORTEST), key=lambda text: (-len(text), text))
    )


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield str(value)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)


def hide(text: str, secrets: Iterable[str]) -> str:
    """The text with dots in place of each secret, as it is and as JSON writes it."""
    for secret in secrets:
        for written in {secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}:
            text = text.replace(written, _HIDDEN)
    return text
