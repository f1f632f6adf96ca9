"""Parking: an event whose entity is in a state that the machine does not have waits, undecided, for one that has it.

A definition was rolled out that renames a state, or drops it. What then happens to an entity that is there (a delivery,
a timer, an answer) must be neither used up nor guessed: it keeps its place in its lane, and what comes after it, too.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog

from engine.errors import StoreError
from engine.machine.compile import CompiledProvisioner
from engine.model import Verdict
from engine.run.hub import Hub
from engine.run.lanes import Waiting
from engine.store import inbox, instances
from engine.store.database import Store
from engine.store.inbox import InboxRow

log = structlog.get_logger()

#: How long a parked lane is left alone, if nothing is loaded anew: another daemon may have other definitions.
PAUSE = timedelta(minutes=5)
#: The most states that one warning names.
_MOST_NAMED = 10


class ParkedError(Exception):
    """The event is not to be decided now, for that reason; what its transaction wrote is undone."""


async def park(store: Store, row: InboxRow, because: str, now: datetime) -> Waiting:
    """Let the event wait at the head of its lane, and say why, in its row and once in the log.

    Its moment stays as it is: whoever starts with other definitions looks at it at once.
    """
    reason = f"{Verdict.STATE_NOT_FOUND.value}: {because}; it waits until a definition has that state"
    if row.because != reason:
        await store.commit(lambda c: inbox.postpone(c, row.id, row.attempts, row.due_at, reason))
        log.warning(
            "event.parked",
            entity=row.entity_id,
            project=row.project,
            event_name=row.event,
            number=row.delivery_row_id,
            verdict=Verdict.STATE_NOT_FOUND.value,
            because=because,
        )
    return Waiting(now + PAUSE)


async def tell_stranded(store: Store, provisioners: Mapping[str, CompiledProvisioner], hub: Hub) -> None:
    """Warn of entities in states that these definitions do not have, where nobody else knows where they are."""
    try:
        found = await asyncio.to_thread(_states, store)
    except StoreError as error:
        log.warning("store.unreadable", because=str(error))
        return
    for project, provisioner in provisioners.items():
        lost = [
            held
            for held in found.get(project, ())
            if provisioner.machine.configuration(held.state) is None and not hub.for_project(project).observes
        ]
        if lost:
            count = sum(held.count for held in lost)
            log.warning(
                "definition.strands",
                project=project,
                count=count,
                states=[
                    f"{held.state} ({held.count}, {held.example} for instance)" for held in lost[:_MOST_NAMED]
                ],
                because=f"{count} entities are in states that the definition of {project} does not have: "
                "their events wait until one has them",
            )


def _states(store: Store) -> Mapping[str, list[instances.Held]]:
    found: dict[str, list[instances.Held]] = {}
    with store.read() as c:
        for held in instances.states(c):
            found.setdefault(held.project, []).append(held)
    return found
