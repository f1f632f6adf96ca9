"""What the author of a broken file reads, to the letter. `INTERLOCK_GOLDEN=write` accepts new wording."""

import os
from pathlib import Path

import pytest

from engine.diagnostics import render
from engine.language import parse

FILES = sorted((Path(__file__).parent / "syntax").glob("*.hcl"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_problems_read_as_written_down(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    result = parse(text, path.name)
    report = render(result.told, {path.name: text}) + "\n"
    agreed = path.with_suffix(".txt")
    if os.environ.get("INTERLOCK_GOLDEN") == "write":
        agreed.write_text(report, encoding="utf-8")
    assert report == agreed.read_text(encoding="utf-8")


def test_there_are_files() -> None:
    assert len(FILES) >= 4
