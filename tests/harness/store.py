"""A store as tests use it: its writer kept busy, so that they decide what is committed together; and all of its rows."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from engine.store.database import Connection, Store
from engine.store.history import HistoryRow, since
from engine.store.instances import Instance, from_row
from engine.store.tables import instances


@contextmanager
def held(store: Store) -> Iterator[None]:
    """The writer busy with a work: what is submitted meanwhile makes one batch afterwards, in its order."""
    entered, go_on = threading.Event(), threading.Event()

    def work(_c: Connection) -> None:
        entered.set()
        go_on.wait()

    busy = store.submit(work)
    entered.wait()
    try:
        yield
    finally:
        go_on.set()
        busy.result()


def all_instances(c: Connection) -> list[Instance]:
    """Every instance of a store, in the order of their first decisions."""
    return [from_row(row._asdict()) for row in c.execute(instances.select().order_by(instances.c.id))]


def all_decisions(c: Connection) -> list[HistoryRow]:
    """Every decision of a store that holds few, oldest first."""
    return since(c, datetime.fromtimestamp(0, UTC), 0, 1_000)
