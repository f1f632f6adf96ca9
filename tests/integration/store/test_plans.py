"""Every statement of a hot path finds its rows by an index, without reading or sorting a table."""

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection

from engine.model import Effect, EffectKind, Entity, Snapshot, Verdict
from engine.store import (
    deadletters,
    definitions,
    deliveries,
    history,
    hooks,
    inbox,
    instances,
    once,
    outbox,
    timers,
)
from engine.store.database import Store
from engine.store.tables import Receipt

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SOC = Entity(project="soc", id="SOC-1")
INSTANCE = instances.Instance(
    project="soc",
    entity_id="SOC-1",
    snapshot=Snapshot(state="a", version=2),
    machine_hash="m",
    observed_status=None,
    updated_at=NOW,
)
EFFECT = Effect(kind=EffectKind.ACTION, name="n")

CALLS: dict[str, Callable[[Connection], Any]] = {
    "hooks.find": lambda c: hooks.find(c, "github", "1"),
    "hooks.sealed_secret": lambda c: hooks.sealed_secret(c, "github", "1"),
    "hooks.list_of": lambda c: hooks.list_of(c, "github"),
    "deliveries.twin": lambda c: deliveries.twin(c, 1, b"d"),
    "deliveries.get": lambda c: deliveries.get(c, 1),
    "deliveries.latest": lambda c: deliveries.latest(c, 9),
    "deliveries.latest before": lambda c: deliveries.latest(c, 9, before_id=100),
    "deliveries.latest of a source": lambda c: deliveries.latest(c, 9, source="github", before_id=100),
    "deliveries.latest of a verdict": lambda c: deliveries.latest(
        c, 9, verdict=Receipt.IGNORED, before_id=100
    ),
    "inbox.get": lambda c: inbox.get(c, 1),
    "inbox.dead_of": lambda c: inbox.dead_of(c, 1),
    "inbox.head": lambda c: inbox.head(c, "soc", "SOC-1"),
    "inbox.of_entity": lambda c: inbox.of_entity(c, "soc", "SOC-1", 9),
    "inbox.unfinished_entities": lambda c: inbox.unfinished_entities(c, limit=9),
    "inbox.unfinished_entities after": lambda c: inbox.unfinished_entities(c, after=("a", "b"), limit=9),
    "inbox.backlog": inbox.backlog,
    "instances.load": lambda c: instances.load(c, "soc", "SOC-1"),
    "instances.find": lambda c: instances.find(c, "soc-1"),
    "history.of_entity": lambda c: history.of_entity(c, "soc", "SOC-1", 9),
    "history.chain": lambda c: list(history.chain(c, "soc", "SOC-1")),
    "instances.awaiting": lambda c: instances.awaiting(c, 9),
    "instances.awaiting of a project": lambda c: instances.awaiting(c, 9, "soc"),
    "inbox.answers": inbox.answers,
    "inbox.latest_answer": lambda c: inbox.latest_answer(c, SOC, "o"),
    "inbox.retried": inbox.retried,
    "outbox.get": lambda c: outbox.get(c, 1),
    "outbox.of_event": lambda c: outbox.of_event(c, 1),
    "outbox.pending": lambda c: outbox.pending(c, 1),
    "outbox.of_entity": lambda c: outbox.of_entity(c, "soc", "SOC-1", 9),
    "outbox.dead": lambda c: outbox.dead(c, 9),
    "outbox.attempts_of": lambda c: outbox.attempts_of(c, 1),
    "timers.next_due": timers.next_due,
    "timers.fire": lambda c: timers.fire(c, NOW, 9),
    "definitions.get": lambda c: definitions.get(c, "h"),
}
#: These write, or raise because there is no such row: only their statements matter here.
CHANGES: dict[str, Callable[[Connection], Any]] = {
    "deliveries.body": lambda c: deliveries.body(c, 1),
    "instances.observed": lambda c: instances.observed(c, "soc", "SOC-1", "Done", NOW),
    "inbox.postpone": lambda c: inbox.postpone(c, 1, 1, NOW, ""),
    "inbox.finish": lambda c: inbox.finish(c, 1, Verdict.MOVED, "", NOW),
    "instances.save": lambda c: instances.save(c, INSTANCE, expected_version=1, last=history.BEGINNING),
    "outbox.digest_of": lambda c: outbox.digest_of(c, 1),
    "outbox.finish": lambda c: outbox.finish(c, 1, 1, "", NOW),
    "outbox.drop_rest": lambda c: outbox.drop_rest(c, 1, NOW),
    "once.claim": lambda c: once.claim(c, project="p", receive="r", once="1", entity_id="e", inbox_id=1),
    "timers.change": lambda c: timers.change(c, SOC, {"x": NOW.isoformat()}, ["y"]),
    "once.release": lambda c: once.release(c, 1),
    "hooks.is_still": lambda c: hooks.is_still(c, 1, b""),
    "hooks.replace_secret": lambda c: hooks.replace_secret(
        c, source="github", repo_id="1", repo_path="", sealed=b"", now=NOW
    ),
}
#: A list that has no index of its own order walks one that holds only what it lists.
WALKS = {
    "deliveries.latest": "SCAN deliveries",
    "inbox.backlog": "SCAN inbox USING INDEX ix_inbox_lane",
    "inbox.answers": "SCAN inbox USING INDEX ix_inbox_answers",
    "inbox.retried": "SCAN inbox USING INDEX ix_inbox_retried",
    "inbox.unfinished_entities": "SCAN inbox USING INDEX ix_inbox_lane",
    "outbox.dead": "SCAN outbox USING INDEX ix_outbox_dead",
}
#: What a plan calls a walk, and is none over a table: values that are given, and the decisions found so far.
NO_TABLES = {"SCAN CONSTANT ROW", "SCAN back"}


