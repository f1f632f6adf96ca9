"""A server that accepts connections and says nothing: of an attempt that was given up no socket stays open.

PostgreSQL waits a minute for a client that says nothing, and does not stop before.
"""

import asyncio
import gc
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from engine.store.connections import WorkerConnection
from engine.store.postgresql import PostgreSQL


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a server that is silent; garbage is not collected meanwhile, as in a daemon it is rarely."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        gc.disable()
        try:
            yield server.getsockname()[1]
        finally:
            gc.enable()


def _sockets_to(port: int) -> int:
    """How many sockets of this process are connected to the port."""
    count = 0
    for entry in Path("/dev/fd").iterdir():
        with suppress(OSError), socket.socket(fileno=os.dup(int(entry.name))) as found:
            count += found.getpeername()[1] == port
    return count


def _url(port: int) -> str:
    return f"postgresql://nobody@127.0.0.1:{port}/nothing?connect_timeout=2&sslmode=prefer"


def _writes(port: int) -> None:
    with pytest.raises(OperationalError):
        PostgreSQL(make_url(_url(port))).writer_engine().connect()


def _reads(port: int) -> None:
    with pytest.raises(OperationalError):
        PostgreSQL(make_url(_url(port))).reader_engine(patient=True).connect()


def _works(port: int) -> None:
    async def main() -> None:
        with pytest.raises(psycopg.OperationalError):
            await WorkerConnection.connect(_url(port))

    asyncio.run(main())


def _is_stopped(port: int) -> None:
    async def main() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await WorkerConnection.connect(_url(port))

    asyncio.run(main())


@pytest.mark.parametrize("connects", [_writes, _reads, _works, _is_stopped])
def test_nothing_stays_open(silent: int, connects: Callable[[int], None]) -> None:
    connects(silent)
    assert _sockets_to(silent) == 0


def test_what_is_open_is_counted(silent: int) -> None:
    with socket.create_connection(("127.0.0.1", silent)):
        assert _sockets_to(silent) == 1
