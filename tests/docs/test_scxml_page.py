"""What the page about SCXML says becomes of each element does become of it."""

import re

import pytest

from engine.diagnostics import errors_in
from engine.scxml.convert import convert
from tests.harness.daemon import ROOT

_ROW = re.compile(r"^\| `(<.*>)` \| (?:(.*): )?`(.*)` \|$", re.MULTILINE)
ROWS = _ROW.findall((ROOT / "docs/coming-from-scxml.md").read_text(encoding="utf-8"))


def test_the_page_has_rows() -> None:
    assert len(ROWS) > 20


@pytest.mark.parametrize(("document", "fate", "here"), ROWS)
def test_a_row_of_the_page_is_true(document: str, fate: str, here: str) -> None:
    done = convert(f'<scxml xmlns="http://www.w3.org/2005/07/scxml">{document}</scxml>', "x.scxml")
    assert done.text is not None
    if fate:
        assert here in {d.code for d in done.diagnostics}
        assert errors_in(done.diagnostics) is (fate == "nothing")
    else:
        assert not errors_in(done.diagnostics)
        lines = {" ".join(line.split()) for line in done.text.splitlines()}
        assert " ".join(here.split()) in lines
