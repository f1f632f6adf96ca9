"""Whether the store takes writes now: one bounded look, shared by all who ask within a second."""

import asyncio
import time

from engine.store.database import Store

#: One look is for everybody who asks within this time.
SHARED_SECONDS = 1.0
#: Whoever asks gets an answer within this time.
LOOK_SECONDS = 1.5


class Readiness:
    """Looks at one store."""

    def __init__(self, store: Store) -> None:
        """Take the store; nothing is looked at yet."""
        self._store = store
        self._looking: asyncio.Task[str | None] | None = None
        self._begun = 0.0

    async def look(self) -> str | None:
        """None if a write comes through now, else what is wrong and what to do."""
        now = time.monotonic()
        if self._looking is None or (self._looking.done() and now - self._begun >= SHARED_SECONDS):
            self._looking, self._begun = asyncio.create_task(self._store.answers()), now
        looking, begun = self._looking, self._begun
        await asyncio.wait({looking}, timeout=max(0.0, begun + LOOK_SECONDS - now))
        if looking.done():
            return looking.result()
        if (
            begun < self._store.committed_at and not self._tries_in_vain()
        ):  # it is busy: what came before goes first
            return None
        silent = f"{self._store.name} has taken no write for {time.monotonic() - begun:.1f} seconds: it does not answer"
        return self._store.known_trouble or f"{silent}, or somebody keeps it locked"

    def _tries_in_vain(self) -> bool:
        """Whether the try itself waits, whatever other writers of the same store commit meanwhile."""
        since = self._store.trying_since
        return since is not None and time.monotonic() - since >= LOOK_SECONDS / 2
