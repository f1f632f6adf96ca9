"""Decide ahead, many entities in one transaction, what needs no observation; the lanes do the rest one by one.

Only where processes share a store, because there each statement is a wait for the network. What is decided is what
`Decider` would decide; wherever something is unusual (an event that was put back, a fence, an error), it is left to it.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

import structlog

from engine.decide.decide import Decision, decide, must_wait
from engine.errors import StoreError
from engine.machine.compile import CompiledProvisioner
from engine.model import Entity, Snapshot
from engine.run.deciding import Decider, event_of
from engine.run.drain import Went
from engine.run.hub import Hub
from engine.run.load import Serving
from engine.sources.catalog import SOURCES
from engine.store import many, once, sound
from engine.store.database import Connection, Store
from engine.store.deliveries import DeliveryRow
from engine.store.inbox import InboxRow
from engine.store.tables import InboxStatus

log = structlog.get_logger()

#: How many events of one entity are decided at once.
EACH = 50


class Ahead:
    """Decides for the drains of one process."""

    def __init__(
        self,
        store: Store,
        decider: Decider,
        hub: Callable[[], Hub],
        serving: Callable[[], Serving],
        clock: Callable[[], datetime],
    ) -> None:
        """Take the parts, the same as the decider's."""
        self._store = store
        self._decider = decider
        self._hub = hub
        self._serving = serving
        self._clock = clock
        self._just_decided: set[int] = set()

    def take_fresh(self, row: InboxRow) -> bool:
        """Whether this process has decided the event just now; asked once, before its first effect is performed."""
        fresh = row.id in self._just_decided
        self._just_decided.discard(row.id)
        return fresh

    async def decide(self, entities: Sequence[Entity]) -> Went:
        """Decide what can be decided of these entities, none of which is being worked."""
        simple = [e for e in entities if not self._hub().for_project(e.project).observes]
        if not simple:
            return Went(0, list(entities))
        try:
            made, finished = await self._store.commit(lambda c: self._commit(c, simple))
        except StoreError as error:
            log.info("ahead.left", because=str(error), entities=len(simple))
            return Went(0, list(entities))
        except Exception:
            log.exception("ahead.failed", entities=len(simple))
            return Went(0, list(entities))
        for one, decision in made:
            if one.effects:
                self._just_decided.add(one.row.id)
            self._decider.committed(one.row, decision, None)
        return Went(len(made), [e for e in entities if e not in finished])

    def _commit(
        self, c: Connection, entities: Sequence[Entity]
    ) -> tuple[list[tuple[many.One, Decision]], set[Entity]]:
        """Runs in the store's writer: all that the decisions read and write is one transaction."""
        now = self._clock()
        found = many.find(c, entities, EACH)
        keys = {row.id: key for rows in found.rows.values() for row in rows if (key := _key(row)) is not None}
        held = many.holders(c, list(keys.values()))
        made: list[tuple[many.One, Decision]] = []
        finished: set[Entity] = set()
        for entity in entities:
            rows = found.rows.get(entity, [])
            decided = self._of_entity(entity, rows, found, keys, held, now)
            made += decided
            if len(decided) == len(rows) and not (decided and decided[-1][0].effects):
                finished.add(entity)  # for now: one with more events than that is found by the next look
        if made:
            many.commit(c, found, [one for one, _ in made], now)
        return made, finished

    def _of_entity(
        self,
        entity: Entity,
        rows: Sequence[InboxRow],
        found: many.Found,
        keys: dict[int, bytes],
        held: dict[bytes, int],
        now: datetime,
    ) -> list[tuple[many.One, Decision]]:
        """Its events in their order, until one has effects or is not simple."""
        made: list[tuple[many.One, Decision]] = []
        snapshot = found.snapshots.get(entity)
        if snapshot is not None and not sound.leads_back(found.last[entity]):
            return made  # the lane knows what to make of it
        for row in rows:
            provisioner = self._serving().provisioners.get(row.provisioner)
            simple = row.status is InboxStatus.PENDING and row.retried_at is None and row.attempts == 0
            if provisioner is None or not simple or not row.is_due(now) or row.delivery_row_id is None:
                break
            key = keys.get(row.id)
            repeated = key is not None and held.setdefault(key, row.id) != row.id
            delivered = found.deliveries[row.delivery_row_id]
            one, decision = self._one(
                entity, row, provisioner, snapshot, delivered, now, repeated=repeated, key=key
            )
            if must_wait(decision):
                if key is not None and held[key] == row.id:
                    del held[key]
                break
            made.append((one, decision))
            snapshot = one.snapshot
            if one.effects:
                break
        return made

    def _one(
        self,
        entity: Entity,
        row: InboxRow,
        provisioner: CompiledProvisioner,
        snapshot: Snapshot | None,
        delivered: tuple[DeliveryRow, bytes],
        now: datetime,
        *,
        repeated: bool,
        key: bytes | None,
    ) -> tuple[many.One, Decision]:
        delivery, body = delivered
        payload = SOURCES[delivery.source].payload_of(delivery.headers, body)
        event = event_of(row, entity, delivery, payload)
        decision = decide(provisioner, snapshot, event, now, observed=None, repeated=repeated)
        one = many.One(
            row=row,
            entity=entity,
            before_version=snapshot.version if snapshot is not None else None,
            snapshot=decision.step.snapshot,
            machine_hash=provisioner.machine.definition.hash,
            facts={**decision.facts, "text": self._serving().texts[row.provisioner]},
            trace=decision.step.trace,
            effects=decision.step.effects,
            armed=decision.step.armed,
            cancelled=decision.step.cancelled,
            delivery=delivery,
            claim=None if repeated else key,
        )
        return one, decision


def _key(row: InboxRow) -> bytes | None:
    if row.once is None or row.receive is None:
        return None
    return once.key_of(project=row.project, receive=row.receive, once=row.once, entity_id=row.entity_id)
