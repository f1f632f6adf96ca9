"""The daemon that `interlock chaos` starts and kills: the real one, calling practice backends unless it is told otherwise.

Told by a line on its standard input, it kills itself at one of its writes, before the write is made.
"""

import asyncio
import json
import os
import signal
import sys
import threading
from collections import UserDict
from collections.abc import MutableMapping
from pathlib import Path

from engine.cli.chaos_backend import recording_makers
from engine.cli.practice_makers import practice_makers
from engine.config.settings import read_settings
from engine.processors.registry import load_processors
from engine.serve.logs import configure_logs
from engine.serve.start import serve
from engine.store.writes import tell_writes

#: What it says when it kills itself, with the write.
DYING = "chaos.dying"


class Fuse:
    """Kills the process at a write."""

    def __init__(self) -> None:
        """Take nothing: it is lit by `listen`."""
        self._left: int | None = None
        self._seen: frozenset[str] = frozenset()

    def listen(self) -> None:
        """Obey orders until there are no more: after so many writes, or at the first that is not among those seen."""
        for line in sys.stdin:
            order = json.loads(line)
            self._seen = frozenset(order["seen"])
            self._left = order["after"]

    def write(self, name: str) -> None:
        """A write is about to be made."""
        if self._left is None:
            return
        self._left -= 1
        if self._left <= 0 or name not in self._seen:
            os.write(1, f"\n{json.dumps({'event': DYING, 'at': name})}\n".encode())
            os.kill(os.getpid(), signal.SIGKILL)


class Practised(UserDict[str, str]):
    """The environment, in which every other variable has a value too: no secret is needed where nothing real is called."""

    def __contains__(self, name: object) -> bool:
        """Every variable is set."""
        return True

    def __missing__(self, name: str) -> str:
        """What a variable holds that is not set."""
        return "practice"


def main(wanted: dict[str, str]) -> None:
    """Serve until killed, and say everything as JSON lines."""
    flags = {
        "host": "127.0.0.1",
        "port": "0",
        "store": wanted["store"],
        "workers": Path(wanted["workers"]),
        "machines": Path(wanted["machines"]),
        "log_level": "info",
        "log_format": "json",
    }
    settings = read_settings(flags, {"INTERLOCK_SECRET_KEY": wanted["key"]})
    configure_logs("info", "json", colour=False)
    makers = load_processors()
    environ: MutableMapping[str, str] = os.environ
    if not wanted["real"]:
        jira = practice_makers(makers, wanted["jira"], wanted["email"], wanted["token"])["jira"]
        makers, environ = (
            {**recording_makers(makers, wanted["recorder"]), "jira": jira},
            Practised(os.environ),
        )
    fuse = Fuse()
    tell_writes(fuse.write)
    threading.Thread(target=fuse.listen, daemon=True).start()
    asyncio.run(serve(settings, environ, makers=makers))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
