"""What goes over the wire for an entity, in the log: each exchange as it ends, not when the attempt is over."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import structlog

from engine.config.redaction import Fragments
from engine.model import Entity, Exchange
from engine.processors.processor import on_exchange

log = structlog.get_logger()


@contextmanager
def telling(
    entity: Entity, echoes: Fragments | None = None
) -> Iterator[Callable[[Iterable[Exchange]], None]]:
    """Log every exchange made within, as it ends, without what an effect's sensitive arguments left in its URL.

    What is yielded takes the exchanges that a processor reports at the end, and logs those that it had not told before.
    """
    told: list[Exchange] = []

    def tell(exchange: Exchange) -> None:
        told.append(exchange)
        log.info(
            "backend.exchange",
            entity=entity.id,
            method=exchange.method,
            url=exchange.url if echoes is None else echoes.hide(exchange.url),
            status=exchange.status,
            seconds=exchange.seconds,
        )

    def rest(exchanges: Iterable[Exchange]) -> None:
        for exchange in exchanges:
            if not any(exchange is known for known in told):
                tell(exchange)

    token = on_exchange.set(tell)
    try:
        yield rest
    finally:
        on_exchange.reset(token)
