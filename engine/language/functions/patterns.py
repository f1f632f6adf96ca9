"""Functions over regular expressions, in RE2's syntax: linear in the text whatever the pattern."""

import re
from typing import Any

from engine.language.functions.compiled_patterns import compiled
from engine.language.functions.function import function
from engine.language.meter import Meter
from engine.language.values import UnfitError


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
    match = compiled(pattern).search(text)
    if match is None:
        raise UnfitError("does not match the pattern", 1)
    return _captured(match)


def _regexall(meter: Meter, pattern: str, text: str) -> list[Any]:
    found = []
    for match in compiled(pattern).finditer(text):
        meter.step(_cost(text, match.start()))
        found.append(_captured(match))
    return found


def _regexreplace(meter: Meter, text: str, pattern: str, replacement: str) -> str:
    matcher = compiled(pattern)
    made: list[str] = []
    done = 0
    for match in matcher.finditer(text):
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
        "regex(pattern: pattern, text: string)",
        "The first match: its text, or its groups as a list, or its named groups as an object; no match is an error.",
        _regex,
    ),
    function(
        "regexall(pattern: pattern, text: string)",
        "Every match, each as `regex` returns it.",
        _regexall,
        returns="list",
    ),
    function(
        "regexreplace(text: string, pattern: pattern, replacement: string)",
        "The text with every match replaced; $1 and ${name} stand for groups.",
        _regexreplace,
        returns="string",
    ),
)
