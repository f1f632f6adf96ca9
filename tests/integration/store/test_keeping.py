"""Retention of a daemon, on each backend: what is old goes, what is young or unfinished stays, and chains go on."""

import asyncio
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from engine.model import Effect, EffectKind, Entity, Event, Snapshot, Trace, Verdict
from engine.run.keeping import Keeping
from engine.store import checkpoints, commit, deliveries, history, hooks, inbox, instances
from engine.store.database import Connection, Store
from engine.store.retention import Retention
from engine.store.tables import Receipt
from tests.harness.chains import end_of, verify_chain
from tests.harness.postgres import PostgresServer

START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def _decide(c: Connection, hook_id: int, name: str, version: int, at: datetime, *, finished: bool) -> None:
    """One delivery with one event, decided at that moment; one that is not finished still has an effect to perform."""
    row = deliveries.insert(
        c, hook_id=hook_id, source="github", type="release", delivery_id="", digest=f"{name}{at}".encode(),
        body=b"{}", headers={}, received_at=at, verdict=Receipt.ACCEPTED, reason="",
    )  # fmt: skip
    event = Event(name="next", entity=Entity(project="soc", id=name), receive="github.release")
    (event_row,) = inbox.insert(c, row, [("soc", event)], at)
    commit.commit_decision(
        c,
        event_row,
        commit.Change(
            before_version=version - 1 or None,
            last=end_of(c, "soc", name),
            instance=instances.Instance(
                project="soc",
                entity_id=name,
                snapshot=Snapshot(state="a", version=version),
                machine_hash="m",
                observed_status=None,
                updated_at=at,
            ),
            facts={},
            trace=Trace(verdict=Verdict.MOVED, before="a", event="next", after="a"),
            effects=[] if finished else [Effect(kind=EffectKind.ACTION, name="tell")],
            now=at,
        ),
    )


def _counts(store: Store) -> dict[str, int]:
    with store.read() as c:
        return {
            table: c.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one()  # noqa: S608
            for table in ("deliveries", "bodies", "inbox", "history", "instances")
        }


