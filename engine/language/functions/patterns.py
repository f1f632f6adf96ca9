"""Functions over regular expressions, in RE2's syntax: linear in the text whatever the pattern."""

import re
from functools import lru_cache
from typing import Any

from engine.language.functions.function import function
from engine.language.meter import Meter
from engine.language.values import UnfitError

_MAX_PATTERN = 2_000


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> Any:
    import re2

    options = re2.Options()
    options.log_errors = False
    options.max_mem = 8 << 20
    return re2.compile(pattern, options)


def _pattern(pattern: str, argument: int) -> Any:
    import re2

    if len(pattern) > _MAX_PATTERN:
        raise UnfitError(f"is longer than {_MAX_PATTERN} characters", argument)
    try:
        return _compiled(pattern)
    except re2.error as error:
        message = error.args[0] if error.args else error
        if isinstance(message, bytes):
            message = message.decode("utf-8", "replace")
        raise UnfitError(f"is no RE2 pattern: {message}", argument) from None


def _cost(text: str, start: int) -> int:
    """The steps of one match among many: each may have to look at all of the text that follows."""
    return 4 + (len(text) - start) // 2048


def _captured(match: Any) -> Any:
    named = match.groupdict()
    if named:
        return named
    groups = match.groups()
    return list(groups) if groups else match.group(0)


def _regex(_meter: Meter, pattern: str, text: str) -> Any:
    match = _pattern(pattern, 0).search(text)
    if match is None:
        raise UnfitError("does not match the pattern", 1)
    return _captured(match)


def _regexall(meter: Meter, pattern: str, text: str) -> list[Any]:
    found = []
    for match in _pattern(pattern, 0).finditer(text):
        meter.step(_cost(text, match.start()))
        found.append(_captured(match))
    return found


def _regexreplace(meter: Meter, text: str, pattern: str, replacement: str) -> str:
    compiled = _pattern(pattern, 1)
    made: list[str] = []
    done = 0
    for match in compiled.finditer(text):
        meter.step(_cost(text, match.start()))
        piece = _fill(replacement, match)
        meter.make(len(piece) + match.start() - done)
        made += (text[done : match.start()], piece)
        done = match.end()
    made.append(text[done:])
    return "".join(made)


def _fill(replacement: str, match: Any) -> str:
    """Put groups in: ``$1``, ``${1}``, ``${name}``; ``$$`` is a dollar sign."""
    if "$" not in replacement:
        return replacement

    def one(found: re.Match[str]) -> str:
        name = found[1] or found[2]
        if name is None:
            return "$"
        try:
            return match.group(int(name) if name.isdigit() else name) or ""
        except (IndexError, KeyError):
            return ""

    return re.sub(r"\$(?:\$|([A-Za-z0-9_]+)|\{([A-Za-z0-9_]+)\})", one, replacement)


PATTERNS = (
    function(
        "regex(pattern: string, text: string)",
        "The first match: its text, or its groups as a list, or its named groups as an object; no match is an error.",
        _regex,
    ),
    function(
        "regexall(pattern: string, text: string)", "Every match, each as `regex` returns it.", _regexall
    ),
    function(
        "regexreplace(text: string, pattern: string, replacement: string)",
        "The text with every match replaced; $1 and ${name} stand for groups.",
        _regexreplace,
    ),
)
