"""Parking: what the configuration of now cannot decide or call waits for one that can.

A definition was rolled out that renames a state, or drops it; a project or a worker was taken out of ``workers.yaml``. What
then happens to an entity (a delivery, a timer, an answer, a call to be made) must be neither used up nor guessed: it
keeps its place in its lane, and what comes after it, too.
"""

import asyncio
from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

import structlog

from engine.errors import StoreError
from engine.machine.compile import CompiledProvisioner
from engine.run.hub import Hub
from engine.run.lanes import Waiting
from engine.store import inbox, instances, outbox, parked
from engine.store.database import Store
from engine.store.inbox import InboxRow
from engine.store.outbox import OutboxRow
from engine.store.parked import Why

log = structlog.get_logger()

#: How long a parked lane is left alone, if nothing is loaded anew: another daemon may have other definitions.
PAUSE = timedelta(minutes=5)
#: How many instances one look brings, and how long the next one waits.
_PAGE = 10_000
_REST_SECONDS = 1.0
#: The most states that one warning names.
_MOST_NAMED = 10


class ParkedError(Exception):
    """The event is not to be decided now, for that reason; what its transaction wrote is undone."""


async def park(store: Store, row: InboxRow, why: Why, now: datetime) -> Waiting:
    """Let the event wait at the head of its lane, and say why, in its row and once in the log.

    Its moment stays as it is: whoever starts with another configuration looks at it at once.
    """
    if row.because != why.reason:
        await store.commit(lambda c: inbox.postpone(c, row.id, row.attempts, row.due_at, why.reason))
        log.warning(
            "event.parked",
            entity=row.entity_id,
            project=row.project,
            event_name=row.event,
            number=row.delivery_row_id,
            verdict=why.word,
            because=why.because,
        )
    return Waiting(now + PAUSE)


async def park_effect(store: Store, effect: OutboxRow, missing: str, now: datetime) -> Waiting:
    """Let an effect wait whose worker is not there, and say so, in its row and once in the log."""
    why = parked.workerless(missing)
    if effect.last_detail != why.reason:
        await store.commit(
            lambda c: outbox.postpone(
                c, effect.id, effect.attempts, effect.due_at, effect.read_back, why.reason
            )
        )
        log.warning(
            "effect.parked",
            entity=effect.entity_id,
            project=effect.project,
            effect=effect.effect.kind.value,
            name=effect.effect.name,
            worker=effect.effect.worker or None,
            because=why.because,
        )
    return Waiting(now + PAUSE)


async def tell_unserved(store: Store, projects: Collection[str]) -> None:
    """Warn of events that wait for a project which is not among these: nothing decides them."""
    try:
        waiting = await asyncio.to_thread(_unfinished, store)
    except StoreError as error:
        log.warning("store.unreadable", because=str(error))
        return
    for project, count in sorted(waiting.items()):
        if project not in projects:
            log.warning(
                "project.unserved",
                project=project,
                count=count,
                because=f"neither workers.yaml nor the definitions name {project}: its events wait until they do, "
                f"or until `interlock deadletters bury --project {project}` gives them up",
            )


def _unfinished(store: Store) -> dict[str, int]:
    with store.read() as c:
        return inbox.unfinished_by_project(c)


async def tell_stranded(store: Store, provisioners: Mapping[str, CompiledProvisioner], hub: Hub) -> None:
    """Warn of entities in states that these definitions do not have, where nobody else knows where they are.

    They are looked through page by page, with rests between: a million must not slow down what is decided meanwhile.
    """
    counts: Counter[tuple[str, str]] = Counter()
    examples: dict[tuple[str, str], str] = {}
    after, last = 0, 1
    try:
        while after < last:
            found, last = await asyncio.to_thread(_states, store, after)
            for held in found:
                counts[held.project, held.state] += held.count
                examples.setdefault((held.project, held.state), held.example)
            after += _PAGE
            if found and after < last:
                await asyncio.sleep(_REST_SECONDS)
    except StoreError as error:
        log.warning("store.unreadable", because=str(error))
        return
    for project, provisioner in provisioners.items():
        lost = [
            (state, count)
            for (of, state), count in sorted(counts.items())
            if of == project
            and provisioner.machine.configuration(state) is None
            and not hub.for_project(project).observes
        ]
        if lost:
            count = sum(number for _, number in lost)
            log.warning(
                "definition.strands",
                project=project,
                count=count,
                states=[
                    f"{state} ({number}, {examples[project, state]} for instance)"
                    for state, number in lost[:_MOST_NAMED]
                ],
                because=f"{count} entities are in states that the definition of {project} does not have: "
                "their events wait until one has them",
            )


def _states(store: Store, after: int) -> tuple[list[instances.Held], int]:
    """What the next page holds, and the number of the last row of all."""
    with store.read() as c:
        return instances.states(c, after, after + _PAGE), instances.last_row(c)
