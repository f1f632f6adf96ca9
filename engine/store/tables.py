"""Every table and index, in types that SQLite and PostgreSQL share.

Status rows are small and change; what is large (`bodies`) or permanent (`history`) is only ever appended. Lists of work
still to be done are partial indexes, so that millions of finished rows cost nothing.
"""

from enum import StrEnum

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    and_,
    event,
    func,
    literal_column,
    or_,
)

from engine.model import EffectKind, Outcome, Verdict
from engine.store.columns import Identity, Json, Moment, Word
from engine.store.wakes import CREATE_FUNCTIONS

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Receipt(StrEnum):
    """What became of a delivery when it came in. The values are stable: they are stored and shown."""

    #: At least one event is in the inbox.
    ACCEPTED = "accepted"
    #: No machine cares for it.
    IGNORED = "ignored"
    #: The same signed content came before.
    DUPLICATE = "duplicate"


class InboxStatus(StrEnum):
    """How far an event of the inbox is."""

    #: Not decided yet.
    PENDING = "pending"
    #: Decided; its effects are being performed.
    PERFORMING = "performing"
    #: Nothing is left to do.
    DONE = "done"
    #: It could not be decided, or its transition call was given up.
    DEAD = "dead"
    #: A dead letter that is settled: an operator dropped it, or it was delivered again.
    DROPPED = "dropped"


class PauseKind(StrEnum):
    """What an operator can pause."""

    #: Everything that daemons do with events; they still receive.
    ALL = "all"
    #: All events of one project.
    PROJECT = "project"
    #: All calls of one worker of ``workers.yaml``.
    WORKER = "worker"


class OutboxStatus(StrEnum):
    """How far an effect of the outbox is."""

    #: To be performed.
    PENDING = "pending"
    #: Performed and confirmed.
    DONE = "done"
    #: Given up: a dead letter.
    DEAD = "dead"
    #: Not performed any more: the transition call before it was given up, or an operator dropped it.
    DROPPED = "dropped"


#: The word for a dead letter as a constant in SQL: a bound parameter would hide a partial index from SQLite.
DEAD: ColumnElement[str] = literal_column(f"'{OutboxStatus.DEAD.value}'")
_DROPPED: ColumnElement[str] = literal_column(f"'{OutboxStatus.DROPPED.value}'")


#: The condition of each partial index.
_PARTIAL: list[tuple[Index, object]] = []


def _partial(name: str, *columns: Column[object], where: object) -> None:
    _PARTIAL.append((Index(name, *columns, sqlite_where=where), where))


def complete_for_postgresql() -> None:
    """Give the indexes what only PostgreSQL is told: to say it loads the dialect, which an embedded daemon needs not."""
    for index, where in _PARTIAL:
        index.dialect_kwargs["postgresql_where"] = where


