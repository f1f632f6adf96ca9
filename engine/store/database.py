"""The store itself: open it, write through its one writer, read snapshots, ask how it is."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Self, TypeVar

from sqlalchemy import Connection, Engine, delete, insert, select
from sqlalchemy.exc import SQLAlchemyError

from engine.errors import SecretKeyError, StoreError, StoreTroubleError
from engine.store import schema
from engine.store.backend import Backend, backend_of
from engine.store.secrets import SecretBox
from engine.store.tables import hooks, probe
from engine.store.writer import Writer

__all__ = ["Connection", "Store"]

T = TypeVar("T")

_KEY_IDS = tuple(
    select(hooks.c.key_id).order_by(order).limit(1) for order in (hooks.c.key_id.asc(), hooks.c.key_id.desc())
)
#: How long the last commits of a remote store may take when it is closed.
_CLOSING_SECONDS = 1.0
#: How often whoever asks for it has something written to a file; otherwise its lock is enough.
_TRIED_SECONDS = 5.0
#: What a write failed for is told for so long, whatever else comes through.
_FRESH_SECONDS = 5.0
_TRY = (insert(probe).values(id=1), delete(probe))


def _nobody(_revision: str, _because: str) -> None:
    return


class Store:
    """One open store. Any thread may use it; other processes may have the same store open."""

    def __init__(self, backend: Backend, readers: Engine, writers: Engine, box: SecretBox | None) -> None:
        self._backend = backend
        self._readers = readers
        self._single = backend.single(readers)
        self._writer = Writer(writers, backend)
        self._box = box
        self._probing: Future[None] | None = None
        self._tried_at = -_TRIED_SECONDS
        #: When a try to write began that is under way, by the monotonic clock; None if none is.
        self.trying_since: float | None = None

    @classmethod
    def open(
        cls,
        url: str,
        *,
        key: bytes | None = None,
        migrate: bool = True,
        patient: bool = False,
        told: schema.Told = _nobody,
    ) -> Self:
        """Open the store of a ``sqlite:///`` or ``postgresql://`` URL; with `migrate`, make it or bring it forward.

        `told` hears the revision of an older store, and what is done to it: to bring it forward takes long where it is large.
        `key` is the key of hook secrets; `SecretKeyError` if secrets of the store were sealed with another. `StoreError`
        says what is wrong with the file; `StoreTooNewError` if a newer Interlock wrote it. With `patient`, what is read may
        take a server minutes; otherwise one that does not answer within seconds is given up.
        """
        backend = backend_of(url)
        backend.check(create=migrate)
        readers, writers = backend.reader_engine(patient=patient), backend.writer_engine()
        box = None if key is None else SecretBox(key)
        try:
            with writers.connect(), readers.connect() as c, backend.reading(c):
                current = schema.is_current(c, backend.name)
                if box is not None and schema.has_hooks(c):
                    _check_key(c, box)  # before anything is changed
            if not current:
                if backend.remote:
                    readers.dispose()  # nobody of ours uses the old schema
                _bring_forward(writers, backend, told, migrate=migrate)
        except SQLAlchemyError as error:
            readers.dispose()
            writers.dispose()
            raise StoreError(backend.explain(error)) from error
        except StoreError:
            readers.dispose()
            writers.dispose()
            raise
        return cls(backend, readers, writers, box)

    @property
    def closed(self) -> bool:
        """Whether nothing can be written any more."""
        return self._writer.closed

    @property
    def path(self) -> Path:
        """The file; `StoreError` if the store is none."""
        path = getattr(self._backend, "path", None)
        if path is None:
            raise StoreError(f"{self._backend.name} is no file")
        return Path(path)

    @property
    def name(self) -> str:
        """What messages call the store."""
        return self._backend.name

    @property
    def address(self) -> str:
        """What another client of the database connects to, its password included: never to be shown."""
        return self._backend.address

    @property
    def link(self) -> Mapping[str, str | int]:
        """How that client's connections are to notice that the database is gone."""
        return self._backend.link

    @property
    def remote(self) -> bool:
        """Whether other machines use the store too, and asking it means waiting for a network."""
        return self._backend.remote

    @property
    def secrets(self) -> SecretBox:
        """What seals and unseals hook secrets; `SecretKeyError` if the store was opened without a key."""
        if self._box is None:
            raise SecretKeyError(
                "the store was opened without its secret key: give INTERLOCK_SECRET_KEY or the key file"
            )
        return self._box

    def submit(self, work: Callable[[Connection], T], *, locks: Iterable[str] = ()) -> "Future[T]":
        """Queue a work for the next commit; its future is resolved after the commit, with the work's result.

        A work runs once, on a writer's thread; it must only read and write its connection. What it raises is undone
        alone and is its future's exception; if the commit fails, every future of it has a `StoreError`. In a file it
        runs alone. Elsewhere only works that name a common lock exclude each other, in all processes.
        """
        return self._writer.submit(work, frozenset(locks))

    async def commit(
        self,
        work: Callable[[Connection], T],
        *,
        locks: Iterable[str] = (),
        late: Callable[[T], None] | None = None,
    ) -> T:
        """`submit` for a coroutine: wait for the commit and return the work's result, or raise what it raised.

        The work must be short: the event loop may have to run it itself, so that threads need not take turns. If the
        coroutine is cancelled, a work that still waits is not done; if one that is under way is committed after all,
        `late` is called with its result.
        """
        result: T = await self._writer.submit_here(work, frozenset(locks), late)
        return result

    def write(self, work: Callable[[Connection], T], *, locks: Iterable[str] = ()) -> T:
        """Do a work and wait for its commit."""
        return self.submit(work, locks=locks).result()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One snapshot of the store, whatever is written meanwhile; it cannot be written through."""
        try:
            with self._readers.connect() as c, self._backend.reading(c):
                yield c
        except SQLAlchemyError as error:
            raise self._unread(error) from error

    @contextmanager
    def look(self) -> Iterator[Connection]:
        """For single statements, each of which is a snapshot by itself; faster than `read`."""
        try:
            with self._single.connect() as c:
                yield c
        except SQLAlchemyError as error:
            raise self._unread(error) from error

    def _unread(self, error: SQLAlchemyError) -> StoreError:
        said = self._backend.explain(error)
        return StoreTroubleError(said) if self._backend.is_about_the_store(error) else StoreError(said)

    def trouble(self) -> str | None:
        """Why the last transaction could not be written, None if it could; then a write is tried, for the next time."""
        if self._writer.trouble is not None and not self._writer.closed:
            if self._probing is None or self._probing.done():
                self._probing = self._writer.submit(self._try_writing)
            return self._writer.trouble
        return None

    async def answers(self) -> str | None:
        """Look now: None if a write would come through, else what is wrong and what to do. It may take long.

        What was wrong just now is told once more, though the try came through: there may be room for that and for no delivery.
        """
        known = self._writer.trouble
        fresh = time.monotonic() - self._writer.failed_at < _FRESH_SECONDS
        # A transaction in a file takes its lock and waits for no disk; a server may be gone without a word, and now and then
        # it is looked whether the disk has become full or read-only while nobody wrote.
        due = time.monotonic() - self._tried_at >= _TRIED_SECONDS
        thorough = self.remote or known is not None or due
        try:
            await self._writer.submit_here(self._try_writing if thorough else _do_nothing, frozenset())
        except StoreError as error:
            return self._writer.trouble or str(error)
        if thorough:
            self._tried_at = time.monotonic()
        return known if fresh else None

    @property
    def known_trouble(self) -> str | None:
        """Why the last transaction could not be written, None if it could; nothing is tried."""
        return self._writer.trouble

    @property
    def committed_at(self) -> float:
        """When something was written last, by the monotonic clock; 0 if nothing was."""
        return self._writer.committed_at

    def _try_writing(self, c: Connection) -> None:
        self.trying_since = time.monotonic()
        try:
            self._backend.try_locks(c)
            for statement in _TRY:
                c.execute(statement)
        finally:
            self.trying_since = None

    def close(self) -> None:
        """Commit everything that waits, then let go of the store. A second time does nothing.

        A server that does not answer is not waited for: what is not committed was not promised to anybody.
        """
        cutting = threading.Timer(_CLOSING_SECONDS, self._backend.cut)
        cutting.daemon = True
        if self.remote:
            cutting.start()
        self._writer.close()
        cutting.cancel()
        if self.remote:
            self._backend.cut()  # whoever still reads
        self._readers.dispose()


def holds_secrets(url: str) -> bool:
    """Whether the store, of whatever schema, holds secrets of hooks; nothing is made or changed.

    `StoreError` if it is no store, `StoreTooNewError` if a newer Interlock wrote it and it holds none.
    """
    backend = backend_of(url)
    backend.check(create=False)
    readers = backend.reader_engine()
    try:
        with readers.connect() as c, backend.reading(c):
            if schema.has_hooks(c):
                return True
            schema.is_current(c, backend.name)
            return False
    except SQLAlchemyError as error:
        raise StoreError(backend.explain(error)) from error
    finally:
        readers.dispose()


def _do_nothing(_: Connection) -> None:
    return


def _bring_forward(writers: Engine, backend: Backend, told: schema.Told, *, migrate: bool) -> None:
    if not migrate:
        raise StoreError(
            f"{backend.name} has no current schema yet: start the daemon once, it brings the store forward"
        )
    with writers.connect() as c, backend.rebuilding(c), backend.writing(c):
        revision = schema.revision(c, backend.name) or ""
        backend.lock_schema(c, lambda because: told(revision, because))
        schema.bring_forward(c, backend.name, told, lambda waits: backend.be_alone(c, waits))
        backend.complete_schema(c)


def _check_key(c: Connection, box: SecretBox) -> None:
    for smallest_or_largest in _KEY_IDS:
        if c.execute(smallest_or_largest).scalar() not in {None, box.key_id}:
            raise SecretKeyError(
                "the hook secrets in the store were encrypted with another key: start with that one "
                "(INTERLOCK_SECRET_KEY or the key file)"
            )
