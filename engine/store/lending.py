"""Works of an event loop, lent to it while their transaction is open: it runs them itself, all in one go.

A statement lets go of the interpreter, and whoever wants it back waits for a switch of threads. Beside a busy loop that is
several switches per work; lent, it is two per transaction.
"""

import asyncio
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

#: A loop that does not come within this is blocked or was closed: then the lender does it.
PATIENCE_SECONDS = 0.1


class Loan(Generic[T]):
    """Something to do once, by an event loop if it comes for it, else by the thread that lends it."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._claim = threading.Lock()
        self._done = threading.Event()
        self._result: T
        self._error: BaseException | None = None

    def done_by(self, loop: asyncio.AbstractEventLoop) -> T:
        """Have it done and return what came out, or raise what it raised. Called by another thread than the loop's."""
        try:
            loop.call_soon_threadsafe(self._do)
        except RuntimeError:  # the loop was closed
            self._do()
        if not self._done.wait(PATIENCE_SECONDS):
            self._do()
            self._done.wait()
        if self._error is not None:
            raise self._error
        return self._result

    def _do(self) -> None:
        if not self._claim.acquire(blocking=False):
            return
        try:
            self._result = self._work()
        except BaseException as error:  # noqa: BLE001 -- it is the lender's to deal with
            self._error = error
        finally:
            self._done.set()
