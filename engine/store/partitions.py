"""Partitions: which entities of one have something to do now, and when the next one will."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, func, select, true, tuple_
from sqlalchemy.dialects.postgresql import distinct_on

from engine.store.columns import Moment
from engine.store.inbox import PUT_OFF_UNTIL
from engine.store.pauses import held
from engine.store.tables import inbox

_HEADS = (
    select(inbox.c.project, inbox.c.entity_id, inbox.c.due_at, PUT_OFF_UNTIL.label("until"))
    .where(
        inbox.c.finished_at.is_(None),
        func.interlock_partition(inbox.c.project, inbox.c.entity_id) == bindparam("of_partition"),
        ~held(inbox.c.project),
    )
    .ext(distinct_on(inbox.c.project, inbox.c.entity_id))
    .order_by(inbox.c.project, inbox.c.entity_id, inbox.c.id)
)
_AFTER = tuple_(inbox.c.project, inbox.c.entity_id) > tuple_(
    bindparam("after_project"), bindparam("after_entity")
)
_FIRST, _NEXT = (heads.subquery("heads") for heads in (_HEADS, _HEADS.where(_AFTER)))
_READY, _READY_AFTER = (
    select(heads.c.project, heads.c.entity_id)
    .where(func.coalesce(heads.c.until <= bindparam("due", type_=Moment), true()))
    .order_by(heads.c.project, heads.c.entity_id)
    .limit(bindparam("at_most"))
    for heads in (_FIRST, _NEXT)
)
_NEXT_DUE = select(func.min(_FIRST.c.due_at, type_=Moment))


def ready(
    c: Connection, partition: int, now: datetime, *, after: tuple[str, str] | None = None, limit: int
) -> list[tuple[str, str]]:
    """Project and entity of each lane whose head is due, by name, but of no paused project; `after` turns the page."""
    values = {"of_partition": partition, "due": now, "at_most": limit}
    if after is None:
        found = c.execute(_READY, values)
    else:
        found = c.execute(_READY_AFTER, {**values, "after_project": after[0], "after_entity": after[1]})
    return [(project, entity_id) for project, entity_id in found]


def next_due(c: Connection, partition: int) -> datetime | None:
    """When the first head of the partition is due; None if nothing is unfinished that is not paused."""
    due: datetime | None = c.execute(_NEXT_DUE, {"of_partition": partition}).scalar_one()
    return due
