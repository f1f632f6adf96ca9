"""Functions over regular expressions, in RE2's syntax: linear in the text whatever the pattern."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from engine.language.functions.function import function
from engine.language.meter import Meter
from engine.language.values import UnfitError

_MAX_PATTERN = 2_000
_LARGE_PROGRAM = 64
_SCANNED_PER_STEP = 4_096
_CAPTURED_PER_STEP = 2_048
#: One byte of a character, which no text can hold.
_ONE_BYTE = r"(?<!\\)(?:\\\\)*\\C"
_REFERENCE = r"\$(?:\$|(\w+)|\{(\w+)\})"
_NUMBER = "0|[1-9][0-9]{0,7}"


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
    if "\\C" in pattern and re.search(_ONE_BYTE, pattern):
        raise UnfitError(r"has \C, which means a single byte", argument)
    try:
        return _compiled(pattern)
    except re2.error as error:
        message = error.args[0] if error.args else error
        if isinstance(message, bytes):
            message = message.decode("utf-8", "replace")
        raise UnfitError(f"is no RE2 pattern: {message}", argument) from None


class _Cost:
    """What it costs to look for a pattern: to find where a match is, and to tell which groups hold what of it."""

    __slots__ = ("_groups", "_meter", "_scan", "_text")

    def __init__(self, meter: Meter, compiled: Any, text: str) -> None:
        size = compiled.programsize
        self._meter = meter
        self._text = text
        #: Beyond that size RE2 may have to try every state at every character.
        self._scan = size if size > _LARGE_PROGRAM else 1
        self._groups = size * (1 + 2 * compiled.groups)

    def before(self, start: int) -> None:
        """Pay for a look at the text from there on; what a match in it may cost must be left, too."""
        rest = len(self._text) - start
        self._meter.step(4 + rest * self._scan // _SCANNED_PER_STEP)
        self._meter.afford(rest * self._groups // _CAPTURED_PER_STEP)

    def after(self, match: Any) -> None:
        """Pay for the groups of a match."""
        start, end = match.span()
        self._meter.step((end - start) * self._groups // _CAPTURED_PER_STEP)


def _matches(meter: Meter, compiled: Any, text: str) -> Iterator[Any]:
    """Every match but the empty ones right behind another."""
    cost = _Cost(meter, compiled, text)
    cost.before(0)
    last = -1
    for match in compiled.finditer(text):
        start, end = match.span()
        cost.after(match)
        cost.before(end)
        if start == end == last:
            continue
        last = end
        yield match


def _capturing(pattern: str, argument: int) -> Any:
    """A pattern whose groups are all named, or all not."""
    compiled = _pattern(pattern, argument)
    if 0 < len(compiled.groupindex) < compiled.groups:
        raise UnfitError("has groups with a name and groups without", argument)
    return compiled


def _captured(meter: Meter, match: Any) -> Any:
    spans = [match.span(group) for group in range(match.re.groups + 1)]
    meter.step(len(spans))
    meter.make(sum(end - start for start, end in spans))
    named = match.groupdict()
    if named:
        return named
    groups = match.groups()
    return list(groups) if groups else match.group(0)


def _regex(meter: Meter, pattern: str, text: str) -> Any:
    compiled = _capturing(pattern, 0)
    cost = _Cost(meter, compiled, text)
    cost.before(0)
    match = compiled.search(text)
    if match is None:
        raise UnfitError("does not match the pattern", 1)
    cost.after(match)
    return _captured(meter, match)


def _regexall(meter: Meter, pattern: str, text: str) -> list[Any]:
    return [_captured(meter, match) for match in _matches(meter, _capturing(pattern, 0), text)]


def _regexreplace(meter: Meter, text: str, pattern: str, replacement: str) -> str:
    compiled = _pattern(pattern, 1)
    pieces = _pieces(replacement, compiled)
    made: list[str] = []
    done = 0
    for match in _matches(meter, compiled, text):
        meter.step(len(pieces))
        groups = [piece if isinstance(piece, str) else match.span(piece) for piece in pieces]
        meter.make(match.start() - done + sum(len(g) if isinstance(g, str) else g[1] - g[0] for g in groups))
        made.append(text[done : match.start()])
        made += [g if isinstance(g, str) else text[slice(*g)] if g[0] >= 0 else "" for g in groups]
        done = match.end()
    meter.make(len(text) - done)
    made.append(text[done:])
    return "".join(made)


def _pieces(replacement: str, compiled: Any) -> list[str | int]:
    """What to put in for a match: text, and the numbers of groups for ``$1``, ``${1}`` and ``${name}``; ``$$`` is a dollar sign."""
    pieces: list[str | int] = []
    done = 0
    for found in re.finditer(_REFERENCE, replacement):
        pieces.append(replacement[done : found.start()])
        done = found.end()
        name = found[1] or found[2]
        if name is None:
            pieces.append("$")
        elif re.fullmatch(_NUMBER, name):
            if int(name) <= compiled.groups:
                pieces.append(int(name))
        elif name in compiled.groupindex:
            pieces.append(compiled.groupindex[name])
    pieces.append(replacement[done:])
    return [piece for piece in pieces if piece != ""]


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
