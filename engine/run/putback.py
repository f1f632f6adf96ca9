"""Notice what came from another process beside the daemon: what an operator put back, and what people answered there.

A look into two small indexes, once a second.
"""

from collections.abc import Callable
from datetime import datetime

import structlog

from engine.model import Entity
from engine.run.reading import keep_looking
from engine.store import inbox
from engine.store.database import Store

log = structlog.get_logger()

#: How often is looked. The indexes hold only what was put back or answered, and is not finished.
PAUSE_SECONDS = 1.0


class PutBack:
    """Tells the lanes of events that were put back, and of answers that came, since the last look."""

    def __init__(self, store: Store, hurry: Callable[[Entity], None], wake: Callable[[Entity], None]) -> None:
        """Take where to look, and whom to tell: of an earlier event than the lane's head, and of a later one."""
        self._store = store
        self._wake = wake
        self._hurry = hurry
        self._seen: dict[int, datetime] = {}

    async def look(self) -> None:
        """Tell of each event once for each time it was put back, and of each answer once."""
        with self._store.read() as connection:
            answers = inbox.answers(connection)
            found = {**answers, **inbox.retried(connection)}
        new = [number for number, (_, _, at) in found.items() if self._seen.get(number) != at]
        put_back = {_entity(found[number]) for number in new if number not in answers}
        self._seen = {number: at for number, (_, _, at) in found.items()}
        for entity in sorted(put_back):
            log.info("entity.put_back", entity=entity.id, project=entity.project)
            self._hurry(entity)
        for entity in sorted({_entity(found[number]) for number in new if number in answers}):
            self._wake(entity)

    async def run(self) -> None:
        """Look until cancelled."""
        await keep_looking(PAUSE_SECONDS, self.look)


def _entity(found: tuple[str, str, datetime]) -> Entity:
    project, entity_id, _ = found
    return Entity(project=project, id=entity_id)
