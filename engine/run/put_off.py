"""What was put off, by the backend that it is for: calls and questions that did not come through and are due later."""

import asyncio
from collections.abc import Iterator
from datetime import datetime

from engine.frozen import frozen
from engine.run.hub import Hub
from engine.store import waiting
from engine.store.database import Connection, Store


@frozen
class PutOff:
    """What waits for one backend until a moment of its own: after a Retry-After, or between attempts."""

    #: How many entities wait so.
    count: int
    #: When the first of them goes on.
    next_at: datetime


async def find_put_off(store: Store, hub: Hub, now: datetime) -> dict[str, PutOff]:
    """Look into the store, by the names that circuits have; in a thread, because there may be many. Raises `StoreError`."""

    def look() -> dict[str, PutOff]:
        found: dict[str, PutOff] = {}
        with store.read() as connection:
            for backend, due_at in _each(connection, hub, now):
                before = found.get(backend)
                found[backend] = (
                    PutOff(count=1, next_at=due_at)
                    if before is None
                    else PutOff(count=before.count + 1, next_at=min(before.next_at, due_at))
                )
        return found

    return await asyncio.to_thread(look)


def _each(connection: Connection, hub: Hub, now: datetime) -> Iterator[tuple[str, datetime]]:
    for project, effect, due_at in waiting.put_off(connection, now):
        yield hub.backend_of(project, effect), due_at
