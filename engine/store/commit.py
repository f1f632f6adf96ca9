"""One transaction per decision: inbox, instance, history, outbox and timers change here together, or not at all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from engine.model import EFFECT_FAILED, Effect, Entity, Snapshot, Trace, Verdict
from engine.store import history, instances, outbox, timers
from engine.store import inbox as inbox_rows
from engine.store.history import Link
from engine.store.inbox import InboxRow, NewEvent
from engine.store.instances import Instance
from engine.store.outbox import OutboxRow
from engine.store.tables import InboxStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a decision changes besides its event."""

    #: The version decided from; None: there was no instance.
    before_version: int | None
    #: Where the chain of history ended then.
    last: Link
    #: Where the machine is now.
    instance: Instance
    #: What was looked up for the decision.
    facts: Mapping[str, Any]
    trace: Trace
    effects: Sequence[Effect]
    now: datetime
    #: The step's timers.
    armed: Mapping[str, str] = field(default_factory=dict)
    cancelled: Sequence[str] = ()

    @property
    def status(self) -> InboxStatus:
        """How far its event is: without effects it is done, else it is being performed."""
        return InboxStatus.PERFORMING if self.effects else InboxStatus.DONE


def commit_decision(c: Connection, inbox: InboxRow, change: Change) -> list[OutboxRow]:
    """Write a decision about an event of the inbox, and return its effects as rows of the outbox.

    `FencedError` if the instance is not at the version decided from any more, or the event was decided in between.
    """
    trace = change.trace
    inbox_rows.decide(c, inbox.id, change.status, trace.verdict, trace.because, change.now)
    digest = outbox.digest_of(c, inbox.id) if change.effects else b""
    return _write(c, inbox.id, change, digest)


def commit_arrived(c: Connection, new: NewEvent, change: Change) -> tuple[InboxRow, list[OutboxRow]]:
    """Write an event that arrives in the same transaction and the decision about it; both as rows.

    `FencedError` if the instance is not at the version decided from any more.
    """
    trace = change.trace
    row = inbox_rows.insert_decided(
        c, new, status=change.status, verdict=trace.verdict, because=trace.because, now=change.now
    )
    return row, _write(c, row.id, change, new.digest)


def _write(c: Connection, inbox_id: int, change: Change, digest: bytes) -> list[OutboxRow]:
    """Everything but the event itself, which is of the delivery with that digest."""
    instance, now = change.instance, change.now
    version = instance.snapshot.version
    last = history.append(
        c,
        project=instance.project,
        entity_id=instance.entity_id,
        version=version,
        inbox_id=inbox_id,
        at=now,
        machine_hash=instance.machine_hash,
        facts=change.facts,
        trace=change.trace,
        last=change.last,
    )
    instances.save(c, instance, expected_version=change.before_version, last=last)
    entity = Entity(project=instance.project, id=instance.entity_id)
    if change.armed or change.cancelled:
        timers.change(c, entity, change.armed, change.cancelled)
    return outbox.insert(c, inbox_id, entity, version, change.effects, now, digest)


def restore(
    c: Connection, *, inbox: InboxRow, instance: Instance, snapshot: Snapshot, because: str, now: datetime
) -> Instance:
    """Take an instance, as it was read, back to `snapshot`, because its transition call was given up.

    For projects where nothing observes. The version counts on, and history says what happened. Its timers are pending
    again, but not the one whose event this was: it would run out again at once.
    """
    version = instance.snapshot.version
    pending = {event: due for event, due in snapshot.timers.items() if event != inbox.event}
    restored = Instance(
        project=instance.project,
        entity_id=instance.entity_id,
        snapshot=replace(snapshot, version=version + 1, timers=pending),
        machine_hash=instance.machine_hash,
        observed_status=instance.observed_status,
        updated_at=now,
    )
    now_pending = instance.snapshot.timers
    armed = {event: due for event, due in pending.items() if now_pending.get(event) != due}
    gone = [event for event in now_pending if event not in pending]
    timers.change(c, Entity(project=instance.project, id=instance.entity_id), armed, gone)
    trace = Trace(
        verdict=Verdict.MOVED,
        before=instance.snapshot.state,
        event=EFFECT_FAILED,
        after=snapshot.state,
        because=because,
    )
    last = history.append(
        c,
        project=restored.project,
        entity_id=restored.entity_id,
        version=restored.snapshot.version,
        inbox_id=inbox.id,
        at=now,
        machine_hash=restored.machine_hash,
        facts={"restored": snapshot},
        trace=trace,
        last=instance.last,
    )
    instances.save(c, restored, expected_version=version, last=last)
    return restored
