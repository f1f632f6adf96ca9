"""The daemon that `interlock chaos` starts and kills: the real one, with every call going to the practice Jira."""

import asyncio
import json
import sys
from pathlib import Path

from engine.cli.practice_makers import practice_makers
from engine.config.settings import read_settings
from engine.processors.registry import load_processors
from engine.serve.logs import configure_logs
from engine.serve.start import serve


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
    settings = read_settings(flags, {})
    configure_logs("info", "json", colour=False)
    makers = practice_makers(load_processors(), wanted["jira"], wanted["email"], wanted["token"])
    asyncio.run(serve(settings, {}, makers=makers))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
