"""Asks people where a definition has come to ask them: of the entities that were in the state before it did."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial

import structlog

from engine.machine.compile import CompiledMachine, CompiledProvisioner
from engine.model import ASKS, Entity, Event, Snapshot
from engine.store import inbox, instances
from engine.store.database import Connection, Store

log = structlog.get_logger()

#: The most instances that one transaction looks at: others want to write too.
BATCH = 500


async def ask_where_it_is_new(
    store: Store,
    provisioners: Mapping[str, CompiledProvisioner],
    wake: Callable[[Entity], None],
    clock: Callable[[], datetime],
) -> None:
    """Let every entity open what its state asks by these machines and did not when it was entered.

    It is an event in the entity's lane (`ASKS`), so that it has its turn, and a place in the history.
    """
    for project, provisioner in provisioners.items():
        machine = provisioner.machine
        asking = [state.name for state in machine.definition.states.values() if state.awaits is not None]
        after: str | None = ""
        while asking and after is not None:
            work = partial(_ask, project=project, machine=machine, asking=asking, after=after, now=clock())
            # The lock: daemons that start together ask once.
            asked, after = await store.commit(work, locks=[f"asking/{project}"])
            if asked:
                log.info("approvals.asked", project=project, count=len(asked))
            for entity in asked:
                wake(entity)


def _ask(
    c: Connection, *, project: str, machine: CompiledMachine, asking: list[str], after: str, now: datetime
) -> tuple[list[Entity], str | None]:
    """Ask some of them: whom, and after whom to go on; None when there are no more."""
    mark = machine.definition.hash
    found = instances.outdated(c, project, mark, asking, after=after, limit=BATCH)
    asked = []
    for instance in found:
        entity = Entity(project=project, id=instance.entity_id)
        if _is_new(machine, instance.snapshot, asking) and not inbox.is_coming(c, entity, ASKS):
            inbox.insert_own(c, project, Event(name=ASKS, entity=entity, payload={}), now)
            asked.append(entity)
    return asked, found[-1].entity_id if len(found) == BATCH else None


def _is_new(machine: CompiledMachine, snapshot: Snapshot, asking: list[str]) -> bool:
    at = machine.configuration(snapshot.state)
    return at is not None and any(s in at.active and s not in snapshot.awaits for s in asking)
