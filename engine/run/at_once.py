"""Decide an event in the very transaction that receives it, where nothing is before it and nothing has to be looked up.

The decision is the lane's own, a commit sooner. Wherever something is unusual, the event is left to its lane.
"""

from collections.abc import Callable, Collection

from engine.model import Entity
from engine.run.deciding import Decided, Decider
from engine.run.hub import Hub
from engine.run.pauses import Held
from engine.run.working import Working
from engine.store.database import Connection
from engine.store.inbox import NewEvent

#: A delivery about more entities than this is worked one by one: nobody else should wait for all of them.
MOST_ENTITIES = 8


class UndecidedError(Exception):
    """What was to be decided at once could not be; the caller's transaction is undone, and done again without it."""


class AtOnce:
    """Decides for the intake of a daemon that works its lanes itself."""

    def __init__(
        self, decider: Decider, lanes: Working, hub: Callable[[], Hub], held: Callable[[], Held]
    ) -> None:
        """Take the parts; `hub` and `held` are asked anew each time."""
        self._decider = decider
        self._lanes = lanes
        self._hub = hub
        self._held = held

    def wants(self, entities: Collection[Entity]) -> bool:
        """Whether events about these may be decided at once.

        They are few, no project of theirs is held or observed, and not too many wait for the lanes: what is decided waits there
        for its calls, and projects take turns.
        """
        held, hub = self._held(), self._hub()
        return (
            0 < len(entities) <= MOST_ENTITIES
            and self._lanes.has_places
            and not any(e.project in held or hub.for_project(e.project).observes for e in entities)
        )

    def decide(self, c: Connection, new: NewEvent) -> Decided | None:
        """Write an event down with the decision about it, inside the caller's transaction; `tell` it after the commit.

        None, and nothing is written, if others are before it in its lane, or no machine knows its project or its state.
        Raises `UndecidedError`.
        """
        try:
            return self._decider.decide_arrived(c, new)
        except Exception as error:
            raise UndecidedError from error

    def tell(self, decided: Decided) -> None:
        """Say what was decided; it is committed."""
        if decided.decision is not None:
            self._decider.committed(decided.row, decided.decision, None)
