"""The library's job manager as partitions need it: it tells what it does, and ends a job together with what follows it."""

import asyncio
from collections.abc import Iterable
from typing import Any, Protocol

import structlog
from procrastinate import PsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager, NotificationCallback

from engine.errors import StoreError

log = structlog.get_logger()


class Owner(Protocol):
    """Who is told what the manager does."""

    #: Counts what may have made a job fetchable.
    news: int

    def beaten(self) -> None:
        """The heart has beaten: the database knows that this worker lives."""

    def heard(self) -> None:
        """Some partition has news."""

    def look(self) -> None:
        """Look for jobs at once."""

    def lost(self, error: Exception) -> None:
        """The database does not answer."""

    def broken(self) -> None:
        """A job could not be ended: only a worker that ends too gives it back."""

    async def finish(self, job: Job, status: Status) -> bool:
        """End a job in its own way; False if the library may end it."""


class TellingManager(JobManager):
    """The library's own, telling what it does and ending jobs in one transaction with what follows them."""

    def __init__(self, connector: PsycopgConnector, owner: Owner) -> None:
        """Tell `owner` what is done on this connector."""
        super().__init__(connector)
        self._owner = owner

    async def fetch_job(self, queues: Iterable[str] | None, worker_id: int) -> Job | None:
        """Fetch; news that came meanwhile are not forgotten, as the worker would when it finds nothing."""
        before = self._owner.news
        job = await super().fetch_job(queues, worker_id)
        if job is None and self._owner.news != before:
            asyncio.get_running_loop().call_soon(self._owner.look)
        return job

    async def update_heartbeat(self, worker_id: int) -> None:
        """Beat, and say so."""
        await super().update_heartbeat(worker_id)
        self._owner.beaten()

    async def finish_job(self, job: Job, status: Status, delete_job: bool) -> None:  # noqa: FBT001
        """End a job; one that another worker has taken over is not ours to end."""
        try:
            if not await self._owner.finish(job, status):
                await super().finish_job(job, status, delete_job)
            self._owner.look()
        except (ConnectorException, StoreError) as error:
            if "was not found" not in str(error.__cause__):
                self._owner.lost(error)
                self._owner.broken()

    async def listen_for_jobs(
        self, *, on_notification: NotificationCallback, queues: Iterable[str] | None = None
    ) -> None:
        """Listen, and let drains that only wait for calls look for news."""

        async def heard(*, channel: str, notification: Any) -> None:
            self._owner.heard()
            await on_notification(channel=channel, notification=notification)

        await super().listen_for_jobs(on_notification=heard, queues=queues)


def partition_of(job: Job) -> int:
    """The partition that a job wakes."""
    partition = job.task_kwargs["partition"]
    if not isinstance(partition, int):
        raise StoreError(f"job {job.id} names no partition: the store was changed by something else")
    return partition


def number_of(job: Job) -> int:
    """The number of a job that was fetched."""
    if job.id is None:
        raise StoreError("a job without a number was fetched: the store was changed by something else")
    return job.id
