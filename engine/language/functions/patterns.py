"""Functions over regular expressions, in RE2's syntax: linear in the text whatever the pattern."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from engine.language.functions.compiled_patterns import compiled
from engine.language.functions.function import function
from engine.language.meter import Meter
from engine.language.values import UnfitError

_LARGE_PROGRAM = 64
_SCANNED_PER_STEP = 4_096
_CAPTURED_PER_STEP = 2_048
_REFERENCE = r"\$(?:\$|(\w+)|\{(\w+)\})"
_NUMBER = "0|[1-9][0-9]{0,7}"


class _Cost:
    """What it costs to look for a pattern: to find where a match is, and to tell which groups hold what of it."""

    __slots__ = ("_groups", "_meter", "_scan", "_text")

    def __init__(self, meter: Meter, matcher: Any, text: str) -> None:
        size = matcher.programsize
        self._meter = meter
        self._text = text
        #: Beyond that size RE2 may have to try every state at every character.
        self._scan = size if size > _LARGE_PROGRAM else 1
        self._groups = size * (1 + 2 * matcher.groups)

    def before(self, start: int) -> None:
        """Pay for a look at the text from there on; what a match in it may cost must be left, too."""
        rest = len(self._text) - start
        self._meter.step(4 + rest * self._scan // _SCANNED_PER_STEP)
        self._meter.afford(rest * self._groups // _CAPTURED_PER_STEP)

    def after(self, match: Any) -> None:
        """Pay for the groups of a match."""
        start, end = match.span()
        self._meter.step((end - start) * self._groups // _CAPTURED_PER_STEP)


def _matches(meter: Meter, matcher: Any, text: str) -> Iterator[Any]:
    """Every match but the empty ones right behind another."""
    cost = _Cost(meter, matcher, text)
    cost.before(0)
    last = -1
    for match in matcher.finditer(text):
        start, end = match.span()
        cost.after(match)
        cost.before(end)
        if start == end == last:
            continue
        last = end
        yield match


def _capturing(pattern: str) -> Any:
    """A pattern whose groups are all named, or all not."""
    matcher = compiled(pattern)
    if 0 < len(matcher.groupindex) < matcher.groups:
        raise UnfitError("has groups with a name and groups without", 0)
    return matcher


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
    matcher = _capturing(pattern)
    cost = _Cost(meter, matcher, text)
    cost.before(0)
    match = matcher.search(text)
    if match is None:
        raise UnfitError("does not match the pattern", 1)
    cost.after(match)
    return _captured(meter, match)


def _regexall(meter: Meter, pattern: str, text: str) -> list[Any]:
    return [_captured(meter, match) for match in _matches(meter, _capturing(pattern), text)]


def _regexreplace(meter: Meter, text: str, pattern: str, replacement: str) -> str:
    matcher = compiled(pattern)
    pieces = _pieces(replacement, matcher)
    made: list[str] = []
    done = 0
    for match in _matches(meter, matcher, text):
        meter.step(len(pieces))
        groups = [piece if isinstance(piece, str) else match.span(piece) for piece in pieces]
        meter.make(match.start() - done + sum(len(g) if isinstance(g, str) else g[1] - g[0] for g in groups))
        made.append(text[done : match.start()])
        made += [g if isinstance(g, str) else text[slice(*g)] if g[0] >= 0 else "" for g in groups]
        done = match.end()
    meter.make(len(text) - done)
    made.append(text[done:])
    return "".join(made)


def _pieces(replacement: str, matcher: Any) -> list[str | int]:
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
            if int(name) <= matcher.groups:
                pieces.append(int(name))
        elif name in matcher.groupindex:
            pieces.append(matcher.groupindex[name])
    pieces.append(replacement[done:])
    return [piece for piece in pieces if piece != ""]


def _over_characters(apply: Callable[..., Any]) -> Callable[..., Any]:
    """RE2 reads UTF-8, which cannot say half of a surrogate pair."""

    def run(meter: Meter, *texts: str) -> Any:
        try:
            return apply(meter, *texts)
        except UnicodeEncodeError:
            raise UnfitError("a text has half of a surrogate pair, which is no character") from None

    return run


PATTERNS = (
    function(
        "regex(pattern: pattern, text: string)",
        "The first match: its text, or its groups as a list, or its named groups as an object; no match is an error.",
        _over_characters(_regex),
    ),
    function(
        "regexall(pattern: pattern, text: string)",
        "Every match, each as `regex` returns it.",
        _over_characters(_regexall),
        returns="list",
    ),
    function(
        "regexreplace(text: string, pattern: pattern, replacement: string)",
        "The text with every match replaced; $1 and ${name} stand for groups.",
        _over_characters(_regexreplace),
        returns="string",
    ),
)
