"""Opening a store: what is made, what is refused, and in which words."""

import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from engine.errors import SecretKeyError, StoreError, StoreTooNewError
from engine.store import schema, sqlite, tables
from engine.store.database import Store


def schema_of(path: Path) -> set[tuple[str, str, str]]:
    with closing(sqlite3.connect(path)) as c:
        found = c.execute("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        # A table that a migration had to copy has its name in quotes; a column that one added is spaced in its own way.
        plain = str.maketrans({'"': "", ",": " , ", "(": " ( ", ")": " ) "})
        return {(kind, name, " ".join(text.translate(plain).split())) for kind, name, text in found}


def test_a_new_store_is_one_file_in_write_ahead_mode(store: Store) -> None:
    assert store.trouble() is None
    with closing(sqlite3.connect(store.path)) as c:
        assert c.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    store.close()
    assert [p.name for p in store.path.parent.iterdir()] == ["interlock.db"]


def test_a_relative_url_means_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = Store.open("sqlite:///here.db")
    monkeypatch.chdir("/")
    assert store.path == tmp_path / "here.db"
    assert store.write(lambda c: 1) == 1
    store.close()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgresql://ada:hunter2@127.0.0.1:1/interlock", "127.0.0.1:1 does not answer: start it"),
        ("postgres://ada:hunter2@127.0.0.1", "names no database"),
        ("postgresql://ada:hunter2@127.0.0.1:port/db", "a port is a number"),
        ("postgresql://ada:hunter2@[::1/db", "stands in brackets|does not answer|names no database"),
        ("mysql://db/x", "mysql cannot hold the store"),
        ("interlock.db", "must be a URL such as sqlite:///interlock.db"),
        ("", "must be a URL"),
        ("sqlite://", "must be a file"),
        ("sqlite:///:memory:", "must be a file"),
        ("sqlite://interlock.db", "must be a file"),
        ("sqlite:///file:x?mode=ro", "must be a file"),
        ("sqlite:///x.db?mode=ro", "takes no options"),
        ("sqlite:////no/such/folder/x.db", "folder /no/such/folder does not exist: make it"),
        ("sqlite:////usr", "/usr is a folder"),
    ],
)
def test_other_urls_are_refused_with_what_to_do(url: str, says: str) -> None:
    with pytest.raises(StoreError, match=says) as caught:
        Store.open(url)
    assert "hunter2" not in str(caught.value)


def test_a_file_that_is_no_database_is_left_alone(url: str, tmp_path: Path) -> None:
    file = tmp_path / "interlock.db"
    file.write_text("my shopping list, much longer than a header")
    with pytest.raises(StoreError, match="is not a SQLite database: name another file"):
        Store.open(url)
    assert file.read_text().startswith("my shopping list")


def test_a_damaged_database_is_refused(url: str, tmp_path: Path) -> None:
    Store.open(url).close()
    file = tmp_path / "interlock.db"
    damaged = bytearray(file.read_bytes())
    damaged[100:4096] = b"\xff" * 3996
    file.write_bytes(damaged)
    with pytest.raises(StoreError, match="is damaged: stop the daemon and restore a backup"):
        Store.open(url)


@pytest.mark.parametrize("tables_there", [["songs"], ["songs", "alembic_version"]])
def test_a_database_of_something_else_is_left_alone(
    url: str, tmp_path: Path, tables_there: list[str]
) -> None:
    with closing(sqlite3.connect(tmp_path / "interlock.db")) as c:
        for name in tables_there:
            c.execute(f"CREATE TABLE {name} (version_num)")
    with pytest.raises(StoreError, match="database of something else"):
        Store.open(url)


