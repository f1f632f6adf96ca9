"""The run of ``interlock chaos``: deliver, kill the daemon at a chosen point, start it again, until all is done."""

import asyncio
import contextlib
import itertools
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.cli.calls import call_json, deliver
from engine.cli.chaos_child import DYING
from engine.errors import BackendError, StoreError
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
    "daemon.ready",
)
_START = "daemon.ready"
#: Any write of the store, one that was not yet hit first: in the midst of a transaction, or right before or after its commit.
WRITE = "write"
_MOST_WRITES = 60
_START_SECONDS = 60.0
_HOOK = "chaos"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to do."""

    workers: Path
    machines: Path
    #: Entities by name that deliveries may be about.
    entities: Sequence[str]
    deliveries: int
    kills: int
    #: No kill after so many seconds.
    seconds: float
    seed: int


@dataclass(slots=True, kw_only=True)
class Ran:
    """What was done, for the judge."""

    store: Path
    world: JiraWorld
    #: The identifiers of the deliveries that were answered with success.
    accepted: list[str] = field(default_factory=list)
    #: How often a delivery had to be sent again, because nobody answered.
    again: int = 0
    #: Kills by the point at which they were.
    kills: "Counter[str]" = field(default_factory=Counter)
    #: Events that were not finished in time.
    unfinished: int = 0


class _Daemon:
    """The child: started, listened to, killed as soon as it says the chosen word."""

    def __init__(self, arguments: dict[str, str], log: Path, kills: "Counter[str]") -> None:
        self._arguments = arguments
        self._log = log
        self._kills = kills
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None
        self._ready = threading.Event()
        self._point: tuple[str, int] | None = None
        self.url = ""

    def start(self) -> None:
        """Start it and wait until it is ready, killed or ended."""
        self._ready.clear()
        command = [sys.executable, "-m", "engine.cli.chaos_child", json.dumps(self._arguments)]
        self._process = subprocess.Popen(  # noqa: S603 -- ourselves
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        self._light()
        self._reader = threading.Thread(target=self._listen, args=(self._process,), daemon=True)
        self._reader.start()
        if not self._ready.wait(_START_SECONDS):
            raise StoreError(f"the daemon was not ready in time; its log is {self._log}")

    def kill_at(self, point: str, times: int) -> None:
        """Kill it when it says `point` for the `times`-th time from now."""
        self._point = (point, times)
        self._light()

    def _light(self) -> None:
        """If a kill at a write is asked for, tell the child."""
        if (
            self._point is None
            or self._point[0] != WRITE
            or self._process is None
            or self._process.stdin is None
        ):
            return
        seen = [name.removeprefix(f"{WRITE} ") for name in self._kills if name.startswith(f"{WRITE} ")]
        order = {"after": self._point[1], "seen": seen}
        with contextlib.suppress(OSError):  # it died meanwhile, and is told when it starts again
            self._process.stdin.write(json.dumps(order).encode() + b"\n")
            self._process.stdin.flush()

    @property
    def pending(self) -> bool:
        """Whether a kill was asked for and did not happen yet."""
        return self._point is not None

    def is_alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    def stop(self, number: signal.Signals) -> None:
        """End it with a signal and wait."""
        if self._process is None or self._reader is None:
            return
        if self.is_alive():
            os.kill(self._process.pid, number)
        self._process.wait(_START_SECONDS)
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        self._reader.join(_START_SECONDS)

    def _listen(self, process: "subprocess.Popen[bytes]") -> None:
        if process.stdout is None:
            return
        with self._log.open("ab") as log, process.stdout as said:
            for line in said:
                log.write(line)
                self._hear(process, line)
        self._ready.set()  # it ended: whoever waits for it need not

    def _hear(self, process: "subprocess.Popen[bytes]", line: bytes) -> None:
        try:
            event: dict[str, Any] = json.loads(line)
        except ValueError:
            return
        if event.get("event") == _START:
            self.url = event["url"]
        if event.get("event") == DYING:
            self._kills[f"{WRITE} {event['at']}"] += 1
            self._point = None
        if self._point is not None and event.get("event") == self._point[0]:
            point, times = self._point
            self._point = (point, times - 1) if times > 1 else None
            if times <= 1:
                process.kill()
                self._kills[point] += 1
        if event.get("event") == _START:
            self._ready.set()


def run(plan: Plan, folder: Path) -> Ran:
    """Do everything of the plan on a new store in `folder`. Nothing is called but a practice Jira."""
    world = JiraWorld([f"{key}:{count}" for key, count in _sizes(plan.entities).items()])
    ran = Ran(store=folder / "interlock.db", world=world)
    chosen = random.Random(plan.seed)  # noqa: S311 -- a run can be repeated
    with _served(world) as jira:
        daemon = _Daemon(
            {
                "store": f"sqlite:///{ran.store}",
                "workers": str(plan.workers),
                "machines": str(plan.machines),
                "jira": jira,
                "email": world.account.email,
                "token": world.account.token,
            },
            folder / "daemon.log",
            ran.kills,
        )
        try:
            _work(plan, ran, daemon, chosen)
        finally:
            daemon.stop(signal.SIGKILL)
    return ran


class _Kills:
    """Asks for one kill after another, at each point in turn."""

    def __init__(self, plan: Plan, daemon: _Daemon, chosen: random.Random) -> None:
        self._left = plan.kills
        self._daemon = daemon
        self._chosen = chosen
        self._points = itertools.cycle([point for said in POINTS for point in (said, WRITE)])
        self._end = time.monotonic() + plan.seconds

    def go_on(self) -> None:
        """Ask for the next kill, if the last one is done and there is to be another."""
        if self._left == 0 or self._daemon.pending or time.monotonic() > self._end:
            return
        self._left -= 1
        point = next(self._points)
        times = {_START: 1, WRITE: self._chosen.randint(1, _MOST_WRITES)}
        self._daemon.kill_at(point, times.get(point, self._chosen.randint(1, 4)))
        if point == _START:
            self._daemon.stop(signal.SIGKILL)  # so that it starts


def _work(plan: Plan, ran: Ran, daemon: _Daemon, chosen: random.Random) -> None:
    daemon.start()
    if not daemon.is_alive():
        raise StoreError("the daemon ended at its start: `interlock check` says what is wrong with the files")
    wanted = {"provider": "github", "repo_id": _HOOK, "repo_path": "octo-org/chaos"}
    issued = call_json("POST", f"{daemon.url}/conduit/webhooks/register", wanted, {})["data"]
    kills = _Kills(plan, daemon, chosen)
    for number in range(plan.deliveries):
        kills.go_on()
        named = ", ".join(chosen.sample(list(plan.entities), min(len(plan.entities), chosen.randint(1, 3))))
        signed = _release(number, named, issued["secret"])
        while not _delivered(daemon, issued["uri"], signed):
            ran.again += 1
            _revive(daemon)
        ran.accepted.append(signed.headers["X-GitHub-Delivery"])
        if not daemon.is_alive():
            _revive(daemon)
    settled = time.monotonic() + max(60.0, plan.seconds)
    while time.monotonic() < settled:
        if not daemon.is_alive():
            _revive(daemon)
        ran.unfinished = _backlog(ran.store)
        if ran.unfinished == 0:
            break
        kills.go_on()
        time.sleep(0.1)
    daemon.stop(signal.SIGTERM)


def _revive(daemon: _Daemon) -> None:
    """Start it again, however often it is killed at its start."""
    for _ in range(10):
        daemon.stop(signal.SIGKILL)
        daemon.start()
        if daemon.is_alive():
            return
    raise StoreError("the daemon does not start any more")


def _delivered(daemon: _Daemon, uri: str, signed: SignedDelivery) -> bool:
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


def _backlog(path: Path) -> int:
    store = Store.open(f"sqlite:///{path}", migrate=False)
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
    asyncio.run_coroutine_threadsafe(server.start(), loop).result(_START_SECONDS)
    try:
        yield server.url
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result(_START_SECONDS)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_START_SECONDS)
        loop.close()
