"""A disk that takes no more and a file that somebody else holds: `/readyz` says so, senders are told, nothing is lost."""

import contextlib
import resource
import sqlite3
from collections.abc import Iterator

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


@pytest.mark.parametrize("trouble", [locked, full])
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
    wait_until(lambda: daemon.call("GET", "/readyz").status == 200, "it does not recover")
    assert daemon.deliver(refused[0]).status == 200
    wait_until(lambda: _settled(daemon), "it is not worked")
    assert daemon.cli("verify").returncode == 0
    assert daemon.terminate() == 0


def _settled(daemon: DaemonProcess) -> bool:
    with contextlib.closing(sqlite3.connect(daemon.folder / "interlock.db")) as c:
        return bool(c.execute("SELECT count(*) = 0 FROM inbox WHERE finished_at IS NULL").fetchone()[0])
