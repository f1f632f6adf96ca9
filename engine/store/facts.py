"""What is in the store, in numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Select, func, select

from engine.store import schema
from engine.store.tables import (
    DEAD,
    attempts,
    checkpoints,
    definitions,
    deliveries,
    history,
    hooks,
    inbox,
    instances,
    outbox,
    timers,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreFacts:
    """One look at the store."""

    path: Path
    #: The schema's revision.
    schema: str
    #: The file, the log beside it, and what of the file is free for new rows.
    bytes: int
    log_bytes: int
    free_bytes: int
    oldest_delivery: datetime | None
    newest_delivery: datetime | None
    #: How many rows, by what they are.
    counts: Mapping[str, int]


_COUNTED = {
    "hooks": hooks,
    "deliveries": deliveries,
    "events": inbox,
    "instances": instances,
    "decisions": history,
    "checkpoints": checkpoints,
    "effects": outbox,
    "attempts": attempts,
    "timers": timers,
    "definitions": definitions,
}


def facts_of(c: Connection, path: Path) -> StoreFacts:
    """The numbers of one snapshot."""
    counts = {name: _count(c, select(func.count()).select_from(table)) for name, table in _COUNTED.items()}
    unfinished = select(func.count()).select_from(inbox).where(inbox.c.finished_at.is_(None))
    counts["unfinished events"] = _count(c, unfinished)
    counts["dead events"] = _count(c, select(func.count()).select_from(inbox).where(inbox.c.status == DEAD))
    counts["dead effects"] = _count(
        c, select(func.count()).select_from(outbox).where(outbox.c.status == DEAD)
    )
    free = _pragma(c, "freelist_count") * _pragma(c, "page_size")
    received = select(deliveries.c.received_at).limit(1)
    log = path.with_name(f"{path.name}-wal")
    return StoreFacts(
        path=path,
        schema=schema.REVISION,
        bytes=path.stat().st_size,
        log_bytes=log.stat().st_size if log.exists() else 0,
        free_bytes=free,
        oldest_delivery=c.execute(received.order_by(deliveries.c.id)).scalar_one_or_none(),
        newest_delivery=c.execute(received.order_by(deliveries.c.id.desc())).scalar_one_or_none(),
        counts=counts,
    )


def _count(c: Connection, query: Select[int]) -> int:
    return c.execute(query).scalar_one()


def _pragma(c: Connection, name: str) -> int:
    return int(c.exec_driver_sql(f"PRAGMA {name}").scalar_one())
