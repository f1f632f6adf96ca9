"""A server that keeps its connections and answers nothing: whoever reads is told within seconds, and goes on when it is back."""

import time
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Connection, text

from engine.errors import StoreTroubleError
from engine.store.database import Store
from tests.harness.postgres import PostgresServer, running_postgres


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    with running_postgres() as server:
        yield server


def _one(c: Connection) -> int:
    return int(c.execute(text("SELECT 1")).scalar_one())


def _reads_at_once(store: Store, server: PostgresServer) -> None:
    """With a connection that was in use just now."""
    with store.read() as c:
        _one(c)
        with server.frozen():
            _one(c)


def _reads_after_a_while(store: Store, server: PostgresServer) -> None:
    """With a connection that was idle, and is asked first whether it lives."""
    with store.look() as c:
        _one(c)
    time.sleep(1.2)
    with server.frozen(), store.look() as c:
        _one(c)


@pytest.mark.parametrize("reads", [_reads_at_once, _reads_after_a_while])
def test_a_reader_is_told(server: PostgresServer, reads: Callable[[Store, PostgresServer], None]) -> None:
    store = Store.open(server.url())
    with pytest.raises(StoreTroubleError, match="does not answer"):
        reads(store, server)
    with store.look() as c:
        assert _one(c) == 1
    store.close()


def test_a_statement_that_takes_too_long_is_cancelled_but_not_for_who_is_patient(
    server: PostgresServer,
) -> None:
    url = server.url()
    for patient, longest in ((False, "10s"), (True, "0")):
        store = Store.open(url, patient=patient)
        with store.read() as c:
            assert c.execute(text("SHOW statement_timeout")).scalar_one() == longest
        store.close()


def test_the_clients_of_the_library_notice_too(server: PostgresServer) -> None:
    store = Store.open(f"{server.url()}?keepalives_idle=60")
    assert store.link["tcp_user_timeout"] == 10_000
    assert "keepalives_idle" not in store.link, "what the URL says stays"
    store.close()
