"""Takes known secrets out of texts that others wrote: of libraries, backends, plug-ins. The last line of defence.

`Redaction` knows whole secrets and looks for them as they are and as they may be written. `Fragments` knows what one call
was made with, and finds any piece of it, because a backend that refuses a token quotes half of it.
"""

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

#: What stands in place of a secret.
HIDDEN = "(sensitive)"
#: A shorter text would be found everywhere, and is no secret.
SHORTEST = 4
#: As many characters of a secret in a row are a piece of it.
PIECE = 8
#: A longer text is looked for as it is only.
_LONGEST = 10_000

_SCHEME = re.compile(r"https?://", re.IGNORECASE)
_LINE_BREAK = re.compile(r"[\r\n]+")


class Redaction:
    """Secrets that are known to a process. It may learn more, and forgets none."""

    def __init__(self) -> None:
        """Begin without any."""
        self._secrets: frozenset[str] = frozenset()
        self._pattern: re.Pattern[str] | None = None

    def learn(self, secrets: Iterable[str]) -> None:
        """Hide these, too, from now on."""
        known = self._secrets | {secret for secret in secrets if len(secret) >= SHORTEST}
        if known == self._secrets:
            return
        self._secrets = known
        forms = {form for secret in known for form in written(secret)}
        # The longest first: one may be the beginning of another.
        listed = sorted(forms, key=lambda form: (-len(form), form))
        self._pattern = re.compile("|".join(map(re.escape, listed)))

    def hide(self, text: str) -> str:
        """The text without any of them."""
        return text if self._pattern is None else self._pattern.sub(HIDDEN, text)


def written(secret: str) -> set[str]:
    """A secret as it may be written: as it is, in a URL, in JSON, in Python; line by line, if it has several."""
    forms = {secret, quote(secret), quote(secret, safe=""), repr(secret)[1:-1]}
    forms |= {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    forms |= {part for part in _LINE_BREAK.split(secret) if part != secret}
    return {form for form in forms if len(form) >= SHORTEST}


def texts_in(value: Any) -> Iterator[str]:
    """Every text in a value, and numbers as they are written."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from texts_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from texts_in(item)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


class Fragments:
    """The sensitive values that something was called with, and every piece of them."""

    def __init__(self, values: Iterable[Any]) -> None:
        """Take the values."""
        listed = list(values)
        names = (name for value in listed for name in _names_in(value))
        self._texts = {_SCHEME.sub("", text) for text in (*names, *texts_in(listed))}

    def hide(self, text: str) -> str:
        """The text without any of them, or any piece of `PIECE` characters, whatever the case of its letters."""
        lowered = _lower(text)
        places: dict[str, list[int]] = {}
        for place in range(len(lowered) - PIECE + 1):
            places.setdefault(lowered[place : place + PIECE], []).append(place)
        found: set[tuple[int, int]] = set()
        for form in {form for text in self._texts for form in _forms(text)}:
            if SHORTEST <= len(form) < PIECE:
                found |= {match.span() for match in re.finditer(re.escape(form), lowered)}
            for start in range(len(form) - PIECE + 1):
                found |= {(place, place + PIECE) for place in places.get(form[start : start + PIECE], ())}
        shown: list[str] = []
        end = 0
        for first, last in sorted(found):
            if first >= end or not shown:
                shown += [text[end:first], HIDDEN]
            end = max(end, last)
        return "".join(shown) + text[end:]


def _names_in(value: Any) -> Iterator[str]:
    """The names of all members: a token may be one."""
    if isinstance(value, Mapping):
        yield from map(str, value)
    for item in (
        value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    ):
        yield from _names_in(item)


def of_setting(value: str) -> set[str]:
    """What of a setting's value is secret: of an address only what stands beside the host and the way to it may be known."""
    if not _SCHEME.match(value):
        return {value}
    try:
        parts = urlsplit(value)
        found = {parts.password, parts.query, parts.path.strip("/")}
    except ValueError:
        return {value}
    return {part for part in found if part and len(part) >= PIECE} | {parts.password or ""} - {""}


def _lower(text: str) -> str:
    """In small letters, and as long as before."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(small if len(small := c.lower()) == 1 else c for c in text)


def _forms(text: str) -> set[str]:
    """A text as a backend may give it back, in small letters."""
    if len(text) > _LONGEST:
        return {_lower(text)}
    raw = text.encode(errors="replace")
    # The characters of base64 depend on how many bytes came before.
    packed = {
        b64encode(b" " * before + raw).decode()[4 if before else 0 :].rstrip("=") for before in range(3)
    }
    return {_lower(form) for form in {*written(text), text[::-1], *packed} if form}
