"""Drain one partition: events of one entity strictly one after another, entities in parallel, until nothing is ready.

Whoever drains has the partition for itself until it says that it has ended. It does so soon, that others get their
share: after so many turns or so many seconds. An effect that waits for its backend does not end in time; then the drain
goes on with the other entities and tries again later to end.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest

import structlog

from engine.errors import FencedError
from engine.model import Entity
from engine.run.fairness import FairGate
from engine.run.lanes import TROUBLE_PAUSE, Idle, Turn, Waiting

log = structlog.get_logger()

#: How many entities one look into the store brings.
PAGE = 100
#: What one drain does before it lets others have the partition, and how long it then waits for calls under way.
MOST_TURNS = 500
MOST_SECONDS = 2.0
LINGER_SECONDS = 0.5
#: How often a drain looks at most, whether for room for the next page or for what is due.
LOOK_SECONDS = 0.25

#: The entities whose head is due, by name: of each project at most so many, behind the one that is named for it.
Ready = Callable[[Mapping[str, str], int], Awaitable[list[Entity]]]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a drain ended."""

    #: Whether there may be more to do at once.
    more: bool
    #: When what failed or was held back is to be tried again; None if nothing was.
    again_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Went:
    """What was done ahead of the lanes."""

    #: How many events were decided.
    turns: int
    #: Entities that have more to do, or may have.
    rest: list[Entity]


async def _none_ahead(entities: list[Entity]) -> Went:
    return Went(0, entities)


@dataclass(frozen=True, slots=True)
class Hands:
    """Who works one partition during one drain."""

    #: Does the next thing for an entity.
    work: Callable[[Entity], Awaitable[Turn]]
    #: May do a part for many entities at once; the lanes do the rest.
    ahead: Callable[[list[Entity]], Awaitable[Went]] = _none_ahead


