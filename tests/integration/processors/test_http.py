"""The http processor and its transport against a real server on loopback that does what each test says."""

import asyncio
import gzip
import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pytest

from engine import __version__
from engine.model import Attempt, Effect, EffectKind, Entity, Outcome
from engine.processors.http import HttpMaker
from engine.processors.http_answers import Answer, NoAnswer
from engine.processors.http_transport import CONNECTIONS, LARGEST_BODY, HttpTransport
from engine.processors.processor import Call, Processor, Settings

T = TypeVar("T")
Write = Callable[[asyncio.StreamWriter], Awaitable[None]]


def answer(status: int = 200, body: bytes = b"", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


class Backend:
    """Answers each request with the next of its answers (bytes, or what to do with the connection); the last stays."""

    def __init__(self, *answers: bytes | Write) -> None:
        self.answers = list(answers)
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.url = ""

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                first, *lines = head.decode("latin-1").split("\r\n")[:-2]
                headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines)}
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                self.requests.append((first, headers, body))
                todo = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                if isinstance(todo, bytes):
                    writer.write(todo)
                    await writer.drain()
                else:
                    await todo(writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def talk(backend: Backend, do: Callable[[], Awaitable[T]]) -> T:
    async def run() -> T:
        server = await asyncio.start_server(backend.handle, "127.0.0.1", 0)
        async with server:
            backend.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            return await do()

    return asyncio.run(run())


def perform(backend: Backend, arguments: dict[str, Any], **settings: Any) -> Attempt:
    async def do() -> Attempt:
        given = {"url": "/hook", **arguments}
        values = {"url": backend.url, **settings}
        processor: Processor = HttpMaker().connect(Settings(worker="chat", values=values))
        effect = Effect(kind=EffectKind.ACTION, name="announce", arguments=given)
        entity = Entity(project="soc", id="SOC-1")
        try:
            return await processor.perform(Call(entity=entity, effect=effect, idempotency_key="key-1"))
        finally:
            await processor.close()

    return talk(backend, do)


def exchange(
    backend: Backend, *, seconds: float = 5, method: str = "GET", tail: str = "/", **more: Any
) -> Answer | NoAnswer:
    async def do() -> Answer | NoAnswer:
        async with HttpTransport(**more) as transport:
            return await transport.exchange(method, backend.url + tail, {}, b"", seconds)

    return talk(backend, do)


async def hang_up(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def silence(writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(3)


async def drip(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(60):
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.05)


def test_one_call_as_the_definition_says() -> None:
    backend = Backend(answer(201))
    attempt = perform(
        backend,
        {"method": "put", "url": "dev?room=7", "headers": {"X-Team": "dev"}, "body": {"text": "grüße"}},
        headers={"Authorization": "Bearer s3cret"},
    )
    assert (attempt.outcome, attempt.retry_after) == (Outcome.DONE, None)
    assert attempt.detail == f"PUT {backend.url}/dev?room=… answered 201"
    ((first, headers, body),) = backend.requests
    assert (first, body) == ("PUT /dev?room=7 HTTP/1.1", '{"text":"grüße"}'.encode())
    assert headers["idempotency-key"] == "key-1"
    assert headers["authorization"] == "Bearer s3cret"
    assert headers["content-type"] == "application/json"
    assert headers["user-agent"] == f"interlock/{__version__}"
    assert headers["x-team"] == "dev"
    (seen,) = attempt.exchanges
    assert (seen.method, seen.url, seen.status) == ("PUT", f"{backend.url}/dev?room=…", 201)


@pytest.mark.parametrize(
    ("reply", "outcome", "wait", "words"),
    [
        (answer(404, b'{"error": "no_team"}'), Outcome.REFUSED, None, ' answered 404: {"error": "no_team"}'),
        (answer(429, b"slow", Retry_After="9"), Outcome.RETRY, 9, " answered 429: slow"),
        (answer(503, Retry_After="nonsense"), Outcome.RETRY, None, " answered 503"),
        (answer(409), Outcome.UNKNOWN, None, " answered 409"),
        (answer(302, Location="http://127.0.0.1:1/"), Outcome.REFUSED, None, " answered 302"),
    ],
)
def test_what_is_no_success(reply: bytes, outcome: Outcome, wait: float | None, words: str) -> None:
    backend = Backend(reply)
    attempt = perform(backend, {})
    assert (attempt.outcome, attempt.retry_after) == (outcome, wait)
    assert attempt.detail == f"POST {backend.url}/hook{words}"
    assert len(backend.requests) == 1


@pytest.mark.parametrize("todo", [hang_up, silence, drip])
def test_a_call_that_was_sent_and_not_answered_is_unknown(todo: Write) -> None:
    backend = Backend(todo)
    attempt = perform(backend, {"timeout": "0.3s"})
    assert attempt.outcome is Outcome.UNKNOWN
    assert "nobody knows whether it happened" in attempt.detail
    assert [e.status for e in attempt.exchanges] == [None]


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://nowhere.invalid/"])
def test_a_call_that_reached_nobody_is_made_again(url: str) -> None:
    attempt = perform(Backend(answer()), {"url": url}, url=None)
    assert attempt.outcome is Outcome.RETRY
    assert "did not reach the backend" in attempt.detail


@pytest.mark.parametrize(
    "garbage",
    [b"SSH-2.0-x\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"],
)
def test_what_is_not_http_is_unknown(garbage: bytes) -> None:
    assert perform(Backend(garbage), {"timeout": 1}).outcome is Outcome.UNKNOWN


def test_nothing_is_sent_for_a_call_that_makes_no_sense() -> None:
    backend = Backend(answer())
    attempt = perform(backend, {"headers": {"X": "a\r\nY: b"}})
    assert attempt.outcome is Outcome.REFUSED
    assert attempt.detail == "announce: the header X must not hold line breaks or control characters"
    assert backend.requests == []


def test_a_body_is_read_up_to_its_limit() -> None:
    found = exchange(Backend(answer(200, b"x" * (LARGEST_BODY + 5))))
    assert isinstance(found, Answer)
    assert len(found.content) == LARGEST_BODY


def test_a_packed_body_is_unpacked_up_to_the_limit() -> None:
    bomb = gzip.compress(b"\0" * (40 * LARGEST_BODY))
    found = exchange(Backend(answer(200, bomb, Content_Encoding="gzip")))
    assert isinstance(found, Answer)
    assert len(found.content) == LARGEST_BODY
    found = exchange(Backend(answer(200, gzip.compress(b'{"a": 1}'), Content_Encoding="gzip")))
    assert isinstance(found, Answer)
    assert found.json() == {"a": 1}
    found = exchange(Backend(answer(404, b"not gzip", Content_Encoding="gzip")))
    assert isinstance(found, Answer)
    assert (found.status, found.content) == (404, b"")


def test_connections_are_kept() -> None:
    backend = Backend(answer(200, b"ok"))
    peers = set()

    async def remember(writer: asyncio.StreamWriter) -> None:
        peers.add(writer.get_extra_info("peername"))
        writer.write(answer(204))

    async def twice() -> None:
        async with HttpTransport() as transport:
            for _ in range(2):
                assert isinstance(await transport.exchange("GET", backend.url, {}, b"", 5), Answer)

    backend.answers = [remember]
    talk(backend, twice)
    assert len(peers) == 1


@pytest.mark.parametrize("method", ["PUT", "DELETE", "GET"])
def test_what_was_sent_is_never_sent_again_by_itself(method: str) -> None:
    backend = Backend(answer(204), hang_up, answer(204))

    async def do() -> Answer | NoAnswer:
        async with HttpTransport() as transport:
            await transport.exchange(method, backend.url, {}, b"", 5)
            return await transport.exchange(
                method, backend.url, {}, b"", 5
            )  # on the connection that was kept

    found = talk(backend, do)
    assert isinstance(found, NoAnswer)
    assert found.outcome is Outcome.UNKNOWN
    assert len(backend.requests) == 2


def test_whoever_waits_for_a_connection_is_not_late_yet() -> None:
    async def slow(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.4)
        writer.write(answer(204))

    async def do() -> list[Answer | NoAnswer]:
        async with HttpTransport() as transport:
            calls = [transport.exchange("GET", backend.url, {}, b"", 1) for _ in range(3 * CONNECTIONS)]
            return await asyncio.gather(*calls)

    backend = Backend(slow)
    assert all(isinstance(found, Answer) for found in talk(backend, do))


def test_what_can_never_be_sent_is_refused() -> None:
    async def do() -> None:
        async with HttpTransport() as transport:
            for method, url, headers in [
                ("GET", "nonsense", {}),
                ("GET", "http://127.0.0.1:1/\x00", {}),
                ("G T", backend.url, {}),
                ("GET", backend.url, {"x": "s3cret\nvalue"}),
                ("GET", backend.url, {"x\n": "y"}),
                ("GET", backend.url, {"ä": "y"}),
            ]:
                found = await transport.exchange(method, url, headers, b"", 1)
                assert isinstance(found, NoAnswer)
                assert found.outcome is Outcome.REFUSED
                assert "s3cret" not in repr(found)

    backend = Backend(answer())
    talk(backend, do)
    assert backend.requests == []


def test_no_secret_comes_back(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    backend = Backend(answer(400, b'you sent "Bearer s3cret" and s3cret-argument and s3cret%2Fpath'))

    async def do() -> Attempt:
        url = f"{backend.url}/services/s3cret/path?key=s3cret"
        values = {"url": url, "headers": {"Authorization": "Bearer s3cret"}}
        processor = HttpMaker().connect(
            Settings(worker="w", values=values, secrets=frozenset({url, "Bearer s3cret"}))
        )
        arguments = {"headers": {"X-Api-Key": "s3cret-argument"}, "body": "s3cret-argument"}
        effect = Effect(kind=EffectKind.ACTION, name="x", arguments=arguments)
        entity = Entity(project="soc", id="SOC-1")
        try:
            return await processor.perform(Call(entity=entity, effect=effect, idempotency_key="k"))
        finally:
            await processor.close()

    attempt = talk(backend, do)
    assert (
        attempt.detail
        == f'POST {backend.url}(sensitive)?key=… answered 400: you sent "(sensitive)" and (sensitive) and (sensitive)'
    )
    assert "s3cret" not in attempt.exchanges[0].url
    assert "s3cret" not in caplog.text


def test_it_cannot_be_asked_for_a_status() -> None:
    async def do() -> Outcome:
        processor = HttpMaker().connect(Settings(worker="w"))
        try:
            return (await processor.observe(Entity(project="soc", id="SOC-1"))).outcome
        finally:
            await processor.close()

    assert asyncio.run(do()) is Outcome.REFUSED
