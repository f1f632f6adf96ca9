"""Receive, verify, correlate and write down: everything that happens before a sender gets its answer."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import structlog

from engine.errors import UnauthenticatedError, UnknownSourceError
from engine.model import Delivery, Entity, Event
from engine.run.arrived import Arrived
from engine.run.deciding import delivery_facts
from engine.run.hook_secrets import read_secrets
from engine.run.load import Serving
from engine.run.reading import look
from engine.sources.catalog import SOURCES
from engine.sources.correlate import Correlation, correlate
from engine.sources.signatures import Scheme
from engine.sources.source import Source
from engine.store import deliveries, hooks, inbox
from engine.store.database import Connection, Store
from engine.store.tables import Receipt

log = structlog.get_logger()

#: A key, checked where there is no hook, so that an unknown hook takes as long as a wrong signature.
_NO_KEY = "A" * 44
#: Headers worth keeping with a delivery; signatures and anything that could be a credential stay out.
_KEPT_HEADERS = ("content-type", "user-agent")


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What became of a delivery: the answer can be given, it is durable."""

    #: The delivery's number in the store.
    delivery: int
    verdict: Receipt
    #: Why it was ignored, or which delivery it repeats.
    reason: str
    #: The events that will be decided, in their order.
    arrived: tuple[Arrived, ...]

    @property
    def entities(self) -> tuple[Entity, ...]:
        """The entities that will be decided about."""
        return tuple(dict.fromkeys(arrived.event.entity for arrived in self.arrived))


class Intake:
    """Accepts deliveries for the hooks of one store."""

    def __init__(
        self,
        store: Store,
        serving: Callable[[], Serving],
        wake: Callable[[Entity, Arrived | None], None],
        clock: Callable[[], datetime],
    ) -> None:
        """Take the parts; `serving` is asked anew for each delivery, because definitions can be reloaded."""
        self._store = store
        self._serving = serving
        self._wake = wake
        self._clock = clock

    async def accept(
        self, source_name: str, repo_id: str, headers: Mapping[str, str], body: bytes
    ) -> Received:
        """Verify one delivery, find what it is about and write it down durably.

        `headers` have lower-case names. Raises `UnknownSourceError`, `UnauthenticatedError` (unknown hook, missing or
        wrong signature alike), `MalformedBodyError`, or `StoreError` when it cannot be written: then nothing was.
        """
        received_at = self._clock()
        source = SOURCES.get(source_name)
        if source is None:
            raise UnknownSourceError(
                f"no source is named {source_name!r}; the choices are {', '.join(SOURCES)}"
            )
        hook, scheme = await self._verified(source, repo_id, headers, body, received_at)
        payload = source.payload_of(headers, body)
        delivery = Delivery(
            source=source_name,
            type=source.type_of(headers, payload),
            id=source.delivery_id_of(headers),
            received_at=received_at,
            payload=payload,
        )
        said = {"source": source_name, "hook": repo_id, "type": delivery.type, "delivery": delivery.id}
        log.info("delivery.verified", **said, bytes=len(body))
        correlation = correlate(self._serving().provisioners.values(), delivery)
        if delivery.type in source.greetings and not correlation.events:
            greeted = f'{source.title} says "{delivery.type}": the hook works'
            correlation = Correlation(events=(), ignored=(greeted,))
        kept = {name: headers[name] for name in (*_KEPT_HEADERS, scheme.identity) if name and name in headers}
        receipt = await self._write(hook.id, delivery, kept, body, correlation)
        self._tell(receipt, said)
        for arrived in receipt.arrived:
            self._wake(arrived.event.entity, arrived)
        return receipt

    async def _verified(
        self, source: Source, repo_id: str, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> tuple[hooks.Hook, Scheme]:
        found = await look(self._store, lambda c: hooks.sealed_secret(c, source.name, repo_id))
        secrets: tuple[str, ...] = (source.schemes[0].secret_prefix + _NO_KEY,)
        if found is not None:
            text = self._store.secrets.unseal(found[1], source=source.name, repo_id=repo_id)
            secrets = read_secrets(text).accepted(now)
        proof = source.verify(headers, body, secrets, now)
        if found is None or proof.scheme is None:
            # The operator is told which; the sender is not.
            because = "no such hook is registered" if found is None else proof.because
            log.warning(
                "delivery.refused", source=source.name, hook=repo_id, bytes=len(body), because=because
            )
            raise UnauthenticatedError("unknown hook, or missing or wrong signature")
        return found[0], proof.scheme

    async def _write(
        self,
        hook_id: int,
        delivery: Delivery,
        kept: Mapping[str, str],
        body: bytes,
        correlation: Correlation,
    ) -> Received:
        digest = SOURCES[delivery.source].identity_of(kept, body)
        facts = delivery_facts(delivery.source, delivery.type, delivery.id, delivery.received_at)

        def work(connection: Connection) -> Received:
            twin = deliveries.twin(connection, hook_id, digest)
            events = correlation.events
            verdict, reason = Receipt.ACCEPTED, "; ".join(correlation.ignored)
            if twin is not None and twin.verdict is Receipt.ACCEPTED:
                # A redelivery after a failure is wanted, for what failed and for nothing else.
                dead = inbox.dead_of(connection, twin.id)
                events = tuple(e for e in events if (e.event.entity, e.event.name) in dead)
                reason = f"again, because delivery {twin.id} left dead letters"
            if twin is not None and not events:
                verdict, reason = Receipt.DUPLICATE, f"same signed content as delivery {twin.id}"
            elif not events:
                verdict = Receipt.IGNORED
            number = deliveries.insert(
                connection,
                hook_id=hook_id,
                source=delivery.source,
                type=delivery.type,
                delivery_id=delivery.id,
                digest=digest,
                body=body,
                headers=kept,
                received_at=delivery.received_at,
                verdict=verdict,
                reason=reason,
                duplicate_of=twin.id if twin is not None and verdict is Receipt.DUPLICATE else None,
            )
            of = [(e.provisioner, e.event) for e in events]
            rows = inbox.insert(connection, number, of, delivery.received_at)
            if twin is not None:
                _settle(connection, twin.id, [e.event for e in events], number)
            arrived = tuple(
                Arrived(
                    row=row, event=replace(e.event, payload=delivery.payload, delivery=facts), size=len(body)
                )
                for row, e in zip(rows, events, strict=True)
            )
            return Received(delivery=number, verdict=verdict, reason=reason, arrived=arrived)

        lock = deliveries.lock_of(hook_id, digest)
        return await self._store.commit(work, locks=[lock])

    def _tell(self, receipt: Received, said: dict[str, Any]) -> None:
        match receipt.verdict:
            case Receipt.ACCEPTED:
                log.info(
                    "entities.found",
                    **said,
                    number=receipt.delivery,
                    entities=[e.id for e in receipt.entities],
                )
            case Receipt.DUPLICATE:
                log.info("delivery.duplicate", **said, number=receipt.delivery, because=receipt.reason)
            case Receipt.IGNORED:
                log.info("delivery.ignored", **said, number=receipt.delivery, because=receipt.reason)


def _settle(c: Connection, first: int, events: Iterable[Event], again: int) -> None:
    """The dead letters of the `first` delivery are taken care of by its repetition `again`."""
    for event in events:
        inbox.settle(c, first, event.entity, event.name, f"delivered again as delivery {again}")
