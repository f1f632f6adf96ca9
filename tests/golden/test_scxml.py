"""What becomes of SCXML documents, word for word: the definition, and what is told beside it.

Each ``scxml/NAME.scxml`` has its definition in ``NAME.out.hcl``, if there is one, and its report in ``NAME.txt``. After a
change that is meant, write them anew with ``INTERLOCK_GOLDEN=write`` in the environment and read the difference.
"""

import os
from pathlib import Path

import pytest

from engine.diagnostics import errors_in, render
from engine.language.format import format_text
from engine.machine.read import read_definition
from engine.scxml.convert import convert

DOCUMENTS = Path(__file__).parent / "scxml"
NAMES = sorted(path.stem for path in DOCUMENTS.glob("*.scxml"))


def agreed(path: Path, text: str) -> str:
    if os.environ.get("INTERLOCK_GOLDEN") == "write":
        if text:
            path.write_text(text, encoding="utf-8")
        else:
            path.unlink(missing_ok=True)
    return path.read_text(encoding="utf-8") if path.exists() else ""


@pytest.mark.parametrize("name", NAMES)
def test_the_conversion_reads_as_agreed(name: str) -> None:
    text = (DOCUMENTS / f"{name}.scxml").read_text(encoding="utf-8")
    done = convert(text, f"{name}.scxml")
    report = render(done.diagnostics, {f"{name}.scxml": text})
    assert report + "\n" == agreed(DOCUMENTS / f"{name}.txt", report + "\n")
    assert (done.text or "") == agreed(DOCUMENTS / f"{name}.out.hcl", done.text or "")


@pytest.mark.parametrize("name", NAMES)
def test_what_is_converted_without_an_error_is_a_definition_in_the_canonical_style(name: str) -> None:
    done = convert((DOCUMENTS / f"{name}.scxml").read_text(encoding="utf-8"), name)
    if done.text is None or errors_in(done.diagnostics):
        return
    assert not errors_in(read_definition(done.text, name).diagnostics)
    assert format_text(done.text, name).text == done.text
