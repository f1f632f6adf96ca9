"""Stores of released schemas, with rows in them, are brought forward and lose nothing."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Connection, text

from engine.errors import StoreError
from engine.store import backup, check, history, inbox, instances, outbox, schema, sqlite, walk
from engine.store.backend import backend_of
from engine.store.database import Store
from engine.store.deadletters import Wanted, find
from engine.store.history import Link
from engine.store.tables import InboxStatus
from tests.harness.postgres import PostgresServer

#: One delivery that left two dead events, of which one was delivered again, and an effect with its attempt.
ROWS = """
INSERT INTO hooks VALUES (1, 'github', '1', 'o/h', x'00', x'00', 1, 1);
INSERT INTO deliveries VALUES (1, 1, 'github', 'release', 'd1', x'aa', 10, 'accepted', '', NULL, '{}');
INSERT INTO deliveries VALUES (2, 1, 'github', 'release', 'd2', x'aa', 20, 'accepted', 'again', NULL, '{}');
INSERT INTO bodies VALUES (1, x'789c030000000001'), (2, x'789c030000000001');
INSERT INTO inbox VALUES (1, 1, 'soc', 'soc', 'SOC-1', 'next', 'r', '"1"', 'dead', 0, 10, 10, 'moved', 'no', 11, 12);
INSERT INTO inbox VALUES (2, 1, 'soc', 'soc', 'SOC-2', 'next', 'r', '"1"', 'dead', 0, 10, 10, NULL, 'no', 11, 12);
INSERT INTO inbox VALUES (3, 2, 'soc', 'soc', 'SOC-2', 'next', 'r', '"1"', 'pending', 0, 20, 20, NULL, '', NULL, NULL);
INSERT INTO outbox VALUES
  (1, 1, 'soc', 'SOC-1', 'k', 0, 'transition',
   '{"kind":"transition","name":"b","worker":"","source":"a","target":"b","source_status":null,"target_status":null,"arguments":{}}',
   'dead', 3, 10, 0, 'no', 10, 12);
INSERT INTO attempts VALUES (1, 3, 12, 'refused', 'no', NULL, NULL, '[]');
"""


def _released(path: Path, revision: str) -> None:
    """A store as the release of that revision made it."""
    path.touch()
    engine = sqlite.writer_engine(path)
    with engine.connect() as c, sqlite.writing(c):
        command.upgrade(schema.alembic_config(c), revision)
    engine.dispose()


def test_a_store_of_the_first_schema_is_brought_forward_with_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "interlock.db"
    _released(path, "0001")
    with closing(sqlite3.connect(path)) as c:
        c.executescript(ROWS)
    store = Store.open(f"sqlite:///{path}")
    with store.read() as c:
        assert schema.is_current(c, str(tmp_path))
        letters = find(c, Wanted())
        again, waiting = inbox.get(c, 2), inbox.head(c, "soc", "SOC-2")
        effect = outbox.get(c, 1)
    store.close()
    assert [(letter.name, letter.attempts) for letter in letters] == [("event-1", 3)]
    assert again is not None
    assert again.status is InboxStatus.DROPPED
    assert waiting is not None
    assert (waiting.id, waiting.retried_at) == (3, None)
    assert effect is not None
    assert effect.earlier_attempts == 0


#: An instance with an event of its lane undecided, in words that every released schema has.
_INSTANCE = """
INSERT INTO instances (id, project, entity_id, folded_id, state, context, version, machine_hash, updated_at)
VALUES (1, 'soc', 'SOC-1', 'soc-1', 'a', '{}', 3, 'm', 10)
"""
_HOOK = """
INSERT INTO hooks (id, source, repo_id, repo_path, sealed, key_id, created_at, updated_at)
VALUES (1, 'github', '1', 'o/h', '', '', 1, 1)
"""
_DELIVERY = """
INSERT INTO deliveries (id, hook_id, source, type, delivery_id, digest, received_at, verdict, reason, headers)
VALUES (1, 1, 'github', 'release', 'd1', '', 10, 'accepted', '', '{}')
"""
_EVENT = """
INSERT INTO inbox (id, delivery_row_id, provisioner, project, entity_id, event, receive, once, status, attempts, due_at,
received_at, because) VALUES (1, 1, 'soc', 'soc', 'SOC-1', 'next', 'r', '"1"', 'pending', 0, 10, 10, '')
"""
RELEASED = ("0001", "0002", "0003", "0004", "0005", "0006")


def _with_rows(c: Connection, revision: str) -> None:
    command.upgrade(schema.alembic_config(c), revision)
    for statement in (_HOOK, _DELIVERY, _EVENT, _INSTANCE):
        c.execute(text(statement))


def _holds(url: str) -> None:
    """A store of that URL is current, and has what it had: nobody is asked, and nothing is an answer."""
    store = Store.open(url)
    with store.read() as c:
        assert schema.is_current(c, store.name)
        held, waiting = instances.load(c, "soc", "SOC-1"), inbox.head(c, "soc", "SOC-1")
        assert instances.awaiting(c, 9) == []
        assert inbox.answers(c) == {}
    store.close()
    assert held is not None
    assert (held.snapshot.state, held.snapshot.version, held.snapshot.awaits) == ("a", 3, {})
    assert held.snapshot.machine == "m"
    assert waiting is not None
    assert (waiting.id, waiting.once, waiting.status) == (1, '"1"', InboxStatus.PENDING)


@pytest.mark.parametrize("revision", RELEASED)
def test_a_file_of_every_released_schema_is_brought_forward(tmp_path: Path, revision: str) -> None:
    path = tmp_path / "interlock.db"
    path.touch()
    engine = sqlite.writer_engine(path)
    with engine.connect() as c, sqlite.writing(c):
        _with_rows(c, revision)
    engine.dispose()
    _holds(f"sqlite:///{path}")


@pytest.mark.parametrize("revision", RELEASED)
def test_a_database_of_every_released_schema_is_brought_forward(
    postgres: PostgresServer, revision: str
) -> None:
    url = postgres.url()
    engine = backend_of(url).writer_engine()
    with engine.begin() as c:
        _with_rows(c, revision)
    engine.dispose()
    _holds(url)


#: Two entities' decisions in turn, in words that the first released schema has; the last is of an instance of its own.
_HISTORY = (
    "DELETE FROM inbox",
    """INSERT INTO instances (id, project, entity_id, folded_id, state, context, version, machine_hash, updated_at)
    VALUES (2, 'soc', 'SOC-2', 'soc-2', 'a', '{}', 2, 'm', 10), (3, 'soc', 'SOC-3', 'soc-3', 'a', '{}', 7, 'm', 10)""",
    """INSERT INTO history (id, project, entity_id, version, inbox_id, at, machine_hash, event, before, after, verdict, facts,
    trace, previous_hash, hash) VALUES (4, 'soc', 'SOC-1', 1, 1, 1, 'm', 'e', 'a', 'a', 'moved', '{}', '{}', '', :one),
    (5, 'soc', 'SOC-2', 1, 1, 1, 'm', 'e', 'a', 'a', 'moved', '{}', '{}', '', :other_one),
    (6, 'soc', 'SOC-1', 2, 1, 1, 'm', 'e', 'a', 'a', 'moved', '{}', '{}', :one, :two),
    (8, 'soc', 'SOC-1', 3, 1, 1, 'm', 'e', 'a', 'a', 'moved', '{}', '{}', :two, :three),
    (9, 'soc', 'SOC-2', 2, 1, 1, 'm', 'e', 'a', 'a', 'moved', '{}', '{}', :other_one, :other_two)""",
)
_REMOVED = (
    "INSERT INTO checkpoints (project, entity_id, version, hash, at) VALUES ('soc', 'SOC-3', 7, :seven, 1)"
)


def _with_history(c: Connection, revision: str) -> None:
    for statement in (*_HISTORY, *(() if revision == "0001" else (_REMOVED,))):
        hashes = text(statement)
        c.execute(hashes, {name: name.replace("_", " ").encode() for name in hashes.compile().params})


def _leads_back(url: str, revision: str) -> None:
    """Each instance of a store of that URL leads to all of its entity's decisions, and the next one continues its chain."""
    store = Store.open(url)
    with store.read() as c:
        chains = {name: list(walk.numbers(c, "soc", name)) for name in ("SOC-1", "SOC-2", "SOC-3")}
        ends = {name: one.last for name in chains for one in instances.find(c, name)}
        assert history.unreached(c) == []
    store.close()
    assert chains == {"SOC-1": [4, 6, 8], "SOC-2": [5, 9], "SOC-3": []}
    assert ends == {
        "SOC-1": Link(id=8, hash=b"three"),
        "SOC-2": Link(id=9, hash=b"other two"),
        "SOC-3": Link(id=None, hash=b"" if revision == "0001" else b"seven"),
    }


