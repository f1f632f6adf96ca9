"""Deliveries: every webhook that was received and verified, and what became of it. Only appended, never changed."""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, select

from engine.errors import StoreError
from engine.store.prepared import Prepared, insert_row
from engine.store.tables import Receipt, bodies, deliveries

#: The fastest level makes a JSON body about five times smaller; better ones cost more time than disk.
_LEVEL = 1


def _fastest() -> Callable[[bytes, int], bytes]:
    """What compresses to zlib's format: ISA-L in a third of zlib's time, where there is a build of it for the processor."""
    try:
        from isal.isal_zlib import compress
    except ImportError:
        return zlib.compress
    return compress


_compress = _fastest()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    """One received webhook, without its body."""

    #: The row's number; later deliveries have greater ones.
    id: int
    #: The hook it came in by.
    hook_id: int
    #: Who sent it: ``github``.
    source: str
    #: The source's name for what happened: ``release``.
    type: str
    #: The source's own identifier, empty if it has none.
    delivery_id: str
    #: SHA-256 of the signed content.
    digest: bytes
    received_at: datetime
    verdict: Receipt
    #: Why, in a sentence for the operator.
    reason: str
    #: The row of the first delivery with the same signed content; None unless this is a duplicate.
    duplicate_of: int | None
    #: The headers that were kept, names in lower case.
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PackedBody:
    """A body as the store keeps it."""

    data: bytes


_ROWS = select(*(deliveries.c[name] for name in DeliveryRow.__dataclass_fields__))
_GET = Prepared(_ROWS.where(deliveries.c.id == bindparam("of_id")))
_TWIN = Prepared(
    _ROWS.where(
        deliveries.c.hook_id == bindparam("of_hook"),
        deliveries.c.digest == bindparam("of_digest"),
        deliveries.c.duplicate_of.is_(None),
    )
    .order_by(deliveries.c.id.desc())
    .limit(1)
    # So that retention does not remove it meanwhile.
    .with_for_update(read=True, key_share=True)
)
_BODY = Prepared(
    select(bodies.c.data)
    .select_from(deliveries)
    .join(bodies, bodies.c.delivery_row_id == func.coalesce(deliveries.c.duplicate_of, deliveries.c.id))
    .where(deliveries.c.id == bindparam("of_id"))
)


def pack(body: bytes) -> PackedBody:
    """Compress a body. Done before a work is submitted, it takes a third off the writer's time."""
    return PackedBody(_compress(body, _LEVEL))


def unpack(data: bytes) -> bytes:
    """The body that the store keeps so; `zlib.error` if it is damaged."""
    return zlib.decompress(data)


def insert(
    c: Connection,
    *,
    hook_id: int,
    source: str,
    type: str,  # noqa: A002 -- the glossary's word
    delivery_id: str,
    digest: bytes,
    body: bytes | PackedBody,
    headers: Mapping[str, str],
    received_at: datetime,
    verdict: Receipt,
    reason: str,
    duplicate_of: int | None = None,
) -> int:
    """Record a delivery with its body and return its row; a duplicate shares the body of `duplicate_of`."""
    if (verdict == Receipt.DUPLICATE) != (duplicate_of is not None):
        raise ValueError("a duplicate, and only a duplicate, names the delivery that it repeats")
    row_id = insert_row(
        c,
        deliveries,
        {
            "hook_id": hook_id,
            "source": source,
            "type": type,
            "delivery_id": delivery_id,
            "digest": digest,
            "received_at": received_at,
            "verdict": verdict,
            "reason": reason,
            "duplicate_of": duplicate_of,
            "headers": headers,
        },
    )
    if duplicate_of is None:
        packed = body if isinstance(body, PackedBody) else pack(body)
        insert_row(c, bodies, {"delivery_row_id": row_id, "data": packed.data})
    return row_id


def lock_of(hook_id: int, digest: bytes) -> str:
    """What a work that asks for a twin and inserts must lock, so that two equal deliveries cannot both be the first."""
    return f"delivery/{hook_id}/{digest.hex()}"


def twin(c: Connection, hook_id: int, digest: bytes) -> DeliveryRow | None:
    """The latest delivery with the same signed content that was not itself a duplicate.

    Race-free if asked and inserted inside one submitted work with the lock `lock_of`; nobody removes it before that ends.
    """
    row = _TWIN.first(c, {"of_hook": hook_id, "of_digest": digest})
    return None if row is None else DeliveryRow(**row)


def get(c: Connection, delivery_row_id: int) -> DeliveryRow | None:
    """The delivery of that row."""
    row = _GET.first(c, {"of_id": delivery_row_id})
    return None if row is None else DeliveryRow(**row)


def body(c: Connection, delivery_row_id: int) -> bytes:
    """The raw body as it was received."""
    data = _BODY.scalar(c, {"of_id": delivery_row_id})
    if data is None:
        raise StoreError(f"the store has no body for delivery {delivery_row_id}")
    try:
        return unpack(data)
    except zlib.error as error:
        raise StoreError(f"the body of delivery {delivery_row_id} is damaged: {error}") from error


def latest(
    c: Connection,
    limit: int,
    *,
    source: str | None = None,
    verdict: Receipt | None = None,
    before_id: int | None = None,
) -> list[DeliveryRow]:
    """The newest deliveries first; `before_id` turns the page."""
    query = _ROWS.order_by(deliveries.c.id.desc()).limit(limit)
    if source is not None:
        query = query.where(deliveries.c.source == source)
    if verdict is not None:
        query = query.where(deliveries.c.verdict == verdict)
    if before_id is not None:
        query = query.where(deliveries.c.id < before_id)
    return [DeliveryRow(**row._asdict()) for row in c.execute(query)]
