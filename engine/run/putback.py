"""Notice what an operator put back from another process: a look into a small index, once a second."""

import asyncio
from collections.abc import Callable
from datetime import datetime

import structlog

from engine.errors import StoreError
from engine.model import Entity
from engine.store import inbox
from engine.store.database import Store

log = structlog.get_logger()

#: How often is looked. The index holds only what was put back and is not finished.
PAUSE_SECONDS = 1.0


class PutBack:
    """Tells the lanes of events that were put back since the last look."""

    def __init__(self, store: Store, hurry: Callable[[Entity], None]) -> None:
        """Take where to look and whom to tell."""
        self._store = store
        self._hurry = hurry
        self._seen: dict[int, datetime] = {}

    def look(self) -> None:
        """Tell of each event once for each time it was put back."""
        with self._store.read() as connection:
            found = inbox.retried(connection)
        entities = {
            Entity(project=project, id=entity_id)
            for number, (project, entity_id, at) in found.items()
            if self._seen.get(number) != at
        }
        self._seen = {number: at for number, (_, _, at) in found.items()}
        for entity in sorted(entities):
            log.info("entity.put_back", entity=entity.id, project=entity.project)
            self._hurry(entity)

    async def run(self) -> None:
        """Look until cancelled. A store that cannot be read now can be later."""
        while True:
            await asyncio.sleep(PAUSE_SECONDS)
            try:
                self.look()
            except StoreError as error:
                log.error("store.unreadable", because=str(error))  # noqa: TRY400  it says what is to be done
