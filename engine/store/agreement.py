"""Do the tables agree about what was decided? Inbox, outbox, timers and history each tell a part of the same story.

Each question is one query, asked of the whole store or of one entity. What retention has removed is excused by the
entity's checkpoint: nothing that was decided later than everything removed may be missing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Text, and_, bindparam, or_, select, type_coerce

from engine.model import Verdict
from engine.store.encoding import decode
from engine.store.tables import checkpoints, history, inbox, instances, outbox, timers

#: Project and name of one entity; None for all of them.
Place = tuple[str, str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """Two tables that tell different stories of one entity."""

    project: str
    entity_id: str
    #: One sentence for the operator.
    because: str


def disagreements(c: Connection, place: Place = None, limit: int | None = None) -> Iterator[Disagreement]:
    """What tables say of an entity's decisions, or of all, that others contradict; at most `limit` of each kind.

    It reads them from end to end: not for the event loop.
    """
    for sentence, question in _QUESTIONS:
        for project, entity_id, number in c.execute(question(place).limit(limit)):
            yield Disagreement(project=project, entity_id=entity_id, because=sentence.format(number))


def _of(query: Select[Any], table: Any, place: Place) -> Select[Any]:
    if place is None:
        return query
    return query.where(table.c.project == place[0], table.c.entity_id == place[1])


def _with_checkpoint(table: Any) -> Any:
    same = and_(checkpoints.c.project == table.c.project, checkpoints.c.entity_id == table.c.entity_id)
    return table.outerjoin(checkpoints, same)


def _later_than_removed(moment: Any) -> Any:
    """Whether it was decided after everything that retention has removed of its entity."""
    return or_(checkpoints.c.at.is_(None), moment > checkpoints.c.at)


def _without(rows: Any, place: Place, *same: ColumnElement[bool]) -> Any:
    """Rows with the decisions that are the same in that, to be asked for those that have none.

    As a join, because that is what both databases do in one pass over the history.
    """
    own = () if place is None else (history.c.project == place[0], history.c.entity_id == place[1])
    return rows.outerjoin(history, and_(*same, *own))


def _undecided(place: Place) -> Select[Any]:
    """Events with a verdict that no decision of the history has."""
    query = (
        select(inbox.c.project, inbox.c.entity_id, inbox.c.id)
        .select_from(_without(_with_checkpoint(inbox), place, history.c.inbox_id == inbox.c.id))
        .where(
            inbox.c.verdict.is_not(None),
            inbox.c.verdict != Verdict.NO_MACHINE,  # said without a decision
            _later_than_removed(inbox.c.decided_at),
            history.c.id.is_(None),
        )
    )
    return _of(query, inbox, place).order_by(inbox.c.id)


def _decided_otherwise(place: Place) -> Select[Any]:
    """Events whose verdict is none that the history has for them."""
    decided = history.alias("decided")
    rows = _without(
        decided.join(inbox, inbox.c.id == decided.c.inbox_id),
        place,
        history.c.inbox_id == inbox.c.id,
        history.c.verdict == inbox.c.verdict,
    )
    query = (
        select(inbox.c.project, inbox.c.entity_id, inbox.c.id)
        .select_from(rows)
        .where(inbox.c.verdict.is_not(None), history.c.id.is_(None))
        .distinct()
    )
    return _of(_of(query, inbox, place), decided, place).order_by(inbox.c.id)


def _elsewhere(table: Any) -> Callable[[Place], Select[Any]]:
    """Rows of the event of another entity."""

    def question(place: Place) -> Select[Any]:
        query = (
            select(table.c.project, table.c.entity_id, table.c.inbox_id)
            .join(inbox, inbox.c.id == table.c.inbox_id)
            .where(or_(inbox.c.project != table.c.project, inbox.c.entity_id != table.c.entity_id))
        )
        return _of(query, table, place).order_by(table.c.id)

    return question


def _unordered(place: Place) -> Select[Any]:
    """Effects that no decision ordered, neither by itself nor in place of one that was given up."""
    given_up = outbox.alias("given_up")
    in_its_place = (
        select(given_up.c.id)
        .where(
            given_up.c.inbox_id == outbox.c.inbox_id,
            given_up.c.position < outbox.c.position,
            type_coerce(given_up.c.effect, Text).contains('"fallbacks":[{', autoescape=True),
        )
        .exists()
    )
    query = (
        select(outbox.c.project, outbox.c.entity_id, outbox.c.id)
        .select_from(
            _without(
                _with_checkpoint(outbox),
                place,
                history.c.inbox_id == outbox.c.inbox_id,
                history.c.at == outbox.c.created_at,
            )
        )
        .where(
            _later_than_removed(outbox.c.created_at),
            history.c.id.is_(None),
            ~in_its_place,
        )
    )
    return _of(query, outbox, place).order_by(outbox.c.id)


#: What it means, with the number of the event or effect, and the question.
_QUESTIONS: tuple[tuple[str, Callable[[Place], Select[Any]]], ...] = (
    ("event {} was decided, and its decision is not in the history", _undecided),
    ("event {} has another verdict in the inbox than in the history", _decided_otherwise),
    ("event {} is another entity's in the inbox than in the history", _elsewhere(history)),
    ("event {} is another entity's in the inbox than in the outbox", _elsewhere(outbox)),
    ("effect {} was ordered by no decision of the history", _unordered),
)
_MEMORIES = (
    select(instances.c.project, instances.c.entity_id, instances.c.memory)
    .where(type_coerce(instances.c.memory, Text).contains('"timers":', autoescape=True))
    .execution_options(yield_per=1000)
)
_SET = select(timers.c.event, timers.c.due_at).where(
    timers.c.project == bindparam("of_project"), timers.c.entity_id == bindparam("of_entity")
)
_OWNED = (
    select(timers.c.project, timers.c.entity_id, timers.c.event, instances.c.memory)
    .outerjoin(
        instances,
        and_(instances.c.project == timers.c.project, instances.c.entity_id == timers.c.entity_id),
    )
    .execution_options(yield_per=1000)
)
_RAN_OUT = select(inbox.c.payload).where(
    inbox.c.project == bindparam("of_project"),
    inbox.c.entity_id == bindparam("of_entity"),
    inbox.c.event == bindparam("of_event"),
    inbox.c.delivery_row_id.is_(None),
)
_HAS_CHECKPOINT = select(checkpoints.c.at).where(
    checkpoints.c.project == bindparam("of_project"), checkpoints.c.entity_id == bindparam("of_entity")
)
_NEWEST = select(history.c.at).order_by(history.c.id.desc()).limit(1)


def about_timers(c: Connection, place: Place = None) -> Iterator[Disagreement]:
    """Timers that are set and not remembered, or remembered and neither set nor run out; of one entity or of all.

    `ValueError`, `TypeError` or the like at a row that cannot be read.
    """
    for project, entity_id, memory in c.execute(_of(_MEMORIES, instances, place)):
        of = {"of_project": project, "of_entity": entity_id}
        kept = {row.event: row.due_at for row in c.execute(_SET, of)}
        for event, text in memory["timers"].items():
            due = datetime.fromisoformat(text)
            wrong = None
            if event not in kept:
                gone = not _ran_out(c, project, entity_id, event, text, due)
                wrong = f"the timer {event}, which the instance remembers, is not set" if gone else None
            elif kept[event] != due:
                wrong = (
                    f"the timer {event} is set for {kept[event].isoformat()}, the instance remembers {text}"
                )
            if wrong is not None:
                yield Disagreement(project=project, entity_id=entity_id, because=wrong)
    for project, entity_id, event, memory in c.execute(_of(_OWNED, timers, place)):
        if event not in (memory or {}).get("timers", {}):
            because = f"the timer {event} is set, and the instance does not remember it"
            yield Disagreement(project=project, entity_id=entity_id, because=because)


def _ran_out(c: Connection, project: str, entity_id: str, event: str, text: str, due: datetime) -> bool:
    """Whether the timer's event is in the inbox, or was long ago: settled there without a decision, and removed."""
    of = {"of_project": project, "of_entity": entity_id}
    payloads = c.execute(_RAN_OUT, {**of, "of_event": event}).scalars()
    if any(payload is not None and decode(payload).get("due") == text for payload in payloads):
        return True
    newest = c.execute(_NEWEST).scalar()
    return c.execute(_HAS_CHECKPOINT, of).first() is not None and newest is not None and due < newest
