"""Lanes over many processes: procrastinate hands out partitions, a drain works each.

A wake of a partition is a job. Its transaction wrote it (`engine.store.wakes`), the library's worker fetches it, no two
workers have the same partition, and a worker that stops to beat loses its jobs to the others. The traps that this module
steps around are told in docs/decisions/0010-partitions-on-procrastinate.md.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import structlog
from procrastinate import App, JobContext, PsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager
from procrastinate.worker import Worker

from engine.errors import StoreError
from engine.model import Entity
from engine.run.arrived import Arrived
from engine.run.clock_difference import compare_clocks
from engine.run.drain import Drain, Ended, Hands, Ready
from engine.run.fairness import FairGate
from engine.run.job_manager import TellingManager, number_of, partition_of
from engine.run.keeping import Keeping
from engine.run.lanes import TROUBLE_PAUSE
from engine.run.pauses import Held
from engine.run.reading import look
from engine.store import partitions, wakes
from engine.store.connections import WorkerConnection
from engine.store.database import Connection, Store

log = structlog.get_logger()

BEAT_SECONDS = 1.0
#: A worker that was silent for so long is dead to the others; before that it must give up by itself.
STALE_SECONDS = 3.0
_GIVE_UP_SECONDS = 2.5
_WATCH_SECONDS = 0.25
#: How often stale workers are looked for, new jobs are polled for, and a lost database is tried again.
_RECOVER_SECONDS = 0.5
_POLL_SECONDS = 0.25
_RECONNECT_SECONDS = 0.5
#: One process must be able to hold every partition: one that waits for a slow backend must not keep others from work.
_MOST_PARTITIONS = 1_000
#: What waits is looked at again after so long: a clock that was set back must not keep it.
_LONGEST_REST = timedelta(seconds=30)
#: How many entities one process works at once; of one project alone half as many.
PLACES = 128
_CONNECTIONS = 4
#: How long a worker that ends lets its drains end before it cancels them.
_DRAIN_SECONDS = 6.0
#: The end of a stop: what is still under way is given up, and its partitions are given back.
_HANDING_OVER_SECONDS = 1.5
_HOUSEKEEPING = "interlock.housekeeping"
_RETENTION = "interlock.retention"


class Partitions:
    """Works entities with events, in whatever partitions this process gets."""

    def __init__(
        self,
        store: Store,
        hands: Callable[[], Hands],
        clock: Callable[[], datetime],
        keeping: Keeping | None = None,
        *,
        concurrency: int = PLACES,
    ) -> None:
        """Take the store that is shared and who works; `concurrency` bounds the entities worked at once.

        `keeping` removes what is too old. `hands` is asked for each drain anew: what they know of an entity must not outlive the drain.
        """
        self._store = store
        self._hands = hands
        self._clock = clock
        self._keeping = keeping
        self._gate = FairGate(concurrency)
        self._drains: dict[int, Drain] = {}
        self._ends: dict[int, Ended] = {}
        self._worker: Worker | None = None
        self._running: asyncio.Task[None] | None = None
        self._stopping = False
        self._hurried: set[Entity] = set()
        self._beaten = 0.0
        #: What the log has said of a database that is gone or frozen; nothing again before the heart beats again.
        self._told: set[str] = set()
        #: Counts the reasons to look for jobs.
        self.news = 0

    def start(self) -> None:
        """Begin to work partitions."""
        # The library logs each job, and its connections each failure, in words of their own.
        for name in ("procrastinate", "psycopg.pool"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        self._running = asyncio.get_running_loop().create_task(self._supervise())

    def wake(self, entity: Entity, arrived: Arrived | None = None) -> None:
        """The transaction that wrote the event has done it."""

    def hurry(self, entity: Entity) -> None:
        """Try again an entity that waits, in a drain or for a wake that is due later."""
        for drain in self._drains.values():
            drain.hurry(entity)
        if not self._hurried:  # thousands come at once when a backend is back: they are one write
            asyncio.get_running_loop().call_soon(self._wake_hurried)
        self._hurried.add(entity)

    def _wake_hurried(self) -> None:
        hurried, self._hurried = self._hurried, set()

        def work(c: Connection) -> None:
            for entity in hurried:
                wakes.touch(c, entity.project, entity.id)

        self._submit(work)

    def hurry_all(self) -> None:
        """The same for every entity."""
        for drain in self._drains.values():
            drain.hurry_all()
        self._submit(wakes.touch_all)

    def _submit(self, work: Callable[[Connection], None]) -> None:
        try:
            self._store.submit(work)
        except StoreError as error:  # they wait until they are due
            log.warning("wakes.late", because=str(error))

    def hold(self, held: Held) -> None:
        """The database gives nothing of theirs, and wakes who works it when they are let go on."""

    @property
    def busy(self) -> int:
        """How many entities have something to do now."""
        return sum(drain.busy for drain in self._drains.values())

    @property
    def has_places(self) -> bool:
        """A job works it, here or elsewhere."""
        return False

    @property
    def waiting(self) -> int:
        """Entities that wait for a retry are in the store only."""
        return 0

    async def settle(self) -> None:
        """Return when nobody works or is to work now, in this process or in another."""
        while await look(self._store, wakes.awake):  # noqa: ASYNC110 -- others say nothing when they are done
            await asyncio.sleep(_POLL_SECONDS / 5)

    async def stop(self, grace: float) -> None:
        """Begin nothing new and let what is under way finish, all within `grace` seconds; the rest is for other workers."""
        self._stopping = True
        if self._keeping is not None:
            self._keeping.stop()
        for drain in self._drains.values():
            drain.stop()
        if self._worker is not None:
            self._worker.stop()  # type: ignore[no-untyped-call]
        if self._running is not None:
            handing_over = min(_HANDING_OVER_SECONDS, grace / 2)
            _, late = await asyncio.wait({self._running}, timeout=grace - handing_over)
            for drain in self._drains.values():
                drain.abandon()
            if late:
                await asyncio.wait({self._running}, timeout=handing_over)
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    async def _supervise(self) -> None:
        """Keep a worker running: it ends when the database goes, or when this process was taken for dead."""
        while not self._stopping:
            try:
                await self._serve()
            except (ConnectorException, StoreError) as error:
                self.lost(error)
            except Exception:
                log.exception("worker.failed")
            for drain in self._drains.values():
                drain.abandon()
            if not self._stopping:
                await asyncio.sleep(_RECONNECT_SECONDS)

    async def _serve(self) -> None:
        """One worker, from its first heartbeat to its end."""
        await self._store.commit(lambda _: None)  # cheaper to try than a pool of connections
        connector = PsycopgConnector(
            conninfo=self._store.address,
            min_size=1,
            max_size=_CONNECTIONS,
            timeout=STALE_SECONDS,
            connection_class=WorkerConnection,
            kwargs={**self._store.link, "application_name": "interlock worker"},
        )
        app = App(connector=connector)
        app.job_manager = TellingManager(connector, self)
        app.task(name=wakes.TASK, queue=wakes.QUEUE, pass_context=True)(self._wake)
        housekeeping = app.task(
            name=_HOUSEKEEPING, queue=wakes.QUEUE, queueing_lock=_HOUSEKEEPING, lock=_HOUSEKEEPING
        )(self._keep_house)
        app.periodic(cron="* * * * *")(housekeeping)
        # Every daemon knows the job, because any may fetch it.
        retention = app.task(name=_RETENTION, queue=wakes.QUEUE, queueing_lock=_RETENTION, lock=_RETENTION)(
            self._keep
        )
        if self._keeping is not None:
            app.periodic(cron="7 * * * *")(retention)
        async with app.open_async():
            self._worker = Worker(
                app,
                queues=[wakes.QUEUE],
                concurrency=_MOST_PARTITIONS,
                fetch_job_polling_interval=_POLL_SECONDS,
                shutdown_graceful_timeout=_DRAIN_SECONDS,
                delete_jobs="always",
                install_signal_handlers=False,
                update_heartbeat_interval=BEAT_SECONDS,
                stalled_worker_timeout=STALE_SECONDS * 10,
            )
            self._beaten = asyncio.get_running_loop().time()
            beside = [
                asyncio.create_task(self._recover(app.job_manager, self._worker)),
                asyncio.create_task(compare_clocks(self._store, self._clock)),
            ]
            self._watch(self._worker)
            if self._stopping:
                self._worker.stop()  # type: ignore[no-untyped-call]
            try:
                await self._run(self._worker, app.job_manager)
            finally:
                self._worker = None
                for task in beside:
                    task.cancel()
                await asyncio.gather(*beside, return_exceptions=True)

    async def _run(self, worker: Worker, manager: JobManager) -> None:
        """Run a worker to its end, but not for ever once it was stopped: a cancellation can be lost in its connections."""
        running = asyncio.create_task(worker.run())  # type: ignore[no-untyped-call]
        stopped = asyncio.create_task(worker._stop_event.wait())  # noqa: SLF001 -- the version is pinned
        beating: asyncio.Task[None] | None = None
        try:
            await asyncio.wait({running, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if self._stopping:
                beating = asyncio.create_task(_beat(worker, manager))
            await asyncio.wait({running}, timeout=_DRAIN_SECONDS + _GIVE_UP_SECONDS)
            if running.done():
                running.result()
            elif not self._told:  # else it is why: the server answers nothing
                log.warning("worker.stuck")
        finally:
            for task in (stopped, running, *([beating] if beating is not None else [])):
                task.cancel()

    def _watch(self, worker: Worker) -> None:
        """Give up everything when the heart has not beaten: the others are about to take this worker's partitions.

        As a callback of the loop and not as a task: after the process was paused it runs before any task goes on.
        """
        if self._worker is not worker:
            return
        loop = asyncio.get_running_loop()
        if loop.time() - self._beaten > _GIVE_UP_SECONDS:
            self._told.add("worker.silent")
            log.warning("worker.silent", seconds=round(loop.time() - self._beaten, 1))
            for drain in self._drains.values():
                drain.abandon()
            worker.stop()  # type: ignore[no-untyped-call]
            return
        loop.call_later(_WATCH_SECONDS, self._watch, worker)

    async def _wake(self, context: JobContext, partition: int) -> None:
        """The job: drain the partition."""
        drain = Drain(self._ready_in(partition), self._hands(), self._gate, self._clock)
        if self._stopping:
            drain.stop()
        number = number_of(context.job)
        self._drains[number] = drain
        try:
            ended = await drain.run()
            if not ended.more:
                ended = await self._rest(partition, ended)
            self._ends[number] = ended
        finally:
            del self._drains[number]

    def _ready_in(self, partition: int) -> Ready:
        async def ready(after: Mapping[str, str], limit: int) -> list[Entity]:
            now = self._clock()
            found = await look(
                self._store, lambda c: partitions.ready(c, partition, now, after=after, limit=limit)
            )
            return [Entity(project=project, id=entity_id) for project, entity_id in found]

        return ready

    async def _rest(self, partition: int, ended: Ended) -> Ended:
        """With the moment at which the first of the heads that wait is due."""
        due = await look(self._store, lambda c: partitions.next_due(c, partition))
        if due is None:
            return Ended(more=False)
        return Ended(more=False, again_at=ended.again_at or due)

    async def finish(self, job: Job, status: Status) -> bool:
        """End a job in the way its drain ended; False if nothing is left of the partition to be woken for.

        What is left is woken for in the same transaction that ends the job: it cannot be lost in between.
        """
        ended = self._ends.pop(number_of(job), None)
        if job.task_name != wakes.TASK or (
            status is Status.SUCCEEDED and ended is not None and not ended.more and ended.again_at is None
        ):
            return False
        if ended is not None:
            at = ended.again_at
        else:  # it failed: not at once again, except by another worker
            at = None if self._stopping else self._clock() + TROUBLE_PAUSE
        await self._hand_over(job, at)
        return True

    async def _hand_over(self, job: Job, at: datetime | None) -> None:
        number, partition = number_of(job), partition_of(job)
        left = None if at is None else at - self._clock()
        later = min(left, _LONGEST_REST) if left is not None and left > timedelta(0) else None

        def work(c: Connection) -> None:
            wakes.hand_over(c, number, partition, later)

        await self._store.commit(work)

    def beaten(self) -> None:
        """The heart has beaten: the database knows that this worker lives."""
        self._beaten = asyncio.get_running_loop().time()
        self._told.clear()

    def lost(self, error: Exception) -> None:
        """The database does not answer: said once until the heart beats again."""
        if "worker.lost" not in self._told:
            log.warning("worker.lost", because=str(error.__cause__ or error))
        self._told.add("worker.lost")

    def heard(self) -> None:
        """Some partition has news."""
        self.news += 1
        for drain in self._drains.values():
            drain.nudge()

    def look(self) -> None:
        """Look for jobs at once: finishing one lets a waiting one be fetched, and nobody says so."""
        self.news += 1
        if self._worker is not None:
            self._worker._new_job_event.set()  # noqa: SLF001 -- the version is pinned

    def broken(self) -> None:
        """A job could not be ended: only a worker that ends too gives it back."""
        if self._worker is not None:
            self._worker.stop()  # type: ignore[no-untyped-call]

    async def _recover(self, manager: JobManager, worker: Worker) -> None:
        """Take over the partitions of workers that are dead, as long as this worker runs."""
        while self._worker is worker:
            await asyncio.sleep(_RECOVER_SECONDS)
            try:
                stalled = await manager.get_stalled_jobs(
                    queue=wakes.QUEUE, seconds_since_heartbeat=STALE_SECONDS
                )
                for job in stalled:
                    if job.task_name == wakes.TASK:
                        await self._hand_over(job, None)
                        log.warning("partition.taken_over", partition=partition_of(job))
                    else:
                        await manager.finish_job(job, Status.FAILED, delete_job=True)
            except (ConnectorException, StoreError) as error:
                self.lost(error)
                self.broken()

    async def _keep(self, timestamp: int) -> None:
        """Every hour, one daemon of all: remove what is too old."""
        del timestamp
        if self._keeping is not None:
            await self._keeping.once()

    async def _keep_house(self, timestamp: int) -> None:
        """Every minute: wake what should have been woken, and say so, because that would be a mistake of ours."""
        del timestamp

        def work(c: Connection) -> list[int]:
            found = wakes.stranded(c)
            wakes.wake(c, found)
            return found

        for partition in await self._store.commit(work):
            log.error("partition.stranded", partition=partition)


async def _beat(worker: Worker, manager: JobManager) -> None:
    """Beat for a worker that ends: it stops to beat before its last jobs have ended, and would be taken for dead."""
    while worker.worker_id is not None:
        with contextlib.suppress(ConnectorException):
            await manager.update_heartbeat(worker.worker_id)
        await asyncio.sleep(BEAT_SECONDS)
