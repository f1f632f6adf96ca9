"""The writer: a thread that takes everything waiting and commits it in one transaction (group commit).

A file has one such thread. A server has a few, because a commit there is a wait for a network and another disk.

A commit waits for the disk about as long for 64 writes as for one, so writes that come together wait together. One that
fails is undone alone: where works that share a savepoint do not all succeed, each is run again in one of its own. So a work
may run twice; it changes nothing but the store. A future is resolved only after the commit, so whoever saw a result will find
it after a crash.

The thread begins and commits; where works came from an event loop and the store is a file, the loop itself is lent the
open transaction to run them in (`lending`).
"""

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from engine.errors import StoreBusyError, StoreError, StoreTroubleError
from engine.store.backend import Backend
from engine.store.lending import Loan

#: The most works of one transaction, and the most that may wait.
BATCH = 256
WAITING = 4096
#: The most works that an event loop runs in one go.
LENT = 64
#: A transaction that failed after so long has waited for the store; whoever waits behind it would do the same.
IN_VAIN_SECONDS = 1.0


_Future = Future[Any] | asyncio.Future[Any]


@dataclass(frozen=True, slots=True)
class _Job:
    work: Callable[[Connection], Any]
    locks: frozenset[str]
    future: _Future
    #: Who is told of the result if it was committed after its caller had stopped to wait; nobody if None.
    late: Callable[[Any], None] | None = None

    def begin(self) -> bool:
        """Whether somebody still waits for it."""
        if isinstance(self.future, Future):
            return self.future.set_running_or_notify_cancel()
        return not self.future.cancelled()


@dataclass(frozen=True, slots=True)
class _Answer:
    job: _Job
    result: Any = None
    error: BaseException | None = None

    def give(self) -> None:
        future = self.job.future
        if future.cancelled():
            if self.error is None and self.job.late is not None:
                self.job.late(self.result)
        elif self.error is not None:
            future.set_exception(self.error)
        else:
            future.set_result(self.result)


