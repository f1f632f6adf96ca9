"""One transaction per decision: inbox, instance, history, outbox and timers change here together, or not at all."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from engine.model import EFFECT_FAILED, Effect, Entity, Snapshot, Trace, Verdict
from engine.store import history, instances, outbox, timers
from engine.store import inbox as inbox_rows
from engine.store.inbox import InboxRow
from engine.store.instances import Instance
from engine.store.outbox import OutboxRow
from engine.store.tables import InboxStatus


def commit_decision(
    c: Connection,
    *,
    inbox: InboxRow,
    before_version: int | None,
    instance: Instance,
    facts: Mapping[str, Any],
    trace: Trace,
    effects: Sequence[Effect],
    now: datetime,
    armed: Mapping[str, str] | None = None,
    cancelled: Sequence[str] = (),
) -> list[OutboxRow]:
    """Write a decision, and return its effects as rows of the outbox.

    `before_version` is the version decided from (None: there was no instance); `FencedError` if the instance is not
    there any more or the event was decided in between. Without effects the event is done, else it is being performed.
    `armed` and `cancelled` are the step's timers.
    """
    status = InboxStatus.PERFORMING if effects else InboxStatus.DONE
    inbox_rows.decide(c, inbox.id, status, trace.verdict, trace.because, now)
    instances.save(c, instance, expected_version=before_version)
    version = instance.snapshot.version
    history.append(
        c,
        project=instance.project,
        entity_id=instance.entity_id,
        version=version,
        inbox_id=inbox.id,
        at=now,
        machine_hash=instance.machine_hash,
        facts=facts,
        trace=trace,
    )
    entity = Entity(project=instance.project, id=instance.entity_id)
    if armed or cancelled:
        timers.change(c, entity, armed or {}, cancelled)
    return outbox.insert(c, inbox.id, entity, version, effects, now)


def restore(
    c: Connection, *, inbox: InboxRow, instance: Instance, snapshot: Snapshot, because: str, now: datetime
) -> Instance:
    """Take an instance back to `snapshot`, because its transition call was given up.

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
    instances.save(c, restored, expected_version=version)
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
    history.append(
        c,
        project=restored.project,
        entity_id=restored.entity_id,
        version=restored.snapshot.version,
        inbox_id=inbox.id,
        at=now,
        machine_hash=restored.machine_hash,
        facts={"restored": snapshot},
        trace=trace,
    )
    return restored
