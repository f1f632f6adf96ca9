"""Clocks of many machines: what one of them puts off is due by the clock of the one that works it then."""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from engine.errors import StoreError
from engine.run.reading import look
from engine.store import partitions
from engine.store.database import Store

log = structlog.get_logger()

#: Clocks so far apart are said to be, and how often they are compared.
APART = timedelta(seconds=5)
_COMPARE_SECONDS = 60.0


async def compare_clocks(store: Store, clock: Callable[[], datetime]) -> None:
    """Say if this daemon's clock is not that of the PostgreSQL server, once until it is again; runs until cancelled."""
    told = False
    while True:
        with contextlib.suppress(StoreError):
            before, there, here = clock(), await look(store, partitions.moment), clock()
            ahead, behind = before - there, there - here  # at least: asking takes time, too
            differs = max(ahead, behind) > APART
            if differs and not told:
                log.warning(
                    "clock.differs",
                    seconds=round((ahead if ahead > behind else -behind).total_seconds(), 1),
                    because="this daemon's clock is not the database server's: timers, and what was put off elsewhere, "
                    "are due too early or too late where it works; let a time server set it",
                )
            told = differs
        await asyncio.sleep(_COMPARE_SECONDS)
