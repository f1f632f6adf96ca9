"""How fast definitions are parsed, beside python-hcl2 on the same text in the same run."""

import time
from collections.abc import Callable
from typing import Any

import hcl2

from engine.language import parse
from engine.resources import shipped

_REPEATS = 7


def _seconds(work: Callable[[], object]) -> float:
    best = float("inf")
    for _ in range(_REPEATS):
        begun = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - begun)
    return best


def measure() -> list[dict[str, Any]]:
    """Rows of name, value, unit, and the reference's value on the same machine a moment later."""
    text = (shipped("statemachines") / "jira.hcl").read_text(encoding="utf-8")
    large = text * 40
    rows = []
    for name, source in (("parse a definition", text), ("parse 40 definitions", large)):
        ours = _seconds(lambda source=source: parse(source, "bench.hcl"))  # type: ignore[misc]
        theirs = _seconds(lambda source=source: hcl2.loads(source))  # type: ignore[misc]
        rows.append(
            {
                "name": name,
                "value": ours * 1000,
                "unit": "ms",
                "reference": "python-hcl2 loads",
                "reference_value": theirs * 1000,
                "ratio": theirs / ours,
            }
        )
    return rows
