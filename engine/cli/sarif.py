"""Problems as SARIF 2.1.0, which code hosts and editors show beside the lines."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from engine import __version__
from engine.diagnostics import Diagnostic, Span

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif(problems: Iterable[Diagnostic], sources: Mapping[str, str]) -> dict[str, Any]:
    """One run with a result for each problem; `sources` maps a file's name to its text."""
    found = tuple(problems)
    rules = list(dict.fromkeys(problem.code for problem in found))
    driver = {"name": "interlock", "version": __version__, "rules": [{"id": code} for code in rules]}
    results = [_result(problem, rules.index(problem.code), sources) for problem in found]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _result(problem: Diagnostic, rule: int, sources: Mapping[str, str]) -> dict[str, Any]:
    text = f"{problem.summary}. {problem.detail}" if problem.detail else f"{problem.summary}."
    result: dict[str, Any] = {
        "ruleId": problem.code,
        "ruleIndex": rule,
        "level": problem.severity.value,
        "message": {"text": text},
    }
    if problem.subject is not None:
        place = problem.subject
        result["locations"] = [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": _uri(place.filename)},
                    "region": _region(place, sources.get(place.filename)),
                }
            }
        ]
    return result


def _uri(filename: str) -> str:
    path = Path(filename)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())


def _region(place: Span, text: str | None) -> dict[str, int]:
    """The range: SARIF counts code points in a line where a span counts what a reader sees."""
    columns = {"startColumn": place.column, "endColumn": place.end_column}
    if text is not None:
        data = text.encode()
        columns = {"startColumn": _column(data, place.start), "endColumn": _column(data, place.end)}
    return {
        "startLine": place.line,
        "endLine": place.end_line,
        **columns,
        "byteOffset": place.start,
        "byteLength": place.end - place.start,
    }


def _column(data: bytes, offset: int) -> int:
    line = data[data.rfind(b"\n", 0, offset) + 1 : offset]
    return 1 + len(line.decode().removeprefix("\ufeff"))