class Writer:
    """Runs works on connections of its own, many to a commit. After a failed commit it connects anew and goes on."""

    def __init__(self, engine: Engine, backend: Backend) -> None:
        self._engine = engine
        self._backend = backend
        self._jobs: deque[_Job] = deque()
        self._changed = threading.Condition()
        self._closing = False
        #: A server's round trips are too long for a loop to wait for.
        self._lends = not backend.remote
        #: Why the last transaction failed, for the operator; None after one that was committed.
        self.trouble: str | None = None
        #: When that was, by the monotonic clock.
        self.failed_at = 0.0
        #: When the last one was committed, by the monotonic clock.
        self.committed_at = 0.0
        self._threads = [
            threading.Thread(target=self._run, name=f"store-writer-{n}", daemon=True)
            for n in range(backend.writers)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, work: Callable[[Connection], Any], locks: frozenset[str] = frozenset()) -> "Future[Any]":
        """Queue a work. `StoreError` at once if the writer is closed, `StoreBusyError` if too many works wait."""
        future: Future[Any] = Future()
        self._queue(_Job(work, locks, future))
        return future

    def submit_here(
        self,
        work: Callable[[Connection], Any],
        locks: frozenset[str],
        late: Callable[[Any], None] | None = None,
    ) -> "asyncio.Future[Any]":
        """The same for a coroutine: its event loop is lent the works of a file, and is told of many commits at once.

        A work whose future is cancelled before it has begun is not done; one that is committed after all is told `late`.
        """
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._queue(_Job(work, locks, future, late))
        return future

    def _queue(self, job: _Job) -> None:
        with self._changed:
            if self._closing:
                raise StoreError("the store is closed: nothing was written")
            if len(self._jobs) >= WAITING:
                raise StoreBusyError(
                    f"{WAITING} writes are waiting for the disk: try again later; nothing was written"
                )
            self._jobs.append(job)
            self._changed.notify()

    @property
    def closed(self) -> bool:
        """Whether nothing can be submitted any more."""
        return self._closing

    def close(self) -> None:
        """Finish everything that waits, then stop."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()
        self._engine.dispose()

    def _run(self) -> None:
        link = _Link(self._engine, self._backend)
        while self._serve(self._take(), link):
            pass
        link.drop()

    def _serve(self, jobs: list[_Job], link: "_Link") -> bool:
        """Commit the jobs that were not cancelled and answer them; False if there was none to take."""
        running = [job for job in jobs if job.begin()]
        if running:
            _give(self._commit(running, link))
        return bool(jobs)

    def _take(self) -> list[_Job]:
        """Everything that waits, up to a batch; empty when the writer is closed and nothing is left."""
        with self._changed:
            while not self._jobs and not self._closing:
                self._changed.wait()
            lent = self._lends and self._jobs and _loop_of([self._jobs[0]]) is not None
            return [self._jobs.popleft() for _ in range(min(LENT if lent else BATCH, len(self._jobs)))]

    def _commit(self, jobs: list[_Job], link: "_Link") -> list[_Answer]:
        answers: list[_Answer] = []
        begun = time.monotonic()
        sent = False
        try:
            connection = link.connection()
            with self._backend.writing(connection):
                if locks := frozenset().union(*(job.locks for job in jobs)):
                    self._backend.lock(connection, locks)
                answers += self._attempts(connection, jobs)
                self._backend.before_commit(connection)
                sent = True
        except Exception as error:  # noqa: BLE001 -- whatever it was, each caller is told and the writer goes on
            link.relieve(error)
            link.drop()
            self.trouble, self.failed_at = self._backend.explain(error), time.monotonic()
            refused = [answer for answer in answers if answer.error is not None]
            failed = {answer.job.future for answer in refused}
            unknown = sent and self._backend.remote  # it may have got as far as the server's disk
            reason = f"{self.trouble}; {'whether it was written is not known' if unknown else 'nothing was written'}"
            lost = [_Answer(job, error=StoreTroubleError(reason)) for job in jobs if job.future not in failed]
            return refused + lost + self._waiting_too(error, begun)
        self.trouble = None
        self.committed_at = time.monotonic()
        return answers

    def _waiting_too(self, error: Exception, begun: float) -> list[_Answer]:
        """The works that wait, refused together with one that waited for the store in vain: each would wait as long."""
        if time.monotonic() - begun < IN_VAIN_SECONDS or not self._backend.is_about_the_store(error):
            return []
        with self._changed:
            waiting = [job for job in self._jobs if job.begin()]
            self._jobs.clear()
        return [
            _Answer(job, error=StoreTroubleError(f"{self.trouble}; nothing was written")) for job in waiting
        ]

    def _attempts(self, connection: Connection, jobs: list[_Job]) -> list[_Answer]:
        """Run the works of an event loop there, and with them those that came meanwhile; others here."""
        savepoint = connection.connection.cursor()
        loop = _loop_of(jobs) if self._lends else None

        def attempts() -> list[_Answer]:
            if loop is not None:
                jobs.extend(self._more(loop, LENT - len(jobs)))
            answers = _all_of(connection, savepoint, jobs, self._backend) if len(jobs) > 1 else None
            if answers is None:
                answers = [_attempt(connection, savepoint, job, self._backend) for job in jobs]
            return answers

        return attempts() if loop is None else Loan(attempts).done_by(loop)

    def _more(self, loop: asyncio.AbstractEventLoop, most: int) -> list[_Job]:
        """The next works that wait, if they are of the loop too."""
        more: list[_Job] = []
        with self._changed:
            while self._jobs and len(more) < most and _loop_of([self._jobs[0]]) is loop:
                job = self._jobs.popleft()
                if job.begin():
                    more.append(job)
        return more


def _loop_of(jobs: list[_Job]) -> asyncio.AbstractEventLoop | None:
    """The event loop that all of them came from; None if one came from a thread, or they came from several loops."""
    loops = {None if isinstance(job.future, Future) else job.future.get_loop() for job in jobs}
    return loops.pop() if len(loops) == 1 else None


def _give(answers: list[_Answer]) -> None:
    """Tell everybody who waits: threads at once, each event loop by one call."""
    of_loops: dict[asyncio.AbstractEventLoop, list[_Answer]] = {}
    for answer in answers:
        if isinstance(answer.job.future, Future):
            answer.give()
        else:
            of_loops.setdefault(answer.job.future.get_loop(), []).append(answer)
    for loop, waiting in of_loops.items():
        with contextlib.suppress(RuntimeError):  # the loop was closed: nobody waits any more
            loop.call_soon_threadsafe(_give_here, waiting)


def _give_here(answers: list[_Answer]) -> None:
    for answer in answers:
        answer.give()


class _Link:
    """One thread's connection, made when it is needed."""

    def __init__(self, engine: Engine, backend: Backend) -> None:
        self._engine = engine
        self._backend = backend
        self._connection: Connection | None = None
        self._used = 0.0

    def connection(self) -> Connection:
        """The connection, made anew where the old one is of no use any more."""
        if not self._backend.still_there():
            self.drop()
            raise StoreError(
                f"{self._backend.name} was removed or replaced while it was in use: restart the daemon"
            )
        now = time.monotonic()
        if self._connection is not None and not self._backend.usable(self._connection, now - self._used):
            self.drop()
        if self._connection is None:
            self._connection = self._engine.connect()
        self._used = now
        return self._connection

    def relieve(self, error: BaseException) -> None:
        """Let the store give back room that it can do without; a transaction has just failed."""
        if self._connection is not None:
            with contextlib.suppress(Exception):
                self._backend.relieve(self._connection, error)

    def drop(self) -> None:
        """Close the connection."""
        if self._connection is None:
            return
        connection, self._connection = self._connection, None
        driver: Any = None
        with contextlib.suppress(Exception):
            driver = connection.connection.driver_connection
        with contextlib.suppress(Exception):
            connection.close()
        # To close one whose server is gone begins with a rollback, which fails; it must not stay open for that.
        with contextlib.suppress(Exception):
            driver.close()


