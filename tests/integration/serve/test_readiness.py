"""Whether the store takes writes now: found out at once, within a bound, and not by everybody anew."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest

from engine.errors import StoreError
from engine.serve import readiness
from engine.serve.readiness import Readiness
from engine.store import database
from engine.store.database import Store
from tests.harness.daemon import wait_until
from tests.harness.postgres import PostgresServer
from tests.harness.store import held


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store.open(f"sqlite:///{tmp_path}/interlock.db")
    yield store
    store.close()


@contextmanager
def locked(store: Store) -> Iterator[None]:
    with closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def test_a_store_that_nobody_has_written_to_since_is_looked_at(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "LOOK_SECONDS", 0.2)
    monkeypatch.setattr(readiness, "SHARED_SECONDS", 0.0)

    async def main() -> None:
        looks = Readiness(store)
        assert await looks.look() is None
        with locked(store):
            assert "somebody keeps it locked" in str(await looks.look())
            assert looks._looking is not None
            await asyncio.wait({looks._looking})
            assert "another process keeps" in str(await looks.look())
            assert looks._looking is not None
        await asyncio.wait({looks._looking})
        while await looks.look() is not None:
            pass

    asyncio.run(main())


@pytest.mark.parametrize(("fresh", "first"), [(3600.0, True), (0.0, False)])
def test_trouble_of_just_now_is_told_once_more_and_that_of_then_is_not(
    store: Store, monkeypatch: pytest.MonkeyPatch, fresh: float, *, first: bool
) -> None:
    """There may be room again for a try, and for no delivery; a probe that comes seldom must not see old trouble."""
    monkeypatch.setattr(database, "_FRESH_SECONDS", fresh)
    monkeypatch.setattr(readiness, "SHARED_SECONDS", 0.0)

    async def main() -> list[bool]:
        looks = Readiness(store)
        with locked(store), pytest.raises(StoreError):
            store.write(lambda _: None)
        return [await looks.look() is not None for _ in range(2)]

    assert asyncio.run(main()) == [first, False]


def test_one_look_is_for_all_who_ask_together(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    looked = 0
    answers = store.answers

    async def counted() -> str | None:
        nonlocal looked
        looked += 1
        return await answers()

    monkeypatch.setattr(store, "answers", counted)
    monkeypatch.setattr(readiness, "SHARED_SECONDS", 3600.0)

    async def main() -> list[str | None]:
        looks = Readiness(store)
        return [*await asyncio.gather(*(looks.look() for _ in range(50))), await looks.look()]

    assert asyncio.run(main()) == [None] * 51
    assert looked == 1


def test_a_store_that_is_only_busy_is_ready(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was there before the look is written first, and that may take longer than anybody waits."""
    monkeypatch.setattr(readiness, "LOOK_SECONDS", 0.1)

    async def never() -> str | None:
        await asyncio.to_thread(store.write, lambda _: None)
        await asyncio.Event().wait()
        return None

    monkeypatch.setattr(store, "answers", never)

    async def main() -> str | None:
        looks = Readiness(store)
        while (said := await looks.look()) is not None:
            assert "has taken no write" in said
        assert looks._looking is not None
        looks._looking.cancel()
        return said

    assert asyncio.run(main()) is None


def test_a_writer_that_hangs_is_not_waited_for(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "LOOK_SECONDS", 0.1)

    async def main() -> None:
        looks = Readiness(store)
        with held(store):
            for _ in range(3):
                assert "has taken no write" in str(await looks.look())
        assert looks._looking is not None
        assert await looks._looking is None

    asyncio.run(main())


def test_what_others_commit_beside_a_locked_table_makes_nothing_ready(
    postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Several writers share a server: a partition's heartbeat goes through while the inbox is locked."""
    monkeypatch.setattr(readiness, "LOOK_SECONDS", 0.4)
    store = Store.open(url := postgres.url())

    async def main() -> None:
        looks = Readiness(store)
        asking = asyncio.create_task(looks.look())
        await asyncio.to_thread(wait_until, lambda: store.trying_since is not None, "nothing is tried")
        await asyncio.to_thread(store.write, lambda _: None)
        assert "somebody keeps it locked" in str(await asking)

    with psycopg.connect(url) as other:
        other.execute("LOCK TABLE inbox IN ACCESS EXCLUSIVE MODE")
        asyncio.run(main())
    store.close()
