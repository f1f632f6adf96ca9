"""Dead letters: events and actions that were given up, until an operator puts them back or drops them.

An event whose transition call died is one dead letter, decided again as a whole when it is put back; an action that
died alone is another, and keeps its idempotency key. Put back is at its old place of its entity's lane, and asked about
before it is called: what died may have happened unseen.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, bindparam, func, literal, select, update

from engine.errors import FencedError
from engine.model import EffectKind
from engine.store import once, outbox, wakes
from engine.store.tables import DEAD, InboxStatus, OutboxStatus, inbox
from engine.store.tables import outbox as effects


class LetterKind(StrEnum):
    """What died."""

    #: An event: it could not be decided, or its transition call was given up.
    EVENT = "event"
    #: One action of an event that was otherwise performed.
    ACTION = "action"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """Something that was given up."""

    kind: LetterKind
    #: The row of the inbox (event) or of the outbox (action).
    number: int
    project: str
    entity_id: str
    #: The event's name.
    event: str
    #: The action's name; empty for an event.
    action: str
    #: The worker that made the call, empty for the project's own.
    worker: str
    #: How many attempts were made.
    attempts: int
    died_at: datetime
    #: What the last attempt said.
    because: str
    #: The delivery that it came from; None for an event of the engine itself.
    delivery: int | None

    @property
    def name(self) -> str:
        """What the command line calls it: ``event-12``, ``action-7``."""
        return f"{self.kind}-{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which dead letters: all that agree with everything that is said."""

    project: str | None = None
    entity_id: str | None = None
    #: Died before this moment.
    before: datetime | None = None
    #: By kind and number.
    numbers: frozenset[tuple[LetterKind, int]] | None = None


_PUT_BACK = (
    update(inbox)
    .where(inbox.c.id == bindparam("of_id"), inbox.c.status == bindparam("still", InboxStatus.DEAD))
    .values(finished_at=None, decided_at=None, verdict=None, attempts=0)
)
_REOPEN = (
    update(inbox)
    .where(inbox.c.id == bindparam("of_id"), inbox.c.status.in_([InboxStatus.DONE, InboxStatus.PERFORMING]))
    .values(finished_at=None, status=InboxStatus.PERFORMING)
)
_DROP_EVENT = update(inbox).where(
    inbox.c.id == bindparam("of_id"), inbox.c.status == bindparam("still", InboxStatus.DEAD)
)
_CHANGE_EFFECT = update(effects).where(
    effects.c.id == bindparam("of_id"), effects.c.status == bindparam("still", OutboxStatus.DEAD)
)
_CLOSE_EFFECTS = update(effects).where(
    effects.c.inbox_id == bindparam("of_inbox"),
    effects.c.status.in_([OutboxStatus.DEAD, OutboxStatus.PENDING]),
)


def find(c: Connection, wanted: Wanted, limit: int | None = None) -> list[DeadLetter]:
    """The dead letters, oldest first by what they belong to: in the order in which a lane would work on them."""
    found = sorted(
        [*_events(c, wanted, limit), *_actions(c, wanted, limit)], key=lambda pair: (pair[0], pair[1].number)
    )
    return [letter for _, letter in found[:limit]]


def retry(c: Connection, letter: DeadLetter, now: datetime) -> None:
    """Put a dead letter back; `FencedError` if it is none any more."""
    wakes.touch(c, letter.project, letter.entity_id)
    if letter.kind is LetterKind.EVENT:
        values = {"status": InboxStatus.PENDING, "due_at": now, "retried_at": now, "because": ""}
        _changed(c.execute(_PUT_BACK, {"of_id": letter.number, **values}).rowcount, letter)
        once.release(c, letter.number)
        c.execute(_CLOSE_EFFECTS, {"of_inbox": letter.number, "status": OutboxStatus.DROPPED})
        return
    row = outbox.get(c, letter.number)
    if row is None:
        raise _gone(letter)
    values = {
        "status": OutboxStatus.PENDING,
        "due_at": now,
        "retried_at": now,
        "earlier_attempts": row.attempts,
        "read_back": True,
        "finished_at": None,
    }
    _changed(c.execute(_CHANGE_EFFECT, {"of_id": letter.number, **values}).rowcount, letter)
    opened = c.execute(_REOPEN, {"of_id": row.inbox_id, "due_at": now, "retried_at": now})
    _changed(opened.rowcount, letter)


