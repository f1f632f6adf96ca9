"""Semantic dedupe: the first event with one value of ``once_per`` claims it; a later one is `repeated`."""

import hashlib

from sqlalchemy import Connection, bindparam, delete, select

from engine.model import listens_to
from engine.store.encoding import encode
from engine.store.prepared import Prepared, insert_row
from engine.store.tables import once as claims

_HOLDER = Prepared(select(claims.c.inbox_id).where(claims.c.key == bindparam("of_key")))
_RELEASE = Prepared(delete(claims).where(claims.c.inbox_id == bindparam("of_inbox")))


def key_of(*, project: str, receive: str, once: str, entity_id: str) -> bytes:
    """What a value is claimed by: a digest, because the value is as long as its sender likes and indexes are not.

    All blocks that listen to one thing share it: they are about the same facts.
    """
    return hashlib.sha256(encode([project, listens_to(receive), once, entity_id]).encode()).digest()


def holder_of(c: Connection, key: bytes) -> int | None:
    """The event of the inbox that holds a value; None if it is free."""
    holder: int | None = _HOLDER.scalar(c, {"of_key": key})
    return holder


def take(c: Connection, key: bytes, inbox_id: int) -> None:
    """Let an event hold a value that is free."""
    insert_row(c, claims, {"key": key, "inbox_id": inbox_id})


def claim(
    c: Connection, *, project: str, receive: str, once: str, entity_id: str, inbox_id: int
) -> int | None:
    """None if this event of the inbox holds the value now, else the event that holds it."""
    key = key_of(project=project, receive=receive, once=once, entity_id=entity_id)
    holder = holder_of(c, key)
    if holder is None:
        take(c, key, inbox_id)
        return None
    return None if holder == inbox_id else holder


def release(c: Connection, inbox_id: int) -> None:
    """Let the value go, so that an intended redelivery after a dead letter runs."""
    _RELEASE.change(c, {"of_inbox": inbox_id})
