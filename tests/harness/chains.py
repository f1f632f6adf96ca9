"""Chains of history rows: where one ends, and by themselves what the engine checks with `interlock verify`."""

from collections.abc import Iterable
from operator import attrgetter

from sqlalchemy import Connection

from engine.store import instances
from engine.store.history import BEGINNING, HistoryRow, Link, digest_of


def verify_chain(rows: Iterable[HistoryRow]) -> HistoryRow | None:
    """The first row of one entity, oldest first, that was changed or whose predecessor is missing; None if all hold.

    The rows must follow one another. Where they start after the entity's first decision, what was before is not seen.
    """
    previous: str | None = None
    for row in sorted(rows, key=attrgetter("id")):
        if previous is not None and row.previous_hash != previous:
            return row
        if digest_of(row) != row.hash:
            return row
        previous = row.hash
    return None


def end_of(c: Connection, project: str, entity_id: str) -> Link:
    """Where the entity's chain ends now."""
    held = instances.load(c, project, entity_id)
    return BEGINNING if held is None else held.last
