"""Where finished log lines go: those of one turn of the event loop are written together, and none can stop the daemon.

A line that asks for attention is written at once, and with it what waits before it. Who is killed loses the ordinary lines
of the turn he was killed in; what was committed is in the store.
"""

import asyncio
import atexit
import sys
import threading
from collections import deque
from collections.abc import Callable
from typing import TextIO


class LogLines:
    """Writes lines to standard output or standard error.

    The stream is looked up for each: whoever runs a command inside a program may exchange it. If it takes nothing (its
    reader is gone, its disk is full), lines are lost and counted; `lost` is told how many when it takes lines again.
    """

    def __init__(self, *, errors: bool, lost: Callable[[int], None]) -> None:
        """Write to standard error if `errors`, else to standard output."""
        self._name = "stderr" if errors else "stdout"
        self._lost = lost
        self._missed = 0
        self._waiting: deque[str] = deque()
        self._writing = threading.Lock()
        #: The loop that will write what waits, when its turn ends.
        self._asked: asyncio.AbstractEventLoop | None = None
        atexit.register(self.write)

    def soon(self, line: str) -> None:
        """Write the line at the end of the event loop's turn; at once where none runs."""
        self._waiting.append(line)
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.write()
            return
        if self._asked is not loop:
            self._asked = loop
            loop.call_soon(self.write)

    def now(self, line: str) -> None:
        """Write the line, and before it what waits."""
        self._waiting.append(line)
        self.write()

    debug = info = soon
    warning = error = critical = exception = log = msg = now

    def write(self) -> None:
        """Write what waits."""
        self._asked = None
        with self._writing:
            lines: list[str] = []
            while self._waiting:
                lines.append(self._waiting.popleft())
            if not lines:
                return
            try:
                _write(getattr(sys, self._name), "\n".join((*lines, "")))
            except (OSError, ValueError, AttributeError):  # gone, full, closed, or never there
                self._missed += len(lines)
                return
            missed, self._missed = self._missed, 0
        if missed:
            self._lost(missed)


def _write(stream: TextIO, text: str) -> None:
    try:
        stream.write(text)
    except UnicodeEncodeError:
        code = stream.encoding
        stream.write(text.encode(code, "backslashreplace").decode(code))
    stream.flush()
