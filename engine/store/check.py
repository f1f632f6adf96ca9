"""Is the store whole? SQLite's own check of the file, the schema against the code's, and rows against each other."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sqlalchemy import create_engine

from engine.errors import StoreError
from engine.store import schema, sqlite
from engine.store.tables import metadata

_MOST = 20


class Fault(StrEnum):
    """What kind of damage it is. The values are stable: they are shown and documented."""

    #: SQLite finds the file itself damaged.
    FILE = "file"
    #: A table, column or index is missing or was added.
    SCHEMA = "schema"
    #: A row names another that is not there.
    REFERENCE = "reference"
    #: Two rows contradict each other.
    ROWS = "rows"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong."""

    fault: Fault
    #: One sentence for the operator.
    because: str


#: Rows that contradict each other: what it means, and a query that gives the numbers of such rows.
_CONTRADICTIONS = (
    (
        Fault.REFERENCE,
        "delivery {} has no body",
        """
        SELECT d.id FROM deliveries d WHERE d.duplicate_of IS NULL
        AND NOT EXISTS (SELECT 1 FROM bodies b WHERE b.delivery_row_id = d.id)
        """,
    ),
    (
        Fault.REFERENCE,
        "delivery {} repeats one that is gone",
        """
        SELECT d.id FROM deliveries d WHERE d.duplicate_of IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM deliveries o WHERE o.id = d.duplicate_of)
        """,
    ),
    (
        Fault.REFERENCE,
        "instance {} has neither history nor a checkpoint",
        """
        SELECT i.entity_id FROM instances i WHERE NOT EXISTS (SELECT 1 FROM history h
        WHERE h.project = i.project AND h.entity_id = i.entity_id) AND NOT EXISTS (SELECT 1 FROM checkpoints c
        WHERE c.project = i.project AND c.entity_id = i.entity_id)
        """,
    ),
    (
        Fault.REFERENCE,
        "decision {} of the history was made by a definition that is gone",
        """
        SELECT h.id FROM history h WHERE json_extract(h.facts, '$.definition') IS NOT NULL AND NOT EXISTS
        (SELECT 1 FROM definitions d WHERE d.hash IN
        (json_extract(h.facts, '$.text'), json_extract(h.facts, '$.definition')))
        """,
    ),
    (
        Fault.ROWS,
        "event {} is finished and in a lane at once",
        "SELECT id FROM inbox WHERE (finished_at IS NULL) != (status IN ('pending', 'performing'))",
    ),
    (
        Fault.ROWS,
        "effect {} waits for an event that is finished: nobody will perform it",
        """
        SELECT o.id FROM outbox o JOIN inbox i ON i.id = o.inbox_id
        WHERE o.status = 'pending' AND i.finished_at IS NOT NULL
        """,
    ),
    (
        Fault.ROWS,
        "event {} is being performed without a verdict",
        "SELECT id FROM inbox WHERE status = 'performing' AND verdict IS NULL",
    ),
)


def check(path: Path) -> list[Finding]:
    """Everything that is wrong with the store of that file, which may be in use; nothing is changed.

    `StoreError` if it is no store, or one of another schema.
    """
    sqlite.check_file(path, create=False)
    try:
        with closing(sqlite3.connect(path, timeout=sqlite.BUSY_SECONDS)) as c:
            c.execute("PRAGMA query_only = ON")
            _expect_current(c, path)
            c.execute("BEGIN")  # one snapshot for all questions
            return [*_file(c), *_schema(c), *_references(c), *_contradictions(c)]
    except sqlite3.DatabaseError as error:
        return [Finding(fault=Fault.FILE, because=sqlite.explain(error, path))]


def _expect_current(c: sqlite3.Connection, path: Path) -> None:
    revision = schema.revision_of(c)
    if revision != schema.REVISION:
        raise StoreError(
            f"{path} has {'no schema' if revision is None else f'schema {revision}'}, this Interlock has "
            f"{schema.REVISION}: start the daemon once to bring an older store forward, or upgrade Interlock"
        )


def _file(c: sqlite3.Connection) -> list[Finding]:
    said = [row[0] for row in c.execute(f"PRAGMA integrity_check({_MOST})")]
    return [Finding(fault=Fault.FILE, because=line) for line in said if line != "ok"]


def _schema(c: sqlite3.Connection) -> list[Finding]:
    wanted, found = _shape_of_the_code(), _shape(c)
    missing = [Finding(fault=Fault.SCHEMA, because=f"{name} is missing") for name in sorted(wanted - found)]
    added = [Finding(fault=Fault.SCHEMA, because=f"{name} is not ours") for name in sorted(found - wanted)]
    return missing + added


def _shape_of_the_code() -> set[str]:
    engine = create_engine("sqlite://")
    try:
        with engine.connect() as c:
            metadata.create_all(c)
            driver = c.connection.driver_connection
            if not isinstance(driver, sqlite3.Connection):
                raise TypeError("SQLite has another driver")
            return _shape(driver)
    finally:
        engine.dispose()


def _shape(c: sqlite3.Connection) -> set[str]:
    """Every table, column and index by name."""
    listed = c.execute(
        "SELECT type, name, tbl_name FROM sqlite_master"
        " WHERE name NOT LIKE 'sqlite_%' AND name != 'alembic_version'"
    ).fetchall()
    shape = {f"the {kind} {name}" for kind, name, _ in listed}
    for kind, name, _ in listed:
        if kind == "table":
            columns = c.execute("SELECT name FROM pragma_table_info(?)", (name,))
            shape |= {f"the column {name}.{column}" for (column,) in columns}
    return shape


def _references(c: sqlite3.Connection) -> list[Finding]:
    broken = c.execute("PRAGMA foreign_key_check").fetchmany(_MOST)
    return [
        Finding(
            fault=Fault.REFERENCE, because=f"row {row} of {table} names a row of {parent} that is not there"
        )
        for table, row, parent, _ in broken
    ]


def _contradictions(c: sqlite3.Connection) -> list[Finding]:
    return [
        Finding(fault=fault, because=sentence.format(number))
        for fault, sentence, query in _CONTRADICTIONS
        for (number,) in c.execute(query).fetchmany(_MOST)
    ]
