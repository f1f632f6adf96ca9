"""Everything that is particular to SQLite: the URL, the connections, and what its errors mean for an operator."""

import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import NullPool

from engine.errors import StoreError

#: How long a writer waits for another process that is writing.
BUSY_SECONDS = 5.0
_HEADER = b"SQLite format 3\0"
_READERS_KEPT = 4
#: The log shrinks back to this after a burst, instead of keeping its greatest length.
_LOG_BYTES = 64 * 1024 * 1024
#: Indexes are written all over: what they need must not be read again for each batch. Taken only when it is used.
_CACHE_KILOBYTES = 32 * 1024
#: The log is written back less often than SQLite does by itself, because each time waits for the disk twice.
_CHECKPOINT_PAGES = 4_000
#: But where there is little room the log takes no more than this share of it: to write it back may need as much again.
_LOG_SHARE = 8
_FEWEST_PAGES = 20
_PAGE_BYTES = 4_096

_CLOSED = ("SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_PERM")
#: While the store takes no writes, the log is written back no more often than this, and readers are waited for so long.
_NO_ROOM = ("SQLITE_FULL", "SQLITE_IOERR_WRITE")
_RELIEF_SECONDS = 2.0
_RELIEF_MILLISECONDS = 100

#: What an error means and what to do, by the beginning of SQLite's own name for it.
_SENTENCES = {
    "SQLITE_FULL": "there is no space left for {file}: free some on its disk",
    "SQLITE_READONLY": "{file} is read-only: let the user that runs Interlock write the file and its folder",
    "SQLITE_BUSY": "another process keeps {file} locked: stop it, or let it finish",
    "SQLITE_LOCKED": "another connection keeps {file} locked: let it finish",
    "SQLITE_NOTADB": "{file} is not a SQLite database: name another file with --store",
    "SQLITE_CORRUPT": "{file} is damaged: stop the daemon and restore a backup",
    "SQLITE_CANTOPEN": "{file} cannot be opened: let the user that runs Interlock write the file and its folder",
    "SQLITE_PERM": "{file} cannot be opened: let the user that runs Interlock write the file and its folder",
    "SQLITE_IOERR": "the disk failed for {file}, or takes no more writes: look at the system's log; a daemon goes on by itself when it does",
}


class SQLite:
    """The store as one file."""

    writers = 1
    remote = False

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = self.address = str(path)
        self._identity: tuple[int, int] | None = None
        self._relieve_at = 0.0

    def check(self, *, create: bool) -> None:
        """`StoreError` if the path cannot hold the store."""
        check_file(self.path, create=create)
        self._identity = identity_of(self.path)

    def writer_engine(self) -> Engine:
        """Connections that write."""
        return writer_engine(self.path)

    @property
    def link(self) -> dict[str, str | int]:
        """A file is not connected to."""
        return {}

    def reader_engine(self, *, patient: bool = False) -> Engine:
        """Connections that read; a file answers."""
        del patient
        return reader_engine(self.path)

    def single(self, readers: Engine) -> Engine:
        """Without a transaction a statement is one."""
        return readers

    def writing(self, connection: Connection) -> AbstractContextManager[None]:
        """A transaction that has the write lock from its beginning."""
        return writing(connection)

    def reading(self, connection: Connection) -> AbstractContextManager[None]:
        """A snapshot."""
        return reading(connection)

    def rebuilding(self, connection: Connection) -> AbstractContextManager[None]:
        """Around a transaction that copies tables."""
        return rebuilding(connection)

    def lock_schema(self, connection: Connection, told: Callable[[str], None]) -> None:
        """The write lock is held already."""

    def be_alone(self, connection: Connection, told: Callable[[str], None]) -> None:
        """One daemon works on a file, and whoever else writes has looked at the schema in the same transaction."""

    def complete_schema(self, connection: Connection) -> None:
        """A file needs the tables only, and that no row refers to one that is missing."""
        check_references(connection, self.path)

    def lock(self, connection: Connection, keys: frozenset[str]) -> None:
        """The write lock is held already."""

    def try_locks(self, connection: Connection) -> None:
        """The write lock is held already."""

    def before_commit(self, connection: Connection) -> None:
        """Lanes are woken in the process."""

    def still_there(self) -> bool:
        """Whether the file is the one that was opened."""
        return identity_of(self.path) == self._identity

    def cut(self) -> None:
        """A file answers."""

    def usable(self, connection: Connection, idle: float) -> bool:
        """A file does not hang up."""
        del connection, idle
        return True

    def explain(self, error: BaseException) -> str:
        """The error as a sentence that says what to do."""
        return explain(error, self.path)

    def relieve(self, connection: Connection, error: BaseException) -> None:
        """Bring what the log holds into the file, and cut the log off: on a full disk it may be what fills it.

        Once in a few seconds: it reads the whole log.
        """
        now = time.monotonic()
        if now < self._relieve_at or not _name_of(error).startswith(_NO_ROOM) or connection.in_transaction():
            return
        self._relieve_at = now + _RELIEF_SECONDS
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)  # noqa: S101 -- this module makes the engines
        driver.execute(
            f"PRAGMA busy_timeout = {_RELIEF_MILLISECONDS}"
        )  # the connection is of no other use any more
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()

    def is_passing(self, error: BaseException) -> bool:
        """One writes at a time."""
        del error
        return False

    def is_about_the_store(self, error: BaseException) -> bool:
        """Whether the error is one of the file or its disk."""
        return is_about_the_file(error)


