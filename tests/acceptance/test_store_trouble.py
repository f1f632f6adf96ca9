"""A disk that takes no more and a file that somebody else holds: `/readyz` says so, senders are told, nothing is lost."""

import contextlib
import resource
import shutil
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from engine.practice.github import SignedDelivery
from tests.harness.daemon import DaemonProcess, PracticeJira, wait_until


@contextlib.contextmanager
def locked(daemon: DaemonProcess) -> Iterator[None]:
    """Somebody else is in the midst of a transaction, for longer than anybody waits."""
    other = sqlite3.connect(daemon.folder / "interlock.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


@contextlib.contextmanager
def full(daemon: DaemonProcess) -> Iterator[None]:
    """No file of the daemon can grow any more; the store's log is by far the largest."""
    assert daemon.process is not None
    largest = max(path.stat().st_size for path in daemon.folder.glob("interlock.db*"))
    assert largest > daemon.log.stat().st_size + 100_000, "the daemon must be able to say what is wrong"
    before = resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, before)


@contextlib.contextmanager
def read_only(daemon: DaemonProcess) -> Iterator[None]:
    """The kernel refuses every write to the store, through open files too, and any new file beside it.

    A file system cannot be remounted read-only under a process that writes to it; to the store this is the same.
    """
    names = [str(path) for path in daemon.folder.glob("interlock.db*") if not path.name.endswith("-shm")]
    names.append(str(daemon.folder))
    try:
        _immutable(names, "+i")
        yield
    finally:
        _immutable(names, "-i")


def _immutable(names: list[str], how: str) -> None:
    chattr = shutil.which("chattr")
    if chattr is None:
        pytest.skip("needs chattr, of e2fsprogs")
    made = subprocess.run([chattr, how, *names], check=False, capture_output=True, text=True)
    if made.returncode and how == "+i":
        pytest.skip(f"needs root with CAP_LINUX_IMMUTABLE, on ext4, xfs or btrfs: {made.stderr.strip()}")


def test_an_idle_daemon_that_is_asked_finds_out_that_its_disk_is_read_only(daemon: DaemonProcess) -> None:
    with read_only(daemon):
        wait_until(lambda: b"interlock.db" in daemon.call("GET", "/readyz").body, "/readyz is ready")
        daemon.terminate()
        refused = daemon.cli("run")
        assert refused.returncode == 1
        assert (
            b"is read-only: let the user that runs Interlock write the file and its folder" in refused.stderr
        )
        assert daemon.cli("store", "check").returncode == 0
    with contextlib.closing(sqlite3.connect(daemon.folder / "interlock.db")) as c:
        c.execute("PRAGMA wal_checkpoint")  # and nothing is left beside the file
    with read_only(daemon):
        checked = daemon.cli("store", "check")
        assert (checked.returncode, checked.stdout) == (1, b"")
        assert b"let the user that runs Interlock write the file" in checked.stderr


