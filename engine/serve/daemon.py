"""One daemon process: open the store, start the runtime, serve HTTP, drain on a signal."""

import asyncio
import contextlib
import gc
import os
import resource
import signal
import socket
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping
from datetime import datetime
from typing import Any

import structlog
import uvicorn

from engine.errors import SettingError
from engine.processors.processor import ProcessorMaker
from engine.run.load import Loaded
from engine.run.runtime import Runtime
from engine.serve.app import Application
from engine.serve.guard import Guard
from engine.serve.place import Place, say_problems
from engine.serve.protocol import DeadlineProtocol
from engine.serve.reloading import Reloading
from engine.store.database import Store

log = structlog.get_logger()

#: From the signal to the end, at most; lanes get what requests under way and the closing of the store leave.
DRAIN_SECONDS = 10.0
_HTTP_SECONDS = 2
_CLOSING_SECONDS = 2.0
#: How long one thread keeps the interpreter while another wants it.
SWITCH_SECONDS = 0.0005
#: How many objects may come to be before the youngest are searched for garbage, and how many such searches before the
#: older ones are. What a delivery leaves goes by itself; searching at the usual 700 took a twelfth of the daemon's time.
_COLLECT = (20_000, 20, 50)
#: More connections than this at once are answered with 503.
_MOST_CONNECTIONS = 2_000
_MOST_FILES = 65_536


class Daemon:
    """A daemon that has opened everything and serves when `run` is called."""

    def __init__(
        self,
        place: Place,
        listening: socket.socket,
        store: Store,
        makers: Mapping[str, ProcessorMaker],
        environ: Mapping[str, str],
        clock: Callable[[], datetime],
        loaded: Loaded,
    ) -> None:
        """Take the open parts, and what `read_files` read.

        Raises `InvalidDefinitionError` with every problem of the files.
        """
        self._place = place
        self._store = store
        serving, hub = loaded.usable()
        say_problems(loaded)
        self._socket = listening
        self._runtime = Runtime(store, serving, hub, clock, works=place.works, keep=place.keep)
        guard = Guard(token=place.token, loopback=place.loopback)
        self._app = Application(
            store, self._runtime, guard, clock, receives=place.receives, works=place.works
        )
        self._stop = asyncio.Event()
        self._reloading = Reloading(place, makers, environ, self._runtime)

    @property
    def runtime(self) -> Runtime:
        """The running engine."""
        return self._runtime

    @property
    def url(self) -> str:
        """The address to call, with the port that was bound."""
        host, port = self._socket.getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def stop(self) -> None:
        """Begin to drain."""
        self._stop.set()

    async def run(
        self, beside: Callable[["Daemon"], Coroutine[Any, Any, None]] | None = None, *, alone: bool = False
    ) -> None:
        """Serve until `stop` or a signal, then drain within 10 seconds. `beside` runs once the daemon is ready.

        With `alone` the process ends then, even if something hangs: it is built for that.
        """
        # The store's writer needs the interpreter between its statements; the default of 5 ms makes it wait each time.
        sys.setswitchinterval(SWITCH_SECONDS)
        _raise_file_limit()
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(_Complaints())
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.stop)
        loop.add_signal_handler(signal.SIGHUP, lambda: self._reloading.soon(asked=True))
        server = _Server(
            uvicorn.Config(
                self._app,
                log_config=None,
                access_log=False,
                lifespan="off",
                server_header=False,
                http=DeadlineProtocol,
                limit_concurrency=_MOST_CONNECTIONS,
                ws="none",
                proxy_headers=False,  # nobody here asks for the sender's address
                timeout_graceful_shutdown=_HTTP_SECONDS,
            )
        )
        await self._runtime.start()
        _collect_less()
        serving = asyncio.create_task(server.serve(sockets=[self._socket]))
        watching = asyncio.create_task(self._reloading.watch())
        aside = asyncio.create_task(_nothing() if beside is None else beside(self))
        self._app.ready = True
        if not self._place.loopback and not self._place.token:
            log.warning(
                "management.closed",
                because="the daemon listens beyond loopback and INTERLOCK_TOKEN is not set",
            )
        log.info("daemon.ready", url=self.url, projects=sorted(self._runtime.serving.provisioners))
        try:
            stopped = asyncio.create_task(self._stop.wait())
            await asyncio.wait({stopped, serving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._app.ready = False
            if alone:
                _end_process_in(DRAIN_SECONDS)
            end = loop.time() + DRAIN_SECONDS - _CLOSING_SECONDS
            log.info("daemon.draining", busy=self._runtime.lanes.busy, waiting=self._runtime.lanes.waiting)
            server.should_exit = True
            for task in (watching, aside):
                task.cancel()
            self._reloading.stop()
            await asyncio.wait({serving}, timeout=_HTTP_SECONDS + 1)
            await self._runtime.stop(end - loop.time())
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.gather(watching, aside)
            log.info("daemon.stopped")


class _Server(uvicorn.Server):
    """uvicorn without its own signal handling: the daemon drains lanes too."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


class _Complaints:
    """What the event loop complains about, in the log, and not more than once a second for the same reason."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Log one complaint."""
        message = str(context.get("message", ""))
        error = context.get("exception")
        if type(error).__module__.startswith("procrastinate."):
            return  # a task of the library's own that nobody waits for any more: worker.lost has said what happened
        if loop.time() - self._last.get(message, -1.0) >= 1.0:
            self._last[message] = loop.time()
            log.error("loop.complained", because=message, error=repr(error) if error is not None else None)


def _raise_file_limit() -> None:
    """Allow as many open files, and so connections, as the system lets this process have."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, _MOST_FILES), hard))


def _collect_less() -> None:
    """What is there at the start stays, and what is made for a delivery is mostly free of cycles."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT)


async def _nothing() -> None:
    return


def _end_process_in(seconds: float) -> None:
    """End this process after that time, if it has not ended by itself: a server that hangs must not keep it."""

    def end() -> None:
        log.warning("daemon.cut_short", seconds=seconds)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(1)

    last_resort = threading.Timer(seconds, end)
    last_resort.daemon = True
    last_resort.start()


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there (port 0 = any free one); raises `SettingError` if it cannot."""
    try:
        family, kind, proto, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind, proto)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError as error:
        raise SettingError(
            f"cannot listen on {host}:{port}: {error.strerror or error}; choose another with --host and --port"
        ) from None
    bound.listen(2048)
    bound.setblocking(False)
    return bound
