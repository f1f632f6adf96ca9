"""A store whose writer is kept busy, so that a test decides what is committed together."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from engine.store.database import Connection, Store


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
