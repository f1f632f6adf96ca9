"""Lanes in one process: events of one entity strictly one after another, entities in parallel, memory bounded.

A lane exists only while its entity has unfinished work. What a lane must do next is always read from the store, so
nothing is lost if this process dies: `Lanes.start` finds every entity with unfinished work again.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from engine.model import Entity
from engine.run.arrived import Arrived
from engine.run.fairness import PART_OF_ROOM, FairQueue
from engine.run.pauses import Held
from engine.run.waits import Waits

log = structlog.get_logger()

#: A lane that failed for a reason of ours (the store is gone, say) is tried again after this long.
TROUBLE_PAUSE = timedelta(seconds=1)
#: A clock that says so much less than before was set back.
SET_BACK = timedelta(seconds=1)
#: How many entities are worked at once, most of them waiting for a backend or a commit.
PLACES = 192
#: How many entities one look into the store brings.
PAGE = 1_000
#: How many bytes of deliveries wait in memory for their lane; what is more is read again from the store.
ARRIVED_BYTES = 4 * 1024 * 1024
#: How many bytes of entities wait in memory for a retry; what is more is looked for in the store when it is due.
WAITING_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Idle:
    """The entity has no unfinished work."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """The head of the entity's lane is not due yet."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Progress:
    """Something was done; there may be more."""


Turn = Idle | Waiting | Progress


@dataclass(slots=True)
class _Look:
    """How far the store was searched for entities that had no room."""

    #: The last entity that was found; None before the first of all.
    after: Entity | None
    #: Whether some had no room since the search began: then it must begin anew.
    missed: bool = False


#: Does the next thing for an entity, which may be at hand, and says what it found.
Work = Callable[[Entity, Arrived | None], Coroutine[Any, Any, Turn]]
#: Entities with unfinished work, after the given one, with the time their head is due; at most so many.
Unfinished = Callable[[Entity | None, int], Iterable[tuple[Entity, datetime | None]]]


