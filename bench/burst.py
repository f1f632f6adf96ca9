"""A burst at one daemon whose backend is down: how much memory it takes at most, and whether all is done afterwards.

``BENCH_DELIVERIES`` says how many deliveries, each about an entity of its own (100,000 is the goal).
"""

import os
import re
import socket
import tempfile
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.daemon import _MACHINE, _WORKERS, _load, _process, _resident, _row, _unfinished
from engine.practice.github import release_delivery
from tests.harness.daemon import DaemonProcess, environment

DELIVERIES = int(os.environ.get("BENCH_DELIVERIES", "5000"))
#: How long the backend needs to be found again, and everything to be done.
PATIENCE = 300.0 + DELIVERIES / 100


def measure() -> Iterator[dict[str, Any]]:
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as name, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound and not listening: nobody answers there
        port = closed.getsockname()[1]
        folder = Path(name)
        (folder / "statemachines").mkdir()
        (folder / "statemachines/jira.hcl").write_text(_MACHINE)
        (folder / "workers.yaml").write_text(_WORKERS % port)
        daemon = DaemonProcess(folder, environment("http://127.0.0.1:9"))
        try:
            yield from _burst(daemon, closed, port)
        finally:
            if daemon.process is not None and daemon.process.poll() is None:
                daemon.terminate()


def _burst(daemon: DaemonProcess, closed: socket.socket, port: int) -> Iterator[dict[str, Any]]:
    daemon.register_beside()

    daemon.start()
    assert daemon.process is not None
    idle = _resident(daemon.process.pid)
    requests = _requests(daemon)
    sent = sum(map(len, requests)) / 1e6
    speed = _load(daemon.port, requests)  # which fails if any was not accepted
    words = f"{DELIVERIES:,} deliveries, backend down"
    yield _row(f"accepted, {words}", speed, "1/s", "all of them, in a second", DELIVERIES)
    waiting = _unfinished(daemon.folder)
    assert waiting == DELIVERIES, f"{waiting} of {DELIVERIES} wait"
    closed.close()
    with _process("-m", "bench.sink", str(port)):
        began = time.perf_counter()
        while (left := _unfinished(daemon.folder)) and time.perf_counter() - began < PATIENCE:
            time.sleep(0.2)
        took = time.perf_counter() - began
    yield _row(f"most memory, {words} and back", _peak(daemon.process.pid), "MB", "idle", idle)
    yield _row(
        f"most memory beyond idle, {words}", _peak(daemon.process.pid) - idle, "MB", "bytes sent", sent
    )
    yield _row(f"not done afterwards, {words} and back", left, "events", "all", DELIVERIES)
    yield _row(
        f"from the backend's return to all done, {words}", took, "s", "receiving them", DELIVERIES / speed
    )


def _peak(pid: int) -> float:
    """The most memory that a process ever had, in MB."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) * 1024 / 1e6


def _requests(daemon: DaemonProcess) -> list[bytes]:
    made = []
    for number in range(1, DELIVERIES + 1):
        signed = release_delivery(
            repo_full_name="octo-org/signal-box",
            tag=f"v{number}",
            notes=f"Ships LOAD-{number}.",
            release_id=number,
            delivery_id=str(uuid.uuid4()),
            secret=daemon.secret,
            now=datetime.now(UTC),
        )
        headers = {k: v for k, v in signed.headers.items() if k.lower() != "content-length"}
        lines = "".join(f"{k}: {v}\r\n" for k, v in headers.items())
        head = f"POST {daemon.uri} HTTP/1.1\r\nhost: x\r\n{lines}content-length: {len(signed.body)}\r\n\r\n"
        made.append(head.encode() + signed.body)
    return made
