"""Is the store whole? SQLite's own check of the file, the schema against the code's, and rows against each other."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, islice
from pathlib import Path

from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import SQLAlchemyError

from engine.errors import StoreError, StoreTooNewError
from engine.store import history, schema, sqlite
from engine.store.agreement import about_timers, disagreements
from engine.store.legible import UNREADABLE, illegible
from engine.store.tables import metadata

_MOST = 20
_COLUMNS = [str(column) for table in metadata.sorted_tables for column in table.columns]


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
    #: A row cannot be read.
    UNREADABLE = "unreadable"


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
        WHERE h.id = i.last_history_id AND h.project = i.project AND h.entity_id = i.entity_id)
        AND NOT EXISTS (SELECT 1 FROM checkpoints c WHERE c.project = i.project AND c.entity_id = i.entity_id)
        """,
    ),
    (
        Fault.ROWS,
        "instance {} names another hash as its last decision's than its history ends with, or none",
        """
        SELECT i.entity_id FROM instances i
        LEFT JOIN history h ON h.id = i.last_history_id AND h.project = i.project AND h.entity_id = i.entity_id
        LEFT JOIN checkpoints c ON c.project = i.project AND c.entity_id = i.entity_id
        WHERE coalesce(h.hash, c.hash) IS NOT NULL AND i.last_hash IS NOT coalesce(h.hash, c.hash)
        """,
    ),
    (
        Fault.REFERENCE,
        "decision {} of the history was made by a definition that is gone",
        """
        SELECT h.id FROM (SELECT id, CASE WHEN json_valid(facts) THEN facts ELSE '{}' END AS facts FROM history) h
        WHERE json_extract(h.facts, '$.definition') IS NOT NULL AND NOT EXISTS
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
        "event {} is done or being performed without a verdict",
        "SELECT id FROM inbox WHERE status IN ('performing', 'done') AND verdict IS NULL",
    ),
)


def _nobody(_what: str) -> None:
    return


def check(path: Path, told: Callable[[str], None] = _nobody) -> list[Finding]:
    """Everything that is wrong with the store of that file, which may be in use; nothing is changed.

    `told` hears what is being looked at: of a large store, a look at every row takes long. `StoreError` if it is no store, or one of another schema.
    """
    sqlite.check_file(path, create=False)
    try:
        with _snapshot(path) as connection:  # one for all questions
            c = _driver(connection)
            _expect_current(c, path)
            told("the file's pages and indexes")
            found = [*_file(c), *_schema(c)]
            told("what rows refer to, and whether they contradict each other")
            found += [*_references(c), *_contradictions(c)]
            if {f"the column {column}" for column in _COLUMNS} <= _shape(c):
                found += _unreadable(c, told)
                told("whether a way leads to every decision")
                found += _unreached(connection)
                told("whether the tables agree about what was decided")
                found += _disagreements(connection)
            return found
    except (sqlite3.DatabaseError, SQLAlchemyError) as error:
        if sqlite.is_closed_to_us(error):
            raise StoreError(sqlite.explain(error, path)) from error
        return [Finding(fault=Fault.FILE, because=sqlite.explain(error, path))]


def is_older(path: Path) -> bool:
    """Whether the store of that file has the schema of an earlier release; `StoreError` if it cannot be read."""
    sqlite.check_file(path, create=False)
    try:
        with _snapshot(path) as connection:
            revision = schema.revision_of(_driver(connection))
    except (sqlite3.DatabaseError, SQLAlchemyError) as error:
        raise StoreError(sqlite.explain(error, path)) from error
    return revision is not None and revision < schema.REVISION


def file_alone(path: Path) -> list[Finding]:
    """What is wrong with the file and its indexes, whatever they mean: all that can be said of an older schema."""
    try:
        with _snapshot(path) as connection:
            return list(_file(_driver(connection)))
    except (sqlite3.DatabaseError, SQLAlchemyError) as error:
        return [Finding(fault=Fault.FILE, because=sqlite.explain(error, path))]


@contextmanager
def _snapshot(path: Path) -> Iterator[Connection]:
    engine = sqlite.reader_engine(path)
    try:
        with engine.connect() as connection, sqlite.reading(connection):
            yield connection
    finally:
        engine.dispose()


def _driver(connection: Connection) -> sqlite3.Connection:
    driver = connection.connection.driver_connection
    if not isinstance(driver, sqlite3.Connection):
        raise TypeError("SQLite has another driver")
    return driver


def _expect_current(c: sqlite3.Connection, path: Path) -> None:
    revision = schema.revision_of(c)
    if revision is None:
        raise StoreError(f"{path} has no schema: it is no store, or the daemon never started with it")
    if revision > schema.REVISION:
        raise StoreTooNewError(
            f"{path} has schema {revision}, this Interlock knows {schema.REVISION}: upgrade Interlock, or check it with "
            "the newer one"
        )
    if revision < schema.REVISION:
        raise StoreError(
            f"{path} has schema {revision}, this Interlock has {schema.REVISION}: start the daemon once, it brings the "
            "store forward"
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
            return _shape(_driver(c))
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


def _unreadable(c: sqlite3.Connection, told: Callable[[str], None]) -> list[Finding]:
    return [Finding(fault=Fault.UNREADABLE, because=said) for said in islice(illegible(c, told), _MOST)]


def _unreached(c: Connection) -> list[Finding]:
    """Decisions that nothing leads to."""
    return [
        Finding(
            fault=Fault.ROWS,
            because=f"decision {row.id} of the history is {row.entity_id}'s, and neither its instance nor a later decision "
            "leads to it",
        )
        for row in history.unreached(c)[:_MOST]
    ]


def _disagreements(c: Connection) -> list[Finding]:
    """What tables say of entities that others contradict; nothing where rows cannot be read, which was said."""
    found = []
    with suppress(*UNREADABLE):
        for one in chain(disagreements(c, limit=_MOST), islice(about_timers(c), _MOST)):
            because = f"{one.entity_id} of project {one.project}: {one.because}"
            found.append(Finding(fault=Fault.ROWS, because=because))
    return found
