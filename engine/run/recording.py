"""Write a verified delivery down: its body, its events, and what can be decided about them at once, in one commit."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from engine.frozen import frozen
from engine.model import Delivery, Entity, Event
from engine.run.arrived import Arrived
from engine.run.at_once import AtOnce, UndecidedError
from engine.run.deciding import Decided
from engine.run.known_hooks import HookChangedError, KnownHook
from engine.sources.catalog import SOURCES
from engine.sources.correlate import Correlation
from engine.store import deliveries, inbox
from engine.store.database import Connection, Store
from engine.store.deliveries import DeliveryRow
from engine.store.inbox import NewEvent
from engine.store.tables import Receipt

#: About what the effects of an event take in memory that was decided as it came, in bytes.
_DECIDED = 1_000


@frozen
class Received:
    """What became of a delivery: the answer can be given, it is durable."""

    #: The delivery's number in the store.
    delivery: int
    verdict: Receipt
    #: Why it was ignored, or which delivery it repeats.
    reason: str
    #: The events of the delivery that are not repetitions, in their order.
    arrived: tuple[Arrived, ...]
    #: What was decided in the same commit.
    decided: tuple[Decided, ...] = ()

    @property
    def entities(self) -> tuple[Entity, ...]:
        """The entities that it is about."""
        return tuple(dict.fromkeys(arrived.event.entity for arrived in self.arrived))


@frozen
class Verified:
    """A delivery whose proof holds, and what it was found to mean."""

    delivery: Delivery
    #: By which hook it came.
    known: KnownHook
    #: The headers to keep, names in lower case.
    kept: Mapping[str, str]
    body: bytes
    correlation: Correlation


class Recording:
    """Writes deliveries into one store."""

    def __init__(self, store: Store, at_once: AtOnce) -> None:
        """Take where to write, and what decides at once."""
        self._store = store
        self._at_once = at_once

    async def record(self, verified: Verified, late: Callable[[Received], None]) -> Received:
        """Write it down. Raises `HookChangedError` or `StoreError`: then nothing was written.

        If the caller stops to wait while it is being written, `late` is told what became of it.
        """
        digest = SOURCES[verified.delivery.source].identity_of(verified.kept, verified.body)
        locks = [deliveries.lock_of(verified.known.hook.id, digest)]
        entities = {e.event.entity for e in verified.correlation.events}
        if self._at_once.wants(entities):
            try:
                return await self._store.commit(
                    lambda c: _recorded(c, verified, digest, self._at_once), locks=locks, late=late
                )
            except UndecidedError:
                pass  # its lane meets the same, and knows what to do about it
        return await self._store.commit(
            lambda c: _recorded(c, verified, digest, None), locks=locks, late=late
        )


def _recorded(c: Connection, verified: Verified, digest: bytes, at_once: AtOnce | None) -> Received:
    """Runs in the store's writer; decides too, where `at_once` is there to do it. Raises `UndecidedError`."""
    if not verified.known.standing.holds(c):
        raise HookChangedError
    delivery, correlation, hook_id = verified.delivery, verified.correlation, verified.known.hook.id
    twin = deliveries.twin(c, hook_id, digest)
    events = correlation.events
    verdict, reason = Receipt.ACCEPTED, "; ".join(correlation.ignored)
    if twin is not None and twin.verdict is Receipt.ACCEPTED:
        # A redelivery after a failure is wanted, for what failed and for nothing else.
        dead = inbox.dead_of(c, twin.id)
        events = tuple(e for e in events if (e.event.entity, e.event.name) in dead)
        reason = f"again, because delivery {twin.id} left dead letters"
    if twin is not None and not events:
        verdict, reason = Receipt.DUPLICATE, f"same signed content as delivery {twin.id}"
    elif not events:
        verdict = Receipt.IGNORED
    number = deliveries.insert(
        c,
        hook_id=hook_id,
        source=delivery.source,
        type=delivery.type,
        delivery_id=delivery.id,
        digest=digest,
        body=verified.body,
        headers=verified.kept,
        received_at=delivery.received_at,
        verdict=verdict,
        reason=reason,
        duplicate_of=twin.id if twin is not None and verdict is Receipt.DUPLICATE else None,
    )
    if twin is not None:
        _settle(c, twin, [e.event for e in events], number)
    arrived, decided = [], []
    for each in events:
        event = each.event
        new = NewEvent(
            delivery_row_id=number,
            digest=digest,
            received_at=delivery.received_at,
            provisioner=each.provisioner,
            event=event,
        )
        made = at_once.decide(c, new) if at_once is not None else None
        size = len(verified.body)
        if made is None:
            (row,) = inbox.insert(c, number, [(each.provisioner, event)], delivery.received_at)
            arrived.append(Arrived(row=row, event=event, size=size))
        else:
            decided.append(made)
            effects = tuple(made.effects)
            known = replace(
                event, payload=None
            )  # it was decided: what came with it need not wait for its calls
            arrived.append(
                Arrived(row=made.row, event=known, size=_DECIDED, effects=effects, finished=not made.more)
            )
    return Received(
        delivery=number, verdict=verdict, reason=reason, arrived=tuple(arrived), decided=tuple(decided)
    )


def _settle(c: Connection, first: DeliveryRow, events: Iterable[Event], again: int) -> None:
    """The dead letters of the `first` delivery are taken care of by its repetition `again`."""
    for event in events:
        inbox.settle(c, first.id, event.entity, event.name, f"delivered again as delivery {again}")
