"""One daemon of ``interlock chaos``: started, listened to, killed as soon as it says the chosen word, or paused for a while."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

from engine.cli.chaos_child import DYING
from engine.errors import StoreError

#: What a daemon says when it serves.
START = "daemon.ready"
#: Any write of the store, one that was not yet hit first: in the midst of a transaction, or right before or after its commit.
WRITE = "write"
#: Not killed but stopped for a while, longer than a worker may be silent, and then let go on.
PAUSE = "paused"
PAUSE_SECONDS = 4.0
START_SECONDS = 60.0


class ChaosDaemon:
    """The child process; `kills` counts what was done to it."""

    def __init__(self, arguments: dict[str, str], log: Path, kills: "Counter[str]") -> None:
        self._arguments = arguments
        self._log = log
        self._kills = kills
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None
        self._ready = threading.Event()
        self._point: tuple[str, int] | None = None
        self._resuming: threading.Timer | None = None
        self.url = ""

    def start(self) -> None:
        """Start it and wait until it is ready, killed or ended."""
        self._ready.clear()
        command = [sys.executable, "-m", "engine.cli.chaos_child", json.dumps(self._arguments)]
        self._process = subprocess.Popen(  # noqa: S603 -- ourselves
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        self._light()
        self._reader = threading.Thread(target=self._listen, args=(self._process,), daemon=True)
        self._reader.start()
        if not self._ready.wait(START_SECONDS):
            raise StoreError(f"the daemon was not ready in time; its log is {self._log}")

    def kill_at(self, point: str, times: int) -> None:
        """Kill it when it says `point` for the `times`-th time from now."""
        self._point = (point, times)
        self._light()

    def forget(self) -> bool:
        """Kill it not at the word that was asked for; whether it was one, and not said meanwhile."""
        waits = self._point is not None and self._point[0] != WRITE
        if waits:
            self._point = None
        return waits

    def _light(self) -> None:
        """If a kill at a write is asked for, tell the child."""
        if (
            self._point is None
            or self._point[0] != WRITE
            or self._process is None
            or self._process.stdin is None
        ):
            return
        seen = [name.removeprefix(f"{WRITE} ") for name in self._kills if name.startswith(f"{WRITE} ")]
        order = {"after": self._point[1], "seen": seen}
        with contextlib.suppress(OSError):  # it died meanwhile, and is told when it starts again
            self._process.stdin.write(json.dumps(order).encode() + b"\n")
            self._process.stdin.flush()

    @property
    def pending(self) -> bool:
        """Whether a kill was asked for and did not happen yet."""
        return self._point is not None

    def is_alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def paused(self) -> bool:
        """Whether it is stopped where it is."""
        return self._resuming is not None

    def pause(self) -> None:
        """Stop it where it is; it is let go on when the others have taken it for dead."""
        if self._process is not None and self.is_alive():
            os.kill(self._process.pid, signal.SIGSTOP)
            self._kills[PAUSE] += 1
            self._resuming = threading.Timer(PAUSE_SECONDS, self._resume, (self._process.pid,))
            self._resuming.start()

    def _resume(self, number: int) -> None:
        os.kill(number, signal.SIGCONT)
        self._resuming = None

    def stop(self, number: signal.Signals) -> None:
        """End it with a signal and wait."""
        if self._process is None or self._reader is None:
            return
        if self._resuming is not None:
            self._resuming.join()
        if self.is_alive():
            os.kill(self._process.pid, number)
        self._process.wait(START_SECONDS)
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        self._reader.join(START_SECONDS)

    def _listen(self, process: "subprocess.Popen[bytes]") -> None:
        if process.stdout is None:
            return
        with self._log.open("ab") as log, process.stdout as said:
            for line in said:
                log.write(line)
                self._hear(process, line)
        self._ready.set()  # it ended: whoever waits for it need not

    def _hear(self, process: "subprocess.Popen[bytes]", line: bytes) -> None:
        try:
            event: dict[str, Any] = json.loads(line)
        except ValueError:
            return
        if event.get("event") == START:
            self.url = event["url"]
        if event.get("event") == DYING:
            self._kills[f"{WRITE} {event['at']}"] += 1
            self._point = None
        if self._point is not None and event.get("event") == self._point[0]:
            point, times = self._point
            self._point = (point, times - 1) if times > 1 else None
            if times <= 1:
                process.kill()
                self._kills[point] += 1
        if event.get("event") == START:
            self._ready.set()
