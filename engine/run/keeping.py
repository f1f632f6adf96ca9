"""Keep what is finished for so long and no longer: retention beside the daemon's work, which always comes first."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta

import structlog

from engine.errors import StoreError
from engine.store.database import Store
from engine.store.retention import Retention

log = structlog.get_logger()

#: How often what has become too old is looked for.
PERIOD_SECONDS = 3600.0
#: After each batch the store is left to the others for this long at least, and so many times as long as the batch took.
_PAUSE_SECONDS = 0.02
_SHARE = 4


class Keeping:
    """Removes what is finished and older than `keep`."""

    def __init__(self, store: Store, keep: timedelta, clock: Callable[[], datetime]) -> None:
        """Take the store, how long to keep, and the time. Nothing runs before `run` or `once`."""
        self._store = store
        self._keep = keep
        self._clock = clock
        self._stopping = False

    def stop(self) -> None:
        """Let `once` end after the batch under way."""
        self._stopping = True

    async def once(self) -> None:
        """Remove all that is too old now, batch by batch; what is left by a crash is found the next time."""
        work = Retention(self._clock() - self._keep)
        more = True
        while more and not self._stopping:
            began = time.monotonic()
            more = await asyncio.wrap_future(self._store.submit(work.batch))
            await asyncio.sleep(max(_PAUSE_SECONDS, _SHARE * (time.monotonic() - began)))
        removed = asdict(work.removed)
        if any(removed.values()):
            log.info("retention.removed", before=work.cutoff.isoformat(), **removed)

    async def run(self) -> None:
        """Do so now and then once an hour, until cancelled. A store that cannot be written now can be later."""
        while True:
            try:
                await self.once()
            except StoreError as error:
                log.warning("retention.waiting", because=str(error))
            except Exception:
                log.exception("retention.failed")
            await asyncio.sleep(PERIOD_SECONDS)