class Drain:
    """One drain of one partition, run once."""

    def __init__(
        self,
        ready: Ready,
        hands: Hands,
        gate: FairGate,
        clock: Callable[[], datetime],
    ) -> None:
        """Take how to find what is ready, who works it, and the gate that bounds all drains of the process."""
        self._ready = ready
        self._hands = hands
        self._gate = gate
        self._clock = clock
        self._running: dict[Entity, asyncio.Task[None]] = {}
        #: Those of them that have a place; the others have not begun.
        self._placed: set[Entity] = set()
        self._held: dict[Entity, datetime] = {}
        self._hurried: set[Entity] = set()
        self._news = asyncio.Event()
        self._stopping = False
        self._closing = False
        self._turns = 0
        self._since = 0.0

    @property
    def busy(self) -> int:
        """How many entities are being worked."""
        return len(self._running)

    def nudge(self) -> None:
        """Say that there may be new events."""
        self._news.set()

    def hurry(self, entity: Entity) -> None:
        """Let an entity that waits be tried again at once."""
        if entity in self._running:
            self._hurried.add(entity)
        if self._held.pop(entity, None) is not None:
            self._news.set()

    def hurry_all(self) -> None:
        """Let all that wait be tried again at once."""
        self._hurried.update(self._running)
        self._held.clear()
        self._news.set()

    def stop(self) -> None:
        """Begin nothing new; `run` ends when what is under way has ended."""
        self._stopping = True
        self._news.set()

    def abandon(self) -> None:
        """Give up everything under way at once: the partition may be another's already."""
        self.stop()
        for task in self._running.values():
            task.cancel()

    async def run(self) -> Ended:
        """Work until nothing is ready, or the share is used up."""
        self._renew()
        try:
            ended = await self._run()
        finally:
            self._stopping = True
            for task in self._running.values():
                task.cancel()
            await asyncio.gather(*self._running.values(), return_exceptions=True)
        return ended

    async def _run(self) -> Ended:
        after: dict[str, str] = {}  # how far each project is that has more than a page
        while not self._stopping:
            crowded = set(after) & self._crowded()
            if self._used_up():
                if await self._close():
                    return Ended(more=True)
                crowded, after = set(), {}
            self._news.clear()
            pages = _by_project(await self._ready(after, PAGE))
            for project in crowded:
                pages.pop(project, None)
            after = {
                **{project: after[project] for project in crowded},
                **{project: page[-1].id for project, page in pages.items() if len(page) == PAGE},
            }
            free = [entity for entity in _in_turn(pages.values()) if self._is_free(entity)]
            for start in range(0, len(free), PAGE):
                went = await self._hands.ahead(free[start : start + PAGE])
                self._turns += went.turns
                for entity in went.rest:
                    self._begin(entity)
            if not free and not self._running and not after:
                return Ended(more=False, again_at=min(self._held.values(), default=None))
            await self._wait(set(after))
        await self._finish(None)
        return Ended(more=True)

    def _is_free(self, entity: Entity) -> bool:
        """Whether the entity is neither being worked nor held back."""
        until = self._held.get(entity)
        return entity not in self._running and (until is None or until <= self._clock())

    def _begin(self, entity: Entity) -> None:
        self._held.pop(entity, None)
        self._running[entity] = asyncio.get_running_loop().create_task(self._lane(entity))

    async def _lane(self, entity: Entity) -> None:
        """Work one entity until nothing is left, its head must wait, or the drain closes."""
        try:
            async with self._gate.place(entity.project):
                self._placed.add(entity)
                while not (self._stopping or self._closing):
                    self._hurried.discard(entity)
                    turn = await self._hands.work(entity)
                    if isinstance(turn, Waiting) and entity in self._hurried:
                        continue
                    if isinstance(turn, Waiting):
                        # Not always written in the store: it may wait for a backend that does not answer anybody.
                        self._held[entity] = turn.until
                    if isinstance(turn, Idle | Waiting):
                        return
                    self._turns += 1
        except FencedError as error:
            log.warning("lane.fenced", entity=entity.id, project=entity.project, because=str(error))
            self._held[entity] = self._clock() + TROUBLE_PAUSE
        except Exception:
            log.exception("lane.failed", entity=entity.id, project=entity.project)
            self._held[entity] = self._clock() + TROUBLE_PAUSE
        finally:
            del self._running[entity]
            self._placed.discard(entity)
            self._hurried.discard(entity)
            if not self._running:
                self._news.set()

    def _crowded(self) -> set[str]:
        """The projects of which so many are under way that the next page can wait."""
        running = Counter(entity.project for entity in self._running)
        return {project for project, count in running.items() if count > PAGE // 2}

    async def _wait(self, more: set[str]) -> None:
        """Until another look is worth while: room for the next page of a project that has more, news, or nothing runs any more."""
        if more:
            loop = asyncio.get_running_loop()
            soonest = loop.time() + LOOK_SECONDS
            while more <= self._crowded() and not (self._stopping or self._used_up()):
                if self._news.is_set() and loop.time() >= soonest:  # of another project, perhaps
                    return
                await asyncio.wait(
                    self._running.values(), timeout=LOOK_SECONDS, return_when="FIRST_COMPLETED"
                )
            return
        if self._running:
            try:
                await asyncio.wait_for(self._news.wait(), self._quiet())
            except TimeoutError:
                return

    def _quiet(self) -> float:
        """Seconds until there is something to do even if nobody says so: the share is used up, or one that waits is due."""
        left = self._since + MOST_SECONDS - asyncio.get_running_loop().time()
        due = min(self._held.values(), default=None)
        return max(LOOK_SECONDS, left if due is None else min(left, (due - self._clock()).total_seconds()))

    def _used_up(self) -> bool:
        now = asyncio.get_running_loop().time()
        return self._turns >= MOST_TURNS or now - self._since >= MOST_SECONDS

    async def _close(self) -> bool:
        """Try to end: whether nothing is under way any more. If a call takes long, the drain goes on.

        Who waits for a place goes home, and is found again by whoever works the partition next.
        """
        self._closing = True
        for entity, task in self._running.items():
            if entity not in self._placed:
                task.cancel()
        await self._finish(LINGER_SECONDS)
        self._closing = False
        self._renew()
        return not self._running

    async def _finish(self, seconds: float | None) -> None:
        if self._running:
            await asyncio.wait(self._running.values(), timeout=seconds)

    def _renew(self) -> None:
        self._turns = 0
        self._since = asyncio.get_running_loop().time()


def _by_project(entities: Iterable[Entity]) -> dict[str, list[Entity]]:
    found: dict[str, list[Entity]] = {}
    for entity in entities:
        found.setdefault(entity.project, []).append(entity)
    return found


def _in_turn(pages: Iterable[Sequence[Entity]]) -> Iterator[Entity]:
    """One of each project, then the next of each: who has few does not wait for who has many."""
    for row in zip_longest(*pages):
        yield from (entity for entity in row if entity is not None)
