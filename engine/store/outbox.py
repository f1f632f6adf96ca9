"""The outbox: effects that were decided and are to be performed, each with its idempotency key and its attempts."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, and_, bindparam, select, update
from sqlalchemy.exc import IntegrityError

from engine.errors import FencedError
from engine.model import Attempt, Effect, EffectKind, Entity, Exchange, Outcome
from engine.store import walk
from engine.store.encoding import as_text, decode, encode
from engine.store.prepared import Prepared, insert_row
from engine.store.tables import DEAD, IS_LEFT_OUT, OutboxStatus, attempts, deliveries, inbox, outbox

_KEY_DIGITS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    """One effect, and how far it is."""

    #: The row's number.
    id: int
    #: The event of the inbox whose decision it is.
    inbox_id: int
    project: str
    entity_id: str
    #: The idempotency key: the same for every attempt, for no other effect.
    key: str
    #: Its place among the effects of the decision, from 0.
    position: int
    kind: EffectKind
    effect: Effect
    status: OutboxStatus
    #: How many attempts were made.
    attempts: int
    #: Not before this moment.
    due_at: datetime
    #: An attempt may have happened unseen: ask the backend first.
    read_back: bool
    #: What the last attempt said.
    last_detail: str
    created_at: datetime
    finished_at: datetime | None
    #: When an operator put it back after it had died; None if never.
    retried_at: datetime | None = None
    #: How many of the attempts were made before that.
    earlier_attempts: int = 0

    def is_due(self, now: datetime) -> bool:
        """Whether it is its time. What nobody has put off is due whatever the clock says, which may have been set back."""
        return self.due_at <= now or self.due_at == (self.retried_at or self.created_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRow:
    """One attempt of an effect."""

    outbox_id: int
    #: Counts from 1.
    number: int
    at: datetime
    attempt: Attempt


_ROWS = select(*(outbox.c[name] for name in OutboxRow.__dataclass_fields__))
_OF_ENTITY = and_(outbox.c.project == bindparam("of_project"), outbox.c.entity_id == bindparam("of_entity"))
_IS_PENDING = outbox.c.status == bindparam("still", OutboxStatus.PENDING)
_PENDING = Prepared(
    _ROWS.where(outbox.c.inbox_id == bindparam("of_inbox"), _IS_PENDING).order_by(outbox.c.position)
)
_GET = _ROWS.where(outbox.c.id == bindparam("of_id"))
_OF_EVENT = _ROWS.where(outbox.c.inbox_id == bindparam("of_inbox"))
#: The newest effects of an entity: of those of its last decisions, and those that were not performed.
_NEWEST_OF_ENTITY = (
    _ROWS.where(outbox.c.inbox_id.in_(walk.decided())),
    _ROWS.where(_OF_ENTITY, IS_LEFT_OUT).order_by(outbox.c.id.desc()).limit(bindparam("of_each")),
)
_NEWEST_DEAD = _ROWS.where(outbox.c.status == DEAD).order_by(outbox.c.id.desc()).limit(bindparam("at_most"))
_DELIVERY_DIGEST = Prepared(
    select(deliveries.c.digest)
    .join(inbox, inbox.c.delivery_row_id == deliveries.c.id)
    .where(inbox.c.id == bindparam("of_inbox"))
)
_THIS = update(outbox).where(outbox.c.id == bindparam("of_id"), _IS_PENDING)
_POSTPONE = Prepared(_THIS, sets=("attempts", "due_at", "read_back", "last_detail"))
_END = Prepared(_THIS, sets=("status", "attempts", "last_detail", "finished_at"))
_DROP_REST = update(outbox).where(outbox.c.inbox_id == bindparam("of_inbox"), _IS_PENDING)
_ATTEMPTS = select(attempts).where(attempts.c.outbox_id == bindparam("of_id")).order_by(attempts.c.number)


def digest_of(c: Connection, inbox_id: int) -> bytes:
    """The digest of the delivery that an event came from; empty where there is none."""
    digest: bytes | None = _DELIVERY_DIGEST.scalar(c, {"of_inbox": inbox_id})
    return digest or b""


def insert(
    c: Connection,
    inbox_id: int,
    entity: Entity,
    version: int,
    effects: Sequence[Effect],
    now: datetime,
    digest: bytes,
) -> list[OutboxRow]:
    """Put a decision's effects in the outbox, in the order they are to be performed.

    `version` is the decision's, `digest` its delivery's, empty where there is none.
    """
    planned = planned_rows(inbox_id, entity, version, effects, now, digest)
    return [_inserted(c, values) for values in planned]


def _inserted(c: Connection, values: dict[str, Any]) -> OutboxRow:
    """Insert an effect and return it as it will be read back: every attempt must say the same, to the byte."""
    if values["effect"].arguments:
        text = encode(values["effect"])
        number = insert_row(c, outbox, {**values, "effect": as_text(text)})
        return OutboxRow(id=number, **{**values, "effect": effect_of(decode(text))})
    return OutboxRow(id=insert_row(c, outbox, values), **values)


def planned_rows(
    inbox_id: int, entity: Entity, version: int, effects: Sequence[Effect], now: datetime, digest: bytes
) -> list[dict[str, Any]]:
    """A decision's effects as rows to be inserted; `digest` is its delivery's, empty where there is none."""
    rows = []
    position = 0
    for effect in effects:
        key = _key([entity.project, entity.id, version, position, digest.hex()])
        rows.append(_values(inbox_id, entity, key, position, effect, now))
        position += _places(effect)
    return rows


def fall_back(c: Connection, given_up: OutboxRow, now: datetime) -> list[OutboxRow]:
    """Put what takes the place of an effect that was given up in the outbox, to be performed next."""
    entity = Entity(project=given_up.project, id=given_up.entity_id)
    rows = []
    position = given_up.position + 1
    for effect in given_up.effect.fallbacks:
        key = _key([given_up.key, position])
        values = _values(given_up.inbox_id, entity, key, position, effect, now)
        rows.append(OutboxRow(id=insert_row(c, outbox, values), **values))
        position += _places(effect)
    return rows


def _values(
    inbox_id: int, entity: Entity, key: str, position: int, effect: Effect, now: datetime
) -> dict[str, Any]:
    return {
        "inbox_id": inbox_id,
        "project": entity.project,
        "entity_id": entity.id,
        "key": key,
        "position": position,
        "kind": effect.kind,
        "effect": effect,
        "status": OutboxStatus.PENDING,
        "attempts": 0,
        "due_at": now,
        "read_back": False,
        "last_detail": "",
        "created_at": now,
        "finished_at": None,
        "earlier_attempts": 0,
    }


def _places(effect: Effect) -> int:
    """How many positions an effect needs: its own, and those of what may take its place."""
    return 1 + sum(map(_places, effect.fallbacks))


def from_row(values: Mapping[str, Any]) -> OutboxRow:
    """An effect from the values of its row; `TypeError`, `ValueError` or the like if they make none."""
    return _row(**values)


def pending(c: Connection, inbox_id: int) -> list[OutboxRow]:
    """What is still to be performed for that event, in order."""
    return [_row(**row) for row in _PENDING.rows(c, {"of_inbox": inbox_id})]


def get(c: Connection, outbox_id: int) -> OutboxRow | None:
    """The effect of that row."""
    row = c.execute(_GET, {"of_id": outbox_id}).one_or_none()
    return None if row is None else _row(**row._asdict())


def of_event(c: Connection, inbox_id: int) -> list[OutboxRow]:
    """Every effect that was ever decided for that event, in the order of the decisions."""
    found = [_row(**row._asdict()) for row in c.execute(_OF_EVENT, {"of_inbox": inbox_id})]
    return sorted(found, key=attrgetter("id"))


def of_entity(c: Connection, project: str, entity_id: str, limit: int) -> list[OutboxRow]:
    """The effects of the entity's last decisions, and those of any that were not performed; at most `limit`, newest first."""
    of = {"of_project": project, "of_entity": entity_id, "of_each": limit, "at_most": limit}
    rows = {row.id: _row(**row._asdict()) for query in _NEWEST_OF_ENTITY for row in c.execute(query, of)}
    return [rows[number] for number in sorted(rows, reverse=True)[:limit]]


