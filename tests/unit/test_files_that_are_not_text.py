"""Files that are no UTF-8 text are told with the place of the byte that is none."""

from pathlib import Path

from engine.diagnostics import Diagnostic
from engine.run.files import read_text


def test_the_place_of_the_first_byte_that_is_no_text(tmp_path: Path) -> None:
    file = tmp_path / "h.hcl"
    file.write_bytes('a = 1\r\nb = "é'.encode() + b'\xff"\n')
    problems: list[Diagnostic] = []
    assert read_text(file, "a definition", problems) is None
    [problem] = problems
    assert str(problem.subject) == f"{file}:2:7"
    assert "0xff" in problem.detail
