"""The store itself: open it, write through its one writer, read snapshots, ask how it is."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Self, TypeVar

from sqlalchemy import Connection, Engine, delete, func, insert, select
from sqlalchemy.exc import SQLAlchemyError

from engine.errors import SecretKeyError, StoreError
from engine.store import schema, sqlite
from engine.store.secrets import SecretBox
from engine.store.tables import hooks, probe
from engine.store.writer import Writer

__all__ = ["Connection", "Store"]

T = TypeVar("T")

_KEY_IDS = select(func.min(hooks.c.key_id), func.max(hooks.c.key_id))
_TRY = (insert(probe).values(id=1), delete(probe))


class Store:
    """One open store. Any thread may use it; other processes may have the same file open."""

    def __init__(self, path: Path, readers: Engine, writers: Engine, box: SecretBox | None) -> None:
        self.path = path
        self._readers = readers
        self._writer = Writer(writers, path)
        self._box = box
        self._probing: Future[None] | None = None

    @classmethod
    def open(cls, url: str, *, key: bytes | None = None, migrate: bool = True) -> Self:
        """Open the store of a ``sqlite:///`` URL; with `migrate`, make it or bring it forward first.

        `key` is the key of hook secrets; `SecretKeyError` if secrets of the store were sealed with another. `StoreError`
        says what is wrong with the file; `StoreTooNewError` if a newer Interlock wrote it.
        """
        path = sqlite.path_of(url)
        sqlite.check_file(path, create=migrate)
        readers, writers = sqlite.reader_engine(path), sqlite.writer_engine(path)
        box = None if key is None else SecretBox(key)
        try:
            with writers.connect(), readers.connect() as c, sqlite.reading(c):
                current = schema.is_current(c, path)
            if not current:
                _bring_forward(writers, path, migrate=migrate)
            if box is not None:
                with readers.connect() as c:
                    _check_key(c, box)
        except SQLAlchemyError as error:
            readers.dispose()
            raise sqlite.store_error(error, path) from error
        except StoreError:
            readers.dispose()
            raise
        return cls(path, readers, writers, box)

    @property
    def secrets(self) -> SecretBox:
        """What seals and unseals hook secrets; `SecretKeyError` if the store was opened without a key."""
        if self._box is None:
            raise SecretKeyError(
                "the store was opened without its secret key: give INTERLOCK_SECRET_KEY or the key file"
            )
        return self._box

    def submit(self, work: Callable[[Connection], T]) -> "Future[T]":
        """Queue a work for the next commit; its future is resolved after the commit, with the work's result.

        A work runs once, on the writer's thread, alone; it must only read and write its connection. What it raises is
        undone alone and is its future's exception; if the commit fails, every future of it has a `StoreError`.
        """
        return self._writer.submit(work)

    def write(self, work: Callable[[Connection], T]) -> T:
        """Do a work and wait for its commit."""
        return self.submit(work).result()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One snapshot of the store, whatever is written meanwhile; it cannot be written through."""
        try:
            with self._readers.connect() as c, sqlite.reading(c):
                yield c
        except SQLAlchemyError as error:
            raise sqlite.store_error(error, self.path) from error

    def health(self) -> str | None:
        """None if the last commit worked, else what is wrong and what to do; then a write is tried, for the next time."""
        if self._writer.closed:
            return "the store is closed"
        trouble = self._writer.trouble
        if trouble is not None and (self._probing is None or self._probing.done()):
            self._probing = self._writer.submit(_try_writing)
        return trouble

    def close(self) -> None:
        """Commit everything that waits, then let go of the file. A second time does nothing."""
        self._writer.close()
        self._readers.dispose()


def _try_writing(c: Connection) -> None:
    for statement in _TRY:
        c.execute(statement)


def _bring_forward(writers: Engine, path: Path, *, migrate: bool) -> None:
    if not migrate:
        raise StoreError(
            f"{path} has no current schema yet: start the daemon once, it brings the store forward"
        )
    with writers.connect() as c, sqlite.rebuilding(c), sqlite.writing(c):
        schema.bring_forward(c, path)
        sqlite.check_references(c, path)


def _check_key(c: Connection, box: SecretBox) -> None:
    for key_id in c.execute(_KEY_IDS).one():
        if key_id not in {None, box.key_id}:
            raise SecretKeyError(
                "the hook secrets in the store were encrypted with another key: start with that one "
                "(INTERLOCK_SECRET_KEY or the key file)"
            )
