"""Timers: when each pending one is due. That they are pending is in the instance's memory; here they are found in time."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, func, select

from engine.machine.timers import timer_event
from engine.machine.values import timestamp
from engine.model import Entity
from engine.store import inbox
from engine.store.columns import Moment
from engine.store.prepared import Prepared, insert_row
from engine.store.tables import timers

_NEXT = select(func.min(timers.c.due_at, type_=Moment))
_DUE = (
    select(timers.c.id, timers.c.project, timers.c.entity_id, timers.c.event, timers.c.due_at)
    .where(timers.c.due_at <= bindparam("by", type_=Moment))
    .order_by(timers.c.due_at, timers.c.id)
    .limit(bindparam("at_most"))
)
_FORGET = delete(timers).where(timers.c.id == bindparam("of_id"))
_CANCEL = Prepared(
    delete(timers).where(
        timers.c.project == bindparam("of_project"),
        timers.c.entity_id == bindparam("of_entity"),
        timers.c.event == bindparam("of_event"),
    )
)


def change(c: Connection, entity: Entity, armed: Mapping[str, str], cancelled: Iterable[str]) -> None:
    """Set timers, in place of those of the same event, and cancel others. Only `commit` calls this."""
    for event in (*cancelled, *armed):
        _CANCEL.change(c, {"of_project": entity.project, "of_entity": entity.id, "of_event": event})
    for event, due in armed.items():
        place = {"project": entity.project, "entity_id": entity.id, "event": event}
        insert_row(c, timers, {**place, "due_at": datetime.fromisoformat(due)})


def next_due(c: Connection) -> datetime | None:
    """When the next timer of all is due."""
    found: datetime | None = c.execute(_NEXT).scalar_one()
    return found


def fire(c: Connection, now: datetime, limit: int) -> list[Entity]:
    """Put the events of timers that are due at the end of their entities' lanes, each once, the oldest first.

    At most `limit` of them; returns the entities, one for each event.
    """
    fired = []
    for row_id, project, entity_id, event, due_at in c.execute(_DUE, {"by": now, "at_most": limit}).all():
        entity = Entity(project=project, id=entity_id)
        inbox.insert_own(c, project, timer_event(entity, event, timestamp(due_at)), now)
        c.execute(_FORGET, {"of_id": row_id})
        fired.append(entity)
    return fired
