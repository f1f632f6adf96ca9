"""What the author of a broken file reads, to the letter. To accept new wording, write the text beside its file."""

from pathlib import Path

import pytest

from engine.diagnostics import render
from engine.language import parse

FILES = sorted((Path(__file__).parent / "syntax").glob("*.hcl"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_problems_read_as_written_down(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    result = parse(text, path.name)
    assert render(result.diagnostics, {path.name: text}) + "\n" == path.with_suffix(".txt").read_text(
        encoding="utf-8"
    )


def test_there_are_files() -> None:
    assert len(FILES) >= 4
