"""History: one row per decision, appended for ever, chained by hashes so that a change of the past shows.

The hash of a row is SHA-256 over the UTF-8 JSON text (keys sorted, no spaces) of this array::

    ["interlock history 1", project, entity_id, version, inbox_id, at, machine_hash, event, before, after, verdict,
     facts, trace, previous_hash]

``at`` is integer microseconds since 1970 UTC, `facts` and `trace` are the stored JSON values, and `previous_hash` is the
hash (lower-case hexadecimal) of the same entity's row before, empty for its first one.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, select, true, tuple_

from engine.errors import StoreError
from engine.model import Candidate, Trace, Verdict
from engine.store import walk
from engine.store.columns import Moment, microseconds
from engine.store.encoding import encode, written
from engine.store.prepared import insert_row
from engine.store.tables import IS_GIVEN_UP, checkpoints, history, inbox, instances, timers

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Where a chain ends: what its next row names as the one before."""

    #: The row's number; None if there is none, or if retention had removed it when numbers were not kept yet.
    id: int | None
    #: Its hash; empty before the first.
    hash: bytes


#: Where the chain of an entity begins that was never decided about.
BEGINNING = Link(id=None, hash=b"")
_ROWS = select(*(history.c[name] for name in HistoryRow.__dataclass_fields__))
_OF_ENTITY = (history.c.project == bindparam("of_project"), history.c.entity_id == bindparam("of_entity"))
_BACK = walk.back()
_NEWEST_OF_ENTITY = _ROWS.join(_BACK, _BACK.c.id == history.c.id)
_THESE = _ROWS.where(*_OF_ENTITY, history.c.id.in_(bindparam("numbers", expanding=True)))
_later = history.alias("later")
_NAMED = select(
    history.c.id,
    history.c.previous_id,
    history.c.project,
    history.c.entity_id,
    history.c.version,
    instances.c.version.label("held"),
)
_instance_of = and_(instances.c.project == history.c.project, instances.c.entity_id == history.c.entity_id)
_later = history.alias("later")
#: A join, because that is what both databases do in one pass.
_UNREACHED = (
    _NAMED.outerjoin(
        _later,
        and_(
            _later.c.previous_id == history.c.id,
            _later.c.id > history.c.id,
            _later.c.project == history.c.project,
            _later.c.entity_id == history.c.entity_id,
        ),
    )
    .outerjoin(instances, _instance_of)
    .where(_later.c.id.is_(None), func.coalesce(instances.c.last_history_id != history.c.id, true()))
    .order_by(history.c.id)
)
_UNREACHED_OF_ENTITY = (
    _NAMED.outerjoin(instances, _instance_of)
    .where(*_OF_ENTITY, history.c.id.not_in(select(_BACK.c.id)))
    .order_by(history.c.id)
)
_SINCE = (
    _ROWS.where(history.c.id > bindparam("after_id"), history.c.at >= bindparam("since", type_=Moment))
    .order_by(history.c.id)
    .limit(bindparam("at_most"))
)
_COUNT_SINCE = (
    select(func.count()).select_from(history).where(history.c.at >= bindparam("since", type_=Moment))
)
#: Where an entity without an instance may be: in a lane, among what was given up, and in a history whose instance was removed.
_WITHOUT_INSTANCE = (
    (inbox, inbox.c.finished_at.is_(None)),
    (inbox, IS_GIVEN_UP),
    (history, true()),
)
_PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreached:
    """A decision to which no way leads."""

    id: int
    project: str
    entity_id: str
    version: int
    #: The version of the entity's instance; None if it has none.
    held: int | None


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
    last: Link,
) -> Link:
    """Add a decision to its entity's chain, which ends at `last` so far; event, states and verdict are the trace's."""
    values = linked(
        project=project,
        entity_id=entity_id,
        version=version,
        inbox_id=inbox_id,
        at=at,
        machine_hash=machine_hash,
        facts=facts,
        trace=trace,
        last=last,
    )
    return Link(id=insert_row(c, history, values), hash=values["hash"])


def linked(
    *,
    project: str,
    entity_id: str,
    version: int,
    inbox_id: int,
    at: datetime,
    machine_hash: str,
    facts: Mapping[str, Any],
    trace: Trace,
    last: Link,
) -> dict[str, Any]:
    """A decision as a row of its entity's chain, which ends at `last` so far.

    Its facts and its trace are JSON already: the row and its hash hold the same text.
    """
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
        "facts": written(facts),
        "trace": written(trace),
    }
    own = _digest(**{**values, "previous_hash": last.hash.hex()})
    return {**values, "previous_hash": last.hash, "hash": own, "previous_id": last.id}