def dead(c: Connection, limit: int) -> list[OutboxRow]:
    """The dead letters, newest first."""
    return [_row(**row._asdict()) for row in c.execute(_NEWEST_DEAD, {"at_most": limit})]


def record_attempt(c: Connection, outbox_id: int, number: int, attempt: Attempt, at: datetime) -> None:
    """Keep what an attempt did; `postpone`, `finish` or `bury` counts it."""
    said = {name: getattr(attempt, name) for name in Attempt.__dataclass_fields__}
    try:
        insert_row(c, attempts, {"outbox_id": outbox_id, "number": number, "at": at, **said})
    except IntegrityError as error:
        raise FencedError(
            f"attempt {number} of effect {outbox_id} was written before: nothing was written"
        ) from error


def attempts_of(c: Connection, outbox_id: int) -> list[AttemptRow]:
    """Every attempt of an effect, in order."""
    return [_attempt_row(**row._asdict()) for row in c.execute(_ATTEMPTS, {"of_id": outbox_id})]


def postpone(
    c: Connection,
    outbox_id: int,
    attempts: int,
    due_at: datetime,
    read_back: bool,  # noqa: FBT001 -- as the row has it
    detail: str,
) -> None:
    """Try again at `due_at`."""
    later = {"attempts": attempts, "due_at": due_at, "read_back": read_back, "last_detail": detail}
    _change(c, _POSTPONE, outbox_id, **later)


