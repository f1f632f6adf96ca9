"""Fire timers: what is due becomes an event in its entity's lane, once, however often the daemon was killed."""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime

import structlog

from engine.errors import StoreError
from engine.model import Entity
from engine.run.reading import read
from engine.store import timers
from engine.store.database import Store

log = structlog.get_logger()

#: The most timers that one transaction fires: others want to write too.
BATCH = 500
#: No sleep is longer, in seconds: a clock that is set forward must not leave a timer waiting.
LONGEST_SLEEP = 5.0


class Timers:
    """Sleeps until the next timer is due. What is pending is in the store, so nothing is kept here."""

    def __init__(self, store: Store, wake: Callable[[Entity], None], clock: Callable[[], datetime]) -> None:
        """Take the parts; `wake` is told of each entity that has an event. Nothing runs before `start`."""
        self._store = store
        self._wake = wake
        self._clock = clock
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, with what became due while nobody looked."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    def changed(self) -> None:
        """Say that a timer was set: it may be due before the one that is waited for."""
        self._changed.set()

    async def stop(self) -> None:
        """Fire nothing more; the store knows the rest."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while True:
            self._changed.clear()
            try:
                pause = await self._fire()
            except StoreError as error:
                log.warning("timers.waiting", because=str(error))
                pause = LONGEST_SLEEP
            except Exception:
                # A fault of ours: timers must go on being fired, and somebody must see it.
                log.exception("timers.failed")
                pause = LONGEST_SLEEP
            if pause > 0:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), pause)

    async def _fire(self) -> float:
        """Fire what is due, and say how many seconds to sleep."""
        due = await read(self._store, timers.next_due)
        now = self._clock()
        if due is None:
            return LONGEST_SLEEP
        if due > now:
            return min((due - now).total_seconds(), LONGEST_SLEEP)
        # The lock: daemons that share a store all look, and each timer is fired once.
        firing = self._store.submit(lambda c: timers.fire(c, now, BATCH), locks=["timers"])
        fired = await asyncio.wrap_future(firing)
        log.info("timers.fired", count=len(fired))
        for entity in fired:
            self._wake(entity)
        return 0.0
