"""Stores of released schemas, with rows in them, are brought forward and lose nothing."""

import sqlite3
from contextlib import closing
from pathlib import Path

from alembic import command

from engine.store import inbox, outbox, schema, sqlite
from engine.store.database import Store
from engine.store.deadletters import Wanted, find
from engine.store.tables import InboxStatus

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
