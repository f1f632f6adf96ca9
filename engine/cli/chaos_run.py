"""The run of ``interlock chaos``: deliver, kill the daemon at a chosen point, start it again, until all is done."""

import asyncio
import itertools
import math
import random
import secrets
import signal
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from engine.cli.calls import call_json, deliver
from engine.cli.chaos_backend import Recorder
from engine.cli.chaos_daemon import PAUSE, START, START_SECONDS, WRITE, ChaosDaemon
from engine.errors import BackendError, StoreError
from engine.frozen import frozen
from engine.practice.github import SignedDelivery, release_delivery
from engine.practice.jira import JiraWorld
from engine.practice.jira.server import PracticeServer
from engine.run.clock import now
from engine.store import inbox
from engine.store.database import Store

#: Where the daemon is killed: just after it said this, which is between two of its writes or calls, and at a write.
POINTS = (
    "delivery.verified",
    "entities.found",
    "decision",
    "effect.calling",
    "backend.exchange",
    "effect.confirmed",
    START,
)
_MOST_WRITES = 60
_HOOK = "chaos"
#: How long a sender waits before it tries again: a process that is killed takes a moment to end.
_AGAIN_SECONDS = 0.1
#: What deliveries are about at a time: entities that come to their end make room for others.
WINDOW = 24
#: How many deliveries there are for each invented entity; each is about two.
_DELIVERIES_EACH = 5
#: So many deliveries later a word that was not said may not come any more: the kill is made at another point.
_PATIENCE = 50


@frozen
class Plan:
    """What to do."""

    workers: Path
    machines: Path
    #: Entities by name that deliveries may be about: from the first to the last of them in the course of the run.
    entities: Sequence[str]
    #: What is served by a Jira: these workers, and by them these projects. Everything else is recorded.
    jira_workers: frozenset[str]
    jira_projects: frozenset[str]
    deliveries: int
    kills: int
    #: No kill after so many seconds.
    seconds: float
    seed: int
    #: An empty PostgreSQL database for two daemons; None = a file of its own and one daemon.
    database: str | None = None
    #: Whether the configured processors are called for real.
    real: bool = False


@dataclass(slots=True, kw_only=True)
class Ran:
    """What was done, for the judge."""

    plan: "Plan"
    #: The URL of the store.
    store: str
    #: The backends that stood for the configured ones; nothing is in them if those were called for real.
    world: JiraWorld
    recorder: Recorder
    #: The identifiers of the deliveries that were answered with success.
    accepted: list[str] = field(default_factory=list)
    #: How often a delivery had to be sent again, because nobody answered.
    again: int = 0
    #: Kills by the point at which they were.
    kills: "Counter[str]" = field(default_factory=Counter)
    #: Kills that were asked for and not made, and why; empty if all were.
    spared: str = ""
    #: Events that were not finished in time.
    unfinished: int = 0


def run(plan: Plan, folder: Path) -> Ran:
    """Do everything of the plan on a new store. Nothing is called but a practice Jira and a backend that records."""
    world = JiraWorld([f"{key}:{count}" for key, count in _sizes(plan.entities).items()])
    store = plan.database or f"sqlite:///{folder / 'interlock.db'}"
    recorder = Recorder()
    ran = Ran(store=store, world=world, recorder=recorder, plan=plan)
    with _served(world) as jira, recorder.serving():
        arguments = {
            "store": store,
            "workers": str(plan.workers),
            "machines": str(plan.machines),
            "key": secrets.token_hex(32),
            "real": "yes" if plan.real else "",
            "jira": jira,
            "email": world.account.email,
            "token": world.account.token,
            "recorder": recorder.url,
        }
        count = 1 if plan.database is None else 2
        daemons = [
            ChaosDaemon(arguments, folder / f"daemon-{number}.log", ran.kills)
            for number in range(1, count + 1)
        ]
        try:
            _work(plan, ran, daemons)
        finally:
            for daemon in daemons:
                daemon.stop(signal.SIGKILL)
    return ran


class _Kills:
    """Asks for one kill after another, at each point and of each daemon in turn."""

    def __init__(self, plan: Plan, daemons: Sequence[ChaosDaemon], chosen: random.Random) -> None:
        self._asked = self._left = plan.kills
        self._seconds = plan.seconds
        self._daemons = itertools.cycle(daemons)
        self._daemon = next(self._daemons)
        self._chosen = chosen
        # Where nobody takes over, a pause is only a wait.
        said = (PAUSE, *POINTS) if len(daemons) > 1 else POINTS
        self._points = itertools.cycle([point for word in said for point in (word, WRITE)])
        self._end = time.monotonic() + plan.seconds
        self._waited = 0

    def spared(self, made: int) -> str:
        """How many kills of those asked for were not made, and why; empty if all were."""
        if made >= self._asked:
            return ""
        late = time.monotonic() > self._end
        why = (
            f"--seconds {self._seconds:g} had passed: give more"
            if late
            else "all deliveries were worked off before: give more --deliveries"
        )
        return f"{made} of {self._asked} kills were made: {why}"

    def go_on(self) -> None:
        """Ask for the next kill, if the last one is done and there is to be another."""
        if self._daemon.pending:
            self._waited += 1
            if self._waited > _PATIENCE and self._daemon.forget():
                self._left += 1
        if self._left == 0 or self._daemon.pending or time.monotonic() > self._end:
            return
        self._left -= 1
        self._waited = 0
        # One that is paused goes on by itself, soon.
        self._daemon = next(daemon for daemon in self._daemons if not daemon.paused)
        point = next(self._points)
        if point == PAUSE:
            self._daemon.pause()
            return
        times = {START: 1, WRITE: self._chosen.randint(1, _MOST_WRITES)}
        self._daemon.kill_at(point, times.get(point, self._chosen.randint(1, 4)))
        if point == START:
            self._daemon.stop(signal.SIGKILL)  # so that it starts