def test_what_is_older_goes_and_the_rest_stays(any_url: str) -> None:
    store = Store.open(any_url, key=b"k" * 32)
    hook = store.write(
        lambda c: hooks.register(c, source="github", repo_id="1", repo_path="o/h", sealed=b"x" * 8, now=START)
    )

    def fill(c: Connection) -> None:
        for day in range(250):
            _decide(c, hook.id, f"SOC-{day % 2}", day // 2 + 1, START + day * DAY, finished=True)
        _decide(c, hook.id, "SOC-9", 1, START, finished=False)

    store.write(fill)
    with store.read() as c:
        removed = history.of_entity(c, "soc", "SOC-0", 1000)[-100]
    asyncio.run(Keeping(store, 50 * DAY, lambda: START + 250 * DAY).once())
    # Day 200 is not older than 50 days; SOC-9 is unfinished, however old.
    assert _counts(store) == {
        "deliveries": 51, "bodies": 51, "inbox": 51, "history": 51, "instances": 3,
    }  # fmt: skip
    with store.read() as c:
        rows = history.of_entity(c, "soc", "SOC-0", 1000)
        mark = checkpoints.get(c, "soc", "SOC-0")
    assert mark is not None
    assert mark.hash == rows[-1].previous_hash == removed.hash
    assert verify_chain(rows) is None
    asyncio.run(Keeping(store, 50 * DAY, lambda: START + 250 * DAY).once())
    assert _counts(store)["history"] == 51
    store.close()


def test_when_everything_of_an_entity_is_gone_its_next_decision_still_goes_on(any_url: str) -> None:
    store = Store.open(any_url, key=b"k" * 32)
    hook = store.write(
        lambda c: hooks.register(c, source="github", repo_id="1", repo_path="o/h", sealed=b"x" * 8, now=START)
    )
    store.write(lambda c: _decide(c, hook.id, "SOC-1", 1, START, finished=True))
    asyncio.run(Keeping(store, DAY, lambda: START + 9 * DAY).once())
    assert _counts(store) == {"deliveries": 0, "bodies": 0, "inbox": 0, "history": 0, "instances": 1}
    store.write(lambda c: _decide(c, hook.id, "SOC-1", 2, START + 9 * DAY, finished=True))
    with store.read() as c:
        (row,) = history.of_entity(c, "soc", "SOC-1", 9)
        mark = checkpoints.get(c, "soc", "SOC-1")
    assert mark is not None
    assert row.previous_hash == mark.hash
    store.close()


def test_one_that_is_told_to_stop_ends_after_a_batch(any_url: str) -> None:
    store = Store.open(any_url, key=b"k" * 32)
    hook = store.write(
        lambda c: hooks.register(c, source="github", repo_id="1", repo_path="o/h", sealed=b"x" * 8, now=START)
    )
    store.write(lambda c: _decide(c, hook.id, "SOC-1", 1, START, finished=True))
    keeping = Keeping(store, DAY, lambda: START + 9 * DAY)
    keeping.stop()
    asyncio.run(keeping.once())
    assert _counts(store)["history"] == 1
    store.close()


@pytest.mark.parametrize("word", ["", "90", "d", "-1d", "1.5d", "for ever"])
def test_a_length_of_time_that_is_none_is_refused(word: str) -> None:
    from engine.config.settings import SETTINGS

    with pytest.raises(ValueError, match="such as 90d"):
        SETTINGS["keep"].read(word)


def _again(c: Connection, hook_id: int, digest: bytes, at: datetime) -> deliveries.DeliveryRow | None:
    """What intake does with a delivery that may have come before: the twin it found."""
    twin = deliveries.twin(c, hook_id, digest)
    again = Receipt.ACCEPTED if twin is None else Receipt.DUPLICATE
    deliveries.insert(
        c, hook_id=hook_id, source="github", type="release", delivery_id="", digest=digest, body=b"{}",
        headers={}, received_at=at, verdict=again, reason="", duplicate_of=None if twin is None else twin.id,
    )  # fmt: skip
    return twin


def _orphans(store: Store) -> int:
    """Deliveries whose body nobody has any more."""
    with store.read() as c:
        found: int = c.exec_driver_sql(
            "SELECT count(*) FROM deliveries d WHERE NOT EXISTS (SELECT 1 FROM bodies b "
            "WHERE b.delivery_row_id = coalesce(d.duplicate_of, d.id))"
        ).scalar_one()
    return found


def _with_one_old_decision(url: str) -> tuple[Store, int, bytes]:
    """A store, its hook, and what the old delivery is known by."""
    store = Store.open(url, key=b"k" * 32)
    hook = store.write(
        lambda c: hooks.register(c, source="github", repo_id="1", repo_path="o/h", sealed=b"x" * 8, now=START)
    )
    store.write(lambda c: _decide(c, hook.id, "SOC-1", 1, START, finished=True))
    return store, hook.id, f"SOC-1{START}".encode()


def test_what_is_just_found_to_be_a_duplicate_is_not_removed(postgres: PostgresServer) -> None:
    url = postgres.url()
    ours, hook_id, digest = _with_one_old_decision(url)
    theirs, late = Store.open(url), START + 9 * DAY
    asked, go_on = threading.Event(), threading.Event()

    def slow(c: Connection) -> deliveries.DeliveryRow | None:
        """Between its question and its commit, retention is at work."""
        twin = deliveries.twin(c, hook_id, digest)
        asked.set()
        assert go_on.wait(30)
        _again(c, hook_id, digest, late)
        return twin

    came = ours.submit(slow)
    assert asked.wait(30)
    asyncio.run(Keeping(theirs, DAY, lambda: late).once())
    go_on.set()
    assert came.result(30) is not None
    assert _orphans(ours) == 0
    assert _counts(ours)["deliveries"] == 2
    ours.close()
    theirs.close()


def test_what_comes_again_while_it_is_being_removed_is_new(postgres: PostgresServer) -> None:
    url = postgres.url()
    ours, hook_id, digest = _with_one_old_decision(url)
    theirs, late = Store.open(url), START + 9 * DAY
    work = Retention(late - DAY)
    removed, may_commit = threading.Event(), threading.Event()

    def removing(c: Connection) -> None:
        while work.batch(c):
            pass
        removed.set()
        assert may_commit.wait(30)

    going = theirs.submit(removing)
    assert removed.wait(30)
    asking = ours.submit(lambda c: _again(c, hook_id, digest, late))
    while not _waits_for_a_lock(postgres, url):
        time.sleep(0.01)
    may_commit.set()
    going.result(30)
    assert asking.result(30) is None
    assert _orphans(ours) == 0
    assert _counts(ours)["deliveries"] == 1
    ours.close()
    theirs.close()


def _waits_for_a_lock(server: PostgresServer, url: str) -> bool:
    return bool(server.ask(url, "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"))


def test_retention_and_duplicates_of_what_it_removes_at_the_same_moments(any_url: str) -> None:
    ours = Store.open(any_url, key=b"k" * 32)
    theirs = Store.open(any_url) if any_url.startswith("postgresql") else ours
    hook = ours.write(
        lambda c: hooks.register(c, source="github", repo_id="1", repo_path="o/h", sealed=b"x" * 8, now=START)
    )
    late = START + 9 * DAY

    def fill(c: Connection) -> None:
        for number in range(400):
            _decide(c, hook.id, f"SOC-{number}", 1, START, finished=True)

    ours.write(fill)
    digests = [f"SOC-{number}{START}".encode() for number in range(400)]

    async def both() -> None:
        async def come_again() -> None:
            for digest in digests:
                lock = deliveries.lock_of(hook.id, digest)
                await ours.commit(lambda c, d=digest: _again(c, hook.id, d, late), locks=[lock])  # type: ignore[misc]

        keeping = Keeping(theirs, DAY, lambda: late)
        await asyncio.gather(come_again(), keeping.once())
        await keeping.once()

    asyncio.run(both())
    assert _orphans(ours) == 0
    with ours.read() as c:
        verdicts = c.exec_driver_sql("SELECT count(*) FROM deliveries WHERE received_at >= 0").scalar_one()
    assert verdicts >= 400
    ours.close()
    theirs.close()
