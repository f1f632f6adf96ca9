"""The real daemon as a process, a practice Jira over real HTTP, and deliveries with real signatures."""

import asyncio
import contextlib
import http.client
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from engine.practice.github import SignedDelivery, release_delivery
from engine.practice.jira import JiraWorld

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 30.0
#: A start is mostly imports: on a machine with a dozen others at work it takes a dozen times as long.
STARTING = 90.0


def wait_until(what: Callable[[], Any], why: str, patience: float = PATIENCE) -> Any:
    """Return what `what` returns as soon as it is true; fail the test with `why` if it never is."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        found = what()
        if found:
            return found
        time.sleep(0.02)
    pytest.fail(f"waited {patience:g} s in vain: {why}")


@dataclass
class Answer:
    status: int
    body: bytes
    headers: dict[str, str]

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class PracticeJira:
    """A practice Jira served from a thread of the test; `world` may be looked at and disturbed."""

    world: JiraWorld
    url: str

    def status(self, key: str) -> str:
        return self.world.issue(key).status.name

    def moves(self, key: str) -> int:
        """How often the issue's status was changed."""
        return len(self.world.issue(key).changes)


class LoopThread:
    """An event loop in a thread, for servers that tests talk to."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(PATIENCE)

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(PATIENCE)
        self.loop.close()


@dataclass
class DaemonProcess:
    """`interlock run` in a process of its own, in a folder of its own."""

    folder: Path
    environ: dict[str, str]
    arguments: list[str] = field(default_factory=list)
    process: subprocess.Popen[bytes] | None = None
    port: int = 0
    secret: str = ""
    uri: str = ""
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def log(self) -> Path:
        return self.folder / "daemon.log"

    def start(self, *more: str) -> "DaemonProcess":
        with self.log.open("ab") as out:
            at = out.tell()
            self.process = subprocess.Popen(
                [sys.executable, "-m", "engine", "run", *self.arguments, *more],
                cwd=self.folder,
                env={"INTERLOCK_PORT": str(self.port), **self.environ},
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        ready = wait_until(
            lambda: self._said("daemon.ready", at) or self._ended(), "the daemon is not ready", STARTING
        )
        if ready is True:
            pytest.fail(f"the daemon ended at its start: {self.log.read_text()}")
        self.port = int(ready["url"].rpartition(":")[2])
        return self

    def _ended(self) -> bool:
        assert self.process is not None
        return self.process.poll() is not None

    def _said(self, event: str, at: int = 0) -> dict[str, Any] | None:
        return next((line for line in self.lines(at) if line.get("event") == event), None)

    def lines(self, at: int = 0) -> list[dict[str, Any]]:
        """The log's lines from that byte on."""
        found = []
        with self.log.open("rb") as log:
            log.seek(at)
            for line in log:
                with contextlib.suppress(json.JSONDecodeError):
                    found.append(json.loads(line))
        return found

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(PATIENCE)

    def terminate(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def call(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            answer = connection.getresponse()
            return Answer(answer.status, answer.read(), {k.lower(): v for k, v in answer.getheaders()})
        finally:
            connection.close()

    def call_json(self, method: str, path: str, body: Any, **headers: str) -> Answer:
        return self.call(
            method, path, json.dumps(body).encode(), {"content-type": "application/json", **headers}
        )

    def register(self, repo_id: str = "signal-box") -> None:
        answer = self.call_json(
            "POST",
            "/conduit/webhooks/register",
            {"provider": "github", "repo_id": repo_id, "repo_path": f"octo-org/{repo_id}"},
        )
        assert answer.status == 201, answer
        self.secret, self.uri = answer.json()["data"]["secret"], answer.json()["data"]["uri"]

    def register_beside(self, repo_id: str = "signal-box") -> None:
        """Register with the command line, without a daemon."""
        run = self.cli("hooks", "register", "github", repo_id, f"octo-org/{repo_id}", "--json")
        assert run.returncode == 0, run.stderr
        issued = json.loads(run.stdout)
        self.secret, self.uri = issued["secret"], issued["uri"]

    def release(self, notes: str, action: str = "published", **more: Any) -> SignedDelivery:
        number = next(self._numbers)
        more = {"release_id": number, "delivery_id": str(uuid.uuid4()), **more}
        return release_delivery(
            repo_full_name="octo-org/signal-box",
            tag=f"v1.0.{number}",
            notes=notes,
            action=action,
            secret=self.secret,
            now=datetime.now(UTC),
            **more,
        )

    def deliver(self, signed: SignedDelivery) -> Answer:
        return self.call("POST", self.uri, signed.body, dict(signed.headers))

    def cli(self, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-m", "engine", *arguments],
            cwd=self.folder,
            env=self.environ,
            input=stdin,
            capture_output=True,
            timeout=STARTING,
            check=False,
        )

    def shown(self, entity: str) -> dict[str, Any]:
        """What `interlock show ENTITY --json` says of one entity."""
        pages = json.loads(self.cli("show", entity, "--json").stdout)
        return dict(pages[0]) if pages else {}


def environment(jira_url: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("INTERLOCK_", "ATLASSIAN_"))}
    return {
        **kept,
        "PYTHONPATH": str(ROOT),
        "ATLASSIAN_URL": jira_url,
        "ATLASSIAN_EMAIL": "practice@example.com",
        "ATLASSIAN_API_KEY": "practice-token",
    }