def statements(store: Store, call: Callable[[Connection], Any]) -> list[str]:
    """What SQLite is asked when a function runs."""
    seen: list[str] = []

    def work(c: Connection) -> None:
        driver = c.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        driver.set_trace_callback(seen.append)
        try:
            call(c)
        finally:
            driver.set_trace_callback(None)

    store.submit(work).exception()
    return [s for s in seen if s.split()[0] in {"SELECT", "UPDATE", "DELETE", "WITH"}]


def plans(store: Store, call: Callable[[Connection], Any]) -> list[str]:
    asked = statements(store, call)
    assert asked
    with store.read() as c:
        found = [row[3] for s in asked for row in c.exec_driver_sql(f"EXPLAIN QUERY PLAN {s}")]
    return [plan.replace("COVERING ", "") for plan in found]


@pytest.mark.parametrize("name", [*CALLS, *CHANGES])
def test_rows_are_found_by_index(store: Store, name: str) -> None:
    found = plans(store, (CALLS | CHANGES)[name])
    assert not [plan for plan in found if "TEMP B-TREE" in plan]
    walks = [plan for plan in found if plan.startswith("SCAN") and plan not in NO_TABLES]
    assert walks == ([WALKS[name]] if name in WALKS else [])


@pytest.mark.parametrize(
    "name", ["inbox.head", "inbox.unfinished_entities", "inbox.unfinished_entities after", "inbox.backlog"]
)
def test_lanes_are_rebuilt_from_unfinished_rows_only(store: Store, name: str) -> None:
    about_rows = [plan for plan in plans(store, CALLS[name]) if plan.startswith(("SCAN", "SEARCH"))]
    assert about_rows
    assert all("ix_inbox_lane" in plan for plan in about_rows)


def test_dead_letters_are_found_among_dead_rows_only(store: Store) -> None:
    found = plans(store, lambda c: deadletters.find(c, deadletters.Wanted(), 9))
    assert [plan for plan in found if plan.startswith("SCAN")] == [
        "SCAN inbox USING INDEX ix_inbox_dead",
        "SCAN outbox USING INDEX ix_outbox_dead",
    ]
    assert not [plan for plan in found if "TEMP B-TREE" in plan]
