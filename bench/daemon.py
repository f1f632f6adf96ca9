"""The whole daemon, from outside: start, first transition, deliveries per second, events done per second, memory."""

import base64
import contextlib
import http.client
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.goals import Goal, held_against
from engine.practice.github import release_delivery
from engine.practice.jira import JiraWorld
from engine.practice.jira.server import PracticeServer
from tests.harness.daemon import DaemonProcess, LoopThread, PracticeJira, environment

ROOT = Path(__file__).resolve().parents[1]
DELIVERIES = 10_000
ENTITIES = 10_000
#: How long the load is half of what is possible.
_PACED_SECONDS = 10
CONNECTIONS = 32
_MACHINE = """
provisioner "load" {
  statemachine "load" {
    initial = "a"
    state "a" "next" { transition = "b" }
    state "b" "next" { transition = "a" }
  }
}
"""
_WITHOUT_CALL = """
provisioner "load" {
  statemachine "load" {
    initial = "a"
    state "a" {
      on "next" {
        set = { seen = try(context.seen, 0) + 1 }
      }
    }
  }
}
"""
_WORKERS = """
workers:
  sink:
    processor: http
    statefile: jira.hcl
    projects: [load]
    settings:
      url: http://127.0.0.1:%d/
"""


def measure() -> list[dict[str, Any]]:
    return [*_first_transition(), *_twenty(), *_throughput()]


def _row(name: str, value: float, unit: str, reference: str, reference_value: float) -> dict[str, Any]:
    return {
        "name": name,
        "value": round(value, 4),
        "unit": unit,
        "reference": reference,
        "reference_value": round(reference_value, 4),
        "ratio": round(value / reference_value, 3) if reference_value else None,
    }


@contextlib.contextmanager
def _process(*arguments: str, cwd: Path | None = None) -> Iterator[tuple[subprocess.Popen[bytes], bytes]]:
    """A process that says one line when it is ready, ended at the end."""
    environ = {**os.environ, "PYTHONPATH": f"{ROOT}"}
    started = subprocess.Popen(
        [sys.executable, *arguments], stdout=subprocess.PIPE, cwd=cwd or ROOT, env=environ
    )
    assert started.stdout is not None
    try:
        yield started, started.stdout.readline()
    finally:
        started.send_signal(signal.SIGTERM)
        started.wait(15)
        started.stdout.close()


def _resident(pid: int) -> float:
    """Resident memory in MB."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def _first_transition() -> Iterator[dict[str, Any]]:
    """`interlock run --practice`, from the start of the process to the confirmed issue."""
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", "import uvicorn, sqlalchemy, aiohttp, lark, transitions"], check=True
    )
    bare = time.perf_counter() - began
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        environ = {**environment("http://127.0.0.1:9"), "INTERLOCK_LOG_FORMAT": "json"}
        process = subprocess.Popen(
            [sys.executable, "-m", "engine", "run", "--practice", "--port", "0"],
            stdout=subprocess.PIPE,
            cwd=folder,
            env=environ,
        )
        assert process.stdout is not None
        try:
            took = delivered = 0.0
            for line in process.stdout:
                if b'"delivery.verified"' in line:
                    delivered = time.perf_counter()
                if b'"effect.confirmed"' in line:
                    took = time.perf_counter() - began
                    break
        finally:
            process.send_signal(signal.SIGTERM)
            process.stdout.read()
            process.wait(15)
            process.stdout.close()
    yield _row("process start to the first confirmed transition", took, "s", "importing its libraries", bare)
    yield _row(
        "verified delivery to the confirmed transition",
        began + took - delivered,
        "s",
        "importing its libraries",
        bare,
    )


def _twenty() -> Iterator[dict[str, Any]]:
    """Two definitions, twenty issues, twenty deliveries; and the same Jira calls made one after another, without us."""
    thread = LoopThread()
    server = PracticeServer(JiraWorld(["SOC:20", "DEVHOP:20"]))
    thread.run(server.start())
    jira = PracticeJira(server.world, server.url)
    keys = [f"{project}-{n}" for n in range(1, 11) for project in ("SOC", "DEVHOP")]
    try:
        with tempfile.TemporaryDirectory() as name:
            daemon = DaemonProcess(Path(name), environment(jira.url))
            (daemon.folder / "statemachines").mkdir()
            for file in ("statemachines/jira.hcl", "workers.yaml"):
                (daemon.folder / file).write_text((ROOT / file).read_text())
            daemon.register_beside()
            daemon.start()
            try:
                began = time.perf_counter()
                first = 0.0
                for key in keys:
                    assert daemon.deliver(daemon.release(f"Ships {key}")).status == 200
                    if not first and jira.status(keys[0]) == "In Progress":
                        first = time.perf_counter() - began
                while any(jira.status(key) != "In Progress" for key in keys):
                    time.sleep(0.002)
                all_moved = time.perf_counter() - began
            finally:
                daemon.terminate()
        began = time.perf_counter()
        for number in range(11, 21):
            for project in ("SOC", "DEVHOP"):
                _move_by_hand(jira.url, f"{project}-{number}")
        by_hand = time.perf_counter() - began
    finally:
        thread.run(server.stop())
        thread.close()
    reference = "the same calls by hand, one after another"
    yield _row(
        "20 deliveries to the first issue moved",
        first or all_moved,
        "s",
        f"{reference}, for one",
        by_hand / 20,
    )
    yield _row("20 deliveries to all 20 issues moved", all_moved, "s", reference, by_hand)


def _move_by_hand(url: str, key: str) -> None:
    address = url.removeprefix("http://")
    login = base64.b64encode(b"practice@example.com:practice-token").decode()
    connection = http.client.HTTPConnection(address)
    headers = {"authorization": f"Basic {login}", "content-type": "application/json"}
    place = f"/rest/api/3/issue/{key}"
    for method, path, body in (
        ("GET", f"{place}?fields=status", None),
        ("GET", f"{place}/transitions", None),
        ("POST", f"{place}/transitions", b'{"transition": {"id": "11"}}'),
        ("GET", f"{place}?fields=status", None),
    ):
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        answer.read()
        assert answer.status in {200, 204}, answer.status
    connection.close()


def _throughput() -> Iterator[dict[str, Any]]:
    """Everything on one machine, load and backend included: received, decided, called, done."""
    with _process("-m", "bench.sink") as (_, sink_port):
        with _loaded(_MACHINE, int(sink_port)) as daemon:
            assert daemon.process is not None
            with _process("-m", "bench.bare", daemon.secret) as (bare, bare_port):
                idle, idle_bare = _resident(daemon.process.pid), _resident(bare.pid)
                yield held_against(
                    _row("resident memory, idle daemon", idle, "MB", "bare uvicorn", idle_bare),
                    Goal(of="value", at_most=90),
                )
                requests = _requests(daemon, DELIVERIES)
                reference = _load(int(bare_port), requests)
            accepted, done = _work_off(daemon, requests)
            bare_words = "bare uvicorn with HMAC, nothing kept"
            yield _row("deliveries accepted, durable, 15 KB", accepted, "1/s", bare_words, reference)
            yield held_against(
                _row("received, decided, one HTTP call each, done", done, "1/s", bare_words, reference),
                Goal(of="value", at_least=1000),
            )
        with _loaded(_MACHINE, int(sink_port)) as daemon:
            half = done / 2
            _load(daemon.port, _requests(daemon, int(half * _PACED_SECONDS)), rate=half)
            waits = sorted(_starts(daemon))
            for name, share in (("p50", 0.5), ("p99", 0.99)):
                value = waits[min(int(len(waits) * share), len(waits) - 1)] * 1000
                row = _row(f"commit to start of the call at half load, {name}", value, "ms", "the goal", 5)
                yield held_against(row, Goal(of="value", at_most=5)) if name == "p99" else row
        with _loaded(_WITHOUT_CALL, int(sink_port)) as daemon:
            _, done = _work_off(daemon, _requests(daemon, DELIVERIES))
            yield held_against(
                _row("received, decided, no call, done", done, "1/s", bare_words, reference),
                Goal(of="value", at_least=1500),
            )


@contextlib.contextmanager
def _loaded(machine: str, sink_port: int) -> Iterator[DaemonProcess]:
    """A running daemon with this machine, in a folder of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "statemachines").mkdir()
        (folder / "statemachines/jira.hcl").write_text(machine)
        (folder / "workers.yaml").write_text(_WORKERS % sink_port)
        daemon = DaemonProcess(folder, environment("http://127.0.0.1:9"))
        daemon.register_beside()
        daemon.start()
        try:
            yield daemon
        finally:
            if daemon.process is not None and daemon.process.poll() is None:
                daemon.terminate()


