"""One transaction per decision: inbox, instance, history and outbox change here together, or not at all."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from engine.model import Effect, Entity, Snapshot, Trace, Verdict
from engine.store import history, instances, outbox
from engine.store import inbox as inbox_rows
from engine.store.inbox import InboxRow
from engine.store.instances import Instance
from engine.store.outbox import OutboxRow
from engine.store.tables import InboxStatus

#: The engine's own event: a transition call was given up.
EFFECT_FAILED = "effect.failed"


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
) -> list[OutboxRow]:
    """Write a decision, and return its effects as rows of the outbox.

    `before_version` is the version decided from (None: there was no instance); `FencedError` if the instance is not
    there any more or the event was decided in between. Without effects the event is done, else it is being performed.
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
    return outbox.insert(c, inbox.id, entity, version, effects, now)


def restore(
    c: Connection, *, inbox: InboxRow, instance: Instance, snapshot: Snapshot, because: str, now: datetime
) -> Instance:
    """Take an instance back to the state and context of `snapshot`, because its transition call was given up.

    For projects where nothing observes. The version counts on, and history says what happened.
    """
    version = instance.snapshot.version
    restored = Instance(
        project=instance.project,
        entity_id=instance.entity_id,
        snapshot=Snapshot(state=snapshot.state, context=snapshot.context, version=version + 1),
        machine_hash=instance.machine_hash,
        observed_status=instance.observed_status,
        updated_at=now,
    )
    instances.save(c, restored, expected_version=version)
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
