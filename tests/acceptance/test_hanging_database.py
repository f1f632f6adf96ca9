"""A PostgreSQL that is there and does not go on: senders get their answer before they give up, and nothing is lost."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import psycopg
import pytest

from engine.practice.github import SignedDelivery
from engine.serve.receive import ANSWER_SECONDS
from tests.harness.daemon import DaemonProcess, PracticeJira, wait_until
from tests.harness.fleet import Fleet
from tests.harness.postgres import PostgresServer, running_postgres

#: After so long the first senders give up (docs.github.com, "Best practices for using webhooks").
_SENDERS_WAIT = 10.0


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    with running_postgres() as server:
        yield server


@pytest.fixture
def fleet(make_daemon: Callable[..., DaemonProcess], server: PostgresServer, jira: PracticeJira) -> Fleet:
    return Fleet(make_daemon, server, jira)


def told_to_repeat(daemon: DaemonProcess, signed: list[SignedDelivery]) -> None:
    """Every sender is, of many at once; one that gets no answer at all ends the test."""
    with ThreadPoolExecutor(len(signed)) as senders:
        for answer in senders.map(daemon.deliver, signed):
            assert (answer.status, bool(answer.headers["retry-after"])) == (503, True)


def test_the_answer_comes_before_the_first_senders_give_up() -> None:
    assert ANSWER_SECONDS < _SENDERS_WAIT


def repeated(fleet: Fleet, daemon: DaemonProcess, signed: list[SignedDelivery], jira: PracticeJira) -> None:
    """What the senders repeat is worked once, whatever became of the first try."""
    for one in signed:
        wait_until(lambda one=one: daemon.deliver(one).status == 200, "it is not accepted")  # type: ignore[misc]
    fleet.finish()
    assert fleet.ask("SELECT count(*) FROM deliveries WHERE verdict = 'accepted'") == [(len(signed),)]
    assert fleet.ask("SELECT count(*) FROM history") == [(len(signed),)]
    assert [jira.moves(f"SOC-{n + 1}") for n in range(len(signed))] == [1] * len(signed)
    assert daemon.cli("verify", "--store", fleet.url).returncode == 0


def readyz(daemon: DaemonProcess, status: int) -> bytes:
    answer = daemon.call("GET", "/readyz")
    return answer.body if answer.status == status else b""


def test_a_locked_table(fleet: Fleet, server: PostgresServer, jira: PracticeJira) -> None:
    daemon = fleet.add()
    daemon.register()
    signed = [daemon.release(f"Ships SOC-{n}") for n in range(1, 5)]
    with psycopg.connect(fleet.url) as other:
        other.execute("LOCK TABLE inbox IN ACCESS EXCLUSIVE MODE")
        assert readyz(daemon, 503)  # the first time that anybody asks
        told_to_repeat(daemon, signed)
        reason = wait_until(partial(readyz, daemon, 503), "/readyz is ready")
        assert b"another session keeps a table or a row locked" in reason
    wait_until(partial(readyz, daemon, 200), "/readyz stays unready")
    repeated(fleet, daemon, signed, jira)
    assert daemon.terminate() == 0


def test_a_frozen_server(fleet: Fleet, server: PostgresServer, jira: PracticeJira) -> None:
    daemon = fleet.add()
    daemon.register()
    signed = [daemon.release(f"Ships SOC-{n}") for n in range(1, 5)]
    with server.frozen():
        assert readyz(daemon, 503)
        told_to_repeat(daemon, signed)
        assert b"PostgreSQL" in readyz(daemon, 503)
        assert daemon.call("GET", "/livez").status == 200
        listed = daemon.call("GET", "/backends/list")  # the circuits are known, what was put off is not
        assert (listed.status, {b["put_off"] for b in listed.json()["data"]}) == (200, {None})
    wait_until(partial(readyz, daemon, 200), "/readyz stays unready")
    repeated(fleet, daemon, signed, jira)
    assert [line for line in daemon.lines() if "exception" in line or line["event"] == "library.said"] == []
    assert daemon.terminate() == 0
