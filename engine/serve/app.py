"""The composition root of the HTTP side: fixed routes first, then deliveries, then management."""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime

import structlog

from engine.decide.breaker import Circuit
from engine.run.runtime import Runtime
from engine.serve.asgi import App, Receive, Scope, Send, answer
from engine.serve.budget import Budget
from engine.serve.guard import Guard
from engine.serve.readiness import Readiness
from engine.serve.receive import hook_of, receive_delivery
from engine.store.database import Store

log = structlog.get_logger()

#: The predecessor's number of its API; its users' probes compare it.
API_VERSION = b"3"
_TEXT = b"text/plain; charset=utf-8"


class Application:
    """The daemon's ASGI application."""

    def __init__(
        self,
        store: Store,
        runtime: Runtime,
        guard: Guard,
        clock: Callable[[], datetime],
        *,
        receives: bool = True,
        works: bool = True,
    ) -> None:
        """Take the running parts, and what the daemon is there for."""
        self._receives = receives
        self._ready_for = _READY_FOR[receives, works]
        self._store = store
        self._runtime = runtime
        self._guard = guard
        self._clock = clock
        self._budget = Budget()
        self._readiness = Readiness(store)
        self._management: App | None = None
        #: Whether it does what it is there for: not while starting, and not while draining.
        self.ready = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        try:
            await self._answer(scope, receive, send)
        except asyncio.CancelledError:
            # The daemon drains and this sender was not finished: nothing was kept, it may send again.
            with contextlib.suppress(Exception):
                await answer(send, 503, b'"{}"', headers=((b"retry-after", b"5"), (b"connection", b"close")))

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if path in _FIXED:
            await answer(send, 200, _FIXED[path], _TEXT)
        elif path == "/readyz":
            await self._readyz(send)
        elif (hook := hook_of(scope)) is not None:
            if not self._receives:
                await answer(send, 503, b'"{}"', headers=((b"retry-after", b"30"),))
                return
            await receive_delivery(self._runtime.intake, self._budget, *hook, scope, receive, send)
        else:
            await self._manage(scope, receive, send)

    async def _readyz(self, send: Send) -> None:
        trouble = await self._readiness.look() if self.ready else "starting or draining"
        if trouble is None:
            await answer(send, 200, self._ready_text(), _TEXT)
        else:
            await answer(send, 503, f"{trouble}\n".encode(), _TEXT)

    def _ready_text(self) -> bytes:
        """What the daemon is ready for by its role; which backends do not answer is for those who may manage."""
        ill = sum(standing.circuit is not Circuit.CLOSED for standing in self._runtime.backends())
        left_alone = f"{ill} backend(s) left alone: interlock backends\n" if ill else ""
        return f"{self._ready_for}\n{left_alone}".encode()

    async def _manage(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._management is None:
            from engine.serve.api import make_api
            from engine.serve.approvals import ApprovalRoutes, approval_routes
            from engine.serve.backends import BackendRoutes, backend_routes

            more = (
                *approval_routes(ApprovalRoutes(self._store, self._runtime.answering)),
                *backend_routes(BackendRoutes(self._runtime)),
            )
            self._management = make_api(self._store, self._guard, self._clock, more)
        await self._management(scope, receive, send)


#: What a daemon that receives, and one that works, says when it is ready.
_READY_FOR = {
    (True, True): "ready",
    (True, False): "ready to receive: deliveries are kept, and worked by others (--role receive)",
    (False, True): "ready to work: deliveries are not accepted here (--role work)",
}
_FIXED = {
    "/livez": b"alive\n",
    "/conduit/ping": b"pong",
    "/ping": b"pong",
    "/conduit-reactor/ping": b"pong",
    "/conduit/version": API_VERSION,
    "/version": API_VERSION,
}
