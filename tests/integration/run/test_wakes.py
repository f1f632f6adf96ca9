"""Wakes on a real PostgreSQL: what is written is what procrastinate writes, and no open transaction can strand a row."""

import asyncio
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import procrastinate
import pytest
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.manager import get_channel_for_queues
from sqlalchemy import Connection

from engine.model import Entity, Event, Verdict
from engine.run.drain import Hands
from engine.run.lanes import Idle, Progress, Turn
from engine.run.procrastinate import Partitions
from engine.run.reading import read
from engine.store import deliveries, hooks, inbox, partitions, pauses, wakes
from engine.store.database import Store
from engine.store.tables import PauseKind, Receipt
from tests.harness.postgres import PostgresServer

NOW = datetime(2026, 1, 2, tzinfo=UTC)
_COLUMNS = (
    "queue_name, task_name, priority, lock, queueing_lock, args, status, attempts, abort_requested, worker_id"
)


@pytest.fixture
def url(postgres: PostgresServer) -> str:
    return postgres.url()


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    store = Store.open(url)
    yield store
    store.close()


def entity(number: int) -> Entity:
    return Entity(project="soc", id=f"SOC-{number}")


def events_of(c: Connection, entities: list[Entity], digest: bytes = b"d") -> list[int]:
    hook = hooks.find(c, "s", "1") or hooks.register(
        c, source="s", repo_id="1", repo_path="", sealed=b"x" * 8, now=NOW
    )
    row = deliveries.insert(
        c, hook_id=hook.id, source="s", type="t", delivery_id="", digest=digest, body=b"{}", headers={},
        received_at=NOW, verdict=Receipt.ACCEPTED, reason="",
    )  # fmt: skip
    return [new.id for new in inbox.insert(c, row, [("p", Event(name="e", entity=e)) for e in entities], NOW)]


def jobs(server: PostgresServer, url: str, columns: str = "queueing_lock, status, scheduled_at") -> list[Any]:
    return server.ask(url, f"SELECT {columns} FROM procrastinate_jobs ORDER BY queueing_lock, id")  # noqa: S608


def test_a_wake_is_the_row_that_the_library_itself_writes(
    store: Store, url: str, postgres: PostgresServer
) -> None:
    store.write(lambda c: wakes.wake(c, [7]))
    (ours,) = jobs(postgres, url, _COLUMNS)
    postgres.execute(url, "DELETE FROM procrastinate_jobs")
    app = procrastinate.App(connector=procrastinate.SyncPsycopgConnector(conninfo=store.address))
    with app.open():
        deferrer = app.configure_task(
            wakes.TASK, queue=wakes.QUEUE, lock="interlock/7", queueing_lock="interlock/7"
        )
        deferrer.defer(partition=7)
        (theirs,) = jobs(postgres, url, _COLUMNS)
        assert ours == theirs
        with pytest.raises(AlreadyEnqueued):
            deferrer.defer(partition=7)
    store.write(lambda c: wakes.wake(c, [7]))
    assert jobs(postgres, url, _COLUMNS) == [theirs]
    assert list(get_channel_for_queues([wakes.QUEUE])) == [wakes.CHANNEL]


def test_events_wake_each_touched_partition_once(store: Store, url: str, postgres: PostgresServer) -> None:
    touched = [entity(n) for n in range(10)]
    for _ in range(2):
        store.write(lambda c: events_of(c, [*touched, *touched]))
    said = {job for job, _, _ in jobs(postgres, url)}
    found = postgres.ask(
        url, "SELECT DISTINCT 'interlock/' || interlock_partition(project, entity_id) FROM inbox"
    )
    assert said == {name for (name,) in found}
    assert len(jobs(postgres, url)) == len(said)


def test_a_work_that_fails_wakes_for_nothing_that_is_lost(
    store: Store, url: str, postgres: PostgresServer
) -> None:
    def work(c: Connection) -> None:
        events_of(c, [entity(1)])
        raise LookupError

    with pytest.raises(LookupError):
        store.write(work)
    assert postgres.ask(url, "SELECT count(*) FROM inbox") == [(0,)]
    assert store.write(wakes.stranded) == []


def test_a_wake_for_later_never_delays_one_for_now(store: Store, url: str, postgres: PostgresServer) -> None:
    early, late = timedelta(days=1000), timedelta(days=2000)
    for asked, waits in ((late, late), (early, early), (late, early), (None, None), (early, None)):
        store.write(lambda c, later=asked: wakes.wake(c, [3], later))  # type: ignore[misc]
        ((_, status, scheduled),) = jobs(postgres, url)
        said = None if scheduled is None else round((scheduled - datetime.now(UTC)) / timedelta(days=1))
        assert (status, said) == ("todo", waits and waits.days)


def test_a_job_is_handed_over_once(store: Store, url: str, postgres: PostgresServer) -> None:
    store.write(lambda c: wakes.wake(c, [3]))
    ((number,),) = jobs(postgres, url, "id")
    postgres.execute(url, "UPDATE procrastinate_jobs SET status = 'doing'")
    other = Store.open(url)
    ended = [s.submit(lambda c: wakes.hand_over(c, number, 3)) for s in (store, other, store, other)]
    assert sorted(f.result() for f in ended) == [False, False, False, True]
    other.close()
    assert jobs(postgres, url) == [("interlock/3", "todo", None)]


def test_partitions_are_stranded_only_without_a_wake(
    store: Store, url: str, postgres: PostgresServer
) -> None:
    store.write(lambda c: events_of(c, [entity(1)]))
    assert store.write(wakes.stranded) == []
    postgres.execute(url, "UPDATE procrastinate_jobs SET status = 'doing'")
    assert store.write(wakes.stranded) == []
    postgres.execute(url, "DELETE FROM procrastinate_jobs")
    assert len(store.write(wakes.stranded)) == 1


