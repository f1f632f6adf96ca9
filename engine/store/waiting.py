"""What waits for its next attempt: effects that did not come through, events that could not be decided; and to hurry them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, select, update

from engine.model import Effect
from engine.store import wakes
from engine.store.columns import Moment
from engine.store.inbox import PUT_OFF_UNTIL
from engine.store.outbox import effect_of
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


_LATER = (
    inbox.c.finished_at.is_(None),
    inbox.c.status.in_([InboxStatus.PENDING, InboxStatus.PERFORMING]),
    bindparam("now", type_=Moment) < PUT_OFF_UNTIL,
)
_WAITING = (
    select(inbox.c.project, inbox.c.entity_id, inbox.c.id.label("inbox_id"), inbox.c.due_at.label("until"))
    .where(*_LATER)
    .order_by(inbox.c.id)
)
_first = effects.alias("first")
_FIRST_PENDING = (
    select(_first.c.id)
    .where(_first.c.inbox_id == inbox.c.id, _first.c.status == OutboxStatus.PENDING)
    .order_by(_first.c.position)
    .limit(1)
    .correlate(inbox)
    .scalar_subquery()
)
_PUT_OFF = (
    select(inbox.c.project, effects.c.effect, inbox.c.due_at)
    .select_from(inbox.outerjoin(effects, effects.c.id == _FIRST_PENDING))
    .where(*_LATER)
    .execution_options(yield_per=1_000)
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


def put_off(c: Connection, now: datetime) -> Iterator[tuple[str, Effect | None, datetime]]:
    """Project, next effect (None of an event that could not be decided) and moment of each lane that waits for a later one."""
    for project, effect, due_at in c.execute(_PUT_OFF, {"now": now}):
        yield project, None if effect is None else effect_of(effect), due_at


def hurry(c: Connection, waiting: Waiting, now: datetime) -> bool:
    """Let it be tried now, once; False if it went on meanwhile. A running daemon takes it up within a second."""
    wakes.touch(c, waiting.project, waiting.entity_id)
    of = {"of_inbox": waiting.inbox_id}
    c.execute(_SOONER, {**of, "due_at": now})
    return c.execute(_AT_ONCE, {**of, "due_at": now, "retried_at": now}).rowcount == 1