class Lanes:
    """Runs `work` for every woken entity: never twice at once for one, at most `concurrency` at once for all projects."""

    def __init__(
        self,
        work: Work,
        unfinished: Unfinished,
        clock: Callable[[], datetime],
        *,
        concurrency: int = PLACES,
        capacity: int = 20_000,
        waiting_bytes: int = WAITING_BYTES,
    ) -> None:
        """Take what to do, how to find unfinished work, and the bounds. Nothing runs before `start`."""
        self._work = work
        self._unfinished = unfinished
        self._clock = clock
        self._decided_at_once = max(concurrency, capacity // PART_OF_ROOM)
        self._ready: FairQueue[Entity, Arrived | None] = FairQueue(places=concurrency, room=capacity)
        self._arrived_bytes = 0
        self._running: dict[Entity, asyncio.Task[None]] = {}
        self._again: set[Entity] = set()
        self._hurried: set[Entity] = set()
        self._waits = Waits(waiting_bytes)
        self._alarm: asyncio.TimerHandle | None = None
        #: What is to be searched for, of a project or of all (None), and by project when to begin that again.
        self._looks: dict[str | None, _Look] = {}
        self._look_at: dict[str, datetime] = {}
        self._looking: asyncio.Handle | None = None
        #: What the clock said last: one that says less was set back, and nobody may wait for what it said before.
        self._told = clock()
        self._stopping = False
        self._idle = asyncio.Event()
        self._idle.set()

    def start(self) -> None:
        """Find all unfinished work in the store and begin."""
        self._looks[None] = _Look(after=None)
        self._page_of(None)
        self._go_on()

    def wake(self, entity: Entity, arrived: Arrived | None = None) -> None:
        """Say that the entity has new work, and which if it is at hand."""
        if self._stopping:
            return
        if self._take(entity, arrived):
            self._pump()
        else:
            self._leave_out(entity.project)  # it is in the store: found again when there is room

    def hurry(self, entity: Entity) -> None:
        """Say that the head of the entity's lane is another now: look even if the lane waits."""
        self._waits.discard(entity)
        if entity in self._running:
            self._hurried.add(entity)
        self.wake(entity)

    def hurry_all(self) -> None:
        """Say that none that waits need wait: look at all of them, and into the store for those that had no room."""
        self._hurried.update(self._running)
        for entity in self._waits.clear():
            self.wake(entity)
        self._look_at = dict.fromkeys(self._look_at, self._clock())
        self._set_alarm()

    def hold(self, held: Held) -> None:
        """Begin nothing for these projects from now on; their entities keep their places."""
        self._ready.held = held
        self._pump()

    @property
    def waiting(self) -> int:
        """How many entities wait in memory for a retry."""
        return len(self._waits)

    @property
    def busy(self) -> int:
        """How many entities have something to do now."""
        return len(self._ready) + len(self._running)

    @property
    def has_places(self) -> bool:
        """Whether an entity that has something to do now would be worked soon."""
        return not self._stopping and self.busy < self._decided_at_once

    async def settle(self) -> None:
        """Return when nothing is running or ready (entities that wait for a retry do not count)."""
        await self._idle.wait()

    async def stop(self, grace: float) -> None:
        """Begin nothing new, let running lanes finish for `grace` seconds, then cancel them; the store knows the rest."""
        self._stopping = True
        self._ready.clear()
        if self._alarm is not None:
            self._alarm.cancel()
        if self._looking is not None:
            self._looking.cancel()
        running = list(self._running.values())
        if running:
            _, late = await asyncio.wait(running, timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _take(self, entity: Entity, arrived: Arrived | None = None) -> bool:
        """See that an entity with work is worked; False if there is no room for it."""
        if entity in self._running:
            self._again.add(entity)
        elif entity in self._waits or entity in self._ready:
            pass  # a newer event waits behind its head, or behind an older event that waits for its turn
        elif not self._ready.has_room(entity.project):
            return False
        else:
            self._make_ready(entity, arrived)
        return True

    def _leave_out(self, project: str) -> None:
        """Some entity of the project has no room: search the store for it later."""
        look = self._looks.get(project)
        if look is None:
            self._looks[project] = _Look(after=_before(project))
        else:
            look.missed = True

    def _page_of(self, project: str | None) -> None:
        """Search the store one page further, of one project or of all."""
        look = self._looks[project]
        page = list(self._unfinished(look.after, PAGE))
        for entity, due in page:
            if project is not None and entity.project != project:
                break
            if due is not None and due > self._clock() and entity not in self._running:
                self._wait(entity, due)
            elif not self._take(entity):
                if project is None:
                    self._leave_out(entity.project)
                    look.after = _behind(entity.project)
                return
            look.after = entity
        else:
            if len(page) == PAGE:
                return
        if look.missed and project is not None:
            self._looks[project] = _Look(after=_before(project))
        else:
            del self._looks[project]

    def _search(self) -> None:
        """Go on searching where there is room; what is found begins with the next turn of the event loop."""
        if self._looking is not None or self._stopping:
            return
        there_is_room = [
            p for p in self._looks if p is None or (not self._ready.holds(p) and self._ready.has_room(p))
        ]
        if not there_is_room:
            return
        loop = asyncio.get_running_loop()
        try:
            for project in there_is_room:
                self._page_of(project)
        except Exception:
            log.exception("lanes.search_failed")
            self._looking = loop.call_later(TROUBLE_PAUSE.total_seconds(), self._go_on)
        else:
            self._looking = loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        self._looking = None
        self._pump()

    def _pump(self) -> None:
        while not self._stopping and (turn := self._ready.next()) is not None:
            entity, arrived = turn
            if arrived is not None:
                self._arrived_bytes -= arrived.size
            self._idle.clear()
            self._running[entity] = asyncio.get_running_loop().create_task(self._run(entity, arrived))
        self._search()
        if self._looking is not None:
            self._idle.clear()
        elif not self._ready.anything and not self._running:
            self._idle.set()

    def _make_ready(self, entity: Entity, arrived: Arrived | None) -> None:
        if arrived is not None and self._arrived_bytes + arrived.size > ARRIVED_BYTES:
            arrived = None
        if arrived is not None:
            self._arrived_bytes += arrived.size
        self._ready.add(entity, arrived)

    async def _run(self, entity: Entity, arrived: Arrived | None) -> None:
        wait_until: datetime | None = None
        try:
            wait_until = await self._drain(entity, arrived)
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("lane.failed", entity=entity.id, project=entity.project)
            wait_until = self._clock() + TROUBLE_PAUSE
        finally:
            del self._running[entity]
            self._ready.done(entity.project)
            hurried = entity in self._hurried
            woken = hurried or entity in self._again
            self._again.discard(entity)
            self._hurried.discard(entity)
            if not self._stopping:
                if wait_until is not None and not hurried:
                    self._wait(entity, wait_until)
                elif woken:
                    self._make_ready(entity, None)
            self._pump()

    async def _drain(self, entity: Entity, arrived: Arrived | None) -> datetime | None:
        """Work until there is nothing left (None) or the head must wait (until when)."""
        while not self._stopping:
            self._again.discard(entity)
            self._hurried.discard(entity)
            if entity.project in self._ready.held:
                self._again.add(entity)  # what was begun is finished, the rest keeps its place
                return None
            turn = await self._work(entity, arrived)
            arrived = None
            if isinstance(turn, Waiting):
                return turn.until
            if isinstance(turn, Idle) and entity not in self._again:
                return None
        return None

    def _wait(self, entity: Entity, until: datetime) -> None:
        if not self._waits.add(entity, until):
            self._look_at[entity.project] = min(until, self._look_at.get(entity.project, until))
        self._set_alarm()

    def _set_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        moments = [*self._look_at.values(), *([self._waits.first] if self._waits.first else [])]
        if moments and not self._stopping:
            # Short sleeps: a clock that is set forward must not leave a retry waiting.
            pause = (min(moments) - self._clock()).total_seconds()
            self._alarm = asyncio.get_running_loop().call_later(min(max(pause, 0.0), 5.0), self._ring)

    def _ring(self) -> None:
        before, self._told = self._told, self._clock()
        now = self._told
        if now < before - SET_BACK:
            log.warning("clock.set_back", seconds=round((before - now).total_seconds()))
            self.hurry_all()
        for entity in self._waits.due(now):
            self.wake(entity)
        for project in [p for p, at in self._look_at.items() if at <= now]:
            del self._look_at[project]
            self._leave_out(project)
        self._pump()
        self._set_alarm()


def _before(project: str) -> Entity:
    """What comes before all entities of a project."""
    return Entity(project=project, id="")


def _behind(project: str) -> Entity:
    """What comes behind all entities of a project, and before those of the next."""
    return Entity(project=f"{project}\0", id="")
