"""The inbox: one row per delivery, entity and event. The oldest unfinished row of an entity is the head of its lane."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, exists, func, select, tuple_, update

from engine.errors import FencedError
from engine.model import Entity, Event, Verdict
from engine.store import wakes, walk
from engine.store.columns import Moment
from engine.store.encoding import encode
from engine.store.prepared import Prepared, insert_row
from engine.store.tables import IS_GIVEN_UP, InboxStatus, inbox


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxRow:
    """One event for one entity, and how far it is."""

    #: The row's number: the order in which an entity's events are decided.
    id: int
    #: The delivery it came from, whose body is the event's payload; None for an event of the engine itself.
    delivery_row_id: int | None
    #: The provisioner whose machine decides.
    provisioner: str
    project: str
    entity_id: str
    #: The event's name.
    event: str
    #: The `receive` block that made it.
    receive: str | None
    #: The value of ``once_per``, as canonical JSON.
    once: str | None
    status: InboxStatus
    #: How often deciding it was tried in vain.
    attempts: int
    #: Not before this moment.
    due_at: datetime
    received_at: datetime
    #: How the decision ended; None before it.
    verdict: Verdict | None
    #: One sentence for the operator.
    because: str
    decided_at: datetime | None
    #: When nothing was left to do; None for the rows of a lane.
    finished_at: datetime | None
    #: The value of ``ordered_by``, as canonical JSON.
    ordered: str | None = None
    #: The payload of an event of the engine itself, as JSON; None where it is the delivery's.
    payload: str | None = None
    #: When an operator put it back after it had died; None if never.
    retried_at: datetime | None = None

    def is_due(self, now: datetime) -> bool:
        """Whether it is its time. What nobody has put off is due whatever the clock says, which may have been set back."""
        return self.due_at <= now or self.due_at == (self.retried_at or self.received_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """An event that a delivery brings, before it is a row."""

    delivery_row_id: int
    #: The signed content's digest, which the delivery's row has.
    digest: bytes
    received_at: datetime
    #: The provisioner whose machine decides.
    provisioner: str
    event: Event


_ROWS = select(*(inbox.c[name] for name in InboxRow.__dataclass_fields__))
_OF_ENTITY = and_(inbox.c.project == bindparam("of_project"), inbox.c.entity_id == bindparam("of_entity"))
_UNFINISHED = inbox.c.finished_at.is_(None)
#: Until when a row waits: null where nobody has put it off (`InboxRow.is_due`).
PUT_OFF_UNTIL = func.nullif(
    inbox.c.due_at, func.coalesce(inbox.c.retried_at, inbox.c.received_at), type_=Moment
)
_GET = Prepared(_ROWS.where(inbox.c.id == bindparam("of_id")))
_HEAD = Prepared(_ROWS.where(_OF_ENTITY, _UNFINISHED).order_by(inbox.c.id).limit(1))
_PERFORMING = Prepared(
    _ROWS.where(_OF_ENTITY, _UNFINISHED, inbox.c.status == InboxStatus.PERFORMING)
    .order_by(inbox.c.id)
    .limit(1)
)
_NEXT = Prepared(select(inbox.c.id).where(_OF_ENTITY, _UNFINISHED).order_by(inbox.c.id).limit(1))
_RETRIED = select(inbox.c.id, inbox.c.project, inbox.c.entity_id, inbox.c.retried_at).where(
    inbox.c.retried_at.is_not(None), _UNFINISHED
)
_ANSWERS = select(inbox.c.id, inbox.c.project, inbox.c.entity_id, inbox.c.received_at).where(
    inbox.c.receive.is_(None), inbox.c.once.is_not(None), _UNFINISHED
)
_ANSWERED = (
    _ROWS.where(
        _OF_ENTITY,
        inbox.c.delivery_row_id.is_(None),
        inbox.c.receive.is_(None),
        inbox.c.once == bindparam("of_once"),
    )
    .order_by(inbox.c.id.desc())
    .limit(1)
)
_SETTLE = update(inbox).where(
    inbox.c.delivery_row_id == bindparam("of_delivery"),
    inbox.c.project == bindparam("of_project"),
    inbox.c.entity_id == bindparam("of_entity"),
    inbox.c.event == bindparam("of_event"),
    inbox.c.status == bindparam("still", InboxStatus.DEAD),
)
#: The newest events of an entity: of those that are in its lane, that were given up, and that were decided.
_LATEST = (
    _ROWS.where(_OF_ENTITY, _UNFINISHED).order_by(inbox.c.id.desc()).limit(bindparam("of_each")),
    _ROWS.where(_OF_ENTITY, IS_GIVEN_UP).order_by(inbox.c.id.desc()).limit(bindparam("of_each")),
    _ROWS.where(inbox.c.id.in_(walk.decided())),
)
#: One that was taken back has two rows in the history.
_DECISIONS_OF_EACH = 2
_DEAD_OF = select(inbox.c.project, inbox.c.entity_id, inbox.c.event).where(
    inbox.c.delivery_row_id == bindparam("of_delivery"), inbox.c.status == InboxStatus.DEAD
)
_COMING = select(inbox.c.id).where(_OF_ENTITY, _UNFINISHED, inbox.c.event == bindparam("of_event")).limit(1)
_LANE_LENGTH = select(func.count()).select_from(inbox).where(_OF_ENTITY, _UNFINISHED)
_BACKLOG = select(func.count()).select_from(inbox).where(_UNFINISHED)
_BACKLOG_OF = select(inbox.c.project, func.count()).where(_UNFINISHED).group_by(inbox.c.project)
_CHANGE = update(inbox).where(inbox.c.id == bindparam("of_id"), _UNFINISHED)
_DECIDE = Prepared(
    update(inbox).where(
        inbox.c.id == bindparam("of_id"), inbox.c.status == bindparam("still", InboxStatus.PENDING)
    ),
    sets=("status", "verdict", "because", "decided_at", "finished_at"),
)
_END = _CHANGE.values(decided_at=func.coalesce(inbox.c.decided_at, bindparam("ended_at", type_=Moment)))
_POSTPONE = Prepared(_CHANGE, sets=("attempts", "due_at", "because"))
_FINISH = Prepared(_END, sets=("status", "verdict", "because", "finished_at"))
_BURY = Prepared(_END, sets=("status", "because", "finished_at"))

_older = inbox.alias("older")
_HEADS = (
    select(inbox.c.project, inbox.c.entity_id, PUT_OFF_UNTIL)
    .where(
        _UNFINISHED,
        ~exists().where(
            _older.c.project == inbox.c.project,
            _older.c.entity_id == inbox.c.entity_id,
            _older.c.id < inbox.c.id,
            _older.c.finished_at.is_(None),
        ),
    )
    .order_by(inbox.c.project, inbox.c.entity_id)
    .limit(bindparam("at_most"))
)
_HEADS_AFTER = _HEADS.where(
    tuple_(inbox.c.project, inbox.c.entity_id) > tuple_(bindparam("after_project"), bindparam("after_entity"))
)


def insert(
    c: Connection, delivery_row_id: int, events: Iterable[tuple[str, Event]], received_at: datetime
) -> list[InboxRow]:
    """Put events (each with its provisioner's name) at the end of their entities' lanes; returns their rows."""
    events = tuple(events)
    for _, event in events:
        wakes.touch(c, event.entity.project, event.entity.id)
    new = [
        {"delivery_row_id": delivery_row_id, **_new(provisioner, event, received_at)}
        for provisioner, event in events
    ]
    return [InboxRow(id=insert_row(c, inbox, values), **values) for values in new]


def insert_decided(
    c: Connection, new: NewEvent, *, status: InboxStatus, verdict: Verdict, because: str, now: datetime
) -> InboxRow:
    """Put an event that is decided in this very transaction in its lane; it must be alone there."""
    wakes.touch(c, new.event.entity.project, new.event.entity.id)
    values = {
        "delivery_row_id": new.delivery_row_id,
        **_new(new.provisioner, new.event, new.received_at),
        "status": status,
        "verdict": verdict,
        "because": because,
        "decided_at": now,
        "finished_at": now if status is InboxStatus.DONE else None,
    }
    return InboxRow(id=insert_row(c, inbox, values), **values)


def insert_own(c: Connection, provisioner: str, event: Event, now: datetime) -> int:
    """Put an event of the engine itself, which has no delivery, at the end of its entity's lane; returns its row."""
    wakes.touch(c, event.entity.project, event.entity.id)
    return insert_row(c, inbox, {"payload": encode(event.payload), **_new(provisioner, event, now)})


def insert_answer(c: Connection, provisioner: str, event: Event, once: str, now: datetime) -> int:
    """Put what a person answered at the end of its entity's lane; `once` says who answered what."""
    return insert_own(c, provisioner, replace(event, once=once), now)


def latest_answer(c: Connection, entity: Entity, once: str) -> InboxRow | None:
    """The last answer that somebody gave to something."""
    of = {"of_project": entity.project, "of_entity": entity.id, "of_once": once}
    row = c.execute(_ANSWERED, of).one_or_none()
    return None if row is None else InboxRow(**row._asdict())


def answers(c: Connection) -> dict[int, tuple[str, str, datetime]]:
    """The answers that are not finished: project, entity and when they were given, by row."""
    return {row.id: (row.project, row.entity_id, row.received_at) for row in c.execute(_ANSWERS)}


def _new(provisioner: str, event: Event, received_at: datetime) -> dict[str, Any]:
    return {
        "provisioner": provisioner,
        "project": event.entity.project,
        "entity_id": event.entity.id,
        "event": event.name,
        "receive": event.receive,
        "once": event.once,
        "ordered": event.ordered,
        "status": InboxStatus.PENDING,
        "attempts": 0,
        "due_at": received_at,
        "received_at": received_at,
        "verdict": None,
        "because": "",
        "decided_at": None,
        "finished_at": None,
    }


def get(c: Connection, inbox_id: int) -> InboxRow | None:
    """The event of that row."""
    row = _GET.first(c, {"of_id": inbox_id})
    return None if row is None else InboxRow(**row)


def head(c: Connection, project: str, entity_id: str) -> InboxRow | None:
    """The event that is to be worked on, alone: the entity's oldest unfinished one.

    One that an operator put back may be older than one that is being performed: it waits until that is finished.
    """
    entity = {"of_project": project, "of_entity": entity_id}
    row = _HEAD.first(c, entity)
    if row is not None and row["retried_at"] is not None and row["status"] is InboxStatus.PENDING:
        row = _PERFORMING.first(c, entity) or row
    return None if row is None else InboxRow(**row)


def next_of(c: Connection, project: str, entity_id: str) -> int | None:
    """The row of the entity's oldest unfinished event; None if nothing is left to do for it."""
    found: int | None = _NEXT.scalar(c, {"of_project": project, "of_entity": entity_id})
    return found


def retried(c: Connection) -> dict[int, tuple[str, str, datetime]]:
    """The unfinished events that an operator put back: project, entity and when, by row."""
    return {row.id: (row.project, row.entity_id, row.retried_at) for row in c.execute(_RETRIED)}


def settle(c: Connection, delivery_row_id: int, entity: Entity, event: str, because: str) -> None:
    """Say of a delivery's dead letters for that entity and event that they are taken care of elsewhere."""
    of = {
        "of_delivery": delivery_row_id,
        "of_project": entity.project,
        "of_entity": entity.id,
        "of_event": event,
    }
    c.execute(_SETTLE, {**of, "status": InboxStatus.DROPPED, "because": because})


def of_entity(c: Connection, project: str, entity_id: str, limit: int) -> list[InboxRow]:
    """The entity's events, newest first."""
    of = {
        "of_project": project,
        "of_entity": entity_id,
        "of_each": limit,
        "at_most": _DECISIONS_OF_EACH * limit,
    }
    rows = {row.id: InboxRow(**row._asdict()) for query in _LATEST for row in c.execute(query, of)}
    return [rows[number] for number in sorted(rows, reverse=True)[:limit]]


def dead_of(c: Connection, delivery_row_id: int) -> set[tuple[Entity, str]]:
    """Entity and event of each dead letter that a delivery left."""
    found = c.execute(_DEAD_OF, {"of_delivery": delivery_row_id})
    return {(Entity(project=project, id=entity_id), event) for project, entity_id, event in found}


def unfinished_entities(
    c: Connection, *, after: tuple[str, str] | None = None, limit: int
) -> list[tuple[str, str, datetime | None]]:
    """Project and entity of each lane, and until when its head was put off, by project and entity; `after` turns the page."""
    if after is None:
        found = c.execute(_HEADS, {"at_most": limit})
    else:
        found = c.execute(
            _HEADS_AFTER, {"at_most": limit, "after_project": after[0], "after_entity": after[1]}
        )
    return [(project, entity_id, until) for project, entity_id, until in found]


def is_coming(c: Connection, entity: Entity, event: str) -> bool:
    """Whether an event of that name is in the entity's lane."""
    of = {"of_project": entity.project, "of_entity": entity.id, "of_event": event}
    return c.execute(_COMING, of).first() is not None


def lane_length(c: Connection, project: str, entity_id: str) -> int:
    """How many events of the entity are unfinished."""
    of = {"of_project": project, "of_entity": entity_id}
    count: int = c.execute(_LANE_LENGTH, of).scalar_one()
    return count


def unfinished_by_project(c: Connection) -> dict[str, int]:
    """How many events of each project are unfinished."""
    return {row[0]: row[1] for row in c.execute(_BACKLOG_OF)}


def backlog(c: Connection) -> int:
    """How many events are unfinished."""
    count: int = c.execute(_BACKLOG).scalar_one()
    return count


def postpone(c: Connection, inbox_id: int, attempts: int, due_at: datetime, because: str) -> None:
    """Try again at `due_at`."""
    later = {"attempts": attempts, "due_at": due_at, "because": because}
    _changed(_POSTPONE.change(c, {"of_id": inbox_id, **later}), inbox_id)


def decide(
    c: Connection, inbox_id: int, status: InboxStatus, verdict: Verdict, because: str, now: datetime
) -> None:
    """Record the decision; `FencedError` if there is one already. Only `commit` calls this."""
    finished_at = now if status is InboxStatus.DONE else None
    decided = {"status": status, "verdict": verdict, "because": because, "decided_at": now}
    if _DECIDE.change(c, {"of_id": inbox_id, **decided, "finished_at": finished_at}) != 1:
        raise FencedError(f"event {inbox_id} of the inbox was decided in between: nothing was written")


def finish(c: Connection, inbox_id: int, verdict: Verdict, because: str, now: datetime) -> None:
    """Nothing is left to do."""
    ended = {"status": InboxStatus.DONE, "verdict": verdict, "because": because}
    _changed(_FINISH.change(c, {"of_id": inbox_id, **ended, "finished_at": now, "ended_at": now}), inbox_id)


def bury(c: Connection, inbox_id: int, because: str, now: datetime) -> None:
    """Give up: a dead letter."""
    ended = {"status": InboxStatus.DEAD, "because": because}
    _changed(_BURY.change(c, {"of_id": inbox_id, **ended, "finished_at": now, "ended_at": now}), inbox_id)


def _changed(rows: int, inbox_id: int) -> None:
    if rows != 1:
        raise FencedError(f"event {inbox_id} of the inbox is not unfinished: nothing was written")
