"""Lanes in one process: events of one entity strictly one after another, entities in parallel, memory bounded.

A lane exists only while its entity has unfinished work. What a lane must do next is always read from the store, so
nothing is lost if this process dies: `Lanes.start` finds every entity with unfinished work again.
"""

import asyncio
import heapq
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from engine.model import Entity
from engine.run.arrived import Arrived
from engine.run.fairness import FairQueue

log = structlog.get_logger()

#: A lane that failed for a reason of ours (the store is gone, say) is tried again after this long.
TROUBLE_PAUSE = timedelta(seconds=1)
#: How many entities are worked at once, most of them waiting for a backend or a commit.
PLACES = 192
#: How many entities one look into the store brings.
PAGE = 1_000
#: How many bytes of deliveries wait in memory for their lane; what is more is read again from the store.
ARRIVED_BYTES = 4 * 1024 * 1024


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
    ) -> None:
        """Take what to do, how to find unfinished work, and the bounds. Nothing runs before `start`."""
        self._work = work
        self._unfinished = unfinished
        self._clock = clock
        self._ready = FairQueue(places=concurrency, room=capacity)
        self._arrived_bytes = 0
        self._running: dict[Entity, asyncio.Task[None]] = {}
        self._again: set[Entity] = set()
        self._hurried: set[Entity] = set()
        self._due: dict[Entity, datetime] = {}
        self._alarms: list[tuple[datetime, Entity]] = []
        self._alarm: asyncio.TimerHandle | None = None
        self._overflowed: set[str] = set()
        self._stopping = False
        self._idle = asyncio.Event()
        self._idle.set()

    def start(self) -> None:
        """Find all unfinished work in the store and begin."""
        self._refill()

    def wake(self, entity: Entity, arrived: Arrived | None = None) -> None:
        """Say that the entity has new work, and which if it is at hand."""
        if self._stopping:
            return
        if entity in self._running:
            self._again.add(entity)
        elif entity in self._due:
            return  # its head waits, and a newer event waits behind it
        elif entity in self._ready:
            return  # an older event of it waits for its turn
        elif not self._ready.has_room(entity.project):
            self._overflowed.add(entity.project)  # it is in the store: found again when there is room
        else:
            self._make_ready(entity, arrived)
            self._pump()

    def hurry(self, entity: Entity) -> None:
        """Say that the head of the entity's lane is another now: look even if the lane waits."""
        self._due.pop(entity, None)
        if entity in self._running:
            self._hurried.add(entity)
        self.wake(entity)

    @property
    def waiting(self) -> int:
        """How many entities wait for a retry."""
        return len(self._due)

    @property
    def busy(self) -> int:
        """How many entities have something to do now."""
        return len(self._ready) + len(self._running)

    async def settle(self) -> None:
        """Return when nothing is running or ready (entities that wait for a retry do not count)."""
        await self._idle.wait()

    async def stop(self, grace: float) -> None:
        """Begin nothing new, let running lanes finish for `grace` seconds, then cancel them; the store knows the rest."""
        self._stopping = True
        self._ready.clear()
        if self._alarm is not None:
            self._alarm.cancel()
        running = list(self._running.values())
        if running:
            _, late = await asyncio.wait(running, timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _refill(self, project: str | None = None) -> None:
        """Find what the store has, of one project or of all, as long as there is room."""
        after = None if project is None else Entity(project=project, id="")
        while True:
            page = list(self._unfinished(after, PAGE))
            for entity, due in page:
                if project is not None and (entity.project != project or project in self._overflowed):
                    return
                if due is not None and due > self._clock() and entity not in self._running:
                    self._wait(entity, due)
                else:
                    self.wake(entity)
            if len(page) < PAGE:
                return
            after = page[-1][0]

    def _pump(self) -> None:
        while not self._stopping and (turn := self._ready.next()) is not None:
            entity, arrived = turn
            if arrived is not None:
                self._arrived_bytes -= arrived.size
            self._idle.clear()
            self._running[entity] = asyncio.get_running_loop().create_task(self._run(entity, arrived))
        if self._overflowed and not self._stopping:
            left_out = [p for p in self._overflowed if not self._ready.holds(p) and self._ready.has_room(p)]
            for project in left_out:
                self._overflowed.discard(project)
                self._refill(project)
        if not self._ready and not self._running:
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
            turn = await self._work(entity, arrived)
            arrived = None
            if isinstance(turn, Waiting):
                return turn.until
            if isinstance(turn, Idle) and entity not in self._again:
                return None
        return None

    def _wait(self, entity: Entity, until: datetime) -> None:
        self._due[entity] = until
        heapq.heappush(self._alarms, (until, entity))
        self._set_alarm()

    def _set_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if self._alarms and not self._stopping:
            # Short sleeps: a clock that is set forward must not leave a retry waiting.
            pause = (self._alarms[0][0] - self._clock()).total_seconds()
            self._alarm = asyncio.get_running_loop().call_later(min(max(pause, 0.0), 5.0), self._ring)

    def _ring(self) -> None:
        now = self._clock()
        while self._alarms and self._alarms[0][0] <= now:
            due, entity = heapq.heappop(self._alarms)
            if self._due.get(entity) == due:
                del self._due[entity]
                self.wake(entity)
        self._set_alarm()
