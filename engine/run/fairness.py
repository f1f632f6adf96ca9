"""Whose turn it is: entities that are ready, by project, so that one project's burst or slow backend holds up no other."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from engine.run.pauses import Held

#: A project may fill this part of the room for entities that wait, whatever the others do.
PART_OF_ROOM = 4


class OfProject(Protocol):
    """What belongs to a project: an entity."""

    @property
    def project(self) -> str:
        """The project."""


K = TypeVar("K", bound=OfProject)
V = TypeVar("V")


class FairQueue(Generic[K, V]):
    """Entities that are ready, first come first served within a project, the projects in turn.

    Of `places` to work in, a project gets at most an equal part, counted as if there were one project more than are
    at work: a newcomer always finds places. Of `room` for entities that wait, a project gets at most a quarter.
    """

    def __init__(self, *, places: int, room: int) -> None:
        self._places = places
        self._room = room
        self._waiting: dict[str, dict[K, V]] = {}
        self._working: dict[str, int] = {}
        self._count = 0
        self._at_work = 0
        #: Projects whose entities wait here until they are let go on.
        self.held = Held()

    def __len__(self) -> int:
        """How many entities wait."""
        return self._count

    @property
    def anything(self) -> bool:
        """Whether an entity waits that is not held."""
        return any(project not in self.held for project in self._waiting)

    def __contains__(self, entity: K) -> bool:
        """Whether the entity waits."""
        return entity in self._waiting.get(entity.project, ())

    def holds(self, project: str) -> bool:
        """Whether any entity of the project waits."""
        return project in self._waiting

    def has_room(self, project: str) -> bool:
        """Whether another entity of the project may wait here."""
        of_project = len(self._waiting.get(project, ()))
        return self._count < self._room and of_project < max(1, self._room // PART_OF_ROOM)

    def add(self, entity: K, arrived: V) -> None:
        """Let an entity wait behind those of its project."""
        self._waiting.setdefault(entity.project, {})[entity] = arrived
        self._count += 1

    def next(self) -> tuple[K, V] | None:
        """Take the next entity that may be worked; None if none may now. `done` gives its place back."""
        project = self._in_turn()
        if project is None:
            return None
        of_project = self._waiting.pop(project)
        entity = next(iter(of_project))
        arrived = of_project.pop(entity)
        if of_project:
            self._waiting[project] = of_project  # at the end: the others come first
        self._count -= 1
        self._working[project] = self._working.get(project, 0) + 1
        self._at_work += 1
        return entity, arrived

    def done(self, project: str) -> None:
        """One entity of the project is not worked any more."""
        self._at_work -= 1
        left = self._working[project] - 1
        if left:
            self._working[project] = left
        else:
            del self._working[project]

    def clear(self) -> None:
        """Forget everything that waits."""
        self._waiting.clear()
        self._count = 0

    def _in_turn(self) -> str | None:
        """The project that was not served for longest, of those that may work one more entity."""
        if self._at_work >= self._places or not self._waiting:
            return None
        active = len(self._working.keys() | self._waiting.keys())
        part = max(1, self._places // (active + 1))
        may = (p for p in self._waiting if p not in self.held and self._working.get(p, 0) < part)
        return next(may, None)


@dataclass(frozen=True, slots=True, eq=False)
class _Turn:
    """Somebody who waits for a place."""

    project: str
    #: Done when there is one.
    come: "asyncio.Future[None]"


class FairGate:
    """Places to work in, for coroutines: who waits gets one when it is their project's turn, as in a `FairQueue`."""

    def __init__(self, places: int) -> None:
        self._waiting: FairQueue[_Turn, None] = FairQueue(places=places, room=places)

    @asynccontextmanager
    async def place(self, project: str) -> AsyncIterator[None]:
        """Wait for a place, and have it."""
        turn = _Turn(project, asyncio.get_running_loop().create_future())
        self._waiting.add(turn, None)
        self._give()
        try:
            await turn.come
            yield
        finally:
            if turn.come.done() and not turn.come.cancelled():
                self._waiting.done(project)
                self._give()

    def _give(self) -> None:
        while (found := self._waiting.next()) is not None:
            turn, _ = found
            if turn.come.done():  # it was cancelled while it waited
                self._waiting.done(turn.project)
            else:
                turn.come.set_result(None)
