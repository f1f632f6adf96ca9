"""Rows inserted as a stream on PostgreSQL: what comes out is what went in, in the order in which it went in."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from engine.errors import StoreError
from engine.model import Verdict
from engine.store.database import Connection, Store
from engine.store.stream import insert_rows, numbers
from engine.store.tables import history, instances
from tests.harness.postgres import PostgresServer

NOW = datetime(2026, 1, 1, 12, 30, 0, 7, tzinfo=UTC)
ODD = ["", "\\N", "\\.", "a\tb", "a\nb\r", "q\"u,o{t}e'", "\\\\x00", "\N{SNOWMAN}", "NULL"]


def _decision(text: str) -> dict[str, object]:
    return {
        "project": "soc",
        "entity_id": text,
        "version": 1,
        "inbox_id": 2**40,
        "at": NOW,
        "machine_hash": "m",
        "event": text,
        "before": None,
        "after": text,
        "verdict": Verdict.MOVED,
        "facts": {"said": text, "more": [None, 1.5, True]},
        "trace": {},
        "previous_hash": b"",
        "hash": bytes(range(256)),
        "previous_id": 2**41,
    }


def test_what_comes_out_is_what_went_in_and_in_its_order(postgres: PostgresServer) -> None:
    store = Store.open(postgres.url())
    given = [_decision(text) for text in ODD]
    store.write(lambda c: insert_rows(c, history, given))
    with store.read() as c:
        rows = [row._asdict() for row in c.execute(select(history).order_by(history.c.id))]
    store.close()
    for row in rows:
        row["hash"], row["previous_hash"] = bytes(row["hash"]), bytes(row["previous_hash"])
    assert [{k: v for k, v in row.items() if k != "id"} for row in rows] == given


def test_rows_that_are_given_numbers_have_them_and_the_next_one_counts_on(postgres: PostgresServer) -> None:
    store = Store.open(postgres.url())

    def work(c: Connection) -> tuple[list[int], list[int]]:
        given = numbers(c, history, 3)
        rows = [{"id": number, **_decision("x")} for number in given]
        insert_rows(c, history, rows, numbered=True)
        insert_rows(c, history, [_decision("x")])
        return given, list(c.scalars(select(history.c.id).order_by(history.c.id)))

    given, kept = store.write(work)
    store.close()
    assert given == sorted(set(given))
    assert kept[:3] == given
    assert kept[3] > given[2]


def test_a_character_that_no_text_of_the_database_can_hold_is_replaced(postgres: PostgresServer) -> None:
    store = Store.open(postgres.url())
    store.write(lambda c: insert_rows(c, history, [_decision("a\0b")]))
    with store.read() as c:
        row = c.execute(select(history.c.event, history.c.facts)).one()
    store.close()
    assert row.event == "a\N{REPLACEMENT CHARACTER}b"
    assert row.facts["said"] == "a\0b"


def test_a_row_that_is_there_already_refuses_all_and_the_writer_goes_on(postgres: PostgresServer) -> None:
    store = Store.open(postgres.url())
    one = {
        "project": "soc", "entity_id": "SOC-1", "folded_id": "soc-1", "state": "a", "context": {}, "memory": {},
        "version": 1, "machine_hash": "m", "observed_status": None, "updated_at": NOW,
    }  # fmt: skip
    other = {**one, "entity_id": "SOC-2", "folded_id": "soc-2"}
    store.write(lambda c: insert_rows(c, instances, [one]))
    with pytest.raises(StoreError, match="refused a write"):
        store.write(lambda c: insert_rows(c, instances, [other, one]))
    store.write(lambda c: insert_rows(c, instances, []))
    store.write(lambda c: insert_rows(c, instances, [other]))
    with store.read() as c:
        assert len(c.execute(select(instances.c.id)).all()) == 2
    store.close()
