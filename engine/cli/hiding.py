"""What commands do not print: the values of sensitive variables, wherever they turn up.

What is made of them is hidden where it is told (`engine.machine.sensitive`); this is what remains.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from engine.config.redaction import SHORTEST, Redaction, texts_in
from engine.machine.definition import Definition


def secrets_of(definitions: Iterable[Definition]) -> tuple[str, ...]:
    """The texts that are not to be printed, the longest first."""
    return secrets_in((d.variables, d.sensitive) for d in definitions)


def secrets_in(values: Iterable[tuple[Mapping[str, Any], Iterable[str]]]) -> tuple[str, ...]:
    """The texts in values of variables, of which some are sensitive; the longest first."""
    found = {
        text
        for variables, sensitive in values
        for name in sensitive
        for text in texts_in(variables.get(name))
    }
    return tuple(
        sorted((text for text in found if len(text) >= SHORTEST), key=lambda text: (-len(text), text))
    )


def hide(text: str, secrets: Iterable[str]) -> str:
    """The text without any of the secrets, as they are and as they may be written."""
    redaction = Redaction()
    redaction.learn(secrets)
    return redaction.hide(text)