def path_of(url: str) -> Path:
    """The absolute path that a ``sqlite:///`` URL names."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise StoreError("the store must be a URL such as sqlite:///interlock.db") from None
    kind = parsed.get_backend_name()
    if kind == "postgresql":
        raise StoreError(
            "this works on a store in a file; for PostgreSQL use the server's own tools, such as pg_dump"
        )
    if kind != "sqlite":
        raise StoreError(f"{kind} cannot hold the store: use sqlite:///interlock.db, or postgresql://…")
    name = parsed.database
    if not name or name == ":memory:" or name.startswith("file:") or parsed.host:
        raise StoreError(
            "the store must be a file: sqlite:///interlock.db, or sqlite:////var/lib/interlock.db"
        )
    if parsed.query:
        raise StoreError(f"the store's URL takes no options: use sqlite:///{name}")
    return Path(name).absolute()


def check_file(path: Path, *, create: bool) -> None:
    """`StoreError` with what to do, if the path cannot hold the store.

    With `create`, a file that does not exist is made, empty and its owner's alone: what is received may be private.
    """
    folder = path.parent
    if not folder.is_dir():
        raise StoreError(f"the folder {folder} does not exist: make it, or name another file with --store")
    if path.is_dir():
        raise StoreError(f"{path} is a folder: name a file in it with --store")
    if not path.exists():
        if not create:
            raise StoreError(
                f"there is no store at {path}: start the daemon once, or name its file with --store"
            )
        if not os.access(folder, os.W_OK):
            raise StoreError(
                f"the folder {folder} is read-only: make it writable for the user that runs Interlock"
            )
        _make(path)
        return
    if not path.is_file():
        raise StoreError(f"{path} is not a file: name another one with --store")
    try:
        with path.open("rb") as file:
            header = file.read(len(_HEADER))
    except OSError as error:
        raise StoreError(
            f"{path} cannot be read ({error.strerror}): make it readable for the user that runs Interlock"
        ) from error
    if header not in {b"", _HEADER}:
        raise StoreError(_SENTENCES["SQLITE_NOTADB"].format(file=path))
    if create and not (os.access(path, os.W_OK) and os.access(folder, os.W_OK)):
        raise StoreError(_SENTENCES["SQLITE_READONLY"].format(file=path))


def _make(path: Path) -> None:
    try:
        path.touch(mode=0o600)
    except OSError as error:
        raise StoreError(
            f"{path} cannot be made ({error.strerror}): name a file in another folder with --store"
        ) from error


def is_database(path: Path) -> bool:
    """Whether the file begins as SQLite's do; one that cannot be read does not say, and is left to whoever opens it."""
    try:
        with path.open("rb") as file:
            return file.read(len(_HEADER)) == _HEADER
    except OSError:
        return True


