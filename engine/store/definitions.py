"""Definitions: the text of every machine that ever decided, so that history can be decided again."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from engine.store.prepared import insert_row
from engine.store.tables import definitions


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One version of a definition file."""

    #: Names the version in `Instance.machine_hash` and in history.
    hash: str
    #: The file as the user named it.
    filename: str
    #: The file's text.
    source: str
    first_seen_at: datetime


_GET = select(definitions).where(definitions.c.hash == bindparam("of_hash"))


def get(c: Connection, hash: str) -> Definition | None:  # noqa: A002 -- the column's name
    """The definition of that hash."""
    row = c.execute(_GET, {"of_hash": hash}).one_or_none()
    return None if row is None else Definition(**row._asdict())


def remember(c: Connection, hash: str, filename: str, source: str, now: datetime) -> None:  # noqa: A002
    """Keep a definition; nothing happens if it is known."""
    if get(c, hash) is None:
        insert_row(
            c, definitions, {"hash": hash, "filename": filename, "source": source, "first_seen_at": now}
        )
