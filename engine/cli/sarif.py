"""Problems as SARIF 2.1.0, which code hosts and editors show beside the lines."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

from engine import __version__
from engine.diagnostic_codes import CODES, level_of
from engine.diagnostics import MOST_GIVEN, Diagnostic, Span, most_telling

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_BOM = "\ufeff"


def sarif(
    problems: Iterable[Diagnostic], sources: Mapping[str, str], *, most: int = MOST_GIVEN
) -> dict[str, Any]:
    """One run with a result for each problem; `sources` maps a file's name to its text.

    Of more than `most` problems the rest is counted, as a notification of the run.
    """
    found, left = most_telling(problems, most)
    rules = {code: index for index, code in enumerate(dict.fromkeys(problem.code for problem in found))}
    driver = {"name": "interlock", "version": __version__, "rules": [_rule(code) for code in rules]}
    texts = {name: _Text(text) for name, text in sources.items()}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(problem, rules[problem.code], texts) for problem in found],
    }
    if left:
        told = {"level": "warning", "message": {"text": f"{left} more problems are left out."}}
        run["invocations"] = [{"executionSuccessful": True, "toolExecutionNotifications": [told]}]
        run["properties"] = {"leftOut": left}
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(code: str) -> dict[str, Any]:
    """What `interlock explain` says about a code."""
    told = CODES[code]
    example = "\n".join(told.shown())
    do = f"{told.do[:1].upper()}{told.do[1:]}"
    return {
        "id": code,
        "name": "".join(word.capitalize() for word in code.split("_")),
        "shortDescription": {"text": _sentence(told.wrong)},
        "fullDescription": {"text": f"{_sentence(told.wrong)} {do}."},
        "help": {
            "text": f"{do}.\n\n{told.where.value}, for instance:\n\n{example}",
            "markdown": f"{do}.\n\n{told.where.value}, for instance:\n\n```\n{example}\n```",
        },
        "defaultConfiguration": {"level": level_of(code).value},
    }


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _result(problem: Diagnostic, rule: int, texts: Mapping[str, "_Text"]) -> dict[str, Any]:
    text = f"{problem.summary}. {problem.detail}" if problem.detail else f"{problem.summary}."
    result: dict[str, Any] = {
        "ruleId": problem.code,
        "ruleIndex": rule,
        "level": problem.severity.value,
        "message": {"text": f"{text}\n{problem.story}" if problem.story else text},
    }
    if problem.subject is not None:
        place = _place(problem.subject, texts)
        context = problem.context
        if context is not None and _surrounds(context, problem.subject):
            place["contextRegion"] = _region(context, texts)
        result["locations"] = [{"physicalLocation": place}]
    if problem.related:
        result["relatedLocations"] = [
            {"id": number, "message": {"text": each.message}, "physicalLocation": _place(each.span, texts)}
            for number, each in enumerate(problem.related, start=1)
        ]
    return result


def _surrounds(outer: Span, inner: Span) -> bool:
    """Whether a range has more than another one: the format asks for that."""
    wide = outer.start <= inner.start and inner.end <= outer.end
    return wide and outer.filename == inner.filename and outer.end - outer.start > inner.end - inner.start


def _place(span: Span, texts: Mapping[str, "_Text"]) -> dict[str, Any]:
    return {"artifactLocation": {"uri": _uri(span.filename)}, "region": _region(span, texts)}


def _uri(filename: str) -> str:
    path = Path(filename)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())


def _region(place: Span, texts: Mapping[str, "_Text"]) -> dict[str, int]:
    """The range: SARIF counts code points in a line where a span counts what a reader sees."""
    text = texts.get(place.filename)
    first, last = place.column, place.end_column
    if text is not None:
        first, last = text.column(place.start), text.column(place.end)
    return {
        "startLine": place.line,
        "endLine": place.end_line,
        "startColumn": first,
        "endColumn": last,
        "byteOffset": place.start,
        "byteLength": place.end - place.start,
    }


class _Text:
    """A text whose bytes are counted once for all the places in it."""

    def __init__(self, text: str) -> None:
        self._text = text
        #: The last place that was asked for: its line's first byte, its own, and its column.
        self._last = (-1, 0, 0)

    @cached_property
    def _data(self) -> bytes:
        return self._text.encode("utf-8", "surrogatepass")

    @cached_property
    def _starts(self) -> list[int]:
        starts, at = [0], self._data.find(b"\n")
        while at >= 0:
            starts.append(at + 1)
            at = self._data.find(b"\n", at + 1)
        return starts

    def column(self, offset: int) -> int:
        """The code points before a byte in its line, from 1."""
        start = self._starts[bisect_right(self._starts, offset) - 1]
        if self._text.isascii():
            return 1 + offset - start
        line, seen, column = self._last
        if line != start or offset < seen:
            marked = start == 0 and self._text.startswith(_BOM)
            seen, column = (len(_BOM.encode()) if marked else start), 1
        column += len(self._data[seen:offset].decode("utf-8", "replace"))
        self._last = (start, max(seen, offset), column)
        return column