def identity_of(path: Path) -> tuple[int, int] | None:
    """Which file is at the path now; None if there is none. SQLite would go on writing to a file that was removed."""
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_dev, found.st_ino)


def writer_engine(path: Path) -> Engine:
    """Connections that write: each transaction takes the write lock at its beginning, each commit is on the disk."""
    engine = create_engine(
        _url(path), poolclass=NullPool, connect_args=_connect_arguments(), hide_parameters=True
    )
    event.listen(engine, "connect", lambda connection, _: _prepare_writer(connection, path))
    return engine


def reader_engine(path: Path) -> Engine:
    """Connections that read snapshots and cannot write."""
    engine = create_engine(
        _url(path),
        pool_size=_READERS_KEPT,
        max_overflow=-1,
        connect_args=_connect_arguments(),
        hide_parameters=True,
    )
    event.listen(engine, "connect", _prepare_reader)
    return engine


@contextmanager
def writing(connection: Connection) -> Iterator[None]:
    """A transaction that has the write lock from its beginning; committed at the end, undone if anything is raised."""
    # Not a listener for SQLAlchemy's "begin": any listener of an engine makes every statement a third slower.
    with connection.begin():
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        yield


@contextmanager
def rebuilding(connection: Connection) -> Iterator[None]:
    """Around a transaction that copies tables: references are checked at its end, not while a table is missing."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)  # noqa: S101 -- this module makes the engines
    driver.execute("PRAGMA foreign_keys = OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys = ON")


def check_references(connection: Connection, path: Path) -> None:
    """`StoreError` if a row refers to one that is not there."""
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        raise StoreError(
            f"{path} is damaged: a row of {broken[0]} refers to one that is missing; restore a backup"
        )


@contextmanager
def reading(connection: Connection) -> Iterator[None]:
    """A snapshot: from the first statement on, nothing that others write is seen."""
    with connection.begin():
        connection.exec_driver_sql("BEGIN")
        yield


def explain(error: BaseException, path: Path) -> str:
    """The error as a sentence that says what to do."""
    if isinstance(error, StoreError):
        return str(error)
    sentence = _sentence_for(error)
    if sentence is None:
        return f"the store {path} failed: {error.orig if isinstance(error, DBAPIError) else error}"
    return sentence.format(file=path)


def is_closed_to_us(error: BaseException) -> bool:
    """Whether the file cannot be opened as it lies there, which tells nothing of what is in it."""
    return _name_of(error).startswith(_CLOSED)


def is_about_the_file(error: BaseException) -> bool:
    """Whether the error is one of the file or its disk, and not of one statement."""
    return _sentence_for(error) is not None


def _sentence_for(error: BaseException) -> str | None:
    name = _name_of(error)
    return next((s for beginning, s in _SENTENCES.items() if name.startswith(beginning)), None)


def _name_of(error: BaseException) -> str:
    """SQLite's own name for an error; empty if it is none of its."""
    original = error.orig if isinstance(error, DBAPIError) else error
    return str(getattr(original, "sqlite_errorname", ""))


def _url(path: Path) -> URL:
    return URL.create("sqlite", database=str(path))


def _connect_arguments() -> dict[str, Any]:
    # Without an isolation level the driver begins nothing by itself, and `writing` and `reading` say how to begin.
    return {"timeout": BUSY_SECONDS, "isolation_level": None, "check_same_thread": False}


def _prepare_writer(connection: sqlite3.Connection, path: Path) -> None:
    mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    if mode != "wal":
        raise StoreError(
            "the store's file system cannot share a write-ahead log: name a file on a local disk"
        )
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA cache_size = -{_CACHE_KILOBYTES}")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute(f"PRAGMA wal_autocheckpoint = {_checkpoint_pages(path)}")
    connection.execute(f"PRAGMA journal_size_limit = {_LOG_BYTES}")


def _checkpoint_pages(path: Path) -> int:
    room = shutil.disk_usage(path.parent).free // _PAGE_BYTES
    return max(_FEWEST_PAGES, min(_CHECKPOINT_PAGES, room // _LOG_SHARE))


def _prepare_reader(connection: sqlite3.Connection, record: object) -> None:
    del record
    connection.execute("PRAGMA query_only = ON")
