"""What waits for its next attempt: effects that did not come through, events that could not be decided; and to hurry them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, select, update

from engine.store import wakes
from engine.store.columns import Moment
from engine.store.tables import InboxStatus, OutboxStatus, inbox
from engine.store.tables import outbox as effects


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One entity whose lane waits for a moment."""

    project: str
    entity_id: str
    #: The event of the inbox that its lane is at.
    inbox_id: int
    #: When it would go on by itself.
    until: datetime


_DUE = func.coalesce(func.min(effects.c.due_at), func.min(inbox.c.due_at), type_=Moment)
_PENDING = (effects.c.inbox_id == inbox.c.id) & (effects.c.status == OutboxStatus.PENDING)
_WAITING = (
    select(inbox.c.project, inbox.c.entity_id, inbox.c.id.label("inbox_id"), _DUE.label("until"))
    .select_from(inbox.outerjoin(effects, _PENDING))
    .where(inbox.c.finished_at.is_(None), inbox.c.status.in_([InboxStatus.PENDING, InboxStatus.PERFORMING]))
    .group_by(inbox.c.project, inbox.c.entity_id, inbox.c.id)
    .having(bindparam("now", type_=Moment) < _DUE)
    .order_by(inbox.c.id)
)
_SOONER = update(effects).where(
    effects.c.inbox_id == bindparam("of_inbox"), effects.c.status == OutboxStatus.PENDING
)
_AT_ONCE = update(inbox).where(inbox.c.id == bindparam("of_inbox"), inbox.c.finished_at.is_(None))


def find(
    c: Connection, now: datetime, *, entity_id: str | None = None, project: str | None = None
) -> list[Waiting]:
    """The lanes that wait for a later moment than `now`, oldest event first."""
    query = _WAITING
    if entity_id is not None:
        query = query.where(inbox.c.entity_id.in_({entity_id, entity_id.upper()}))
    if project is not None:
        query = query.where(inbox.c.project == project.lower())
    return [Waiting(**row._asdict()) for row in c.execute(query, {"now": now})]


def hurry(c: Connection, waiting: Waiting, now: datetime) -> bool:
    """Let it be tried now, once; False if it went on meanwhile. A running daemon takes it up within a second."""
    wakes.touch(c, waiting.project, waiting.entity_id)
    of = {"of_inbox": waiting.inbox_id}
    c.execute(_SOONER, {**of, "due_at": now})
    return c.execute(_AT_ONCE, {**of, "due_at": now, "retried_at": now}).rowcount == 1
