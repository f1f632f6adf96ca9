"""History: one row per decision, appended for ever, chained by hashes so that a change of the past shows.

The hash of a row is SHA-256 over the UTF-8 JSON text (keys sorted, no spaces) of this array::

    ["interlock history 1", project, entity_id, version, inbox_id, at, machine_hash, event, before, after, verdict,
     facts, trace, previous_hash]

``at`` is integer microseconds since 1970 UTC, `facts` and `trace` are the stored JSON values, and `previous_hash` is the
hash (lower-case hexadecimal) of the same entity's row before, empty for its first one.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, bindparam, select

from engine.model import Candidate, Trace, Verdict
from engine.store.columns import microseconds
from engine.store.encoding import encode, settled
from engine.store.prepared import insert_row
from engine.store.tables import history

_FORMAT = "interlock history 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRow:
    """One decision."""

    #: The row's number.
    id: int
    project: str
    entity_id: str
    #: The instance's version after the decision.
    version: int
    #: The event of the inbox that was decided.
    inbox_id: int
    at: datetime
    #: The definition that decided.
    machine_hash: str
    #: The event's name.
    event: str
    #: The state before and after it; None where it could not be known.
    before: str | None
    after: str | None
    verdict: Verdict
    #: What was looked up for it (the observation, the delivery): with these it can be decided again.
    facts: Mapping[str, Any]
    #: Why it came out so.
    trace: Trace
    #: Hash of the entity's row before, hexadecimal; empty for the first.
    previous_hash: str
    #: Hash of this row, hexadecimal.
    hash: str


_ROWS = select(*(history.c[name] for name in HistoryRow.__dataclass_fields__))
_OF_ENTITY = (history.c.project == bindparam("of_project"), history.c.entity_id == bindparam("of_entity"))
_NEWEST_OF_ENTITY = _ROWS.where(*_OF_ENTITY).order_by(history.c.id.desc()).limit(bindparam("at_most"))
_NEWEST = _ROWS.order_by(history.c.id.desc()).limit(bindparam("at_most"))
_LAST_HASH = select(history.c.hash).where(*_OF_ENTITY).order_by(history.c.id.desc()).limit(1)


def append(
    c: Connection,
    *,
    project: str,
    entity_id: str,
    version: int,
    inbox_id: int,
    at: datetime,
    machine_hash: str,
    facts: Mapping[str, Any],
    trace: Trace,
) -> HistoryRow:
    """Add a decision to its entity's chain; event, states and verdict are the trace's."""
    last = c.execute(_LAST_HASH, {"of_project": project, "of_entity": entity_id}).scalar_one_or_none()
    trace_values = settled(trace)
    values: dict[str, Any] = {
        "project": project,
        "entity_id": entity_id,
        "version": version,
        "inbox_id": inbox_id,
        "at": at,
        "machine_hash": machine_hash,
        "event": trace.event,
        "before": trace.before,
        "after": trace.after,
        "verdict": trace.verdict,
        "facts": settled(facts),
        "trace": trace_values,
    }
    previous = b"" if last is None else last
    own = _digest(**{**values, "previous_hash": previous.hex()})
    row_id = insert_row(c, history, {**values, "previous_hash": previous, "hash": own})
    return _row(id=row_id, **values, previous_hash=previous, hash=own)


def of_entity(c: Connection, project: str, entity_id: str, limit: int) -> list[HistoryRow]:
    """The entity's decisions, newest first."""
    found = c.execute(_NEWEST_OF_ENTITY, {"of_project": project, "of_entity": entity_id, "at_most": limit})
    return [_row(**row._asdict()) for row in found]


def latest(c: Connection, limit: int) -> list[HistoryRow]:
    """The decisions of all entities, newest first."""
    return [_row(**row._asdict()) for row in c.execute(_NEWEST, {"at_most": limit})]


def verify_chain(rows: Iterable[HistoryRow]) -> HistoryRow | None:
    """The first row of one entity, oldest first, that was changed or whose predecessor is missing; None if all hold.

    The rows must follow one another. Where they start after the entity's first decision, what was before is not seen.
    """
    previous: str | None = None
    for row in sorted(rows, key=attrgetter("id")):
        if previous is not None and row.previous_hash != previous:
            return row
        if _digest_of(row) != row.hash:
            return row
        previous = row.hash
    return None


def _digest_of(row: HistoryRow) -> str:
    values = {name: getattr(row, name) for name in HistoryRow.__dataclass_fields__}
    return _digest(**{k: v for k, v in values.items() if k not in {"id", "hash"}}).hex()


def _digest(
    *,
    project: str,
    entity_id: str,
    version: int,
    inbox_id: int,
    at: datetime,
    machine_hash: str,
    event: str,
    before: str | None,
    after: str | None,
    verdict: Verdict,
    facts: Any,
    trace: Any,
    previous_hash: str,
) -> bytes:
    identity = [_FORMAT, project, entity_id, version, inbox_id, microseconds(at), machine_hash]
    decision = [event, before, after, verdict, facts, trace, previous_hash]
    return hashlib.sha256(encode(identity + decision).encode()).digest()


def _row(*, trace: dict[str, Any], previous_hash: bytes, hash: bytes, **rest: Any) -> HistoryRow:  # noqa: A002
    candidates = tuple(Candidate(**values) for values in trace["candidates"])
    return HistoryRow(
        trace=Trace(**{**trace, "verdict": Verdict(trace["verdict"]), "candidates": candidates}),
        previous_hash=previous_hash.hex(),
        hash=hash.hex(),
        **rest,
    )
