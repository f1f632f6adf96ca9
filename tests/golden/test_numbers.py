"""Calculations with the text that HCL's reference writes for their results, to the last digit.

``python -m tests.conformance --record-numbers tests/golden/numbers/results.jsonl`` asks the reference and writes them anew.
"""

import json
from pathlib import Path

from tests.conformance.functions import evaluated

RESULTS = (Path(__file__).parent / "numbers" / "results.jsonl").read_text(encoding="utf-8").splitlines()


def test_every_result_is_that_of_the_reference() -> None:
    assert len(RESULTS) > 500
    for line in RESULTS:
        call, expected = json.loads(line)
        assert evaluated(call, {}) == expected, call