def test_ready_lanes_are_paged_by_name_and_found_by_index(store: Store) -> None:
    here = [entity(n) for n in range(400)]
    first = store.write(lambda c: events_of(c, here))[0]
    store.write(lambda c: inbox.postpone(c, first, 1, NOW + timedelta(hours=1), ""))
    with store.read() as c:
        seen = []
        for number in range(wakes.PARTITIONS):
            after: dict[str, str] = {}
            while page := partitions.ready(c, number, NOW, after=after, limit=5):
                seen += page
                after = dict([page[-1]])
        assert sorted(seen) == sorted((e.project, e.id) for e in here[1:])
        dues = {partitions.next_due(c, n) for n in range(wakes.PARTITIONS)}
        assert dues <= {NOW, NOW + timedelta(hours=1), None}
        c.exec_driver_sql("SET enable_seqscan = off")
        c.exec_driver_sql("SET enable_sort = off")
        plan = c.exec_driver_sql(
            "EXPLAIN SELECT DISTINCT ON (project, entity_id) project, entity_id, due_at FROM inbox WHERE finished_at "
            "IS NULL AND interlock_partition(project, entity_id) = 3 ORDER BY project, entity_id, id"
        )
        assert "ix_inbox_partition" in " ".join(str(row) for row in plan)


def test_a_page_has_some_of_each_project_that_is_not_paused(store: Store) -> None:
    many = [Entity(project="many", id=f"M-{n}") for n in range(400)]
    few = [Entity(project=p, id="F-1") for p in ("a-few", "z-few", "paused")]
    store.write(lambda c: events_of(c, [*many, *few]))
    store.write(lambda c: pauses.pause(c, [(PauseKind.PROJECT, "paused")], "", NOW))
    with store.read() as c:
        pages = [partitions.ready(c, number, NOW, limit=2) for number in range(wakes.PARTITIONS)]
    for page in pages:
        assert Counter(project for project, _ in page)["many"] == 2
    assert sorted(place for page in pages for place in page if place[0] != "many") == [
        ("a-few", "F-1"),
        ("z-few", "F-1"),
    ]


class Worked:
    """Finishes whatever it is given, and remembers in which order."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.order: dict[str, list[int]] = {}
        self.running: set[Entity] = set()

    async def __call__(self, entity: Entity) -> Turn:
        assert entity not in self.running, "two works at once for one entity"
        self.running.add(entity)
        try:
            row = await read(self.store, lambda c: inbox.head(c, entity.project, entity.id))
            if row is None:
                return Idle()

            def finish(c: Connection) -> None:
                inbox.finish(c, row.id, Verdict.MOVED, "", NOW)

            await asyncio.wrap_future(self.store.submit(finish))
            self.order.setdefault(entity.id, []).append(row.id)
            return Progress()
        finally:
            self.running.discard(entity)


async def worked(store: Store, until: Callable[[], bool], patience: float = 30) -> Worked:
    work = Worked(store)
    lanes = Partitions(store, lambda: Hands(work), lambda: datetime.now(UTC))
    lanes.start()
    try:
        async with asyncio.timeout(patience):
            while not until() or await read(store, inbox.backlog) > 0:
                await asyncio.sleep(0.02)
    finally:
        await lanes.stop(5)
    return work


#: Makes every commit that inserts events take its time after the last statement: wakes are written, rows cannot be seen.
_SLOW_COMMITS = """
CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_sleep(random() * 0.1); RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER slowly AFTER INSERT ON deliveries DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION slowly();
"""


def test_no_wake_is_lost_under_transactions_that_are_open_at_once(
    store: Store, url: str, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(_self: Partitions, timestamp: int) -> None:
        """The net below the trapeze is not what is tested."""

    monkeypatch.setattr(Partitions, "_keep_house", nothing)
    store.write(lambda c: events_of(c, []))
    postgres.execute(url, _SLOW_COMMITS)
    senders = [Store.open(url) for _ in range(6)]
    inserted: list[int] = []

    def send(sender: Store, seed: int) -> None:
        rng = random.Random(seed)

        def work(c: Connection) -> list[int]:
            some = [entity(rng.randrange(40)) for _ in range(rng.randint(1, 4))]
            return events_of(c, some)

        for _ in range(40):
            inserted.extend(sender.write(work))

    threads = [threading.Thread(target=send, args=(s, n)) for n, s in enumerate(senders)]
    stranded: list[int] = []
    looking = threading.Event()

    def look() -> None:
        """In every snapshot, whoever has events has a wake: a later one would hide that one was lost."""
        while not looking.is_set():
            with store.read() as c:
                stranded.extend(wakes.stranded(c))

    looker = threading.Thread(target=look)
    for thread in (*threads, looker):
        thread.start()
    done = asyncio.run(worked(store, lambda: not any(t.is_alive() for t in threads)))
    looking.set()
    looker.join()
    assert stranded == []
    for sender in senders:
        sender.close()
    assert sorted(n for numbers in done.order.values() for n in numbers) == sorted(inserted)


def test_what_waits_in_the_store_is_taken_up_without_anybody_delivering(
    store: Store, url: str, postgres: PostgresServer
) -> None:
    numbers = store.write(lambda c: events_of(c, [entity(n % 7) for n in range(50)]))
    done = asyncio.run(worked(store, lambda: True))
    assert sorted(n for order in done.order.values() for n in order) == numbers
    assert all(order == sorted(order) for order in done.order.values())
    assert postgres.ask(url, "SELECT count(*) FROM procrastinate_jobs WHERE status <> 'todo'") == [(0,)]
