"""The instance that a decision may be built on: it can be read, and it says where its history ends."""

from sqlalchemy import Connection

from engine.errors import DamagedRowError
from engine.store import checkpoints, instances
from engine.store.history import Link
from engine.store.instances import Instance
from engine.store.legible import UNREADABLE, unreadable


def load(c: Connection, project: str, entity_id: str) -> Instance | None:
    """The entity's instance, None before its first event; `DamagedRowError` if nothing true can be decided from it."""
    name = f"the instance of {entity_id} of project {project}"
    try:
        held = instances.load(c, project, entity_id)
    except UNREADABLE as error:
        raise DamagedRowError(unreadable(name, error)) from error
    if held is None or leads_back(held.last):
        return held
    # Retention had removed its history when decisions had no numbers yet: then the checkpoint has the hash.
    mark = checkpoints.get(c, project, entity_id)
    if mark is None or not mark.hash or held.last.hash.hex() != mark.hash:
        raise DamagedRowError(
            f"{name} does not name its last decision any more, it was damaged: what is decided from it would begin another history"
        )
    return held


def leads_back(last: Link) -> bool:
    """Whether the end of a chain can be found and continued."""
    return last.id is not None and bool(last.hash)
