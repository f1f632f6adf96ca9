"""Instances: where each entity's machine is. A write names the version it decided from: the fence."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, or_, select, update
from sqlalchemy.exc import IntegrityError

from engine.errors import FencedError
from engine.model import Snapshot
from engine.store.history import BEGINNING, Link
from engine.store.prepared import Prepared, insert_row
from engine.store.tables import instances


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One machine running for one entity."""

    project: str
    entity_id: str
    snapshot: Snapshot
    #: The definition that decided last.
    machine_hash: str
    #: The backend's status as last observed; None where nothing observes.
    observed_status: str | None
    updated_at: datetime
    #: Where its entity's chain of history ended when it was read; no part of what two instances have in common.
    last: Link = field(default=BEGINNING, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The instances of a project that are in one state."""

    project: str
    state: str
    #: How many they are.
    count: int
    #: The first of them, by name.
    example: str


_APART = {"id", "folded_id", "awaits_since"}
_COLUMNS = tuple(column for column in instances.c if column.name not in _APART)
_ROWS = select(*_COLUMNS)
_THIS = (instances.c.project == bindparam("of_project"), instances.c.entity_id == bindparam("of_entity"))
_LOAD = Prepared(_ROWS.where(*_THIS))
_EXISTS = select(instances.c.id).where(*_THIS)
_FIND = _ROWS.where(instances.c.folded_id == bindparam("of_folded")).order_by(instances.c.project)
_PROJECTS = select(instances.c.project).distinct()
_AWAITING = (
    _ROWS.where(instances.c.awaits_since.is_not(None))
    .order_by(instances.c.awaits_since)
    .limit(bindparam("at_most"))
)
#: Those of a project that another machine decided about last, by name.
_OUTDATED = (
    _ROWS.where(
        instances.c.project == bindparam("of_project"),
        instances.c.machine_hash != bindparam("of_machine"),
        instances.c.entity_id > bindparam("after_entity"),
    )
    .order_by(instances.c.entity_id)
    .limit(bindparam("at_most"))
)
_STATES = (
    select(
        instances.c.project,
        instances.c.state,
        func.count().label("count"),
        func.min(instances.c.entity_id).label("example"),
    )
    .where(instances.c.id > bindparam("after_id"), instances.c.id <= bindparam("last_id"))
    .group_by(instances.c.project, instances.c.state)
    .order_by(instances.c.project, instances.c.state)
)
_LAST = select(func.max(instances.c.id))
_LINK = Prepared(
    select(instances.c.last_history_id, instances.c.last_hash, instances.c.version).where(*_THIS)
)
_OBSERVED = Prepared(update(instances).where(*_THIS), sets=("observed_status", "updated_at"))
_UPDATE = Prepared(
    update(instances).where(*_THIS, instances.c.version == bindparam("of_version")),
    sets=(
        "state",
        "context",
        "memory",
        "awaits_since",
        "version",
        "machine_hash",
        "observed_status",
        "updated_at",
        "last_history_id",
        "last_hash",
    ),
)


def load(c: Connection, project: str, entity_id: str) -> Instance | None:
    """The entity's instance; None before its first event."""
    row = _LOAD.first(c, {"of_project": project, "of_entity": entity_id})
    return None if row is None else _instance(**row)


def exists(c: Connection, project: str, entity_id: str) -> bool:
    """Whether there is an instance, even one that cannot be read."""
    return c.execute(_EXISTS, {"of_project": project, "of_entity": entity_id}).first() is not None


def from_row(values: Mapping[str, Any]) -> Instance:
    """An instance from the values of its row; `TypeError`, `ValueError` or the like if they make none."""
    instance = _instance(**{column.name: values[column.name] for column in _COLUMNS})
    for due in instance.snapshot.timers.values():
        datetime.fromisoformat(due)
    awaits_since(instance.snapshot)
    dict(instance.snapshot.context)
    return instance


def find(c: Connection, entity_id: str) -> list[Instance]:
    """The instances of that entity, upper and lower case alike; one for each project that has it."""
    found = c.execute(_FIND, {"of_folded": entity_id.casefold()})
    return [_instance(**row._asdict()) for row in found]


def projects(c: Connection) -> set[str]:
    """Every project of which there is an instance."""
    return set(c.execute(_PROJECTS).scalars())


def awaiting(c: Connection, limit: int, project: str | None = None) -> list[Instance]:
    """The instances that await a person, those first that have done so for longest."""
    # The empty text keeps SQLite from the index of all of the project's instances, which it would then have to sort.
    query = _AWAITING if project is None else _AWAITING.where(instances.c.project.concat("") == project)
    return [_instance(**row._asdict()) for row in c.execute(query, {"at_most": limit})]


def last_row(c: Connection) -> int:
    """The number of the newest instance's row; 0 if there is none."""
    return c.execute(_LAST).scalar_one() or 0


def states(c: Connection, after_id: int, last_id: int) -> list[Held]:
    """Every state that the instances of these rows are in. It looks at each: not for the event loop."""
    of = {"after_id": after_id, "last_id": last_id}
    return [Held(**row._asdict()) for row in c.execute(_STATES, of)]


def outdated(
    c: Connection, project: str, machine_hash: str, states: Iterable[str], *, after: str, limit: int
) -> list[Instance]:
    """The instances of a project that are in one of these states, and that another machine decided about last.

    By name, from the one that follows `after` on. Some may be in states whose names only contain one of these.
    """
    query = _OUTDATED.where(or_(*(instances.c.state.contains(state, autoescape=True) for state in states)))
    of = {"of_project": project, "of_machine": machine_hash, "after_entity": after, "at_most": limit}
    return [_instance(**row._asdict()) for row in c.execute(query, of)]


def awaits_since(snapshot: Snapshot) -> datetime | None:
    """Since when it has awaited somebody; None if it awaits nobody."""
    if not snapshot.awaits:
        return None
    return min(datetime.fromisoformat(asked["since"]) for asked in snapshot.awaits.values())


def save(c: Connection, instance: Instance, *, expected_version: int | None, last: Link) -> None:
    """Write the instance if it is still at `expected_version` (None: does not exist yet), else `FencedError`.

    `last` is the decision that brought it there.
    """
    snapshot = instance.snapshot
    values = {
        "last_history_id": last.id,
        "last_hash": last.hash,
        "state": snapshot.state,
        "context": snapshot.context,
        "memory": snapshot.memory(),
        "awaits_since": awaits_since(snapshot),
        "version": snapshot.version,
        "machine_hash": instance.machine_hash,
        "observed_status": instance.observed_status,
        "updated_at": instance.updated_at,
    }
    if expected_version is None:
        identity = {
            "project": instance.project,
            "entity_id": instance.entity_id,
            "folded_id": instance.entity_id.casefold(),
        }
        try:
            insert_row(c, instances, {**identity, **values})
        except IntegrityError as error:
            raise _fenced(instance, expected_version) from error
        return
    if snapshot.version <= expected_version:
        raise ValueError(
            f"version {snapshot.version} does not follow {expected_version}: a decision counts up"
        )
    this = {"of_project": instance.project, "of_entity": instance.entity_id, "of_version": expected_version}
    if _UPDATE.change(c, {**this, **values}) != 1:
        raise _fenced(instance, expected_version)


def observed(c: Connection, project: str, entity_id: str, status: str, now: datetime) -> None:
    """Note the status that the backend shows after a call; it decides nothing, so the version stays."""
    this = {"of_project": project, "of_entity": entity_id}
    _OBSERVED.change(c, {**this, "observed_status": status, "updated_at": now})


def _fenced(instance: Instance, expected_version: int | None) -> FencedError:
    place = "before its first decision" if expected_version is None else f"at version {expected_version}"
    return FencedError(
        f"{instance.entity_id} of project {instance.project} is not {place} any more: nothing was written"
    )


def _instance(
    *,
    state: str,
    context: dict[str, Any],
    version: int,
    memory: dict[str, Any],
    machine_hash: str,
    last_history_id: int | None,
    last_hash: bytes | None,
    **rest: Any,
) -> Instance:
    snapshot = Snapshot(state=state, context=context, version=version, machine=machine_hash, **memory)
    if not isinstance(last_hash, bytes | memoryview | None):
        raise TypeError("its last_hash is text, not a hash")
    last = Link(id=last_history_id, hash=bytes(last_hash or b""))
    return Instance(snapshot=snapshot, machine_hash=machine_hash, last=last, **rest)
