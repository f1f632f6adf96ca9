"""Who works the lanes: what the runtime asks of it, and the answer of a daemon that leaves it to others."""

from typing import Protocol

from engine.model import Entity
from engine.run.arrived import Arrived
from engine.run.pauses import Held


class Working(Protocol):
    """Works the lanes of a store: in this process, or together with others."""

    def start(self) -> None:
        """Take up all unfinished work."""

    def wake(self, entity: Entity, arrived: Arrived | None = None) -> None:
        """Say that the entity has new work, and which if it is at hand."""

    def hurry(self, entity: Entity) -> None:
        """Say that the entity need not wait any longer for what it waits for."""

    def hurry_all(self) -> None:
        """Say that no entity need wait any longer for what it waits for."""

    def hold(self, held: Held) -> None:
        """Do nothing for these projects from now on, until told otherwise."""

    @property
    def busy(self) -> int:
        """How many entities have something to do now."""

    @property
    def has_places(self) -> bool:
        """Whether an entity that has something to do now would be worked in this process soon."""

    @property
    def waiting(self) -> int:
        """How many entities wait for a retry."""

    async def settle(self) -> None:
        """Return when nothing is being worked or ready; what waits for its time does not count."""

    async def stop(self, grace: float) -> None:
        """Begin nothing new, and let what is under way finish for so many seconds."""


class Elsewhere:
    """Works nothing: the transaction that writes an event wakes another daemon."""

    busy = 0
    has_places = False
    waiting = 0

    def start(self) -> None:
        """Nothing to take up."""

    def wake(self, entity: Entity, arrived: Arrived | None = None) -> None:
        """The transaction has done it."""

    def hurry(self, entity: Entity) -> None:
        """Nothing waits here."""

    def hurry_all(self) -> None:
        """Nothing waits here."""

    def hold(self, held: Held) -> None:
        """Nothing is worked here."""

    async def settle(self) -> None:
        """Nothing is worked here."""

    async def stop(self, grace: float) -> None:
        """Nothing is under way."""
