"""Serves a practice Jira on loopback, inside an event loop that runs already."""

import asyncio
import ipaddress
import socket
from typing import Any, Self

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from engine.errors import SettingError
from engine.practice.jira.app import DROP, STOPPING, make_app
from engine.practice.jira.world import JiraWorld

#: How long a call under way may take to end when the server stops, in seconds.
_PATIENCE = 2


class PracticeServer:
    """A practice Jira that is served: `start` binds and returns the port, `stop` lets nothing hang."""

    def __init__(self, world: JiraWorld, *, host: str = "127.0.0.1", port: int = 0) -> None:
        """Port 0 takes a free one. SettingError if `host` is not a loopback address: it has no business elsewhere."""
        self.world = world
        self._host = "127.0.0.1" if host == "localhost" else host
        if not _is_loopback(self._host):
            raise SettingError(f"The practice Jira listens on loopback only, not on {host!r}. Use 127.0.0.1.")
        self._port = port
        self._connections: dict[Any, asyncio.Transport] = {}
        self._stopping = asyncio.Event()
        self._state = ServerState()
        self._listening: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """The port it is bound to; 0 before `start` where any was asked for."""
        return self._port

    @property
    def url(self) -> str:
        """Where the site is: ``http://127.0.0.1:8080``."""
        return (
            f"http://[{self._host}]:{self._port}"
            if ":" in self._host
            else f"http://{self._host}:{self._port}"
        )

    async def start(self) -> int:
        """Bind, serve, and return the port; SettingError if the port cannot be had."""
        listener = _listener(self._host, self._port)
        self._port = listener.getsockname()[1]
        # uvicorn's protocol without its server: that one owns the signals, ticks ten times a second and stops slowly.
        config = uvicorn.Config(self._with_connections(make_app(self.world)), lifespan="off", log_config=None)
        config.access_log = False
        config.load()
        protocol = _remembering(self._connections)
        self._listening = await asyncio.get_running_loop().create_server(
            lambda: protocol(config=config, server_state=self._state, app_state={}), sock=listener
        )
        return self._port

    async def stop(self) -> None:
        """Free the port, let calls under way end at once, and close every connection."""
        self._stopping.set()
        if self._listening is None:
            return
        self._listening.close()
        if under_way := set(self._state.tasks):
            await asyncio.wait(under_way, timeout=_PATIENCE)
        for transport in tuple(self._connections.values()):
            transport.close()
        await self._listening.wait_closed()

    async def __aenter__(self) -> Self:
        """Start."""
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop."""
        await self.stop()

    def _with_connections(self, app: ASGIApp) -> ASGIApp:
        """`app`, told for each request how to close its connection and when the server stops."""

        async def told(scope: Scope, receive: Receive, send: Send) -> None:
            transport = self._connections.get(tuple(scope.get("client") or ()))
            state: dict[str, Any] = scope.setdefault("state", {})
            state[STOPPING] = self._stopping
            if transport is not None:
                state[DROP] = transport.abort
            await app(scope, receive, send)

        return told


async def serve(world: JiraWorld, host: str = "127.0.0.1", port: int = 0) -> None:
    """Serve until cancelled."""
    async with PracticeServer(world, host=host, port=port):
        await asyncio.Event().wait()


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named in full: asyncio switches Nagle's algorithm off only where the protocol is said to be TCP, and with it on
    # every answer (head and body are two writes) waits 40 ms for the client's delayed acknowledgement.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except (OSError, OverflowError) as error:
        listener.close()
        raise SettingError(
            f"The practice Jira cannot listen on {host}:{port}: {error}. Choose another port."
        ) from error
    return listener


def _remembering(connections: dict[Any, asyncio.Transport]) -> type[HttpToolsProtocol]:
    """A protocol that keeps, by the client's address, the transport that an ASGI application cannot see."""

    class Remembering(HttpToolsProtocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            connections[tuple(transport.get_extra_info("peername")[:2])] = transport

        def connection_lost(self, exc: Exception | None) -> None:
            connections.pop(tuple(self.transport.get_extra_info("peername")[:2]), None)
            super().connection_lost(exc)

    return Remembering
