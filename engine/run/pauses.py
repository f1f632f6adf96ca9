"""Obey pauses: what an operator has paused is neither decided nor called, until it is lifted; receiving goes on.

Pauses are in the store, so they outlive restarts and hold for every daemon that shares it. A daemon notices a change
within a second. What is under way when a pause comes is finished.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog

from engine.run.reading import keep_looking, read
from engine.store import pauses
from engine.store.database import Store
from engine.store.pauses import Pause
from engine.store.tables import PauseKind

log = structlog.get_logger()

#: How often is looked.
LOOK = timedelta(seconds=1)
#: A pause is looked at again after this long even if nobody says that it was lifted.
PAUSED = timedelta(minutes=1)
#: How the reason of an event or effect ends whose worker is paused.
IS_PAUSED = " is paused"


@dataclass(frozen=True, slots=True)
class Held:
    """Which projects are not worked."""

    projects: frozenset[str] = frozenset()
    everything: bool = False

    def __contains__(self, project: str) -> bool:
        """Whether nothing is done for the project."""
        return self.everything or project in self.projects


class Pauses:
    """Looks what is paused, and tells the lanes and the circuits when it changes."""

    def __init__(
        self, store: Store, hold: Callable[[Held], None], shut: Callable[[frozenset[str]], None]
    ) -> None:
        """Take where to look, and whom to tell: `hold` of projects, `shut` of workers."""
        self._store = store
        self._hold = hold
        self._shut = shut
        self._known: frozenset[tuple[PauseKind, str]] = frozenset()
        self.held = Held()

    async def look(self) -> None:
        """Look once. Raises `StoreError`."""
        found = {(p.kind, p.name): p for p in await read(self._store, pauses.find)}
        before, self._known = self._known, frozenset(found)
        if before == self._known:
            return
        for key in sorted(self._known - before):
            log.warning("work.paused", **_said(found[key]))
        for kind, name in sorted(before - self._known):
            log.info("work.resumed", **{kind.value: name or True})
        projects = frozenset(name for kind, name in self._known if kind is PauseKind.PROJECT)
        everything = any(kind is PauseKind.ALL for kind, _ in self._known)
        self._shut(frozenset(name for kind, name in self._known if kind is PauseKind.WORKER))
        self.held = Held(projects, everything=everything)
        self._hold(self.held)

    async def run(self) -> None:
        """Look until cancelled."""
        await keep_looking(LOOK.total_seconds(), self.look)


def _said(pause: Pause) -> dict[str, object]:
    since = pause.since.isoformat()
    return {pause.kind.value: pause.name or True, "since": since, "because": pause.reason or None}
