"""Poison: an event on which the engine itself fails. It is tried a few times, and then it must not block its lane.

Whatever the cause (a damaged body, a processor that answers nonsense, a mistake of ours), the event becomes a dead letter
that says so, and the next one of its entity has its turn.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from engine.decide.retry import RetryPolicy, wait
from engine.run.lanes import Progress, Turn, Waiting
from engine.store import inbox, once, outbox
from engine.store.database import Connection, Store
from engine.store.inbox import InboxRow

log = structlog.get_logger()

#: How often the engine may fail on one event, and how long it waits between.
TRIES = 5
_WAITS = RetryPolicy(first=1.0, factor=3.0, longest=60.0)


async def set_aside(store: Store, row: InboxRow, error: Exception, clock: Callable[[], datetime]) -> Turn:
    """Count the failure; wait and try again, or make the event a dead letter."""
    now = clock()
    number = row.attempts + 1
    reason = f"the engine failed on it: {type(error).__name__}: {str(error)[:500]}"
    said = {"entity": row.entity_id, "project": row.project, "event_name": row.event, "attempt": number}
    log.error("event.failed", **said, exc_info=error)
    if number < TRIES:
        until = now + timedelta(seconds=wait(number, _WAITS, f"poison/{row.id}"))
        await _write(store, lambda c: inbox.postpone(c, row.id, number, until, reason))
        return Waiting(until)

    def bury(c: Connection) -> None:
        outbox.drop_rest(c, row.id, now)
        inbox.bury(c, row.id, f"given up after {number} tries: {reason}", now)
        once.release(c, row.id)

    await _write(store, bury)
    log.error("event.dead", **said, because=reason)
    return Progress()


async def _write(store: Store, work: Callable[[Connection], None]) -> None:
    await store.commit(work)
