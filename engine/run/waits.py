"""Entities whose head is not due yet, each with its moment, within bounds: a long night of a backend fills no memory."""

import heapq
from collections.abc import Iterator
from datetime import datetime

from engine.model import Entity

#: About what one entity takes here besides its names, in bytes.
_EACH = 400
#: Old alarms are swept out when there are more than twice as many as entities, and more than these.
_FEW = 64


class Waits:
    """Entities that wait, at most so many bytes of them: one that finds no room must be looked for in the store."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._bytes = 0
        self._until: dict[Entity, datetime] = {}
        self._alarms: list[tuple[datetime, Entity]] = []

    def __len__(self) -> int:
        """How many wait."""
        return len(self._until)

    def __contains__(self, entity: Entity) -> bool:
        """Whether the entity waits here."""
        return entity in self._until

    @property
    def first(self) -> datetime | None:
        """When the first is due, or earlier; None if none waits."""
        return self._alarms[0][0] if self._alarms else None

    def add(self, entity: Entity, until: datetime) -> bool:
        """Let it wait, or wait for another moment; False if there is no room."""
        before = self._until.get(entity)
        if before == until:
            return True
        if before is None:
            size = _size(entity)
            if self._bytes + size > self._most:
                return False
            self._bytes += size
        self._until[entity] = until
        heapq.heappush(self._alarms, (until, entity))
        if len(self._alarms) > 2 * len(self._until) + _FEW:
            self._alarms = [(moment, waiting) for waiting, moment in self._until.items()]
            heapq.heapify(self._alarms)
        return True

    def discard(self, entity: Entity) -> None:
        """It waits no longer."""
        if self._until.pop(entity, None) is not None:
            self._bytes -= _size(entity)

    def clear(self) -> list[Entity]:
        """Take all of them."""
        taken = list(self._until)
        self._until.clear()
        self._alarms.clear()
        self._bytes = 0
        return taken

    def due(self, now: datetime) -> Iterator[Entity]:
        """Take those that are due, the earliest first."""
        while self._alarms and self._alarms[0][0] <= now:
            until, entity = heapq.heappop(self._alarms)
            if self._until.get(entity) == until:
                self.discard(entity)
                yield entity


def _size(entity: Entity) -> int:
    return _EACH + len(entity.project) + len(entity.id)