def _refused(error: SQLAlchemyError, backend: Backend) -> StoreError:
    """What a work is told whose statement failed."""
    passing = backend.is_passing(error)
    said: StoreError = (
        StoreBusyError(f"others were writing the same rows ({error.args[0]}): try again; nothing was written")
        if passing
        else StoreError(f"the store refused a write: {error.args[0]}")
    )
    said.__cause__ = error
    return said


def _all_of(
    connection: Connection, savepoint: Any, jobs: list[_Job], backend: Backend
) -> list[_Answer] | None:
    """Run works that come together in one savepoint: two statements for all of them, where each had two of its own.

    None, and all is as before, if one of them failed: then each is run once more, in a savepoint of its own.
    """
    savepoint.execute("SAVEPOINT works")
    try:
        answers = [_Answer(job, job.work(connection)) for job in jobs]
    except BaseException as error:  # noqa: BLE001 -- it comes again, and then belongs to the caller
        whole = _of_the_store(error, backend)
        if whole is not None:
            raise whole from None
        savepoint.execute("ROLLBACK TO SAVEPOINT works")
        answers = None
    savepoint.execute("RELEASE SAVEPOINT works")
    return answers


def _of_the_store(error: BaseException, backend: Backend) -> SQLAlchemyError | None:
    """The error if no other work of the transaction can succeed; a work may have put its own words around it."""
    said = error if isinstance(error, SQLAlchemyError) else error.__cause__
    return said if isinstance(said, SQLAlchemyError) and backend.is_about_the_store(said) else None


def _attempt(connection: Connection, savepoint: Any, job: _Job, backend: Backend) -> _Answer:
    """Run one work in its savepoint. If the whole transaction is lost, leaving the savepoint raises."""
    # Straight to the driver: through SQLAlchemy the savepoint would cost more than the rows.
    savepoint.execute("SAVEPOINT work")
    try:
        result = job.work(connection)
    except BaseException as error:  # noqa: BLE001 -- it belongs to the caller
        whole = _of_the_store(error, backend)
        if whole is not None:
            raise whole from None
        answer = _Answer(job, error=_refused(error, backend) if isinstance(error, SQLAlchemyError) else error)
    else:
        savepoint.execute("RELEASE SAVEPOINT work")
        return _Answer(job, result)
    savepoint.execute("ROLLBACK TO SAVEPOINT work")
    savepoint.execute("RELEASE SAVEPOINT work")
    return answer
