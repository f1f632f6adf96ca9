"""A store in trouble (a full disk, a lock, a server that is gone): nothing is begun, and what has happened is written first.

A call whose outcome cannot be written down must not be made again because of that: the outcome is kept, and its write
is tried until the store takes it. The log has one line when trouble begins and one when it is over.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

import structlog

from engine.errors import FencedError, StoreBusyError, StoreError, StoreTroubleError
from engine.store.database import Connection, Store

log = structlog.get_logger()

T = TypeVar("T")

#: How long is waited before the store is tried again: as long as the trouble has lasted, within these.
SHORTEST = timedelta(seconds=1)
LONGEST = timedelta(seconds=5)


class Trouble:
    """What the lanes of one process know of their store."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        """Take the store. Nothing is asked before `until`."""
        self._store = store
        self._clock = clock
        self._since: datetime | None = None

    def until(self) -> datetime | None:
        """Until when nothing is to be begun, because the store takes no writes; None if it does."""
        because = self._store.trouble()
        if because is not None:
            return self._again_at(because)
        self._over()
        return None

    def is_why(self, error: Exception) -> bool:
        """Whether the store failed as a whole: then no event is to blame, and all wait for the store."""
        if isinstance(error, FencedError):
            return False
        return isinstance(error, StoreTroubleError | StoreBusyError) or self._store.trouble() is not None

    def met(self, error: Exception) -> datetime:
        """Note that the store failed with that, and say when to try again."""
        if isinstance(error, StoreBusyError):  # it is well, and others were before
            return self._clock() + SHORTEST
        return self._again_at(str(error))

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Write down what has happened: again and again, as long as the store takes no writes."""
        while True:
            try:
                written = await self._store.commit(work)
            except StoreError as error:
                if not self.is_why(error) or self._store.closed:
                    raise
                until = self.met(error)
            else:
                self._over()
                return written
            await asyncio.sleep((until - self._clock()).total_seconds())

    def _over(self) -> None:
        if self._since is not None:
            log.info("store.recovered", since=self._since.isoformat())
            self._since = None

    def _again_at(self, because: str) -> datetime:
        now = self._clock()
        if self._since is None:
            self._since = now
            log.warning("store.waiting", because=because)
        return now + min(max(now - self._since, SHORTEST), LONGEST)
