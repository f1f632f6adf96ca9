"""What a person reads about a bad definition, word for word.

Each ``definitions/NAME.hcl`` has its report in ``NAME.txt``. After a change that is meant, write the reports anew with
``INTERLOCK_GOLDEN=write`` in the environment and read the difference.
"""

import os
from pathlib import Path

import pytest

from engine.diagnostics import render
from engine.machine.read import read_definition

DEFINITIONS = Path(__file__).parent / "definitions"


@pytest.mark.parametrize("name", sorted(path.stem for path in DEFINITIONS.glob("*.hcl")))
def test_the_report_reads_as_agreed(name: str) -> None:
    source = (DEFINITIONS / f"{name}.hcl").read_text(encoding="utf-8")
    result = read_definition(source, f"{name}.hcl")
    report = render(result.diagnostics, {f"{name}.hcl": source}) + "\n"
    agreed = DEFINITIONS / f"{name}.txt"
    if os.environ.get("INTERLOCK_GOLDEN") == "write":
        agreed.write_text(report, encoding="utf-8")
    assert report == agreed.read_text(encoding="utf-8")


def test_the_predecessors_file_gives_no_word() -> None:
    source = (DEFINITIONS / "predecessor.hcl").read_text(encoding="utf-8")
    assert read_definition(source, "x.hcl").diagnostics == ()


def test_the_full_language_gives_nothing_but_what_is_not_supported_yet() -> None:
    source = (DEFINITIONS / "later_language.hcl").read_text(encoding="utf-8")
    found = read_definition(source, "x.hcl").diagnostics
    assert {d.code for d in found} == {"unsupported"}
    assert [d.summary.split()[1] for d in found] == ["property", "property", "test"]
