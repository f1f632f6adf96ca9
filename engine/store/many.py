"""Many decisions in one transaction of a few statements: what a partition of a shared store needs is read and written at once.

The rows are the same as those of `commit.commit_decision`, and so are the fences: the event must be undecided, the instance
at the version decided from. If one row is not, none is written.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Connection, bindparam, func, text, update

from engine.errors import FencedError
from engine.model import Effect, Entity, Snapshot, Trace, Verdict
from engine.store import history as chains
from engine.store import outbox as planned
from engine.store import timers
from engine.store.deliveries import DeliveryRow, unpack
from engine.store.history import Link
from engine.store.inbox import InboxRow
from engine.store.instances import awaits_since
from engine.store.prepared import Prepared
from engine.store.stream import insert_rows, numbers
from engine.store.tables import InboxStatus, bodies, deliveries, history, inbox, instances, outbox
from engine.store.tables import once as claims

_WANTED = "unnest(CAST(:projects AS text[]), CAST(:entities AS text[])) AS w (project, entity_id)"
_INBOX = [inbox.c[name] for name in InboxRow.__dataclass_fields__]
_DELIVERY = [deliveries.c[name] for name in DeliveryRow.__dataclass_fields__]
_STATE = (
    "project",
    "entity_id",
    "state",
    "context",
    "memory",
    "version",
    "machine_hash",
    "last_history_id",
    "last_hash",
)


def _listed(names: Iterable[str], of: str) -> str:
    return ", ".join(f'{of}."{name}"' for name in names)


_ROWS = Prepared(
    text(
        f"SELECT {_listed(InboxRow.__dataclass_fields__, 'i')} FROM {_WANTED} CROSS JOIN LATERAL (SELECT * FROM inbox "  # noqa: S608
        "WHERE project = w.project AND entity_id = w.entity_id AND finished_at IS NULL ORDER BY id LIMIT :each) AS i"
    ).columns(*_INBOX)
)
_INSTANCES = Prepared(
    text(
        f"SELECT {_listed(_STATE, 'i')} FROM {_WANTED} JOIN instances AS i USING (project, entity_id)"  # noqa: S608
    ).columns(*(instances.c[name] for name in _STATE))
)
_DELIVERED = Prepared(
    text(
        f"SELECT {_listed(DeliveryRow.__dataclass_fields__, 'd')}, b.data FROM deliveries AS d "  # noqa: S608
        "JOIN bodies AS b ON b.delivery_row_id = coalesce(d.duplicate_of, d.id) WHERE d.id = ANY(:numbers)"
    ).columns(*_DELIVERY, bodies.c.data)
)
_HOLDERS = text("SELECT key, inbox_id FROM once WHERE key = ANY(:keys)")
_DECIDE = Prepared(
    update(inbox).where(
        inbox.c.id == func.any(bindparam("of_ids", type_=ARRAY(BigInteger))),
        inbox.c.status == bindparam("still", InboxStatus.PENDING),
    ),
    sets=("status", "verdict", "because", "decided_at", "finished_at"),
)
_MOVE = update(instances).where(
    instances.c.project == bindparam("of_project"),
    instances.c.entity_id == bindparam("of_entity"),
    instances.c.version == bindparam("of_version"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What is known of some entities before their next events are decided."""

    #: The unfinished events of each, oldest first, at most as many as asked for.
    rows: Mapping[Entity, list[InboxRow]]
    #: Where each is; an entity without an instance is missing.
    snapshots: Mapping[Entity, Snapshot]
    #: The end of each one's chain of history; an entity without an instance is missing.
    last: Mapping[Entity, Link]
    #: The deliveries of all these events with their bodies, by row.
    deliveries: Mapping[int, tuple[DeliveryRow, bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class One:
    """One decision to be written."""

    row: InboxRow
    entity: Entity
    #: The version decided from; None if there was no instance.
    before_version: int | None
    snapshot: Snapshot
    machine_hash: str
    facts: Mapping[str, Any]
    trace: Trace
    effects: Sequence[Effect]
    #: The step's timers.
    armed: Mapping[str, str]
    cancelled: Sequence[str]
    #: The delivery that the event came from.
    delivery: DeliveryRow
    #: The key of its ``once_per`` value, if it claims it.
    claim: bytes | None = None


def find(c: Connection, entities: Sequence[Entity], each: int) -> Found:
    """Look at some entities, at most `each` events of one."""
    wanted = {"projects": [e.project for e in entities], "entities": [e.id for e in entities]}
    rows: dict[Entity, list[InboxRow]] = {}
    known = {(entity.project, entity.id): entity for entity in entities}
    for found in _ROWS.rows(c, {**wanted, "each": each}):
        row = InboxRow(**found)
        rows.setdefault(known[row.project, row.entity_id], []).append(row)
    for of in rows.values():
        of.sort(key=_number)
    snapshots: dict[Entity, Snapshot] = {}
    last: dict[Entity, Link] = {}
    for found in _INSTANCES.rows(c, wanted):
        entity = known[found["project"], found["entity_id"]]
        snapshots[entity] = Snapshot(
            state=found["state"],
            context=found["context"],
            version=found["version"],
            machine=found["machine_hash"],
            **found["memory"],
        )
        last[entity] = Link(id=found["last_history_id"], hash=found["last_hash"] or b"")
    delivery_rows = list({row.delivery_row_id for of in rows.values() for row in of} - {None})
    delivered: dict[int, tuple[DeliveryRow, bytes]] = {}
    for found in _DELIVERED.rows(c, {"numbers": delivery_rows}):
        body = unpack(found.pop("data"))
        row_of = DeliveryRow(**found)
        delivered[row_of.id] = (row_of, body)
    return Found(rows=rows, snapshots=snapshots, last=last, deliveries=delivered)


def holders(c: Connection, keys: Sequence[bytes]) -> dict[bytes, int]:
    """Which event holds each of these values of ``once_per``."""
    return {bytes(key): number for key, number in c.execute(_HOLDERS, {"keys": list(keys)})} if keys else {}


@dataclass(slots=True)
class _Rows:
    #: The events by what they are written down with, so that one statement does for all that have the same.
    decided: dict[tuple[InboxStatus, Verdict, str], list[int]] = field(default_factory=dict)
    histories: list[dict[str, Any]] = field(default_factory=list)
    effects: list[dict[str, Any]] = field(default_factory=list)
    claimed: list[dict[str, Any]] = field(default_factory=list)


def commit(c: Connection, found: Found, made: Sequence[One], now: datetime) -> None:
    """Write decisions, each entity's in their order; `FencedError` if any was decided or moved in between."""
    rows = _Rows()
    last = dict(found.last)
    ends: dict[Entity, One] = {}
    for one, number in zip(made, numbers(c, history, len(made)), strict=True):
        values = chains.linked(
            project=one.entity.project,
            entity_id=one.entity.id,
            version=one.snapshot.version,
            inbox_id=one.row.id,
            at=now,
            machine_hash=one.machine_hash,
            facts=one.facts,
            trace=one.trace,
            last=last.get(one.entity, chains.BEGINNING),
        )
        last[one.entity] = Link(id=number, hash=values["hash"])
        rows.histories.append({"id": number, **values})
        rows.effects += planned.planned_rows(
            one.row.id, one.entity, one.snapshot.version, one.effects, now, one.delivery.digest
        )
        status = InboxStatus.PERFORMING if one.effects else InboxStatus.DONE
        rows.decided.setdefault((status, one.trace.verdict, one.trace.because), []).append(one.row.id)
        if one.claim is not None:
            rows.claimed.append({"key": one.claim, "inbox_id": one.row.id})
        ends[one.entity] = one
    for (status, verdict, because), events in rows.decided.items():
        ended = None if status is InboxStatus.PERFORMING else now
        same = {"status": status, "verdict": verdict, "because": because, "decided_at": now}
        if _DECIDE.change(c, {"of_ids": sorted(events), **same, "finished_at": ended}) != len(events):
            raise FencedError("one of many events was decided in between: nothing was written")
    _move(c, found, ends, last, now)
    insert_rows(c, history, rows.histories, numbered=True)
    insert_rows(c, outbox, rows.effects)
    insert_rows(c, claims, rows.claimed)
    for one in made:
        if one.armed or one.cancelled:
            timers.change(c, one.entity, one.armed, one.cancelled)


def _move(
    c: Connection, found: Found, ends: Mapping[Entity, One], last: Mapping[Entity, Link], now: datetime
) -> None:
    """Bring each instance to where its last decision left it."""
    new, moved = [], []
    for entity, one in ends.items():
        values = {
            "state": one.snapshot.state,
            "context": one.snapshot.context,
            "memory": one.snapshot.memory(),
            "awaits_since": awaits_since(one.snapshot),
            "version": one.snapshot.version,
            "machine_hash": one.machine_hash,
            "observed_status": None,
            "updated_at": now,
            "last_history_id": last[entity].id,
            "last_hash": last[entity].hash,
        }
        held = found.snapshots.get(entity)
        if held is None:
            named = {"project": entity.project, "entity_id": entity.id, "folded_id": entity.id.casefold()}
            new.append({**named, **values})
        else:
            this = {"of_project": entity.project, "of_entity": entity.id, "of_version": held.version}
            moved.append({**this, **values})
    insert_rows(c, instances, new)
    if moved and c.execute(_MOVE, moved).rowcount != len(moved):
        raise FencedError("one of many instances was moved in between: nothing was written")


def _number(row: InboxRow) -> int:
    return row.id
