"""Observe, decide and commit: the head of one entity's lane becomes a decision, in one transaction."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import structlog

from engine.decide.decide import Decision, decide, must_wait
from engine.decide.retry import DeadLetter, RetryAt, RetryPolicy, after
from engine.errors import StoreError
from engine.machine.approvals import is_answer_name
from engine.machine.compile import CompiledProvisioner
from engine.machine.values import timestamp
from engine.model import Entity, Event, Observation, Outcome
from engine.run import answering
from engine.run.circuits import IS_LEFT_ALONE, Circuits
from engine.run.delivered import delivered
from engine.run.exchanges import telling
from engine.run.hub import Hub
from engine.run.lanes import Progress, Turn, Waiting
from engine.run.load import Serving
from engine.run.parking import ParkedError, park
from engine.run.pauses import IS_PAUSED
from engine.store import commit, deliveries, inbox, instances, once, outbox, parked, sound
from engine.store.database import Connection, Store
from engine.store.encoding import decode
from engine.store.history import BEGINNING
from engine.store.tables import InboxStatus

log = structlog.get_logger()

#: What expressions see as ``delivery.source`` of an event of the engine itself.
OWN_SOURCE = "engine"
#: The same of what somebody answered.
PERSON = "person"


@dataclass(frozen=True, slots=True)
class Decided:
    """What was committed: the inbox row as it is now, and the effects that are to be performed."""

    row: inbox.InboxRow
    #: None where another worker had decided before.
    decision: Decision | None
    effects: list[outbox.OutboxRow]
    #: Whether there may be more to do for the entity when this event is done.
    more: bool


class Decider:
    """Decides the heads of lanes."""

    def __init__(
        self,
        store: Store,
        hub: Callable[[], Hub],
        serving: Callable[[], Serving],
        clock: Callable[[], datetime],
        policy: RetryPolicy,
        armed: Callable[[], None],
        circuits: Circuits,
    ) -> None:
        """Take the parts; `armed` is told when timers were set; `hub` and `serving` are asked anew each time, because both can be reloaded."""
        self._store = store
        self._hub = hub
        self._serving = serving
        self._clock = clock
        self._policy = policy
        self._armed = armed
        self._circuits = circuits

    async def decide(self, row: inbox.InboxRow, arrived: Event | None = None) -> Turn | Decided:
        """Observe the entity if its backend holds the state, decide the event and commit the decision.

        `arrived` is the row's event if it is at hand; else it is read from the store again.
        """
        entity = Entity(project=row.project, id=row.entity_id)
        serving = self._serving()
        provisioner = serving.provisioners.get(row.provisioner)
        processor = self._hub().for_project(row.project)
        if provisioner is None:
            return await park(self._store, row, parked.unserved(row.project), self._clock())
        observed: Observation | None = None
        if processor.observes:
            backend = self._hub().backend_of(row.project)
            because = f"{backend}{IS_PAUSED}"
            until = self._circuits.paused(backend, entity)
            if until is None:
                because = f"waits for {backend}{IS_LEFT_ALONE}"
                until = self._circuits.wait(backend, entity)
            if until is not None:
                if row.because != because:
                    await self._write(lambda c: inbox.postpone(c, row.id, row.attempts, row.due_at, because))
                return Waiting(until)
            log.debug("entity.observing", **_said(row))
            with telling(entity) as tell_rest:
                try:
                    observed = await processor.observe(entity)
                except Exception as error:
                    # A processor promises to answer with values; one that breaks its promise must not break the lane.
                    log.exception("processor.failed", **_said(row))
                    observed = Observation(
                        outcome=Outcome.UNKNOWN, detail=f"the processor failed: {type(error).__name__}"
                    )
                tell_rest(observed.exchanges)
            self._circuits.tell(backend, observed)
            if observed.outcome is not Outcome.DONE and not observed.missing:
                return await self._later(row, observed)
        try:
            decided = await self._store.commit(
                lambda c: self._commit(
                    c, row, arrived, entity, provisioner, observed, text=serving.texts[row.provisioner]
                )
            )
        except ParkedError as stranded:
            return await park(self._store, row, parked.stateless(str(stranded)), self._clock())
        if decided.decision is not None:
            self.committed(row, decided.decision, observed)
        return decided

    def decide_arrived(self, c: Connection, new: inbox.NewEvent) -> Decided | None:
        """Decide an event and write it down inside the transaction that receives it, without an observation.

        None, and nothing is written, if others are before it in its lane, no machine knows its project now, or its
        machine does not know where it is.
        """
        serving = self._serving()
        provisioner = serving.provisioners.get(new.provisioner)
        event = new.event
        entity = event.entity
        if provisioner is None or inbox.next_of(c, entity.project, entity.id) is not None:
            return None
        key: bytes | None = None
        if event.once is not None and event.receive is not None:
            key = once.key_of(
                project=entity.project, receive=event.receive, once=event.once, entity_id=entity.id
            )
        repeated = key is not None and once.holder_of(c, key) is not None
        text = serving.texts[new.provisioner]
        decision, change = self._decision(c, event, provisioner, None, repeated=repeated, text=text)
        if must_wait(decision):
            return None
        row, effects = commit.commit_arrived(c, new, change)
        if key is not None and not repeated:
            once.take(c, key, row.id)
        return Decided(row, decision, effects, more=bool(effects))

    async def _later(self, row: inbox.InboxRow, observed: Observation) -> Turn:
        """The backend could not be read: wait, or give up when waiting cannot help."""
        now = self._clock()
        number = row.attempts + 1
        since = row.retried_at or row.received_at
        what = after(number, observed, now, self._policy, key=f"observe/{row.id}", since=since)
        if isinstance(what, RetryAt):
            await self._write(lambda c: inbox.postpone(c, row.id, number, what.at, observed.detail))
            log.warning(
                "observe.waiting",
                **_said(row),
                attempt=number,
                detail=observed.detail,
                until=what.at.isoformat(),
            )
            return Waiting(what.at)
        reason = what.reason if isinstance(what, DeadLetter) else observed.detail

        def bury(c: Connection) -> None:
            inbox.postpone(c, row.id, number, row.due_at, reason)  # the last try counts too
            inbox.bury(c, row.id, reason, now)
            once.release(c, row.id)

        await self._write(bury)
        log.error("event.dead", **_said(row), attempt=number, because=reason)
        return Progress()

    def _commit(
        self,
        c: Connection,
        row: inbox.InboxRow,
        arrived: Event | None,
        entity: Entity,
        provisioner: CompiledProvisioner,
        observed: Observation | None,
        *,
        text: str,
    ) -> Decided:
        """Runs in the store's writer: everything that the decision reads and writes is one transaction. Raises `ParkedError`."""
        if arrived is None:
            row = _row(c, row.id)
            event = self._event(c, row, entity)
        else:
            event = arrived
        head = inbox.next_of(c, entity.project, entity.id) == row.id or arrived is None
        if row.status is not InboxStatus.PENDING or not head:
            return Decided(row, None, [], more=True)
        repeated = (
            row.once is not None
            and row.receive is not None
            and once.claim(
                c,
                project=entity.project,
                receive=row.receive,
                once=row.once,
                entity_id=entity.id,
                inbox_id=row.id,
            )
            is not None
        )
        decision, change = self._decision(c, event, provisioner, observed, repeated=repeated, text=text)
        if must_wait(decision):
            raise ParkedError(decision.step.trace.because)
        effects = commit.commit_decision(c, row, change)
        row = replace(
            row,
            status=change.status,
            verdict=change.trace.verdict,
            because=change.trace.because,
            decided_at=change.now,
            finished_at=None if effects else change.now,
        )
        more = bool(effects) or inbox.next_of(c, entity.project, entity.id) is not None
        return Decided(row, decision, effects, more=more)

    def _decision(
        self,
        c: Connection,
        event: Event,
        provisioner: CompiledProvisioner,
        observed: Observation | None,
        *,
        repeated: bool,
        text: str,
    ) -> tuple[Decision, commit.Change]:
        """The decision from where the entity is now, and what it changes."""
        now = self._clock()
        project, entity_id = event.entity.project, event.entity.id
        held = sound.load(c, project, entity_id)
        before = held.snapshot if held is not None else None
        decision = decide(provisioner, before, event, now, observed=observed, repeated=repeated)
        step = decision.step
        instance = instances.Instance(
            project=project,
            entity_id=entity_id,
            snapshot=step.snapshot,
            machine_hash=provisioner.machine.definition.hash,
            observed_status=observed.status if observed is not None else None,
            updated_at=now,
        )
        return decision, commit.Change(
            before_version=before.version if before is not None else None,
            last=held.last if held is not None else BEGINNING,
            instance=instance,
            facts={**decision.facts, "text": text},
            trace=step.trace,
            effects=step.effects,
            now=now,
            armed=step.armed,
            cancelled=step.cancelled,
        )

    def _event(self, c: Connection, row: inbox.InboxRow, entity: Entity) -> Event:
        """The event as it was correlated, its payload read again from the stored body; or one of the engine's own."""
        if row.delivery_row_id is None:
            return Event(
                name=row.event,
                entity=entity,
                payload=None if row.payload is None else decode(row.payload),
                delivery=delivery_facts(
                    PERSON if is_answer_name(row.event) else OWN_SOURCE, row.event, "", row.received_at
                ),
            )
        return event_of(row, entity, *delivered(c, row.delivery_row_id))

    def committed(self, row: inbox.InboxRow, decision: Decision, observed: Observation | None) -> None:
        """Tell of a decision that was committed: the log, and who fires its timers."""
        if decision.step.armed:
            self._armed()
        trace = decision.step.trace
        log.info(
            "decision",
            **_said(row),
            verdict=trace.verdict.value,
            observed=observed.status if observed is not None else None,
            before=trace.before,
            after=trace.after,
            because=trace.because,
            drift_from=trace.drift_from,
            trace=[
                f"{c.place + ' ' if c.place else ''}{c.on + ': ' if c.on else ''}{c.source} -> {c.target}: {'taken' if c.taken else 'not taken'}, {c.reason}"
                for c in trace.candidates
            ],
        )
        answering.tell(decision, _said(row))

    async def _write(self, work: Callable[[Connection], None]) -> None:
        await self._store.commit(work)


def event_of(row: inbox.InboxRow, entity: Entity, delivery: deliveries.DeliveryRow, payload: Any) -> Event:
    """The event of an inbox row as it was correlated, with its delivery's payload."""
    return Event(
        name=row.event,
        entity=entity,
        receive=row.receive,
        once=row.once,
        ordered=row.ordered,
        payload=payload,
        delivery=delivery_facts(delivery.source, delivery.type, delivery.delivery_id, delivery.received_at),
    )


def delivery_facts(source: str, kind: str, delivery_id: str, received_at: datetime) -> dict[str, str]:
    """What expressions see as ``delivery``, the same as while it is correlated."""
    return {"source": source, "type": kind, "id": delivery_id, "received_at": timestamp(received_at)}


def _row(c: Connection, row_id: int) -> inbox.InboxRow:
    row = inbox.get(c, row_id)
    if row is None:
        raise StoreError(f"event {row_id} of the inbox is gone: the store was changed by something else")
    return row


def _said(row: inbox.InboxRow) -> dict[str, str | int | None]:
    return {
        "entity": row.entity_id,
        "project": row.project,
        "event_name": row.event,
        "number": row.delivery_row_id,
    }
