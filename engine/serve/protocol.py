"""HTTP with deadlines: a sender that does not finish its headers or its body does not keep a connection.

uvicorn bounds how long a connection may be idle between requests, and nothing else. It also sends the head of an answer and
its body apart, which wakes a sender twice: here what is written in one turn of the loop goes out at once.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

#: From the connection, or the end of the last request, to the end of the headers.
HEADER_SECONDS = 20.0
#: From the end of the headers to the end of the body; GitHub itself gives up after 10 seconds.
BODY_SECONDS = 60.0


class JoinedWrites:
    """A transport that sends what is written to it in one turn of the loop together."""

    __slots__ = ("_held", "_loop", "_transport")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        """Take the transport that sends."""
        self._transport = transport
        self._loop = loop
        self._held: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Send it before the loop waits again."""
        if not self._held:
            self._loop.call_soon(self._send)
        self._held.append(data)

    def close(self) -> None:
        """Send what is held, and close."""
        self._send()
        self._transport.close()

    def _send(self) -> None:
        if self._held:
            data = b"".join(self._held)
            self._held.clear()
            self._transport.write(data)

    def __getattr__(self, name: str) -> Any:
        """Everything else is the transport's own."""
        return getattr(self._transport, name)


class DeadlineProtocol(HttpToolsProtocol):
    """uvicorn's protocol that closes the connection of whoever is too slow."""

    #: When the sender is too slow, in the loop's time; None while nothing is waited for.
    _due: float | None = None
    #: One timer looks, now and then, whether it is: setting one for each part of each request would cost more than parsing it.
    _look: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Give a new connection its time for headers."""
        super().connection_made(transport)
        self.transport = JoinedWrites(transport, self.loop)  # type: ignore[assignment]
        self._within(HEADER_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self._within(None)
        if self._look is not None:
            self._look.cancel()
            self._look = None
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """A request begins on a connection that was kept open."""
        self._within(HEADER_SECONDS)
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The body has a time of its own."""
        self._within(BODY_SECONDS)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request is there; the answer takes as long as it takes."""
        self._within(None)
        super().on_message_complete()

    def _within(self, seconds: float | None) -> None:
        if seconds is None:
            self._due = None
            return
        self._due = self.loop.time() + seconds
        if self._look is not None and self._look.when() > self._due:
            self._look.cancel()
            self._look = None
        if self._look is None:
            self._look = self.loop.call_at(self._due, self._too_slow)

    def _too_slow(self) -> None:
        self._look = None
        if self._due is None:
            return
        if self.loop.time() < self._due:
            self._look = self.loop.call_at(self._due, self._too_slow)
            return
        transport: Any = self.transport
        if transport is not None and not transport.is_closing():
            transport.abort()
