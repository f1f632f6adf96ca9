"""Checkpoints: where an entity's chain of history begins after retention has removed its older part."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, select, update

from engine.store.prepared import insert_row
from engine.store.tables import checkpoints


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """The last decision of an entity that was removed."""

    project: str
    entity_id: str
    version: int
    #: Its hash, hexadecimal: the next decision's `previous_hash`.
    hash: str
    #: The latest moment at which anything was decided that was removed: clocks can be set back.
    at: datetime


_THIS = (checkpoints.c.project == bindparam("of_project"), checkpoints.c.entity_id == bindparam("of_entity"))
_GET = select(checkpoints).where(*_THIS)
_MOVE = update(checkpoints).where(*_THIS)


def get(c: Connection, project: str, entity_id: str) -> Checkpoint | None:
    """The entity's checkpoint; None if its history is complete."""
    row = c.execute(_GET, {"of_project": project, "of_entity": entity_id}).one_or_none()
    return None if row is None else Checkpoint(**{**row._asdict(), "hash": row.hash.hex()})


def put(c: Connection, checkpoint: Checkpoint) -> None:
    """Set the entity's checkpoint; its moment never goes back."""
    before = get(c, checkpoint.project, checkpoint.entity_id)
    at = checkpoint.at if before is None else max(before.at, checkpoint.at)
    values = {"version": checkpoint.version, "hash": bytes.fromhex(checkpoint.hash), "at": at}
    this = {"of_project": checkpoint.project, "of_entity": checkpoint.entity_id}
    if c.execute(_MOVE, {**this, **values}).rowcount == 0:
        named = {"project": checkpoint.project, "entity_id": checkpoint.entity_id}
        insert_row(c, checkpoints, {**named, **values})