@pytest.mark.parametrize("revision", RELEASED)
def test_in_a_file_of_every_released_schema_a_way_leads_back(tmp_path: Path, revision: str) -> None:
    path = tmp_path / "interlock.db"
    path.touch()
    engine = sqlite.writer_engine(path)
    with engine.connect() as c, sqlite.writing(c):
        _with_rows(c, revision)
        _with_history(c, revision)
    engine.dispose()
    _leads_back(f"sqlite:///{path}", revision)


@pytest.mark.parametrize("revision", RELEASED)
def test_in_a_database_of_every_released_schema_a_way_leads_back(
    postgres: PostgresServer, revision: str
) -> None:
    url = postgres.url()
    engine = backend_of(url).writer_engine()
    with engine.begin() as c:
        _with_rows(c, revision)
        _with_history(c, revision)
    engine.dispose()
    _leads_back(url, revision)


def test_every_released_schema_is_tried(tmp_path: Path) -> None:
    path = tmp_path / "interlock.db"
    Store.open(f"sqlite:///{path}").close()
    files = sorted((Path(schema.__file__).parent / "migrations/versions").glob("v*.py"))
    assert tuple(f.name[1:5] for f in files) == (*RELEASED, schema.REVISION)


@pytest.mark.parametrize("revision", RELEASED)
def test_a_backup_of_an_older_schema_is_put_back_and_then_brought_forward(
    tmp_path: Path, revision: str
) -> None:
    copy, path = tmp_path / "copy.db", tmp_path / "interlock.db"
    _released(copy, revision)
    Store.open(f"sqlite:///{path}").close()
    backup.restore(copy, path, force=True, told=lambda *_: None)
    with closing(sqlite3.connect(path)) as c:
        assert schema.revision_of(c) == revision
    Store.open(f"sqlite:///{path}").close()
    assert check.check(path) == []


def test_a_damaged_backup_of_an_older_schema_is_refused(tmp_path: Path) -> None:
    copy, path = tmp_path / "copy.db", tmp_path / "interlock.db"
    _released(copy, RELEASED[0])
    whole = copy.read_bytes()
    copy.write_bytes(whole[: len(whole) // 2 // 4096 * 4096] + b"\xff" * 4096)
    with pytest.raises(StoreError, match="is damaged"):
        backup.restore(copy, path, force=True, told=lambda *_: None)
    assert not path.exists()
