"""The practice backend of ``interlock chaos``: it takes every call of a processor that is no Jira, and remembers it by its key.

It outlives the daemons, so it knows what a killed one had already done; asked whether something happened, it says so.
"""

import asyncio
import json
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from engine.cli.calls import call_json
from engine.errors import BackendError
from engine.frozen import frozen
from engine.model import Attempt, Entity, Observation, Outcome
from engine.processors.processor import Call, Processor, ProcessorMaker, Settings


@frozen
class Recorded:
    """One call that was made."""

    #: Its idempotency key.
    key: str
    project: str
    entity: str


class _Server(ThreadingHTTPServer):
    """A server whose callers are killed in the midst of their calls: that is no error of its own."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Complain of anything else."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class Recorder:
    """Serves the backend on loopback, and has what was called, in order."""

    def __init__(self) -> None:
        """Bind; nothing is served before `serving`."""
        self.calls: list[Recorded] = []
        self._server = _Server(("127.0.0.1", 0), _handler(self.calls))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Serve from a thread."""
        thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()


def recording_makers(makers: Mapping[str, ProcessorMaker], url: str) -> Mapping[str, ProcessorMaker]:
    """The same processors by name, none of them called: each call goes to the practice backend at `url`."""
    return {name: _Recording(maker, url) for name, maker in makers.items()}


class _Recording:
    """A maker whose processor calls the practice backend; it takes all settings and needs none."""

    def __init__(self, maker: ProcessorMaker, url: str) -> None:
        self._url = url
        self.name = maker.name
        self.worker_names = maker.worker_names
        self.settings = maker.settings
        self.defaults: Mapping[str, str] = {}

    def check(self, settings: Settings) -> Sequence[str]:
        """Nothing is needed."""
        del settings
        return ()

    def connect(self, settings: Settings) -> Processor:
        """A processor that records."""
        del settings
        return _Recorded(self._url)


class _Recorded:
    """Calls the practice backend. It holds no state: where an entity is, the instance says."""

    observes = False

    def __init__(self, url: str) -> None:
        self._url = url

    async def observe(self, entity: Entity) -> Observation:
        """Nothing is held."""
        return Observation(outcome=Outcome.REFUSED, detail=f"{entity}: the practice backend holds no state")

    async def perform(self, call: Call) -> Attempt:
        """Make the call; with `read_back`, only if it was not made."""
        try:
            return await asyncio.to_thread(self._perform, call)
        except BackendError as error:
            return Attempt(outcome=Outcome.UNKNOWN, detail=str(error))

    def _perform(self, call: Call) -> Attempt:
        key = urlencode({"key": call.idempotency_key})
        if call.read_back and call_json("GET", f"{self._url}/?{key}", None, {})["made"]:
            return Attempt(outcome=Outcome.ALREADY_THERE, detail="the practice backend has it already")
        made = {"key": call.idempotency_key, "project": call.entity.project, "entity": call.entity.id}
        call_json("POST", f"{self._url}/", made, {})
        return Attempt(outcome=Outcome.DONE, detail="recorded by the practice backend")

    async def close(self) -> None:
        """Nothing is open."""


def _handler(calls: list[Recorded]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """GET says whether a call with that key was made, POST makes one."""

        def do_GET(self) -> None:
            key = parse_qs(urlsplit(self.path).query).get("key", [""])[0]
            self._answer({"made": any(call.key == key for call in list(calls))})

        def do_POST(self) -> None:
            size = int(self.headers["content-length"])
            sent = self.rfile.read(size)
            if len(sent) < size:  # the caller was killed in the midst of the call: it was not made
                self.close_connection = True
                return
            calls.append(Recorded(**json.loads(sent)))
            self._answer({})

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def _answer(self, body: Mapping[str, object]) -> None:
            raw = json.dumps(body).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

    return Handler