def _work_off(daemon: DaemonProcess, requests: list[bytes]) -> tuple[float, float]:
    """How many were accepted a second, and how many done: from the first request on, not from the load's own start."""
    accepted = _load(daemon.port, requests)
    sent = time.perf_counter()
    while _unfinished(daemon.folder):
        time.sleep(0.02)
    took = len(requests) / accepted + time.perf_counter() - sent
    return accepted, len(requests) / took


def _starts(daemon: DaemonProcess) -> Iterator[float]:
    """From each decision, told when it is committed, to the start of its call, in seconds."""
    decided: dict[str, datetime] = {}
    for line in daemon.lines():
        if line["event"] == "decision":
            decided[line["entity"]] = datetime.fromisoformat(line["timestamp"])
        elif line["event"] == "effect.calling":
            yield (datetime.fromisoformat(line["timestamp"]) - decided[line["entity"]]).total_seconds()


def _requests(daemon: DaemonProcess, count: int) -> list[bytes]:
    made = []
    for number in range(count):
        signed = release_delivery(
            repo_full_name="octo-org/signal-box",
            tag=f"v{number}",
            notes=f"Ships LOAD-{number % ENTITIES + 1}. " + "Notes. " * 300,
            release_id=number + 1,
            delivery_id=str(uuid.uuid4()),
            secret=daemon.secret,
            now=datetime.now(UTC),
        )
        headers = "".join(f"{k}: {v}\r\n" for k, v in signed.headers.items() if k.lower() != "content-length")
        head = f"POST {daemon.uri} HTTP/1.1\r\nhost: 127.0.0.1\r\n{headers}content-length: {len(signed.body)}\r\n\r\n"
        made.append(head.encode() + signed.body)
    return made


def _load(port: int, requests: list[bytes], rate: float = 0) -> float:
    """Requests per second; with a `rate` not more than that."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as plan:
        sent = [request.hex() for request in requests]
        json.dump({"port": port, "connections": CONNECTIONS, "requests": sent, "rate": rate}, plan)
        plan.flush()
        said = subprocess.run(
            [sys.executable, "-m", "bench.load", plan.name], check=True, capture_output=True, cwd=ROOT
        ).stdout
    result = json.loads(said)
    assert set(result["statuses"]) == {"200"}, result
    return len(requests) / float(result["seconds"])


def _unfinished(folder: Path) -> int:
    connection = sqlite3.connect(f"file:{folder / 'interlock.db'}?mode=ro", uri=True)
    try:
        return int(connection.execute("select count(*) from inbox where finished_at is null").fetchone()[0])
    finally:
        connection.close()
