"""Daemons that share a store all look for timers that are due: each timer becomes one event."""

import asyncio
from datetime import UTC, datetime, timedelta

from engine.model import Entity
from engine.run.timers import Timers
from engine.store import inbox, timers, wakes
from engine.store.database import Store
from tests.harness.postgres import PostgresServer

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_a_timer_that_several_daemons_find_due_is_fired_once_and_wakes_its_partition(
    postgres: PostgresServer,
) -> None:
    url = postgres.url()
    stores = [Store.open(url) for _ in range(3)]
    entities = [Entity(project="soc", id=f"SOC-{n}") for n in range(40)]
    for entity in entities:
        stores[0].write(lambda c, e=entity: timers.change(c, e, {"after": NOW.isoformat()}, []))  # type: ignore[misc]

    async def run() -> list[Entity]:
        woken: list[Entity] = []
        firing = [Timers(store, woken.append, lambda: NOW + timedelta(seconds=1)) for store in stores]
        for one in firing:
            one.start()
        async with asyncio.timeout(20):
            while len(woken) < len(entities):
                await asyncio.sleep(0.01)
        for one in firing:
            await one.stop()
        return woken

    assert sorted(asyncio.run(run())) == sorted(entities)
    with stores[0].read() as c:
        assert inbox.backlog(c) == len(entities)
        assert wakes.awake(c)
        assert wakes.stranded(c) == []
    for store in stores:
        store.close()
