"""What waits for another configuration: found by the words in its row, and given up if nobody wants it any more."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from engine.errors import FencedError
from engine.frozen import frozen
from engine.model import EffectKind, Verdict
from engine.store import inbox, once, outbox, wakes
from engine.store.tables import InboxStatus, OutboxStatus
from engine.store.tables import inbox as events
from engine.store.tables import outbox as effects

#: The first word of the reason of an effect whose worker is not there.
NO_WORKER = "no_worker"
#: The first word of the reason of an event whose entity's instance is damaged.
DAMAGED = "damaged_row"
_OF_EVENTS = (Verdict.STATE_NOT_FOUND.value, Verdict.NO_MACHINE.value, DAMAGED)


@frozen
class Why:
    """Why something is parked."""

    #: What a program goes by: a verdict, `NO_WORKER` or `DAMAGED`.
    word: str
    #: What is missing.
    because: str
    #: What it waits for.
    until: str

    @property
    def reason(self) -> str:
        """All of it, as the row says it."""
        return f"{self.word}: {self.because}; it waits until {self.until}"


def stateless(because: str) -> Why:
    """The entity is in a state that the machine does not have."""
    return Why(word=Verdict.STATE_NOT_FOUND.value, because=because, until="a definition has that state")


def unserved(project: str) -> Why:
    """The project has no machine."""
    because = f"neither workers.yaml nor the definitions name project {project}"
    return Why(word=Verdict.NO_MACHINE.value, because=because, until="they do again")


def damaged(because: str) -> Why:
    """The entity's instance cannot be read, or does not say where its history ends."""
    return Why(word=DAMAGED, because=because, until="the row is mended, or the store restored from a backup")


def workerless(missing: str) -> Why:
    """The worker that makes the call is not there."""
    return Why(word=NO_WORKER, because=missing, until="workers.yaml has it again")


def is_parked(reason: str) -> bool:
    """Whether the reason in a row says that it is parked."""
    return reason.partition(":")[0] in {*_OF_EVENTS, NO_WORKER}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """One event that is parked, or waits behind one that is."""

    project: str
    entity_id: str
    inbox_id: int
    event: str
    #: Its effect that cannot be performed; None where the event is undecided.
    outbox_id: int | None
    #: Why it waits; empty for one that waits behind another.
    because: str


def find(c: Connection, *, project: str | None = None, entity_id: str | None = None) -> list[Parked]:
    """What is parked, and what is behind it in its lane, in the order of the lanes."""
    stuck = _stuck(c, project, entity_id)
    places = {(one.project, one.entity_id): one for one in stuck}
    found: list[Parked] = []
    for place, head in places.items():
        found.append(head)
        lane = select(events.c.id, events.c.event).where(
            events.c.project == place[0],
            events.c.entity_id == place[1],
            events.c.finished_at.is_(None),
            events.c.id != head.inbox_id,
            events.c.status == InboxStatus.PENDING,
        )
        found += [
            Parked(
                project=place[0],
                entity_id=place[1],
                inbox_id=row.id,
                event=row.event,
                outbox_id=None,
                because="",
            )
            for row in c.execute(lane.order_by(events.c.id))
        ]
    return found


def bury(c: Connection, parked: Parked, now: datetime) -> None:
    """Make a dead letter of it; `FencedError` if it has gone on meanwhile.

    An instance stays where it is: a transition that was decided and not called is not taken back.
    """
    wakes.touch(c, parked.project, parked.entity_id)
    row = inbox.get(c, parked.inbox_id)
    pending = outbox.pending(c, parked.inbox_id)
    if parked.outbox_id is None:
        still = row is not None and row.status is InboxStatus.PENDING
    else:
        still = bool(pending) and pending[0].id == parked.outbox_id and is_parked(pending[0].last_detail)
    if row is None or not still:
        raise FencedError(f"event {parked.inbox_id} of {parked.entity_id} has gone on: nothing was written")
    because = f"given up while parked: {parked.because or 'it waited behind one that was parked'}"
    if parked.outbox_id is None:
        inbox.bury(c, row.id, because, now)
        once.release(c, row.id)
        return
    effect = pending[0]
    outbox.bury(c, effect.id, effect.attempts, because, now)
    if effect.effect.kind is EffectKind.TRANSITION:
        outbox.drop_rest(c, row.id, now)
        inbox.bury(c, row.id, because, now)
        once.release(c, row.id)
    elif len(pending) == 1 and row.verdict is not None:
        inbox.finish(c, row.id, row.verdict, row.because, now)


def _stuck(c: Connection, project: str | None, entity_id: str | None) -> list[Parked]:
    """The heads of lanes that are parked, oldest event first."""
    undecided = and_(
        events.c.status == InboxStatus.PENDING, or_(*(_says(events.c.because, w) for w in _OF_EVENTS))
    )
    uncalled = and_(effects.c.status == OutboxStatus.PENDING, _says(effects.c.last_detail, NO_WORKER))
    query = (
        select(
            events.c.project,
            events.c.entity_id,
            events.c.id.label("inbox_id"),
            events.c.event,
            effects.c.id.label("outbox_id"),
            effects.c.last_detail,
            events.c.because,
        )
        .select_from(events.outerjoin(effects, and_(effects.c.inbox_id == events.c.id, uncalled)))
        .where(events.c.finished_at.is_(None), or_(undecided, effects.c.id.is_not(None)))
        .order_by(events.c.id)
    )
    if project is not None:
        query = query.where(events.c.project == project.lower())
    if entity_id is not None:
        query = query.where(events.c.entity_id.in_({entity_id, entity_id.upper()}))
    found = []
    for row in c.execute(query):
        values = row._asdict()
        detail = values.pop("last_detail")
        found.append(Parked(**{**values, "because": values["because"] if detail is None else detail}))
    return found


def _says(reason: ColumnElement[str], word: str) -> ColumnElement[bool]:
    return reason.startswith(f"{word}:", autoescape=True)
