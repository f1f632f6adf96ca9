"""Receive, verify, correlate and write down: everything that happens before a sender gets its answer."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

import structlog

from engine.errors import UnauthenticatedError, UnknownSourceError
from engine.model import Delivery, Entity
from engine.run.arrived import Arrived
from engine.run.at_once import AtOnce
from engine.run.known_hooks import HookChangedError, KnownHook, KnownHooks
from engine.run.load import Serving
from engine.run.recording import Received, Recording, Verified
from engine.sources.catalog import SOURCES
from engine.sources.correlate import Correlation, correlate
from engine.sources.signatures import Scheme
from engine.sources.source import Proof, Source
from engine.store.database import Store
from engine.store.tables import Receipt

log = structlog.get_logger()

#: A key, checked where there is no hook, so that an unknown hook takes as long as a wrong signature.
_NO_KEY = "A" * 44
#: Headers worth keeping with a delivery; signatures and anything that could be a credential stay out.
_KEPT_HEADERS = ("content-type", "user-agent")


class Intake:
    """Accepts deliveries for the hooks of one store."""

    def __init__(
        self,
        store: Store,
        serving: Callable[[], Serving],
        wake: Callable[[Entity, Arrived | None], None],
        clock: Callable[[], datetime],
        at_once: AtOnce,
    ) -> None:
        """Take the parts; `serving` is asked anew for each delivery, because definitions can be reloaded.

        `at_once` decides what can be decided while it is received; the rest is the lanes'.
        """
        self._hooks = KnownHooks(store)
        self._recording = Recording(store, at_once)
        self._at_once = at_once
        self._serving = serving
        self._wake = wake
        self._clock = clock

    async def accept(
        self, source_name: str, repo_id: str, headers: Mapping[str, str], body: bytes
    ) -> Received:
        """Verify one delivery, find what it is about and write it down durably.

        `headers` have lower-case names. Raises `UnknownSourceError`, `UnauthenticatedError` (unknown hook, missing or
        wrong signature alike), `MalformedBodyError`, or `StoreError` when it cannot be written: then nothing was.
        Cancelled while it waits its turn, it is not written; cancelled later, it may be, and then goes on as ever.
        """
        received_at = self._clock()
        source = SOURCES.get(source_name)
        if source is None:
            raise UnknownSourceError(
                f"no source is named {source_name!r}; the choices are {', '.join(SOURCES)}"
            )
        known = self._hooks.remembered(source_name, repo_id)
        known, scheme = await self._verified(known, source, repo_id, headers, body, received_at)
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
        received: Received | None = None
        while received is None:
            kept = {n: headers[n] for n in (*_KEPT_HEADERS, scheme.identity) if n and n in headers}
            verified = Verified(delivery=delivery, known=known, kept=kept, body=body, correlation=correlation)
            try:
                received = await self._recording.record(verified, partial(self._kept_late, said))
            except HookChangedError:
                known, scheme = await self._verified(None, source, repo_id, headers, body, received_at)
        self._go_on(received, said)
        return received

    def _kept_late(self, said: dict[str, Any], received: Received) -> None:
        """Its sender was told that it was not kept, and will send it again: that will be a repetition."""
        log.warning("delivery.kept_late", **said, number=received.delivery)
        self._go_on(received, said)

    def _go_on(self, received: Received, said: dict[str, Any]) -> None:
        self._tell(received, said)
        for arrived in received.arrived:
            if not arrived.finished:
                self._wake(arrived.event.entity, arrived)

    async def _verified(
        self,
        known: KnownHook | None,
        source: Source,
        repo_id: str,
        headers: Mapping[str, str],
        body: bytes,
        now: datetime,
    ) -> tuple[KnownHook, Scheme]:
        """The hook and the scheme that proves the delivery: by what is remembered, else by what the store says now.

        Whatever is wrong, a proof is tried twice and the store is asked once: the time it takes tells nothing.
        """
        proof = _proof(known, source, headers, body, now)
        if known is None or proof.scheme is None:
            known = await self._hooks.find(source.name, repo_id)
            proof = _proof(known, source, headers, body, now)
        if known is None or proof.scheme is None:
            # The operator is told which; the sender is not.
            because = "no such hook is registered" if known is None else proof.because
            log.warning(
                "delivery.refused", source=source.name, hook=repo_id, bytes=len(body), because=because
            )
            raise UnauthenticatedError("unknown hook, or missing or wrong signature")
        return known, proof.scheme

    def _tell(self, received: Received, said: dict[str, Any]) -> None:
        match received.verdict:
            case Receipt.ACCEPTED:
                log.info(
                    "entities.found",
                    **said,
                    number=received.delivery,
                    entities=[e.id for e in received.entities],
                )
            case Receipt.DUPLICATE:
                log.info("delivery.duplicate", **said, number=received.delivery, because=received.reason)
            case Receipt.IGNORED:
                log.info("delivery.ignored", **said, number=received.delivery, because=received.reason)
        for decided in received.decided:
            self._at_once.tell(decided)


def _proof(
    known: KnownHook | None, source: Source, headers: Mapping[str, str], body: bytes, now: datetime
) -> Proof:
    secrets = (source.schemes[0].secret_prefix + _NO_KEY,) if known is None else known.secrets.accepted(now)
    return source.verify(headers, body, secrets, now)
