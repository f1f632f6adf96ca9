"""Retention: what is finished and old is removed, in batches so small that a daemon beside us hardly waits.

First the history, oldest first and only as the beginning of each entity's chain: the hash of the last decision removed
becomes the chain's checkpoint. Then the deliveries that nothing needs any more, with their bodies, events, effects,
attempts and the values of ``once_per`` that they held. Instances, definitions, dead letters and unfinished work stay.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import (
    BindParameter,
    Column,
    Connection,
    Table,
    and_,
    bindparam,
    delete,
    exists,
    func,
    not_,
    or_,
    select,
    true,
)

from engine.model import Verdict
from engine.store.checkpoints import Checkpoint, put
from engine.store.columns import Moment
from engine.store.tables import (
    InboxStatus,
    OutboxStatus,
    attempts,
    bodies,
    checkpoints,
    deliveries,
    history,
    inbox,
    once,
    outbox,
)

#: How many rows one transaction looks at.
BATCH = 100

_REPEATS = deliveries.alias("repeats")
_CUTOFF: BindParameter[datetime] = bindparam("cutoff", type_=Moment)
_IN_LANE = exists().where(inbox.c.id == history.c.inbox_id, inbox.c.finished_at.is_(None))
_HISTORY = (
    select(
        history.c.id,
        history.c.project,
        history.c.entity_id,
        history.c.version,
        history.c.hash,
        history.c.at,
        or_(history.c.at >= _CUTOFF, _IN_LANE).label("needed"),
    )
    .where(history.c.id > bindparam("after_id"), history.c.id <= bindparam("upto"))
    .order_by(history.c.id)
    .limit(BATCH)
)
_REMOVED_UPTO = (
    select(checkpoints.c.at)
    .where(checkpoints.c.project == inbox.c.project, checkpoints.c.entity_id == inbox.c.entity_id)
    .correlate(inbox)
    .scalar_subquery()
)
_IS_NEEDED = or_(
    inbox.c.finished_at.is_(None),
    inbox.c.finished_at >= _CUTOFF,
    inbox.c.status == InboxStatus.DEAD,
    exists().where(
        outbox.c.inbox_id == inbox.c.id,
        outbox.c.status.in_([OutboxStatus.PENDING, OutboxStatus.DEAD]),
    ),
    # A decision that can still be made again needs its event, and its delivery.
    and_(
        inbox.c.verdict.is_not(None),
        inbox.c.verdict != Verdict.NO_MACHINE,  # said without a decision
        func.coalesce(inbox.c.decided_at > _REMOVED_UPTO, true()),
    ),
)
_NEEDED_EVENT = exists().where(inbox.c.delivery_row_id == deliveries.c.id, _IS_NEEDED)
#: Events of the engine itself, which go with no delivery.
_OWN_EVENTS = (
    select(inbox.c.id, not_(_IS_NEEDED).label("removable"))
    .where(
        inbox.c.id > bindparam("after_id"), inbox.c.id <= bindparam("upto"), inbox.c.delivery_row_id.is_(None)
    )
    .order_by(inbox.c.id)
    .limit(BATCH)
)
_REMOVABLE = and_(
    deliveries.c.received_at < _CUTOFF,
    not_(_NEEDED_EVENT),
    ~exists().where(_REPEATS.c.duplicate_of == deliveries.c.id, _REPEATS.c.received_at >= _CUTOFF),
)
# Whoever is just now writing down that one of them came again has locked it (`deliveries.twin`): it is left for the next
# time. Whoever asks from now on waits, and finds nothing. In a file one transaction is alone, and nothing is locked.
_LOCKED = (
    select(deliveries.c.id).where(deliveries.c.id.in_(bindparam("rows", expanding=True)))
).with_for_update(skip_locked=True)
_STILL = select(deliveries.c.id).where(deliveries.c.id.in_(bindparam("rows", expanding=True)), _REMOVABLE)
_DELIVERIES = (
    select(deliveries.c.id, _REMOVABLE.label("removable"))
    .where(deliveries.c.id > bindparam("after_id"), deliveries.c.id <= bindparam("upto"))
    .order_by(deliveries.c.id)
    .limit(BATCH)
)


@dataclass(slots=True)
class Removed:
    """What was removed so far."""

    decisions: int = 0
    deliveries: int = 0
    events: int = 0
    effects: int = 0


@dataclass(slots=True)
class Retention:
    """Removes what is older than `cutoff`, one batch at a call."""

    cutoff: datetime
    removed: Removed = field(default_factory=Removed)
    _after: int = 0
    _upto: int | None = None
    #: Entities whose chain cannot be shortened any more.
    _ended: set[tuple[str, str]] = field(default_factory=set)
    _steps: list[Callable[[Connection], bool]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin with the history."""
        self._steps = [self._history, self._deliveries, self._own_events]

    def batch(self, c: Connection) -> bool:
        """Remove one batch, inside one work of the writer; False if nothing is left to do."""
        if not self._steps:
            return False
        if not self._steps[0](c):
            del self._steps[0]
            self._after, self._upto = 0, None
        return bool(self._steps)

    def _history(self, c: Connection) -> bool:
        page = {**self._page(c, history, history.c.at), "cutoff": self.cutoff}
        rows = c.execute(_HISTORY, page).all()
        gone: list[int] = []
        marks: dict[tuple[str, str], Checkpoint] = {}
        for row in rows:
            place = (row.project, row.entity_id)
            if row.needed or place in self._ended:
                self._ended.add(place)
                continue
            gone.append(row.id)
            marks[place] = Checkpoint(
                project=row.project,
                entity_id=row.entity_id,
                version=row.version,
                hash=row.hash.hex(),
                at=max(row.at, marks[place].at) if place in marks else row.at,
            )
        for mark in marks.values():
            put(c, mark)
        c.execute(delete(history).where(history.c.id.in_(gone)))
        self.removed.decisions += len(gone)
        return self._turn([row.id for row in rows])

    def _deliveries(self, c: Connection) -> bool:
        page = {**self._page(c, deliveries, deliveries.c.received_at), "cutoff": self.cutoff}
        rows = c.execute(_DELIVERIES, page).all()
        locked = c.scalars(_LOCKED, {"rows": [row.id for row in rows if row.removable]}).all()
        gone = list(c.scalars(_STILL, {"rows": locked, "cutoff": self.cutoff}))
        gone += c.scalars(select(deliveries.c.id).where(deliveries.c.duplicate_of.in_(gone))).all()
        self._events(c, list(c.scalars(select(inbox.c.id).where(inbox.c.delivery_row_id.in_(gone)))))
        c.execute(delete(bodies).where(bodies.c.delivery_row_id.in_(gone)))
        self.removed.deliveries += c.execute(delete(deliveries).where(deliveries.c.id.in_(gone))).rowcount
        return self._turn([row.id for row in rows])

    def _own_events(self, c: Connection) -> bool:
        page = {**self._page(c, inbox, inbox.c.received_at), "cutoff": self.cutoff}
        rows = c.execute(_OWN_EVENTS, page).all()
        self._events(c, [row.id for row in rows if row.removable])
        return self._turn([row.id for row in rows])

    def _events(self, c: Connection, gone: list[int]) -> None:
        effects = select(outbox.c.id).where(outbox.c.inbox_id.in_(gone))
        c.execute(delete(attempts).where(attempts.c.outbox_id.in_(effects)))
        self.removed.effects += c.execute(delete(outbox).where(outbox.c.inbox_id.in_(gone))).rowcount
        c.execute(delete(once).where(once.c.inbox_id.in_(gone)))
        self.removed.events += c.execute(delete(inbox).where(inbox.c.id.in_(gone))).rowcount

    def _page(self, c: Connection, table: Table, moment: "Column[datetime]") -> dict[str, int]:
        if self._upto is None:
            self._upto = last_before(c, table, moment, self.cutoff)
        return {"after_id": self._after, "upto": self._upto}

    def _turn(self, seen: list[int]) -> bool:
        if seen:
            self._after = seen[-1]
        return len(seen) == BATCH


def candidates(c: Connection, cutoff: datetime) -> tuple[int, int]:
    """How many decisions and deliveries are older than `cutoff`: at most so many can be removed."""
    old_history = last_before(c, history, history.c.at, cutoff)
    old_deliveries = last_before(c, deliveries, deliveries.c.received_at, cutoff)
    decisions = select(func.count()).select_from(history).where(history.c.id <= old_history)
    received = select(func.count()).select_from(deliveries).where(deliveries.c.id <= old_deliveries)
    return c.execute(decisions).scalar_one(), c.execute(received).scalar_one()


def last_before(c: Connection, table: Table, moment: "Column[datetime]", cutoff: datetime) -> int:
    """The number up to which a table's rows are older than `cutoff`, found by halving: numbers follow time.

    Where a clock was set back they follow it nearly; each row is looked at anyway before it is removed.
    """
    low, high = c.execute(select(func.min(table.c.id), func.max(table.c.id))).one()
    if low is None:
        return 0
    low -= 1
    while low < high:
        middle = (low + high + 1) // 2
        at = c.execute(select(moment).where(table.c.id >= middle).order_by(table.c.id).limit(1)).scalar_one()
        low, high = (middle, high) if at < cutoff else (low, middle - 1)
    return int(low)