hooks = Table(
    "hooks",
    metadata,
    Column("id", Identity, primary_key=True),
    Column("source", Text, nullable=False),
    Column("repo_id", Text, nullable=False),
    Column("repo_path", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("key_id", LargeBinary, nullable=False, index=True),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    UniqueConstraint("source", "repo_id"),
    sqlite_autoincrement=True,
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Identity, primary_key=True),
    Column("hook_id", Identity, ForeignKey(hooks.c.id), nullable=False),
    Column("source", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("delivery_id", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("verdict", Word(Receipt), nullable=False),
    Column("reason", Text, nullable=False),
    Column("duplicate_of", Identity),
    Column("headers", Json, nullable=False),
    sqlite_autoincrement=True,
)
_partial(
    "ix_deliveries_twin",
    deliveries.c.hook_id,
    deliveries.c.digest,
    deliveries.c.id,
    where=deliveries.c.duplicate_of.is_(None),
)
Index("ix_deliveries_source_id", deliveries.c.source, deliveries.c.id)
Index("ix_deliveries_verdict_id", deliveries.c.verdict, deliveries.c.id)
_partial("ix_deliveries_repeats", deliveries.c.duplicate_of, where=deliveries.c.duplicate_of.is_not(None))

bodies = Table(
    "bodies",
    metadata,
    Column("delivery_row_id", Identity, ForeignKey(deliveries.c.id), primary_key=True, autoincrement=False),
    Column("data", LargeBinary, nullable=False),
)

inbox = Table(
    "inbox",
    metadata,
    Column("id", Identity, primary_key=True),
    Column("delivery_row_id", Identity, ForeignKey(deliveries.c.id), index=True),
    Column("provisioner", Text, nullable=False),
    Column("project", Text, nullable=False),
    Column("entity_id", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("receive", Text),
    Column("once", Text),
    Column("status", Word(InboxStatus), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("verdict", Word(Verdict)),
    Column("because", Text, nullable=False),
    Column("decided_at", Moment),
    Column("finished_at", Moment),
    Column("retried_at", Moment),
    Column("ordered", Text),
    Column("payload", Text),
    sqlite_autoincrement=True,
)
# The moment is always null here: as a column it makes SQLite prefer this index to the next, which holds done rows too.
_partial(
    "ix_inbox_lane",
    inbox.c.project,
    inbox.c.entity_id,
    inbox.c.finished_at,
    inbox.c.id,
    where=inbox.c.finished_at.is_(None),
)
# An entity's other events are found through its decisions (`walk`), but these: they have none, or none any more.
IS_GIVEN_UP = or_(inbox.c.status == DEAD, inbox.c.status == _DROPPED)
_partial("ix_inbox_given_up", inbox.c.project, inbox.c.entity_id, inbox.c.id, where=IS_GIVEN_UP)
# Answers, and timers that ran out.
_partial(
    "ix_inbox_own",
    inbox.c.project,
    inbox.c.entity_id,
    inbox.c.id,
    where=inbox.c.delivery_row_id.is_(None),
)
_partial("ix_inbox_dead", inbox.c.id, where=inbox.c.status == DEAD)
_partial(
    "ix_inbox_retried",
    inbox.c.id,
    where=and_(inbox.c.retried_at.is_not(None), inbox.c.finished_at.is_(None)),
)
# Answers are the only events with a key and without a delivery's block.
_partial(
    "ix_inbox_answers",
    inbox.c.id,
    where=and_(inbox.c.receive.is_(None), inbox.c.once.is_not(None), inbox.c.finished_at.is_(None)),
)
# Where processes share the store, each works whole partitions.
_in_partition = Index(
    "ix_inbox_partition",
    func.interlock_partition(inbox.c.project, inbox.c.entity_id),
    inbox.c.project,
    inbox.c.entity_id,
    inbox.c.id,
).ddl_if(dialect="postgresql")
_PARTIAL.append((_in_partition, inbox.c.finished_at.is_(None)))
for _function in CREATE_FUNCTIONS:
    event.listen(metadata, "before_create", _function)

once = Table(
    "once",
    metadata,
    Column("key", LargeBinary, primary_key=True),
    Column("inbox_id", Identity, ForeignKey(inbox.c.id), nullable=False, index=True),
)

instances = Table(
    "instances",
    metadata,
    Column("id", Identity, primary_key=True),
    Column("project", Text, nullable=False),
    Column("entity_id", Text, nullable=False),
    Column("folded_id", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("context", Json, nullable=False),
    Column("version", Integer, nullable=False),
    Column("machine_hash", Text, nullable=False),
    Column("observed_status", Text),
    Column("updated_at", Moment, nullable=False),
    Column("memory", Json, nullable=False, server_default="{}"),
    Column("awaits_since", Moment),
    # The end of its chain of history; the row may be one that retention has removed.
    Column("last_history_id", Identity),
    Column("last_hash", LargeBinary),
    UniqueConstraint("project", "entity_id"),
)
_partial("ix_instances_awaiting", instances.c.awaits_since, where=instances.c.awaits_since.is_not(None))
Index("ix_instances_folded", instances.c.folded_id, instances.c.project)

timers = Table(
    "timers",
    metadata,
    Column("id", Identity, primary_key=True),
    Column("project", Text, nullable=False),
    Column("entity_id", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("due_at", Moment, nullable=False, index=True),
    UniqueConstraint("project", "entity_id", "event"),
)

# No index leads from an entity to its decisions: of all pages that a decision wrote, it cost one more at random. The way
# to them is back from the instance (`walk`).
history = Table(
    "history",
    metadata,
    Column("id", Identity, primary_key=True),
    Column("project", Text, nullable=False),
    Column("entity_id", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("inbox_id", Identity, nullable=False),
    Column("at", Moment, nullable=False),
    Column("machine_hash", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("before", Text),
    Column("after", Text),
    Column("verdict", Word(Verdict), nullable=False),
    Column("facts", Json, nullable=False),
    Column("trace", Json, nullable=False),
    Column("previous_hash", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("previous_id", Identity),
    sqlite_autoincrement=True,
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Identity, primary_key=True),
    Column("inbox_id", Identity, ForeignKey(inbox.c.id), nullable=False),
    Column("project", Text, nullable=False),
    Column("entity_id", Text, nullable=False),
    Column("key", Text, nullable=False, unique=True),
    Column("position", Integer, nullable=False),
    Column("kind", Word(EffectKind), nullable=False),
    Column("effect", Json, nullable=False),
    Column("status", Word(OutboxStatus), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("read_back", Boolean, nullable=False),
    Column("last_detail", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("finished_at", Moment),
    Column("retried_at", Moment),
    Column("earlier_attempts", Integer, nullable=False, server_default="0"),
    sqlite_autoincrement=True,
)
Index("ix_outbox_inbox", outbox.c.inbox_id, outbox.c.position)
# An entity's other effects are found through its events.
IS_LEFT_OUT = or_(outbox.c.status == DEAD, outbox.c.status == _DROPPED)
_partial("ix_outbox_given_up", outbox.c.project, outbox.c.entity_id, outbox.c.id, where=IS_LEFT_OUT)
_partial("ix_outbox_dead", outbox.c.id, where=outbox.c.status == DEAD)

attempts = Table(
    "attempts",
    metadata,
    Column("outbox_id", Identity, ForeignKey(outbox.c.id), primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("outcome", Word(Outcome), nullable=False),
    Column("detail", Text, nullable=False),
    Column("observed", Text),
    Column("retry_after", Float),
    Column("exchanges", Json, nullable=False),
)

#: Where an entity's chain of history begins, when retention has removed its older part.
checkpoints = Table(
    "checkpoints",
    metadata,
    Column("project", Text, primary_key=True),
    Column("entity_id", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("at", Moment, nullable=False),
)

definitions = Table(
    "definitions",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("filename", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("first_seen_at", Moment, nullable=False),
)

#: What an operator has paused.
pauses = Table(
    "pauses",
    metadata,
    Column("kind", Word(PauseKind), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("since", Moment, nullable=False),
)

#: Always empty: where a store that could not write tries whether it can again.
probe = Table(
    "probe",
    metadata,
    Column("id", Identity, primary_key=True, autoincrement=False),
)
