"""The key of a store's secrets is made for a new store, and never for one that needs another."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from engine.cli import main
from engine.config.settings import read_settings
from engine.errors import InvalidDefinitionError, SecretKeyError, StoreError, StoreTooNewError
from engine.run import hooks
from engine.run.clock import now
from engine.serve.start import key_file, open_store, serve
from engine.store.schema import REVISION
from tests.harness.daemon import ROOT


def test_a_missing_key_is_said_and_no_other_is_made(tmp_path: Path) -> None:
    settings = read_settings({"store": f"sqlite:///{tmp_path}/x.db"}, {})
    store = open_store(settings)
    wanted = hooks.HookRequest(source="github", repo_id="r", repo_path="o/r")
    hooks.register(store, wanted, now())
    store.close()
    place = key_file(settings.store)
    key = place.read_bytes()
    place.unlink()
    with pytest.raises(SecretKeyError, match=r"put .* back"):
        open_store(settings)
    assert not place.exists()
    place.write_bytes(key)
    place.chmod(0o600)
    open_store(settings).close()


@pytest.mark.parametrize("url", ["mysql://x/y", "sqlite://x.db", "foo"])
def test_a_url_that_is_none_leaves_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoreError):
        open_store(read_settings({"store": url}, {}))
    assert list(tmp_path.iterdir()) == []


def _first(folder: Path, revision: str = "0001") -> Path:
    """A store as the first release wrote it, with one hook; of another revision, if that is said."""
    file = folder / "x.db"
    with closing(sqlite3.connect(file)) as c:
        c.executescript((ROOT / "tests/integration/store/first_schema.sql").read_text())
        c.execute("UPDATE alembic_version SET version_num = ?", (revision,))
        c.commit()
    return file


def _revision(file: Path) -> str:
    with closing(sqlite3.connect(file)) as c:
        return str(c.execute("SELECT version_num FROM alembic_version").fetchone()[0])


@pytest.mark.parametrize("revision", ["0001", "9999"])
def test_beside_a_store_of_any_schema_with_hooks_no_key_is_made(tmp_path: Path, revision: str) -> None:
    file = _first(tmp_path, revision)
    settings = read_settings({"store": f"sqlite:///{file}"}, {})
    with pytest.raises(SecretKeyError, match=r"the key .* is missing: put .*x\.key back"):
        open_store(settings)
    assert not key_file(settings.store).exists()
    assert _revision(file) == revision


def test_that_an_older_store_is_brought_forward_is_said_before(tmp_path: Path) -> None:
    file = _first(tmp_path)
    with closing(sqlite3.connect(file)) as c:
        for table in ("attempts", "outbox", "once", "inbox", "bodies", "deliveries", "hooks"):
            c.execute(f"DELETE FROM {table}")  # noqa: S608
        c.commit()
    settings = read_settings({"store": f"sqlite:///{file}"}, {})
    with capture_logs() as said:
        open_store(settings).close()
        open_store(settings).close()
    told = [(line["event"], line["from"], line["to"], line["log_level"]) for line in said]
    assert told == [
        ("store.migrating", "0001", REVISION, "warning")
    ]  # an ordinary line would be written afterwards


def test_with_another_key_an_older_store_stays_as_it_is(tmp_path: Path) -> None:
    file = _first(tmp_path)
    settings = read_settings({"store": f"sqlite:///{file}"}, {"INTERLOCK_SECRET_KEY": "ab" * 32})
    with pytest.raises(SecretKeyError, match="encrypted with another key"):
        open_store(settings)
    assert _revision(file) == "0001"


def test_beside_a_newer_store_without_hooks_no_key_is_made(tmp_path: Path) -> None:
    file = _first(tmp_path, "9999")
    with closing(sqlite3.connect(file)) as c:
        c.execute("DELETE FROM hooks")
        c.commit()
    settings = read_settings({"store": f"sqlite:///{file}"}, {})
    with pytest.raises(StoreTooNewError):
        open_store(settings)
    assert not key_file(settings.store).exists()


def test_files_with_errors_refuse_a_start_before_the_store_is_touched(tmp_path: Path) -> None:
    file = _first(tmp_path)
    with closing(sqlite3.connect(file)) as c:
        c.execute("DELETE FROM hooks")
        c.commit()
    (tmp_path / "statemachines").mkdir()
    flags = {
        "store": f"sqlite:///{file}",
        "port": "0",
        "workers": tmp_path / "none.yaml",
        "machines": tmp_path / "statemachines",
    }
    with pytest.raises(InvalidDefinitionError):
        asyncio.run(serve(read_settings(flags, {}), {}))
    assert _revision(file) == "0001"
    assert not key_file(f"sqlite:///{file}").exists()


def test_what_needs_no_key_goes_on_beside_a_wrong_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path}/x.db"
    store = open_store(read_settings({"store": url}, {}))
    hooks.register(store, hooks.HookRequest(source="github", repo_id="r", repo_path="o/r"), now())
    store.close()
    for wrong in ("ab" * 32, "no key at all"):
        key_file(url).write_text(wrong)
        for command in (["verify"], ["store", "info"], ["hooks", "list"], ["pauses"]):
            assert main([*command, "--store", url]) == 0
            assert "warning" in capsys.readouterr().err
        assert main(["practice", "deliver", "SOC-1", "--hook", "r", "--store", url]) == 1
        assert "key" in capsys.readouterr().err
