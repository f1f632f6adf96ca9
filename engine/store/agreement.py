"""Do the tables agree about what was decided? Inbox, outbox, timers and history each tell a part of the same story.

Each question is one query, asked of the whole store or of one entity. What retention has removed is excused by the
entity's checkpoint: nothing that was decided later than everything removed may be missing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    Text,
    and_,
    bindparam,
    or_,
    select,
    type_coerce,
    union,
)

from engine.model import Verdict
from engine.store import walk
from engine.store.encoding import decode
from engine.store.tables import IS_GIVEN_UP, checkpoints, history, inbox, instances, outbox, timers

#: Project and name of one entity; None for all of them.
Place = tuple[str, str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """Two tables that tell different stories of one entity."""

    project: str
    entity_id: str
    #: One sentence for the operator.
    because: str


def disagreements(
    c: Connection, place: Place = None, limit: int | None = None, *, reached: bool = False
) -> Iterator[Disagreement]:
    """What tables say of an entity's decisions, or of all, that others contradict; at most `limit` of each kind.

    It reads them from end to end: not for the event loop. With `reached`, what an index or the way back through the entity's
    decisions leads to is all that is read.
    """
    asked = _Asked(place, reached=reached)
    of = {} if place is None else {"of_project": place[0], "of_entity": place[1]}
    for sentence, question in _QUESTIONS:
        for project, entity_id, number in c.execute(question(asked).limit(limit), of):
            yield Disagreement(project=project, entity_id=entity_id, because=sentence.format(number))


class _Asked:
    """Which rows are asked about: all, those of one entity, or of these only those that are found without a look at each row."""

    def __init__(self, place: Place, *, reached: bool = False) -> None:
        self._one = place is not None
        self._reached = place is not None and reached

    def decisions(self, name: str) -> FromClause:
        """The history, under a name of its own."""
        if not self._reached:
            return history.alias(name)
        columns = [history.c[one] for one in ("id", "project", "entity_id", "inbox_id", "at", "verdict")]
        return select(*columns).join(_BACK, _BACK.c.id == history.c.id).subquery(name)

    def without(self, rows: Any, decided: FromClause, *same: ColumnElement[bool]) -> Any:
        """Rows with the decisions that are the same in that, to be asked for those that have none.

        As a join, because that is what both databases do in one pass over the history.
        """
        return rows.outerjoin(decided, and_(*same, *self._own(decided)))

    def only(self, query: Select[Any], table: Any) -> Select[Any]:
        """The query, about the rows of that table that are asked for."""
        query = query.where(*self._own(table))
        if self._reached and table in _EVENT:
            return query.where(table.c[_EVENT[table]].in_(_EVENTS))
        return query

    def _own(self, table: Any) -> tuple[ColumnElement[bool], ...]:
        if not self._one:
            return ()
        return (table.c.project == bindparam("of_project"), table.c.entity_id == bindparam("of_entity"))


_OF_ENTITY = (inbox.c.project == bindparam("of_project"), inbox.c.entity_id == bindparam("of_entity"))
_BACK = walk.back()
#: The events of an entity that a decision or an index leads to.
_EVENTS = union(
    select(history.c.inbox_id).join(_BACK, _BACK.c.id == history.c.id).correlate(None),
    *(
        select(inbox.c.id).where(*_OF_ENTITY, which).correlate(None)
        for which in (inbox.c.finished_at.is_(None), IS_GIVEN_UP, inbox.c.delivery_row_id.is_(None))
    ),
)
#: What of a row names its event.
_EVENT = {inbox: "id", outbox: "inbox_id"}


def _with_checkpoint(table: Any) -> Any:
    same = and_(checkpoints.c.project == table.c.project, checkpoints.c.entity_id == table.c.entity_id)
    return table.outerjoin(checkpoints, same)


def _later_than_removed(moment: Any) -> Any:
    """Whether it was decided after everything that retention has removed of its entity."""
    return or_(checkpoints.c.at.is_(None), moment > checkpoints.c.at)


def _undecided(asked: _Asked) -> Select[Any]:
    """Events with a verdict that no decision of the history has."""
    decided = asked.decisions("decided")
    query = (
        select(inbox.c.project, inbox.c.entity_id, inbox.c.id)
        .select_from(asked.without(_with_checkpoint(inbox), decided, decided.c.inbox_id == inbox.c.id))
        .where(
            inbox.c.verdict.is_not(None),
            inbox.c.verdict != Verdict.NO_MACHINE,  # said without a decision
            _later_than_removed(inbox.c.decided_at),
            decided.c.id.is_(None),
        )
    )
    return asked.only(query, inbox).order_by(inbox.c.id)


def _decided_otherwise(asked: _Asked) -> Select[Any]:
    """Events whose verdict is none that the history has for them."""
    decided, alike = asked.decisions("decided"), asked.decisions("alike")
    rows = asked.without(
        decided.join(inbox, inbox.c.id == decided.c.inbox_id),
        alike,
        alike.c.inbox_id == inbox.c.id,
        alike.c.verdict == inbox.c.verdict,
    )
    query = (
        select(inbox.c.project, inbox.c.entity_id, inbox.c.id)
        .select_from(rows)
        .where(inbox.c.verdict.is_not(None), alike.c.id.is_(None))
        .distinct()
    )
    return asked.only(asked.only(query, inbox), decided).order_by(inbox.c.id)


def _decided_elsewhere(asked: _Asked) -> Select[Any]:
    """Decisions about the event of another entity."""
    return _elsewhere(asked.decisions("decided"), asked)


def _ordered_elsewhere(asked: _Asked) -> Select[Any]:
    """Effects of the event of another entity."""
    return _elsewhere(outbox, asked)


def _elsewhere(table: Any, asked: _Asked) -> Select[Any]:
    query = (
        select(table.c.project, table.c.entity_id, table.c.inbox_id)
        .join(inbox, inbox.c.id == table.c.inbox_id)
        .where(or_(inbox.c.project != table.c.project, inbox.c.entity_id != table.c.entity_id))
    )
    return asked.only(query, table).order_by(table.c.id)


def _unordered(asked: _Asked) -> Select[Any]:
    """Effects that no decision ordered, neither by itself nor in place of one that was given up."""
    decided = asked.decisions("decided")
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
            asked.without(
                _with_checkpoint(outbox),
                decided,
                decided.c.inbox_id == outbox.c.inbox_id,
                decided.c.at == outbox.c.created_at,
            )
        )
        .where(
            _later_than_removed(outbox.c.created_at),
            decided.c.id.is_(None),
            ~in_its_place,
        )
    )
    return asked.only(query, outbox).order_by(outbox.c.id)


#: What it means, with the number of the event or effect, and the question.
_QUESTIONS: tuple[tuple[str, Callable[[_Asked], Select[Any]]], ...] = (
    ("event {} was decided, and its decision is not in the history", _undecided),
    ("event {} has another verdict in the inbox than in the history", _decided_otherwise),
    ("event {} is another entity's in the inbox than in the history", _decided_elsewhere),
    ("event {} is another entity's in the inbox than in the outbox", _ordered_elsewhere),
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


def _of(query: Select[Any], table: Any, place: Place) -> Select[Any]:
    if place is None:
        return query
    return query.where(table.c.project == place[0], table.c.entity_id == place[1])


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
