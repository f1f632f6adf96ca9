"""``interlock fmt`` on real files."""

import subprocess
import sys
from pathlib import Path

import pytest

UGLY = 'provisioner   "soc"{\n# why\n a=1 # one\n  bcd  =  [1,2] # two\n}\n'
PRETTY = 'provisioner "soc" {\n  # why\n  a   = 1      # one\n  bcd = [1, 2] # two\n}\n'
BROKEN = 'provisioner "soc" {\n  a = = 1\n}\n'


def fmt(*arguments: object, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "engine", "fmt", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "inner").mkdir()
    (tmp_path / "ugly.hcl").write_text(UGLY)
    (tmp_path / "inner" / "pretty.hcl").write_text(PRETTY)
    (tmp_path / "notes.txt").write_text("a=1")
    return tmp_path


def test_a_folder_is_rewritten_and_what_changed_is_listed(folder: Path) -> None:
    (folder / "ugly.hcl").chmod(0o640)
    done = fmt(folder)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{folder / 'ugly.hcl'}\n", "")
    assert (folder / "ugly.hcl").read_text() == PRETTY
    assert (folder / "ugly.hcl").stat().st_mode & 0o777 == 0o640
    assert sorted(p.name for p in folder.iterdir()) == ["inner", "notes.txt", "ugly.hcl"]
    assert fmt(folder).stdout == ""


def test_check_writes_nothing_and_fails_where_a_file_would_change(folder: Path) -> None:
    done = fmt(folder, "--check")
    assert (done.returncode, done.stdout) == (1, f"{folder / 'ugly.hcl'}\n")
    assert (folder / "ugly.hcl").read_text() == UGLY
    assert fmt(folder / "inner", "--check").returncode == 0


def test_diff_writes_nothing_and_shows_what_would_change(folder: Path) -> None:
    done = fmt(folder / "ugly.hcl", "--diff")
    assert done.returncode == 0
    assert '-provisioner   "soc"{\n' in done.stdout
    assert '+provisioner "soc" {\n' in done.stdout
    assert (folder / "ugly.hcl").read_text() == UGLY


def test_standard_input_goes_to_standard_output() -> None:
    done = fmt("-", stdin=UGLY)
    assert (done.returncode, done.stdout) == (0, PRETTY)
    assert fmt("-", "--check", stdin=UGLY).returncode == 1
    assert fmt("-", "--check", stdin=PRETTY).returncode == 0


def test_an_invalid_file_is_refused_with_its_problem_and_the_others_are_done(folder: Path) -> None:
    (folder / "broken.hcl").write_text(BROKEN)
    done = fmt(folder)
    assert done.returncode == 1
    assert f"{folder / 'broken.hcl'}:2:7: error[operator_unknown]" in done.stderr
    assert (folder / "broken.hcl").read_text() == BROKEN
    assert (folder / "ugly.hcl").read_text() == PRETTY
    refused = fmt("-", stdin=BROKEN)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "<stdin>:2:7" in refused.stderr


def test_a_link_stays_a_link_and_a_missing_file_is_said(folder: Path) -> None:
    (folder / "link.hcl").symlink_to(folder / "ugly.hcl")
    assert fmt(folder / "link.hcl").returncode == 0
    assert (folder / "link.hcl").is_symlink()
    assert (folder / "ugly.hcl").read_text() == PRETTY
    missing = fmt(folder / "missing.hcl")
    assert missing.returncode == 1
    assert "missing.hcl cannot be read" in missing.stderr
