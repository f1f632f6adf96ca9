"""A sender that does not finish does not keep its connection."""

import asyncio
import contextlib
from collections.abc import Iterator

import pytest
import uvicorn

from engine.serve import protocol
from engine.serve.asgi import Receive, Scope, Send, answer
from engine.serve.daemon import listen


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _app(scope: Scope, receive: Receive, send: Send) -> None:
    with contextlib.suppress(asyncio.CancelledError):
        while (await receive()).get("more_body", False):
            pass
        await answer(send, 200, b"ok", b"text/plain")


async def _conversation(parts: list[bytes], pause: float, *, whole: bool = False) -> bytes:
    """What a sender gets that sends these parts with pauses between them: at first, or until the connection is closed."""
    listening = listen("127.0.0.1", 0)
    config = uvicorn.Config(
        _app, http=protocol.DeadlineProtocol, lifespan="off", log_config=None, timeout_keep_alive=30
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    reader, writer = await asyncio.open_connection(*listening.getsockname()[:2])
    told = b""
    with contextlib.suppress(ConnectionError):
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)
        told = await asyncio.wait_for(reader.read(-1 if whole else 4096), 10)
    writer.close()
    server.should_exit = True
    await serving
    listening.close()
    return told


HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n"


@pytest.mark.parametrize(
    ("parts", "answered"),
    [
        ([HEAD + b"body"], True),
        ([HEAD, b"bo", b"dy"], True),
        ([b"POST / HTTP/1.1\r\nHo"], False),
        ([b""], False),
        ([HEAD, b"bo"], False),
    ],
)
def test_who_gets_an_answer(monkeypatch: pytest.MonkeyPatch, parts: list[bytes], *, answered: bool) -> None:
    monkeypatch.setattr(protocol, "HEADER_SECONDS", 0.5)
    monkeypatch.setattr(protocol, "BODY_SECONDS", 0.5)
    told = asyncio.run(_conversation(parts, 0.05))
    assert told.startswith(b"HTTP/1.1 200") is answered


@pytest.mark.parametrize(
    ("header", "body", "parts", "pause", "answers"),
    [
        # A body has a time of its own, which may be shorter than that of the headers, or longer.
        (30, 0.3, [HEAD + b"bo"], 0.05, 0),
        (0.3, 1.2, [HEAD, b"bo", b"dy", HEAD + b"bo"], 0.4, 1),
        # On a connection that is kept open every request has its time.
        (0.5, 0.5, [HEAD + b"body", HEAD + b"body", b"POST / HTTP/1.1\r\nHo"], 0.3, 2),
        (0.5, 0.5, [HEAD + b"body", HEAD + b"body", HEAD + b"bo"], 0.3, 2),
        (30, 0.3, [HEAD + b"body", HEAD + b"bo"], 0.05, 1),
    ],
)
def test_every_part_of_every_request_has_its_time(
    monkeypatch: pytest.MonkeyPatch,
    header: float,
    body: float,
    parts: list[bytes],
    pause: float,
    answers: int,
) -> None:
    monkeypatch.setattr(protocol, "HEADER_SECONDS", header)
    monkeypatch.setattr(protocol, "BODY_SECONDS", body)
    told = asyncio.run(_conversation(parts, pause, whole=True))
    assert told.count(b"HTTP/1.1 200") == answers


class _Transport(asyncio.Transport):
    """Keeps what it is asked to do."""

    def __init__(self) -> None:
        super().__init__()
        self.done: list[bytes | str] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.done.append(bytes(data))

    def close(self) -> None:
        self.done.append("closed")

    def is_closing(self) -> bool:
        return "closed" in self.done


def test_what_is_written_in_one_turn_goes_out_at_once_and_before_the_end() -> None:
    asyncio.run(_written())


async def _written() -> None:
    transport = _Transport()
    joined = protocol.JoinedWrites(transport, asyncio.get_running_loop())
    joined.write(b"head ")
    joined.write(b"body")
    assert transport.done == []
    await asyncio.sleep(0)
    assert transport.done == [b"head body"]
    joined.write(b"last")
    joined.close()
    await asyncio.sleep(0)
    assert transport.done[1:] == [b"last", "closed"]
    assert joined.is_closing()


def test_an_answer_is_one_write() -> None:
    asyncio.run(_answered())


async def _answered() -> None:
    transport = _Transport()
    made = protocol.DeadlineProtocol(
        uvicorn.Config(_app, lifespan="off", log_config=None), uvicorn.server.ServerState(), {}
    )
    made.connection_made(transport)
    made.data_received(HEAD + b"body")
    while not transport.done:
        await asyncio.sleep(0)
    [answered] = transport.done
    assert isinstance(answered, bytes)
    assert answered.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answered.endswith(b"\r\n\r\nok")
    made.connection_lost(None)