def _work(plan: Plan, ran: Ran, daemons: Sequence[ChaosDaemon]) -> None:
    chosen = random.Random(plan.seed)  # noqa: S311 -- a run can be repeated
    for daemon in daemons:
        daemon.start()
        if not daemon.is_alive():
            raise StoreError(
                "the daemon ended at its start: `interlock check` says what is wrong with the files"
            )
    wanted = {"provider": "github", "repo_id": _HOOK, "repo_path": "octo-org/chaos"}
    issued = call_json("POST", f"{daemons[0].url}/conduit/webhooks/register", wanted, {})["data"]
    kills = _Kills(plan, daemons, chosen)
    receiving = itertools.cycle(daemons)
    for number in range(plan.deliveries):
        kills.go_on()
        about = window(plan, number)
        named = ", ".join(chosen.sample(about, min(len(about), chosen.randint(1, 3))))
        signed = _release(number, named, issued["secret"])
        while not _delivered(next(d for d in receiving if not d.paused), issued["uri"], signed):
            ran.again += 1
            time.sleep(_AGAIN_SECONDS)
            _revive(daemons)
        ran.accepted.append(signed.headers["X-GitHub-Delivery"])
        _revive(daemons)
    settled = time.monotonic() + max(60.0, plan.seconds)
    while time.monotonic() < settled:
        _revive(daemons)
        ran.unfinished = _backlog(ran.store)
        if ran.unfinished == 0:
            break
        kills.go_on()
        time.sleep(0.1)
    ran.spared = kills.spared(sum(ran.kills.values()))
    for daemon in daemons:
        daemon.stop(signal.SIGTERM)


def invented(projects: Sequence[str], deliveries: int) -> list[str]:
    """Names of all projects in turn, so many that there are always some that have not come to their end."""
    count = math.ceil((WINDOW + deliveries / _DELIVERIES_EACH) / len(projects))
    return [f"{project.upper()}-{number}" for number in range(1, count + 1) for project in projects]


def window(plan: Plan, number: int) -> Sequence[str]:
    """What the delivery of that number may be about."""
    first = max(0, len(plan.entities) - WINDOW) * number // plan.deliveries
    return plan.entities[first : first + WINDOW]


def _revive(daemons: Sequence[ChaosDaemon]) -> None:
    """Start those again that are dead, however often they are killed at their start."""
    for daemon in daemons:
        for _ in range(10):
            if daemon.is_alive():
                break
            daemon.stop(signal.SIGKILL)
            daemon.start()
        else:
            raise StoreError("the daemon does not start any more")


def _delivered(daemon: ChaosDaemon, uri: str, signed: SignedDelivery) -> bool:
    try:
        return deliver(f"{daemon.url}{uri}", signed) < 300  # noqa: PLR2004  RFC 9110 15.3: success
    except BackendError:
        return False


def _release(number: int, named: str, secret: str) -> SignedDelivery:
    return release_delivery(
        repo_full_name="octo-org/chaos",
        tag=f"v0.0.{number}",
        notes=f"Ships {named}.",
        release_id=number + 1,
        delivery_id=str(uuid.uuid4()),
        secret=secret,
        now=now(),
    )


def _backlog(url: str) -> int:
    store = Store.open(url, migrate=False)
    try:
        with store.read() as connection:
            return inbox.backlog(connection)
    finally:
        store.close()


def _sizes(entities: Sequence[str]) -> dict[str, int]:
    """The projects of the entities, with the greatest number of each."""
    sizes: dict[str, int] = {}
    for entity in entities:
        key, _, number = entity.rpartition("-")
        sizes[key] = max(sizes.get(key, 0), int(number))
    return sizes


@contextmanager
def _served(world: JiraWorld) -> Iterator[str]:
    """A practice Jira in a thread of its own: it outlives every daemon."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = PracticeServer(world)
    asyncio.run_coroutine_threadsafe(server.start(), loop).result(START_SECONDS)
    try:
        yield server.url
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result(START_SECONDS)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(START_SECONDS)
        loop.close()
