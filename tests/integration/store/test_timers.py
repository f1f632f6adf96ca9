"""Timers in the store: set, replaced, cancelled with the decision, fired once; and what older stores become."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from engine.errors import StoreError
from engine.machine.values import timestamp
from engine.model import EFFECT_FAILED, Effect, EffectKind, Entity, Event, Snapshot, Trace, Verdict
from engine.store import commit, inbox, instances, outbox, timers
from engine.store.database import Store
from engine.store.encoding import decode
from engine.store.tables import InboxStatus
from tests.harness.chains import end_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SOC = Entity(project="soc", id="SOC-1")
OTHER = Entity(project="soc", id="SOC-2")


def later(**by: float) -> str:
    return timestamp(NOW + timedelta(**by))


def fire(store: Store, **by: float) -> list[Entity]:
    return store.write(lambda c: timers.fire(c, NOW + timedelta(**by), 100))


def due(store: Store) -> datetime | None:
    with store.read() as c:
        return timers.next_due(c)


def test_a_timer_fires_once_when_it_is_due(store: Store) -> None:
    store.write(
        lambda c: timers.change(c, SOC, {"after.a.1": later(hours=1), "after.a.2": later(hours=2)}, ())
    )
    assert due(store) == NOW + timedelta(hours=1)
    assert fire(store, minutes=59) == []
    assert fire(store, hours=1) == [SOC]
    assert fire(store, hours=1) == []
    assert due(store) == NOW + timedelta(hours=2)
    with store.read() as c:
        [row] = inbox.of_entity(c, "soc", "SOC-1", 9)
    assert (row.event, row.delivery_row_id, row.receive, row.status) == (
        "after.a.1",
        None,
        None,
        InboxStatus.PENDING,
    )
    assert row.payload is not None
    assert decode(row.payload) == {"due": later(hours=1)}


def test_a_timer_that_is_set_anew_is_due_anew_and_a_cancelled_one_never(store: Store) -> None:
    store.write(lambda c: timers.change(c, SOC, {"x": later(hours=1), "y": later(hours=1)}, ()))
    store.write(lambda c: timers.change(c, OTHER, {"x": later(hours=1)}, ()))
    store.write(lambda c: timers.change(c, SOC, {"x": later(hours=5)}, ["y", "unknown"]))
    assert fire(store, hours=2) == [OTHER]
    assert fire(store, hours=5) == [SOC]
    assert due(store) is None


def test_what_is_due_fires_oldest_first_and_a_batch_at_a_time(store: Store) -> None:
    for n in (3, 1, 2):
        entity = Entity(project="soc", id=f"SOC-{n}")
        store.write(lambda c, e=entity, n=n: timers.change(c, e, {"x": later(seconds=n)}, ()))  # type: ignore[misc]
    first = store.write(lambda c: timers.fire(c, NOW + timedelta(hours=1), 2))
    assert [e.id for e in first] == ["SOC-1", "SOC-2"]
    assert [e.id for e in fire(store, hours=1)] == ["SOC-3"]


def decided(store: Store, row: inbox.InboxRow, before: Snapshot | None, after: Snapshot) -> None:
    pending = before.timers if before is not None else {}
    store.write(
        lambda c: commit.commit_decision(
            c,
            row,
            commit.Change(
                before_version=before.version if before is not None else None,
                last=end_of(c, row.project, row.entity_id),
                instance=instance(after),
                facts={},
                trace=Trace(verdict=Verdict.MOVED, before="a", event=row.event, after=after.state),
                effects=[Effect(kind=EffectKind.TRANSITION, name="b", target="b")],
                now=NOW,
                armed={n: d for n, d in after.timers.items() if pending.get(n) != d},
                cancelled=[n for n in pending if n not in after.timers],
            ),
        )
    )


def instance(snapshot: Snapshot) -> instances.Instance:
    return instances.Instance(
        project="soc",
        entity_id="SOC-1",
        snapshot=snapshot,
        machine_hash="m",
        observed_status=None,
        updated_at=NOW,
    )


def own(store: Store, name: str) -> inbox.InboxRow:
    store.write(lambda c: inbox.insert_own(c, "soc", Event(name=name, entity=SOC, payload={"n": 1}), NOW))
    with store.read() as c:
        return inbox.of_entity(c, "soc", "SOC-1", 1)[0]


def test_timers_are_written_with_the_decision_and_come_back_with_the_instance(store: Store) -> None:
    after = Snapshot(
        state="b",
        version=1,
        timers={"after.b.1": later(hours=1)},
        histories={"a.h": "a.x"},
        latest={"github.push": "1"},
        placed=False,
    )
    decided(store, own(store, "go"), None, after)
    with store.read() as c:
        found = instances.load(c, "soc", "SOC-1")
    assert found is not None
    assert found.snapshot == after
    assert due(store) == NOW + timedelta(hours=1)
    decided(store, own(store, "back"), after, Snapshot(state="a", version=2))
    assert due(store) is None


def test_restoring_sets_the_timers_as_they_were_but_not_the_one_that_ran_out(store: Store) -> None:
    before = Snapshot(state="a", version=1, timers={"after.a.1": later(hours=0), "after.a.2": later(hours=2)})
    decided(store, own(store, "go"), None, before)
    fire(store, hours=0)
    with store.read() as c:
        row = inbox.of_entity(c, "soc", "SOC-1", 1)[0]
    after = Snapshot(state="b", version=2, timers={"after.b.1": later(hours=3)})
    decided(store, row, before, after)
    restored = store.write(
        lambda c: commit.restore(
            c, inbox=row, instance=instance(after), snapshot=before, because="refused", now=NOW
        )
    )
    assert restored.snapshot == Snapshot(state="a", version=3, timers={"after.a.2": later(hours=2)})
    assert due(store) == NOW + timedelta(hours=2)
    with store.read() as c:
        assert c.execute(text("SELECT count(*) FROM timers")).scalar_one() == 1


def test_what_takes_the_place_of_an_effect_is_performed_next_with_a_key_of_its_own(store: Store) -> None:
    deep = Effect(kind=EffectKind.ACTION, name="deep")
    mail = Effect(kind=EffectKind.ACTION, name="mail", fallbacks=(deep,), arguments={"n": 1})
    tell = Effect(kind=EffectKind.ACTION, name="tell", fallbacks=(mail,))
    last = Effect(kind=EffectKind.ACTION, name="last")
    row = own(store, "go")
    [first, second] = store.write(lambda c: outbox.insert(c, row.id, SOC, 1, [tell, last], NOW, b""))
    assert first.effect == tell
    store.write(lambda c: outbox.bury(c, first.id, 1, "refused", NOW))
    [third] = store.write(lambda c: outbox.fall_back(c, first, NOW))
    with store.read() as c:
        assert [r.effect.name for r in outbox.pending(c, row.id)] == ["mail", "last"]
        [read, _] = outbox.pending(c, row.id)
    assert read == third
    assert len({first.key, second.key, third.key}) == 3
    store.write(lambda c: outbox.bury(c, third.id, 1, "refused", NOW))
    store.write(lambda c: outbox.fall_back(c, read, NOW))
    with store.read() as c:
        assert [r.effect.name for r in outbox.pending(c, row.id)] == ["deep", "last"]


OLD = (Path(__file__).parent / "first_schema.sql").read_text()


def test_a_store_of_the_first_schema_keeps_every_row(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as old:
        old.executescript(OLD)
    store = Store.open(f"sqlite:///{path}")
    with store.read() as c:
        [row] = inbox.of_entity(c, "soc", "SOC-1", 9)
        assert (row.id, row.delivery_row_id, row.event, row.ordered, row.payload) == (
            7,
            1,
            "next",
            None,
            None,
        )
        found = instances.load(c, "soc", "SOC-1")
        assert found is not None
        assert found.snapshot == Snapshot(state="a", context={"n": 1}, version=3)
        assert [r.inbox_id for r in outbox.pending(c, 7)] == [7]
        assert c.execute(text("SELECT inbox_id FROM once")).scalar_one() == 7
    assert own(store, EFFECT_FAILED).id == 13  # numbers go on after the greatest there ever was
    with pytest.raises(StoreError, match="FOREIGN KEY"):
        store.write(lambda c: c.execute(text("UPDATE inbox SET delivery_row_id = 99")))
    store.close()
