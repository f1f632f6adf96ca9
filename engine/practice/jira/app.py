"""The practice Jira as a Starlette application: reads requests, obeys what `handling` decides, sends answers."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC
from email.utils import format_datetime
from functools import partial
from itertools import groupby
from operator import attrgetter

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as Path
from starlette.types import Receive, Scope, Send

from engine.practice.jira.answers import Answer
from engine.practice.jira.asking import Ask
from engine.practice.jira.handling import Begun, begin, finish, log
from engine.practice.jira.routes import ROUTES, Route
from engine.practice.jira.search_routes import no_endpoint
from engine.practice.jira.trouble import KINDS
from engine.practice.jira.world import JiraWorld

_MEDIA = {
    "json": "application/json;charset=UTF-8",
    "text": "text/plain;charset=UTF-8",
    "html": "text/html;charset=UTF-8",
}
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
#: A request that asks for more than this is not from a client of Jira.
_LARGEST_BODY = 1 << 20

#: Under this name the server passes, in the scope's state, how to close the connection without an answer.
DROP = "practice_drop"
#: And under this one the event that says that the server stops.
STOPPING = "practice_stopping"


class Unanswered(Response):
    """Sends nothing at all."""

    def __init__(self, *, drop: Callable[[], None] | None, stopping: asyncio.Event | None) -> None:
        """`drop` closes the connection at once; without it the connection stays open until somebody gives up."""
        super().__init__()
        self._drop = drop
        self._stopping = stopping

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Close the connection, or hold it until the client has gone or the server stops."""
        del send
        if self._drop is None:
            gone = asyncio.ensure_future(_disconnected(receive))
            waits = [gone]
            if self._stopping is not None:
                waits.append(asyncio.ensure_future(_set(self._stopping)))
            _, rest = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for task in rest:
                task.cancel()
        closing = self._drop or scope.get("state", {}).get(DROP)
        if closing is not None:
            closing()
            await _disconnected(receive)


def make_app(world: JiraWorld) -> Starlette:
    """The application that shows `world` over HTTP."""
    by_path = groupby(sorted(ROUTES, key=attrgetter("path")), key=attrgetter("path"))
    # Fixed paths before placeholders: project/search is no project.
    groups = sorted(((path, list(routes)) for path, routes in by_path), key=lambda group: group[0].count("{"))
    return Starlette(
        routes=[
            Path(
                path,
                partial(_serve, world, {route.method: route for route in routes}),
                methods=list(_methods(routes)),
            )
            for path, routes in groups
        ],
        exception_handlers={404: partial(_no_endpoint, world)},
    )


def _methods(routes: list[Route]) -> set[str]:
    return {route.method for route in routes}


async def _serve(world: JiraWorld, routes: dict[str, Route], request: Request) -> Response:
    route = routes["GET" if request.method == "HEAD" else request.method]
    if route.path.startswith("/practice/") and not _from_here(request):
        return _response(
            world, Answer(status=403, body={"error": "The practice routes answer on loopback only."})
        )
    if int(request.headers.get("content-length", "0")) > _LARGEST_BODY:
        return _response(world, Answer(status=413, media="text"))
    ask = await _ask(request)
    headers = request.headers
    begun = begin(world, route, ask, headers.get("authorization"), headers.get("content-type", ""))
    trouble = begun.trouble
    kind = KINDS[trouble.kind] if trouble and not begun.refusal else None
    if trouble and kind and kind.waits == "before":
        await _pause(request, trouble.seconds)
    answer = finish(world, route, ask, begun)
    if trouble and kind and kind.waits == "after":
        await _pause(request, trouble.seconds)
    if kind and kind.ends != "answer":
        log(world, route, ask, begun, None)
        state = request.scope.get("state", {})
        return Unanswered(drop=state.get(DROP) if kind.ends == "drop" else None, stopping=state.get(STOPPING))
    if route.request_class is not None:
        log(world, route, ask, begun, answer.status)
    return _response(world, answer)


async def _ask(request: Request) -> Ask:
    return Ask(
        method=request.method,
        path=request.url.path,
        site=f"{request.url.scheme}://{request.url.netloc}",
        parts={name: str(value) for name, value in request.path_params.items()},
        query={name: request.query_params.getlist(name) for name in request.query_params},
        raw=await request.body(),
    )


def _response(world: JiraWorld, answer: Answer) -> Response:
    headers = {
        "Date": format_datetime(world.now().astimezone(UTC), usegmt=True),
        "Cache-Control": "no-cache, no-store, no-transform",
        "X-Content-Type-Options": "nosniff",
    }
    if answer.body is None:
        content = b""
    else:
        headers["Content-Type"] = _MEDIA[answer.media]
        content = orjson.dumps(answer.body) if answer.media == "json" else str(answer.body).encode()
    return Response(content, status_code=answer.status, headers=headers | dict(answer.headers))


def _from_here(request: Request) -> bool:
    """From this machine, and not by way of a page that was lured here under another host name."""
    client = request.client
    return client is not None and client.host in _LOOPBACK and request.url.hostname in _LOOPBACK


async def _no_endpoint(world: JiraWorld, request: Request, _error: HTTPException) -> Response:
    ask = Ask(method=request.method, path=request.url.path, site="")
    answer = no_endpoint(ask)
    log(world, None, ask, Begun(), answer.status)
    return _response(world, answer)


async def _pause(request: Request, seconds: float) -> None:
    """Wait, but no longer than the server runs."""
    stopping = request.scope.get("state", {}).get(STOPPING)
    if stopping is None:
        await asyncio.sleep(seconds)
        return
    try:
        await asyncio.wait_for(stopping.wait(), seconds)
    except TimeoutError:
        return


async def _disconnected(receive: Callable[[], Awaitable[object]]) -> None:
    while True:
        message = await receive()
        if isinstance(message, dict) and message["type"] == "http.disconnect":
            return


async def _set(event: asyncio.Event) -> None:
    await event.wait()
