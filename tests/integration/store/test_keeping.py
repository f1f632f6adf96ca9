"""Retention of a daemon, on each backend: what is old goes, what is young or unfinished stays, and chains go on."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from engine.model import Effect, EffectKind, Entity, Event, Snapshot, Trace, Verdict
from engine.run.keeping import Keeping
from engine.store import checkpoints, commit, deliveries, history, hooks, inbox, instances
from engine.store.database import Connection, Store
from engine.store.tables import Receipt

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
        inbox=event_row,
        before_version=version - 1 or None,
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
    assert history.verify_chain(rows) is None
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
