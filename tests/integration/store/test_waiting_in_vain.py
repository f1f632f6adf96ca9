"""Works whose caller does not wait any longer, and those that wait behind one that waited for the store in vain."""

import asyncio
import sqlite3
import threading
from contextlib import closing
from functools import partial

import pytest
from sqlalchemy import Connection

from engine.errors import StoreTroubleError
from engine.store.database import Store
from tests.harness.store import held

from .test_group_commit import names_in, pragma, put


def test_what_waits_and_is_given_up_is_not_written(store: Store) -> None:
    late: list[str] = []

    async def main() -> None:
        with held(store):
            waiting = asyncio.create_task(store.commit(partial(put, name="given up"), late=late.append))
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        assert await store.commit(partial(put, name="next")) == "next"

    asyncio.run(main())
    assert (late, names_in(store.path)) == ([], {"next"})


def test_what_is_written_after_it_was_given_up_is_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    committing, go_on = threading.Event(), threading.Event()

    def slowly(_c: Connection) -> None:
        committing.set()
        go_on.wait()

    async def main() -> str:
        monkeypatch.setattr(store._backend, "before_commit", slowly)
        told: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        late = asyncio.create_task(store.commit(partial(put, name="late"), late=told.set_result))
        await asyncio.to_thread(committing.wait)
        late.cancel()
        await asyncio.gather(late, return_exceptions=True)
        assert names_in(store.path) == set()
        go_on.set()
        return await told

    assert asyncio.run(main()) == "late"
    assert names_in(store.path) == {"late"}


def test_what_waits_behind_a_lock_fails_together(store: Store) -> None:
    store.write(partial(pragma, setting="busy_timeout = 1200"))
    with closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        first = store.submit(partial(put, name="first"))
        while store._writer._jobs:  # until it is being tried
            pass
        behind = [store.submit(partial(put, name=f"behind {n}")) for n in range(3)]
        with pytest.raises(StoreTroubleError, match="locked"):
            first.result()
        # A try of their own would take 5 seconds: the connection is another one.
        for future in behind:
            with pytest.raises(StoreTroubleError, match="locked"):
                future.result(timeout=3)
        other.execute("ROLLBACK")
    store.write(partial(put, name="after"))
    assert names_in(store.path) == {"after"}
