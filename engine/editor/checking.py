"""Has buffers checked in another process: when typing pauses, and never so that an editor waits for it."""

import asyncio
import json
import logging
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.editor.check import Buffer
from engine.frozen import frozen

#: Where the package stands. The process begins here, so that no file of the user's folder is taken for a module.
_HOME = Path(__file__).resolve().parents[2]
#: Seconds without a change before a buffer is checked.
PAUSE = 0.15
#: Seconds that a proof may take before what is known without it is told.
_PATIENCE = 0.3
#: Seconds after which a proof is given up.
LONGEST = 60.0
#: Seconds before a proof that gave way to another buffer is begun again.
_AGAIN = 1.0
_LONGEST_LINE = 256 * 1024 * 1024

#: Takes a buffer's name, its version and its problems as JSON values.
Publish = Callable[[str, int | None, list[dict[str, Any]]], None]


@frozen
class _Request:
    buffer: Buffer
    version: int | None
    #: When it is to be made, by the loop's clock.
    due: float
    #: The process died over it once.
    again: bool = False


class Checking:
    """One process, the buffers that wait for it, and whom to tell."""

    def __init__(
        self,
        publish: Publish,
        complain: Callable[[str], None],
        *,
        machines: Path,
        workers: Path,
        directory: Path,
        opened: Callable[[], Mapping[str, str]],
    ) -> None:
        """Take whom to tell, and what gives the open files' texts by path.

        `machines` is the folder with the machine definitions, `workers` is workers.yaml, `directory` holds app.env.
        """
        self._places = {"machines": str(machines), "workers": str(workers), "directory": str(directory)}
        self._opened = opened
        self._publish = publish
        self._complain = complain
        self._waiting: dict[str, _Request] = {}
        self._news = asyncio.Event()
        self._process: Process | None = None

    def ask(self, name: str, buffer: Buffer, version: int | None) -> None:
        """Have a buffer checked soon; what was asked about it before is forgotten."""
        due = asyncio.get_running_loop().time() + PAUSE
        self._waiting[name] = _Request(buffer=buffer, version=version, due=due)
        self._news.set()

    def forget(self, name: str) -> None:
        """Do not check a buffer that is closed."""
        self._waiting.pop(name, None)

    async def run(self) -> None:
        """Check what is asked for, until this is cancelled."""
        try:
            while True:
                name = await self._next()
                request = self._waiting.pop(name)
                try:
                    await self._check(name, request)
                except OSError:
                    await self._stop()
                    self._failed(name, request)
                except Exception:
                    logging.getLogger("interlock").exception("checking %s failed", request.buffer.filename)
                    await self._stop()
        finally:
            await self._stop()

    async def _next(self) -> str:
        """Wait until a request is due; its buffer's name."""
        while True:
            self._news.clear()
            name = min(self._waiting, key=lambda n: self._waiting[n].due, default=None)
            left = None
            if name is not None:
                left = self._waiting[name].due - asyncio.get_running_loop().time()
                if left <= 0:
                    return name
            try:
                await asyncio.wait_for(self._news.wait(), left)
            except TimeoutError:
                continue

    async def _check(self, name: str, request: _Request) -> None:
        process = await self._started()
        line = json.dumps(
            {
                "source": request.buffer.source,
                "filename": request.buffer.filename,
                "beside": request.buffer.beside,
                "path": request.buffer.path,
                **self._places,
                "opened": dict(self._opened()),
            }
        )
        if process.stdin is None:
            return
        process.stdin.write(line.encode() + b"\n")
        await process.stdin.drain()
        answer = await self._answer(process)
        if answer is None:
            self._failed(name, request)
            return
        if not answer["more"]:
            self._tell(name, request, answer)
            return
        whole = asyncio.ensure_future(self._answer(process))
        await asyncio.wait({whole}, timeout=_PATIENCE)
        if not whole.done():
            self._tell(name, request, answer)
            await self._wait_for(name, request, whole)
        if whole.done() and not whole.cancelled():
            self._tell(name, request, whole.result())

    async def _wait_for(self, name: str, request: _Request, whole: "asyncio.Future[Any]") -> None:
        """Give a proof its time, until something else is to be checked; then it begins anew, unless its text is old."""
        other = asyncio.ensure_future(self._next())
        try:
            await asyncio.wait({whole, other}, timeout=LONGEST, return_when=asyncio.FIRST_COMPLETED)
        finally:
            other.cancel()
        if whole.done():
            return
        whole.cancel()
        await self._stop()
        if other.done() and not other.cancelled():
            again = asyncio.get_running_loop().time() + _AGAIN
            self._waiting.setdefault(name, replace(request, due=again))
        else:
            what = f"Nothing is proven of {request.buffer.filename} here: it takes more than {LONGEST:.0f} s."
            self._complain(f"{what} `interlock check` takes its time.")

    def _failed(self, name: str, request: _Request) -> None:
        """Try once more with another process: this one was ended from outside, or by the text."""
        if request.again:
            self._complain(f"Checking {request.buffer.filename} failed; standard error says why.")
        else:
            self._waiting.setdefault(name, replace(request, again=True))

    def _tell(self, name: str, request: _Request, answer: dict[str, Any] | None) -> None:
        """Publish an answer, unless the text has changed meanwhile: then another one follows."""
        if answer is None or answer["problems"] is None:
            self._complain(f"Checking {request.buffer.filename} failed; standard error says why.")
        elif name not in self._waiting:
            self._publish(name, request.version, answer["problems"])

    async def _answer(self, process: Process) -> dict[str, Any] | None:
        """One answer; None if the process has died."""
        line = b"" if process.stdout is None else await process.stdout.readline()
        if not line:
            await self._stop()
            return None
        answer: dict[str, Any] = json.loads(line)
        return answer

    async def _started(self) -> Process:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "engine.editor.checker",
                stdin=PIPE,
                stdout=PIPE,
                cwd=_HOME,
                limit=_LONGEST_LINE,
            )
        return self._process

    async def _stop(self) -> None:
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.kill()
            await process.wait()
