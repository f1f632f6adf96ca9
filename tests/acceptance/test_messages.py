"""What a mistake on the command line is answered: it names what is wrong, and what to type instead."""

from pathlib import Path

import pytest

from engine.cli import main
from engine.store.database import Store
from tests.harness.postgres import PostgresServer


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a store."""
    monkeypatch.chdir(tmp_path)
    for name in ("INTERLOCK_STORE", "INTERLOCK_KEEP", "INTERLOCK_SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)
    Store.open("sqlite:///interlock.db").close()
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], status: int, *arguments: str) -> str:
    """Everything that a command line prints, as one line."""
    assert main(arguments) == status
    printed = capsys.readouterr()
    return " ".join((printed.out + printed.err).split())


def test_an_unknown_command_is_answered_with_all_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    printed = said(capsys, 2, "shwo", "SOC-1")
    assert 'no command "shwo". Did you mean "show"?' in printed
    assert all(f"{name}," in printed for name in ("approvals", "run", "show", "store"))


def test_a_wrong_duration_is_named(capsys: pytest.CaptureFixture[str], here: Path) -> None:
    assert "(it is '-1d')" in said(capsys, 1, "run", "--keep", "-1d")
    assert "it is '-1d'" in said(capsys, 1, "store", "prune", "--older-than", "-1d")
    assert "it is '-1d'" in said(capsys, 1, "deadletters", "list", "--older-than", "-1d")


def test_a_wrong_url_is_not_shown(capsys: pytest.CaptureFixture[str], here: Path) -> None:
    assert "hunter2" not in said(capsys, 1, "run", "--store", "postgresql://ada:hunter2@db/\x01")


def test_no_dead_letters_and_none_such(capsys: pytest.CaptureFixture[str], here: Path) -> None:
    assert said(capsys, 0, "deadletters", "list") == "There are no dead letters."
    assert said(capsys, 0, "deadletters", "list", "--entity", "SOC-1") == "There is no such dead letter."


def test_what_is_no_backup_is_named(capsys: pytest.CaptureFixture[str], here: Path) -> None:
    (here / "not.db").write_text("no database at all")
    for name in ("not.db", "missing.db", "."):
        printed = said(capsys, 1, "store", "restore", name, "--force")
        assert "`interlock store backup`" in printed
        assert "--store" not in printed


def test_a_store_that_cannot_be_made_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Exception, match=r"cannot be made .*--store"):
        Store.open("sqlite:////proc/x.db")


def test_what_only_a_file_has_is_refused_with_a_hint(
    capsys: pytest.CaptureFixture[str], here: Path, postgres: PostgresServer
) -> None:
    url = postgres.url()
    Store.open(url).close()
    for command in (("info",), ("check",), ("backup", "copy.db"), ("restore", "copy.db")):
        assert "pg_dump" in said(capsys, 1, "store", *command, "--store", url)
    assert "Removed: 0 decisions" in said(
        capsys, 0, "store", "prune", "--older-than", "0s", "--yes", "--store", url
    )
