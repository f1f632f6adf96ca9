"""Files that are no UTF-8 text are told with the place of the byte that is none."""

import os
from pathlib import Path

import pytest

from engine.diagnostics import Diagnostic
from engine.run.files import LARGEST, read_text


def test_the_place_of_the_first_byte_that_is_no_text(tmp_path: Path) -> None:
    file = tmp_path / "h.hcl"
    file.write_bytes('a = 1\r\nb = "é'.encode() + b'\xff"\n')
    problems: list[Diagnostic] = []
    assert read_text(file, "a definition", problems) is None
    [problem] = problems
    assert str(problem.subject) == f"{file}:2:7"
    assert "0xff" in problem.detail


def test_a_pipe_nobody_writes_to_is_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.hcl"
    os.mkfifo(pipe)
    problems: list[Diagnostic] = []
    assert read_text(pipe, "a definition", problems) is None
    assert [p.summary for p in problems] == [
        f"{pipe} cannot be read: it is a pipe, which may never have anything in it"
    ]


def test_a_pipe_that_a_shell_hands_over_is_read() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"a = 1\r\nb = 2\r\n")
    os.close(writing)
    try:
        assert read_text(Path(f"/dev/fd/{reading}"), "a definition", []) == "a = 1\nb = 2\n"
    finally:
        os.close(reading)


@pytest.mark.parametrize("file", ["/dev/zero", "large"])
def test_what_has_no_end_in_sight_is_not_read_on(file: str, tmp_path: Path) -> None:
    large = tmp_path / file
    if not large.exists():
        large.write_bytes(b"#" * (LARGEST + 1))
    problems: list[Diagnostic] = []
    assert read_text(large, "a definition", problems) is None
    assert [p.summary for p in problems] == [f"{large} cannot be read: it is larger than 16 MiB"]


def test_what_is_as_large_as_may_be_is_read(tmp_path: Path) -> None:
    (tmp_path / "large.hcl").write_bytes(b"#" * LARGEST)
    assert read_text(tmp_path / "large.hcl", "a definition", []) == "#" * LARGEST
