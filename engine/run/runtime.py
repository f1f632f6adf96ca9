"""The running engine without its server: one store, one set of definitions, lanes between them."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog

from engine.decide.retry import RetryPolicy
from engine.errors import DamagedRowError, FencedError, StoreError
from engine.model import Entity
from engine.run.ahead import Ahead
from engine.run.answering import Answering
from engine.run.arrived import Arrived
from engine.run.asking import ask_where_it_is_new
from engine.run.at_once import AtOnce
from engine.run.circuits import Circuits, Standing
from engine.run.deciding import Decided, Decider
from engine.run.drain import Hands
from engine.run.hub import Hub
from engine.run.intake import Intake
from engine.run.keeping import Keeping
from engine.run.lanes import Idle, Lanes, Progress, Turn, Waiting
from engine.run.load import Serving, text_hash
from engine.run.parking import park, tell_stranded, tell_unserved
from engine.run.pauses import LOOK, Pauses
from engine.run.perform import Performer
from engine.run.poison import set_aside
from engine.run.put_off import PutOff, find_put_off
from engine.run.putback import PutBack
from engine.run.reading import look
from engine.run.timers import Timers
from engine.run.trouble import Trouble
from engine.run.working import Elsewhere, Working
from engine.store import definitions, inbox, outbox, parked
from engine.store.database import Connection, Store
from engine.store.tables import InboxStatus

log = structlog.get_logger()

#: A store that did not take what is to be asked of people is tried again after so long.
_ASK_AGAIN_SECONDS = 1.0


class Runtime:
    """Receives through `intake` and works the lanes until it is stopped. Use it inside one event loop."""

    def __init__(
        self,
        store: Store,
        serving: Serving,
        hub: Hub,
        clock: Callable[[], datetime],
        policy: RetryPolicy | None = None,
        *,
        works: bool = True,
        keep: timedelta | None = None,
    ) -> None:
        """Take the opened store and the checked definitions; nothing runs before `start`.

        One that does not work its lanes leaves that to other processes with the same store.
        What is finished is removed after `keep`.
        """
        self._store = store
        self._serving = serving
        self._hub = hub
        self._clock = clock
        policy = policy if policy is not None else RetryPolicy()
        self._keeping = Keeping(store, keep, clock) if keep is not None else None
        self.lanes = self._lanes(works=works)
        self.timers = Timers(store, self.lanes.wake, clock)
        self._works = works
        self._circuits = circuits = Circuits(clock, self.lanes.hurry, self.lanes.hurry_all)
        self._pauses = Pauses(store, self.lanes.hold, circuits.shut)
        hub_now, serving_now = (lambda: self._hub), (lambda: self._serving)
        self._decider = Decider(store, hub_now, serving_now, clock, policy, self.timers.changed, circuits)
        self._trouble = Trouble(store, clock)
        self._performer = Performer(store, hub_now, serving_now, clock, policy, circuits, self._trouble)
        at_once = AtOnce(self._decider, self.lanes, hub_now, lambda: self._pauses.held)
        self.intake = Intake(store, serving_now, self.lanes.wake, clock, at_once)
        self.answering = Answering(store, self.lanes.wake, clock)
        self._put_back = PutBack(store, self.lanes.hurry, self.lanes.wake)
        self._aside: list[asyncio.Task[None]] = []
        self._passing: set[asyncio.Task[None]] = set()

    def _lanes(self, *, works: bool) -> Working:
        if not works:
            return Elsewhere()
        if self._store.remote:
            # Here, because with what it imports it is too much for an embedded daemon.
            from engine.run.procrastinate import Partitions

            return Partitions(self._store, self._hands, self._clock, self._keeping)
        return Lanes(self._work, self._unfinished, self._clock)

    @property
    def serving(self) -> Serving:
        """The definitions in force."""
        return self._serving

    def backends(self, more: Iterable[str] = ()) -> list[Standing]:
        """How the backends stand that this process calls, and `more` of them."""
        return self._circuits.standings({*self._hub.names(), *more}) if self._works else []

    async def put_off(self) -> dict[str, PutOff]:
        """What waits for each backend until a moment of its own, whoever will call it. Raises `StoreError`."""
        return await find_put_off(self._store, self._hub, self._clock())

    async def start(self) -> None:
        """Store the definitions' sources by hash, then take up all unfinished work."""
        await self._remember(self._serving)
        await self._pauses.look()
        self.lanes.start()
        await self._ask()
        self._warn()
        if self._works:
            self.timers.start()
        aside = [self._pauses.run()]
        if not self._store.remote:  # elsewhere the transaction that puts back wakes, too
            aside += [self._put_back.run(), *([self._keeping.run()] if self._keeping is not None else [])]
        self._aside = [asyncio.get_running_loop().create_task(work) for work in aside]

    async def replace(self, serving: Serving, hub: Hub) -> None:
        """Decide with other definitions and workers from now on; calls under way finish on the old ones.

        Raises `StoreError` if the store cannot keep the definitions: then the old ones stay in force.
        """
        await self._remember(serving)
        old, self._hub, self._serving = self._hub, hub, serving
        self.lanes.hurry_all()  # what was parked may have its state again
        self._beside(self._retire(old))
        self._warn()
        if not await self._asked():
            self._beside(self._ask_later())

    async def stop(self, grace: float) -> None:
        """Finish what is under way within `grace` seconds; what is not finished is taken up at the next start."""
        await self.timers.stop()
        for task in self._aside:
            task.cancel()
        await asyncio.gather(*self._aside, return_exceptions=True)
        await self.lanes.stop(grace)
        passing = list(self._passing)
        for task in passing:
            task.cancel()
        await asyncio.gather(*passing, return_exceptions=True)
        await self._hub.close()

    async def _retire(self, hub: Hub) -> None:
        try:
            await asyncio.sleep(60)  # longer than any call may take
        finally:
            await hub.close()

    def _warn(self) -> None:
        """Look for what no definition decides: of projects that none names, in states that none has."""
        if self._works:
            self._beside(tell_unserved(self._store, self._serving.provisioners))
            self._beside(tell_stranded(self._store, self._serving.provisioners, self._hub))

    def _beside(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._passing.add(task)
        task.add_done_callback(self._passing.discard)

    async def _ask(self) -> None:
        if self._works:
            await ask_where_it_is_new(self._store, self._serving.provisioners, self.lanes.wake, self._clock)

    async def _asked(self) -> bool:
        """Whether all are asked; False if the store took it not, or not all of it."""
        try:
            await self._ask()
        except StoreError as error:
            log.warning("approvals.waiting", because=str(error))
            return False
        return True

    async def _ask_later(self) -> None:
        asked = False
        while not asked:
            await asyncio.sleep(_ASK_AGAIN_SECONDS)
            asked = await self._asked()

    async def _remember(self, serving: Serving) -> None:
        for definition in serving.definitions:
            text = text_hash(definition)
            remember = partial(
                definitions.remember,
                hash=text,
                filename=definition.filename,
                source=definition.source,
                now=self._clock(),
            )
            lock = f"definition/{text}"  # daemons that start together know the same ones
            await self._store.commit(remember, locks=[lock])

    def _hands(self) -> Hands:
        ahead = Ahead(self._store, self._decider, lambda: self._hub, lambda: self._serving, self._clock)

        async def work(entity: Entity) -> Turn:
            if (
                entity.project in self._pauses.held
            ):  # it was paused meanwhile, or is let go on and we do not know
                return Waiting(self._clock() + 2 * LOOK)
            return await self._work(entity, ahead=ahead)

        return Hands(work=work, ahead=ahead.decide)

    async def _work(
        self, entity: Entity, arrived: Arrived | None = None, *, ahead: Ahead | None = None
    ) -> Turn:
        """The next thing for this entity, if the store can take down what comes of it."""
        until = self._trouble.until()
        if until is not None:
            return Waiting(until)
        try:
            return await self._next(entity, arrived, ahead)
        except FencedError:
            raise  # another daemon was first
        except Exception as error:
            if not self._trouble.is_why(error):
                raise
            return Waiting(self._trouble.met(error))

    async def _next(self, entity: Entity, arrived: Arrived | None, ahead: Ahead | None) -> Turn:
        """Decide the entity's head, or go on performing it."""
        row: inbox.InboxRow | None
        if arrived is not None:
            row, pending = arrived.row, None
        else:
            row, pending = await look(self._store, lambda c: _head(c, entity))
        if row is None:
            return Idle()
        if not row.is_due(self._clock()):
            return Waiting(row.due_at)
        try:
            return await self._turn(row, pending, arrived, ahead)
        except FencedError:
            raise  # another daemon was first: no fault of the event
        except DamagedRowError as error:
            return await park(self._store, row, parked.damaged(str(error)), self._clock())
        except Exception as error:
            if self._trouble.is_why(error):
                raise
            return await set_aside(self._store, row, error, self._clock)

    async def _turn(
        self,
        row: inbox.InboxRow,
        pending: list[outbox.OutboxRow] | None,
        arrived: Arrived | None,
        ahead: Ahead | None,
    ) -> Turn:
        if row.status is InboxStatus.PERFORMING:
            if arrived is not None:
                return await self._performer.perform(row, fresh=True, pending=arrived.effects)
            fresh = ahead is not None and ahead.take_fresh(row)
            return await self._performer.perform(row, fresh=fresh, pending=pending)
        turn = await self._decider.decide(row, arrived.event if arrived is not None else None)
        if not isinstance(turn, Decided):
            return turn
        if turn.effects:
            # What died before may have happened unseen, even if it is decided anew.
            fresh = turn.row.retried_at is None
            return await self._performer.perform(turn.row, fresh=fresh, pending=turn.effects)
        return Progress() if turn.more else Idle()

    def _unfinished(self, after: Entity | None, limit: int) -> Iterable[tuple[Entity, datetime | None]]:
        start = (after.project, after.id) if after is not None else None
        with self._store.read() as connection:
            rows = inbox.unfinished_entities(connection, after=start, limit=limit)
        return [(Entity(project=project, id=entity_id), due) for project, entity_id, due in rows]


def _head(c: Connection, entity: Entity) -> tuple[inbox.InboxRow | None, list[outbox.OutboxRow] | None]:
    """The entity's next event, and of one that is being performed what is left to do."""
    row = inbox.head(c, entity.project, entity.id)
    performing = row is not None and row.status is InboxStatus.PERFORMING
    return row, outbox.pending(c, row.id) if row is not None and performing else None
