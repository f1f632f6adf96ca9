"""Calls of functions with the values that HCL's own library gives: some of those that `make conformance` compares.

``python -m tests.conformance --record tests/golden/functions/calls.jsonl`` writes them anew.
"""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from engine.errors import EvaluationError
from engine.language.functions import STANDARD
from engine.language.values import number
from tests.conformance.functions import OWN, evaluated, same


def calls() -> dict[str, list[dict[str, Any]]]:
    found = defaultdict(list)
    text = (Path(__file__).parent / "functions" / "calls.jsonl").read_text(encoding="utf-8")
    for line in text.removesuffix("\n").split("\n"):  # there are other line breaks in the arguments
        call = json.loads(line, parse_float=number, parse_int=number)
        found[call["function"]].append(call)
    return found


CALLS = calls()


def test_every_function_has_calls() -> None:
    assert set(CALLS) == set(STANDARD) - OWN
    for recorded in CALLS.values():
        assert any("value" in call for call in recorded)


@pytest.mark.parametrize("name", sorted(CALLS))
def test_the_values_are_those_of_the_reference(name: str) -> None:
    for call in CALLS[name]:
        variables = {f"a{i}": value for i, value in enumerate(call["arguments"])}
        written = f"{name}({', '.join(variables)})"
        if "refused" in call:
            with pytest.raises(EvaluationError):
                evaluated(written, variables)
        else:
            assert same(name, evaluated(written, variables), call["value"]), call