def test_a_file_that_another_process_keeps_locked_is_refused(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.05)
    with closing(sqlite3.connect(tmp_path / "interlock.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreError, match=r"another process keeps .* locked"):
            Store.open(url)


_AS_NOBODY = """
import os, sys
from engine.errors import StoreError
from engine.store.database import Store
Store.open(sys.argv[2]).close()  # imports everything, while it may
os.setgroups([]); os.setgid(65534); os.setuid(65534)
try:
    Store.open(sys.argv[1])
except StoreError as error:
    print(error)
"""


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
@pytest.mark.parametrize(
    ("folder_mode", "file_mode", "says"),
    [
        (0o755, None, "read-only: make it writable"),
        (0o755, 0o644, "is read-only: let the user that runs Interlock write the file and its folder"),
        (0o777, 0o644, "is read-only: let the user that runs Interlock write the file and its folder"),
        (0o755, 0o666, "is read-only: let the user that runs Interlock write the file and its folder"),
        (0o777, 0o600, "cannot be read"),
    ],
)
def test_what_the_user_may_not_write_is_refused(
    tmp_path: Path, folder_mode: int, file_mode: int | None, says: str
) -> None:
    folder = Path("/tmp") / f"interlock-{os.getpid()}"  # noqa: S108 -- pytest's own folder is closed to others
    folder.mkdir()
    try:
        file = folder / "interlock.db"
        if file_mode is not None:
            Store.open(f"sqlite:///{file}").close()
            file.chmod(file_mode)
        folder.chmod(folder_mode)
        command = [sys.executable, "-c", _AS_NOBODY, f"sqlite:///{file}", f"sqlite:///{tmp_path}/own.db"]
        printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        assert says in printed
    finally:
        for left in folder.iterdir():
            left.unlink()
        folder.rmdir()


def test_a_newer_store_is_refused_and_not_touched(url: str, tmp_path: Path) -> None:
    Store.open(url).close()
    with closing(sqlite3.connect(tmp_path / "interlock.db")) as c:
        c.execute("UPDATE alembic_version SET version_num = '9999'")
        c.commit()
    with pytest.raises(
        StoreTooNewError, match=r"newer Interlock \(schema 9999, this one knows \d+\): upgrade"
    ):
        Store.open(url)


def test_a_revision_that_no_migration_knows_is_refused(url: str, tmp_path: Path) -> None:
    Store.open(url).close()
    with closing(sqlite3.connect(tmp_path / "interlock.db")) as c:
        c.execute("UPDATE alembic_version SET version_num = '0000'")
        c.commit()
    with pytest.raises(StoreError, match=r"cannot be brought forward: .*0000.*; nothing was changed"):
        Store.open(url)


def test_a_pipe_is_refused_and_not_waited_for(url: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "interlock.db")
    with pytest.raises(StoreError, match="is not a file"):
        Store.open(url)


def test_without_migrate_nothing_is_made(url: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"there is no store at .*: start the daemon once"):
        Store.open(url, migrate=False)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "interlock.db").touch()
    with pytest.raises(StoreError, match="start the daemon once"):
        Store.open(url, migrate=False)
    Store.open(url).close()
    Store.open(url, migrate=False).close()


def test_opening_a_current_store_does_not_import_alembic(url: str) -> None:
    Store.open(url).close()
    program = "import sys; from engine.store.database import Store; Store.open(sys.argv[1]).close(); print(*sys.modules)"
    printed = subprocess.run(
        [sys.executable, "-c", program, url], capture_output=True, text=True, check=True
    ).stdout
    assert "sqlalchemy" in printed.split()
    assert "alembic" not in printed.split()


def _empty_store(path: Path) -> None:
    """A store before its first migration, as a migration that failed leaves it."""
    with closing(sqlite3.connect(path)) as c:
        c.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")


def test_an_older_store_is_brought_forward_by_migrations_to_what_a_new_one_is(tmp_path: Path) -> None:
    _empty_store(tmp_path / "old.db")
    migrated, new = (Store.open(f"sqlite:///{tmp_path}/{name}") for name in ("old.db", "new.db"))
    migrated.close()
    new.close()

    def named(path: Path) -> set[tuple[str, str]]:
        return {(kind, name) for kind, name, _ in schema_of(path)}

    assert named(migrated.path) == named(new.path)
    assert schema_of(migrated.path) - schema_of(new.path) == set()


def test_the_newest_migration_is_the_revision_that_start_looks_for(store: Store) -> None:
    with store.read() as c:
        script = ScriptDirectory.from_config(schema.alembic_config(c))
        assert script.get_current_head() == schema.REVISION
        assert schema.is_current(c, store.name)


@pytest.mark.filterwarnings("ignore:autogenerate skipping")  # an index that only PostgreSQL has
def test_the_migrations_make_the_tables_of_the_code(tmp_path: Path) -> None:
    _empty_store(tmp_path / "old.db")
    store = Store.open(f"sqlite:///{tmp_path}/old.db")
    with store.read() as c:
        context = MigrationContext.configure(c, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, tables.metadata) == []
    store.close()


def test_the_key_of_the_secrets_is_checked_at_the_start(url: str, store: Store) -> None:
    from datetime import UTC, datetime

    from engine.store import hooks

    sealed = store.secrets.seal("s3cret", source="github", repo_id="1")
    now = datetime(2026, 1, 1, tzinfo=UTC)
    store.write(
        lambda c: hooks.register(c, source="github", repo_id="1", repo_path="o/h", sealed=sealed, now=now)
    )
    store.close()
    with pytest.raises(SecretKeyError, match="encrypted with another key: start with that one"):
        Store.open(url, key=b"x" * 32)
    keyless = Store.open(url)
    with pytest.raises(SecretKeyError, match="without its secret key"):
        _ = keyless.secrets
    keyless.close()
    again = Store.open(url, key=b"k" * 32)
    with again.read() as c:
        found = hooks.sealed_secret(c, "github", "1")
    assert found is not None
    assert again.secrets.unseal(found[1], source="github", repo_id="1") == "s3cret"
    again.close()
    assert b"s3cret" not in store.path.read_bytes()


def test_the_file_is_its_owners_alone(store: Store) -> None:
    assert stat.S_IMODE(store.path.stat().st_mode) & 0o077 == 0