def finish(c: Connection, outbox_id: int, attempts: int, detail: str, now: datetime) -> None:
    """It was performed and confirmed, with so many attempts."""
    _end(c, outbox_id, OutboxStatus.DONE, attempts, detail, now)


def bury(c: Connection, outbox_id: int, attempts: int, detail: str, now: datetime) -> None:
    """Give up after so many attempts: a dead letter."""
    _end(c, outbox_id, OutboxStatus.DEAD, attempts, detail, now)


def drop_rest(c: Connection, inbox_id: int, now: datetime) -> None:
    """Perform nothing more of that event's decision."""
    c.execute(_DROP_REST, {"of_inbox": inbox_id, "status": OutboxStatus.DROPPED, "finished_at": now})


def _key(identity: list[Any]) -> str:
    return hashlib.sha256(encode(identity).encode()).hexdigest()[:_KEY_DIGITS]


def _end(
    c: Connection, outbox_id: int, status: OutboxStatus, attempts: int, detail: str, now: datetime
) -> None:
    _change(c, _END, outbox_id, status=status, attempts=attempts, last_detail=detail, finished_at=now)


def _change(c: Connection, statement: Prepared, outbox_id: int, **values: object) -> None:
    if statement.change(c, {"of_id": outbox_id, **values}) != 1:
        raise FencedError(f"effect {outbox_id} of the outbox is not pending any more: nothing was written")


def _row(*, effect: dict[str, Any], **rest: Any) -> OutboxRow:
    return OutboxRow(effect=effect_of(effect), **rest)


def effect_of(values: dict[str, Any]) -> Effect:
    """The effect that is kept as this JSON."""
    fallbacks = tuple(map(effect_of, values.get("fallbacks", ())))
    return Effect(**{**values, "kind": EffectKind(values["kind"]), "fallbacks": fallbacks})


def _attempt_row(
    *,
    outbox_id: int,
    number: int,
    at: datetime,
    outcome: Outcome,
    exchanges: list[dict[str, Any]],
    **rest: Any,
) -> AttemptRow:
    attempt = Attempt(outcome=outcome, exchanges=tuple(Exchange(**e) for e in exchanges), **rest)
    return AttemptRow(outbox_id=outbox_id, number=number, at=at, attempt=attempt)