def drop(c: Connection, letter: DeadLetter, now: datetime) -> None:
    """Settle a dead letter without doing anything about it; `FencedError` if it is none any more."""
    if letter.kind is LetterKind.EVENT:
        changed = c.execute(_DROP_EVENT, {"of_id": letter.number, "status": InboxStatus.DROPPED})
        _changed(changed.rowcount, letter)
        c.execute(_CLOSE_EFFECTS, {"of_inbox": letter.number, "status": OutboxStatus.DROPPED})
        return
    values = {"status": OutboxStatus.DROPPED, "finished_at": now}
    _changed(c.execute(_CHANGE_EFFECT, {"of_id": letter.number, **values}).rowcount, letter)


def _events(c: Connection, wanted: Wanted, limit: int | None) -> Iterator[tuple[int, DeadLetter]]:
    tried = (
        select(func.coalesce(func.nullif(func.max(effects.c.attempts), 0), inbox.c.attempts))
        .where(effects.c.inbox_id == inbox.c.id, effects.c.kind == EffectKind.TRANSITION)
        .scalar_subquery()
    )
    query = select(
        literal(LetterKind.EVENT.value).label("kind"),
        inbox.c.id.label("number"),
        inbox.c.id.label("place"),
        inbox.c.project,
        inbox.c.entity_id,
        inbox.c.event,
        literal("").label("action"),
        literal("").label("worker"),
        tried.label("attempts"),
        inbox.c.finished_at.label("died_at"),
        inbox.c.because,
        inbox.c.delivery_row_id.label("delivery"),
    ).where(inbox.c.status == DEAD)
    query = _narrowed(query, wanted, LetterKind.EVENT, limit)
    for row in c.execute(query):
        values = row._asdict()
        yield values.pop("place"), DeadLetter(**{**values, "kind": LetterKind.EVENT})


def _actions(c: Connection, wanted: Wanted, limit: int | None) -> Iterator[tuple[int, DeadLetter]]:
    query = (
        select(
            effects.c.id.label("number"),
            effects.c.inbox_id.label("place"),
            effects.c.project,
            effects.c.entity_id,
            inbox.c.event,
            effects.c.effect,
            effects.c.attempts,
            effects.c.finished_at.label("died_at"),
            effects.c.last_detail.label("because"),
            inbox.c.delivery_row_id.label("delivery"),
        )
        .join(inbox, inbox.c.id == effects.c.inbox_id)
        .where(effects.c.status == DEAD, effects.c.kind == EffectKind.ACTION)
    )
    query = _narrowed(query, wanted, LetterKind.ACTION, limit)
    for row in c.execute(query):
        values = row._asdict()
        effect = values.pop("effect")
        named = {"action": effect["name"], "worker": effect["worker"]}
        yield values.pop("place"), DeadLetter(kind=LetterKind.ACTION, **values, **named)


def _narrowed(query: Any, wanted: Wanted, kind: LetterKind, limit: int | None) -> Any:
    table = inbox if kind is LetterKind.EVENT else effects
    if wanted.project is not None:
        query = query.where(table.c.project == wanted.project.lower())
    if wanted.entity_id is not None:
        query = query.where(func.lower(table.c.entity_id) == wanted.entity_id.lower())
    if wanted.before is not None:
        query = query.where(table.c.finished_at < wanted.before)
    if wanted.numbers is not None:
        query = query.where(table.c.id.in_([n for k, n in wanted.numbers if k is kind]))
    return query.order_by(table.c.id).limit(limit)


def _changed(rowcount: int, letter: DeadLetter) -> None:
    if rowcount != 1:
        raise _gone(letter)


def _gone(letter: DeadLetter) -> FencedError:
    return FencedError(f"{letter.name} is no dead letter any more: nothing was written")
