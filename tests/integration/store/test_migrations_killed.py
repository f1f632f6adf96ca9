"""A process that is killed while it brings a store forward has changed nothing, or everything; the next one goes on."""

import itertools
import shutil
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from alembic import command
from sqlalchemy import Connection, select, text

from engine.errors import StoreError
from engine.store import schema
from engine.store.backend import Backend, backend_of
from engine.store.database import Store
from engine.store.tables import metadata
from tests.harness.daemon import wait_until
from tests.harness.migrating import killed_at
from tests.harness.postgres import PostgresServer

ENTITIES, DECISIONS = 20, 200
STARTED = 4
#: What the first released schema can hold: each entity with its decisions, deliveries and calls.
_ROWS = (
    """INSERT INTO hooks (id, source, repo_id, repo_path, sealed, key_id, created_at, updated_at)
    VALUES (1, 'github', '1', 'o/h', '', '', 1, 1)""",
    """INSERT INTO deliveries (id, hook_id, source, type, delivery_id, digest, received_at, verdict, reason, headers)
    VALUES (:n, 1, 'github', 'release', :name, '', :n, 'accepted', '', '{}')""",
    "INSERT INTO bodies (delivery_row_id, data) VALUES (:n, '')",
    """INSERT INTO inbox (id, delivery_row_id, provisioner, project, entity_id, event, status, attempts, due_at, received_at,
    verdict, because, decided_at, finished_at) VALUES (:n, :n, 'soc', 'soc', :name, 'next', 'done', 0, :n, :n, 'moved', '', :n, :n)""",
    """INSERT INTO history (id, project, entity_id, version, inbox_id, at, machine_hash, event, before, after, verdict, facts,
    trace, previous_hash, hash) VALUES (:n, 'soc', :name, :version, :n, :n, 'm', 'next', 'a', 'a', 'moved', '{}', '{}', '', :hash)""",
    """INSERT INTO outbox (id, inbox_id, project, entity_id, key, position, kind, effect, status, attempts, due_at, read_back,
    last_detail, created_at, finished_at)
    VALUES (:n, :n, 'soc', :name, :n || 'k', 0, 'transition', '{}', 'done', 1, :n, :never, '', :n, :n)""",
)
_INSTANCE = """INSERT INTO instances (id, project, entity_id, folded_id, state, context, version, machine_hash, updated_at)
VALUES (:n, 'soc', :name, :name, 'a', '{}', :version, 'm', 1)"""


def _fill(c: Connection) -> None:
    """The first released schema with rows."""
    command.upgrade(schema.alembic_config(c), "0001")
    decided = [
        {
            "n": n + 1,
            "name": f"SOC-{n % ENTITIES}",
            "version": n // ENTITIES + 1,
            "hash": str(n).encode(),
            "never": False,
        }
        for n in range(DECISIONS)
    ]
    for statement in _ROWS:
        wanted = text(statement).compile().params
        c.execute(
            text(statement), [{name: row[name] for name in wanted} for row in decided] if wanted else None
        )
    last = DECISIONS // ENTITIES
    names = [{"n": n + 1, "name": f"SOC-{n}", "version": last} for n in range(ENTITIES)]
    c.execute(text(_INSTANCE), names)


def _made(url: str) -> Backend:
    backend = backend_of(url)
    backend.check(create=True)
    engine = backend.writer_engine()
    with engine.connect() as c, backend.writing(c):
        _fill(c)
    engine.dispose()
    return backend


def _content(backend: Backend) -> tuple[str, dict[str, list[str]]]:
    """The schema's revision, and every row of every table of ours."""
    engine = backend.reader_engine()
    with engine.connect() as c, backend.reading(c):
        found = schema.revision(c, backend.name)
        tables = [name for name in metadata.tables if name != "definitions"]
        there = {name for name in tables if c.dialect.has_table(c, name)}
        rows = {
            name: sorted(
                str(sorted(row._asdict().items(), key=str))
                for row in c.execute(select(text("*")).select_from(metadata.tables[name]))
            )
            for name in there
        }
    engine.dispose()
    assert found is not None
    return found, rows


def _killed_everywhere(again: Callable[[], Backend], url: str, step: int) -> int:
    """Kill at every `step`-th statement, and look at what is there then; how many times."""
    whole = again()
    old = _content(whole)
    Store.open(url).close()
    new = _content(whole)
    assert (old[0], new[0]) == ("0001", schema.REVISION)
    assert len(new[1]["history"]) == DECISIONS
    killed = 0
    backend = again()
    for number in itertools.count(1, step):
        if not killed_at(url, number):
            assert _content(backend) == new
            return killed
        assert _content(backend) == old, f"half of it is there after statement {number}"
        with pytest.raises(StoreError, match="no current schema yet: start the daemon once"):
            Store.open(url, migrate=False)
        killed += 1
    return killed


def test_a_file_has_all_or_nothing_of_a_new_schema_wherever_a_kill_hits(tmp_path: Path) -> None:
    first, path = tmp_path / "first.db", tmp_path / "interlock.db"
    _made(f"sqlite:///{first}")

    def again() -> Backend:
        for left in tmp_path.glob("interlock.db*"):
            left.unlink()
        shutil.copy(first, path)
        backend = backend_of(f"sqlite:///{path}")
        backend.check(create=False)
        return backend

    assert _killed_everywhere(again, f"sqlite:///{path}", 3) > 15
    with closing(sqlite3.connect(path)) as c:
        assert c.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_database_has_all_or_nothing_of_a_new_schema_wherever_a_kill_hits(postgres: PostgresServer) -> None:
    url = postgres.url()

    def again() -> Backend:
        postgres.emptied(url)
        return _made(url)

    assert _killed_everywhere(again, url, 5) > 10


def test_of_several_that_start_on_an_older_database_one_brings_it_forward(postgres: PostgresServer) -> None:
    url = postgres.url()
    _made(url)
    told: list[tuple[str, str]] = []

    def start(_: int) -> None:
        Store.open(url, told=lambda revision, because: told.append((revision, because))).close()

    with (
        ThreadPoolExecutor(STARTED) as starting,
        psycopg.connect(url) as blocking,
    ):
        blocking.execute("LOCK TABLE history IN ACCESS SHARE MODE")
        ended = starting.map(start, range(STARTED))
        wait_until(lambda: len(told) == STARTED, "not all of them are there")
        blocking.rollback()
        list(ended)
    assert {revision for revision, _ in told} == {"0001"}
    assert sum("rows are written once more" in because for _, because in told) == 1
    assert sum(because.startswith("another daemon") for _, because in told) == STARTED - 1
    assert _content(backend_of(url))[0] == schema.REVISION


def test_a_database_is_not_brought_forward_under_daemons_of_an_older_release(
    postgres: PostgresServer,
) -> None:
    url = postgres.url()
    backend = _made(url)
    told: list[str] = []
    older = psycopg.connect(url, application_name="interlock")

    def tell(_revision: str, because: str) -> None:
        told.append(because)
        if len(told) == 1:
            assert _content(backend)[0] == "0001"
            older.close()

    Store.open(url, told=tell).close()
    assert [because[:50] for because in told] == [
        "daemons or commands of an older release use the da",
        "rows are written once more, all or none of them: a",
    ]
    assert "1 connections, from 127.0.0.1" in told[0]
    assert _content(backend)[0] == schema.REVISION