def of_entity(c: Connection, project: str, entity_id: str, limit: int) -> list[HistoryRow]:
    """The entity's decisions, newest first."""
    found = c.execute(_NEWEST_OF_ENTITY, {"of_project": project, "of_entity": entity_id, "at_most": limit})
    return sorted((_row(**row._asdict()) for row in found), key=attrgetter("id"), reverse=True)


def chain(c: Connection, project: str, entity_id: str) -> Iterator[HistoryRow]:
    """The entity's decisions, oldest first, however many there are; `StoreError` at one that cannot be read."""
    numbers = walk.numbers(c, project, entity_id)
    for first in range(0, len(numbers), _PAGE):
        page = {
            "of_project": project,
            "of_entity": entity_id,
            "numbers": list(numbers[first : first + _PAGE]),
        }
        try:
            rows = [_row(**row._asdict()) for row in c.execute(_THESE, page)]
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
            raise StoreError(f"the history of {entity_id} has a row that cannot be read: {error}") from error
        yield from sorted(rows, key=attrgetter("id"))


def unreached(c: Connection, place: tuple[str, str] | None = None) -> list[Unreached]:
    """The decisions that neither an instance nor a later decision names as the one before, of one entity or of all.

    What had led to them is not told separately. It reads the whole history: not for the event loop.
    """
    if place is None:
        rows = c.execute(_UNREACHED).all()
    else:
        rows = c.execute(_UNREACHED_OF_ENTITY, {"of_project": place[0], "of_entity": place[1]}).all()
    led = {row.previous_id for row in rows}
    return [
        Unreached(**{name: getattr(row, name) for name in Unreached.__dataclass_fields__})
        for row in rows
        if row.id not in led
    ]


def since(c: Connection, moment: datetime, after_id: int, limit: int) -> list[HistoryRow]:
    """The decisions of all entities from that moment on, oldest first; `after_id` turns the page."""
    found = c.execute(_SINCE, {"since": moment, "after_id": after_id, "at_most": limit})
    return [_row(**row._asdict()) for row in found]


def count_since(c: Connection, moment: datetime) -> int:
    """How many decisions were made from that moment on."""
    count: int = c.execute(_COUNT_SINCE, {"since": moment}).scalar_one()
    return count


def entities(c: Connection, after: tuple[str, str], limit: int) -> list[tuple[str, str]]:
    """Project and name of every entity that was ever decided about, in order; `after` turns the page.

    Where there is history and nothing else, `unreached` tells of it.
    """
    found: set[tuple[str, str]] = set()
    for table in (instances, checkpoints, timers):
        place = tuple_(table.c.project, table.c.entity_id)
        query = select(table.c.project, table.c.entity_id).distinct().where(place > tuple_(*after))
        rows = c.execute(query.order_by(table.c.project, table.c.entity_id).limit(limit))
        found.update((project, entity_id) for project, entity_id in rows)
    return sorted(found)[:limit]


def places(c: Connection, entity_id: str) -> list[tuple[str, str]]:
    """Project and exact name of every entity of that name that any table tells of, upper and lower case alike.

    Nothing else of their rows is read. Only where there is no instance, the other tables are searched.
    """
    named = select(instances.c.project, instances.c.entity_id).where(
        instances.c.folded_id == entity_id.casefold()
    )
    found = {(project, name) for project, name in c.execute(named)}
    if not found:
        for table, among in _WITHOUT_INSTANCE:
            either = table.c.entity_id.in_({entity_id, entity_id.upper()})
            rows = c.execute(select(table.c.project, table.c.entity_id).where(among, either).distinct())
            found.update((project, name) for project, name in rows)
    return sorted(found)


def from_row(values: Mapping[str, Any]) -> HistoryRow:
    """A decision from the values of its row; `TypeError`, `ValueError` or the like if they make none."""
    row = _row(**{name: values[name] for name in HistoryRow.__dataclass_fields__})
    dict(row.facts)
    return row


def digest_of(row: HistoryRow) -> str:
    """What the row's hash must be, hexadecimal."""
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