@pytest.mark.parametrize("trouble", [locked, full, read_only])
def test_nothing_is_lost_and_it_recovers_without_a_hand(
    daemon: DaemonProcess,
    jira: PracticeJira,
    trouble: "type[contextlib.AbstractContextManager[None]]",
) -> None:
    for number in range(1, 6):
        assert daemon.deliver(daemon.release(f"Ships SOC-{number}. {'x' * 50_000}")).status == 200
    wait_until(lambda: all(jira.moves(f"SOC-{n}") == 1 for n in range(1, 6)), "not everything was moved")
    refused: list[SignedDelivery] = []
    with trouble(daemon):  # type: ignore[call-arg]
        number = 6
        while not refused and number < 200:  # until the store's log is at its end
            signed = daemon.release(f"Ships SOC-{number % 5 + 1}. {'x' * 50_000}")
            answer = daemon.deliver(signed)
            if answer.status == 503:
                assert answer.headers["retry-after"]
                refused.append(signed)
            number += 1
        assert refused
        told = wait_until(
            lambda: (said := daemon.call("GET", "/readyz")).status == 503 and said, "/readyz is ready"
        )
        assert b"interlock.db" in told.body
        assert daemon.call("GET", "/livez").status == 200
        assert daemon.cli("show", "SOC-1").returncode == 0
        machine = daemon.folder / "statemachines/jira.hcl"
        machine.write_text(f"{machine.read_text()}# Changed while the store takes nothing.\n")
        # On a full disk there is room for a few pages.
        waiting = "definitions.reloaded" if trouble is full else "definitions.waiting"
        wait_until(lambda: daemon._said(waiting), "the change was not noticed")
    wait_until(lambda: daemon.call("GET", "/readyz").status == 200, "it does not recover")
    wait_until(lambda: daemon._said("definitions.reloaded"), "the change is lost")
    assert daemon.deliver(refused[0]).status == 200
    wait_until(lambda: _settled(daemon), "it is not worked")
    assert daemon.cli("verify").returncode == 0
    assert [line for line in daemon.lines() if "exception" in line] == []
    assert daemon.terminate() == 0


def _settled(daemon: DaemonProcess) -> bool:
    with contextlib.closing(sqlite3.connect(daemon.folder / "interlock.db")) as c:
        return bool(c.execute("SELECT count(*) = 0 FROM inbox WHERE finished_at IS NULL").fetchone()[0])


MACHINE = """
provisioner "soc" {
  receive "github" "release" {
    entity = issue_keys(event.release.body)
    fire   = "next"
  }
  statemachine "soc" {
    initial = "to_do"
    state "to_do" "next" { transition = "done" }
    state "done" {}
  }
}
"""
WORKERS = """
workers:
  soc:
    processor: http
    statefile: jira.hcl
    projects: [soc]
    settings:
      url: http://127.0.0.1:%d/
"""


class LockingBackend:
    """A backend that does what it is told, and whose first call finds the store locked by somebody else."""

    def __init__(self) -> None:
        self.store: Path | None = None
        self.keys: list[str] = []
        self.holder: sqlite3.Connection | None = None
        backend = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                backend.called(self.headers["idempotency-key"])
                self.rfile.read(int(self.headers["content-length"]))
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def called(self, key: str) -> None:
        self.keys.append(key)
        if self.holder is None:
            assert self.store is not None
            self.holder = sqlite3.connect(self.store, isolation_level=None, check_same_thread=False)
            self.holder.execute("BEGIN IMMEDIATE")

    def let_go(self) -> None:
        assert self.holder is not None
        self.holder.execute("ROLLBACK")
        self.holder.close()


@pytest.fixture
def backend() -> Iterator[LockingBackend]:
    made = LockingBackend()
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_a_call_whose_outcome_cannot_be_written_is_not_made_again(
    make_daemon: Callable[..., DaemonProcess], backend: LockingBackend
) -> None:
    daemon = make_daemon(machines=MACHINE, workers=WORKERS % backend.server.server_port).start()
    daemon.register()
    backend.store = daemon.folder / "interlock.db"
    assert daemon.deliver(daemon.release("Ships SOC-1")).status == 200
    wait_until(lambda: _said(daemon, "store.waiting"), "nobody is told")
    time.sleep(7)  # longer than a writer waits for another: it has tried once more
    backend.let_go()
    wait_until(lambda: _settled(daemon), "it is not finished")
    wait_until(lambda: _said(daemon, "store.recovered"), "nobody is told that it is over")
    assert len(backend.keys) == 1
    assert [line["level"] for line in _said(daemon, "store.waiting")] == ["warning"]
    assert _said(daemon, "lane.failed") == []
    assert _said(daemon, "event.failed") == []
    page = daemon.shown("SOC-1")
    assert [(e["status"], e["attempts"]) for e in page["effects"]] == [("done", 1)]


def _said(daemon: DaemonProcess, event: str) -> list[dict[str, object]]:
    return [line for line in daemon.lines() if line.get("event") == event]
