"""``interlock run --practice``: the whole path on one machine, with a practice Jira instead of the real one.

Nothing is faked on the way: the hook is registered and the delivery made over HTTP, and what is printed are the
daemon's own log lines.
"""

import asyncio
import secrets
import socket
import time
import uuid
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine import resources
from engine.cli.calls import call_json, deliver
from engine.cli.command import myself
from engine.cli.logs import start_logs
from engine.cli.practice_makers import practice_makers
from engine.config.settings import DaemonSettings, read_settings
from engine.config.workers import read_workers
from engine.errors import InterlockError, SettingError
from engine.practice.github import release_delivery
from engine.practice.jira import JiraWorld
from engine.practice.jira.server import PracticeServer
from engine.processors.registry import load_processors
from engine.run.clock import now
from engine.serve.daemon import Daemon, listen
from engine.serve.guard import is_loopback
from engine.serve.loop import run_loop
from engine.serve.start import serve

#: The hook that the demonstration registers.
HOOK, REPOSITORY = "signal-box", "octo-org/signal-box"
#: Where the store of a practice daemon lies, in the working directory; emptied at each start.
FOLDER = Path(".practice")
_ISSUES = 20


def demonstrate(flags: Mapping[str, Any], environ: Mapping[str, str]) -> int:
    """Start everything, show one delivery moving an issue, and serve until stopped.

    Nothing of the user's own is touched: the store is a new one, whatever the environment names, and every call goes to
    the practice Jira, whatever workers.yaml names. Raises `SettingError` if a store is asked for.
    """
    if flags.get("store") is not None:
        raise SettingError("a practice daemon makes a store of its own under .practice: leave --store away")
    settings = _practice_settings(flags, environ)
    start_logs(settings, "text" if settings.log_format == "auto" else None)
    listening = _listen(settings, chosen=flags.get("port") is not None or "INTERLOCK_PORT" in environ)
    try:
        store = _fresh_store(int(listening.getsockname()[1]))
        settings = replace(settings, store=f"sqlite:///{store}")
        run_loop(_run(settings, environ, listening))
    except KeyboardInterrupt:
        return 130
    finally:
        listening.close()
    return 0


def _practice_settings(flags: Mapping[str, Any], environ: Mapping[str, str]) -> DaemonSettings:
    """The user's settings; where there are no files of the user's, those that travel with the package."""
    settings = read_settings({**flags, "store": "sqlite:///:unused:"}, environ)
    if not settings.workers.exists() and flags.get("workers") is None:
        settings = replace(
            settings, workers=resources.shipped("workers.yaml"), machines=resources.shipped("statemachines")
        )
    if settings.token is None and not is_loopback(settings.host):
        settings = replace(settings, token=secrets.token_urlsafe(24))
    return settings


def _listen(settings: DaemonSettings, *, chosen: bool) -> socket.socket:
    """A socket on the port that was chosen; on the usual one, or on any free one if that is taken."""
    try:
        return listen(settings.host, settings.port)
    except SettingError:
        if chosen:
            raise
        return listen(settings.host, 0)


def _fresh_store(port: int) -> Path:
    """An empty place for the store: the practice Jira forgets everything between two starts, so the store must too.

    The port is ours, so no other practice daemon works on this place.
    """
    FOLDER.mkdir(exist_ok=True)
    store = FOLDER / f"interlock-{port}.db"
    for path in FOLDER.glob(f"{store.name}*"):
        path.unlink()
    return store


async def _run(settings: DaemonSettings, environ: Mapping[str, str], listening: socket.socket) -> None:
    projects = _projects(settings.workers)
    world = JiraWorld([f"{project.upper()}:{_ISSUES}" for project in projects])
    async with PracticeServer(world) as jira:
        _say(
            f"A practice Jira with {_ISSUES} issues in each of {', '.join(p.upper() for p in projects)}: {jira.url}"
        )

        async def beside(daemon: Daemon) -> None:
            try:
                await _show(daemon, settings, f"{projects[0].upper()}-1", jira.url)
            except InterlockError as error:
                _say(f"The demonstration could not go on: {error}")

        makers = practice_makers(load_processors(), jira.url, world.account.email, world.account.token)
        await serve(settings, environ, listening=listening, makers=makers, beside=beside)


def _projects(workers_file: Path) -> list[str]:
    """The projects of the workers file; a file that cannot be read is reported when the daemon reads it."""
    try:
        workers = read_workers(workers_file.read_text(encoding="utf-8"), str(workers_file)).workers
    except (OSError, UnicodeDecodeError):
        workers = None
    found = [
        project for worker in (workers.workers if workers is not None else ()) for project in worker.projects
    ]
    return found or ["soc"]


async def _show(daemon: Daemon, settings: DaemonSettings, issue: str, jira_url: str) -> None:
    wanted = {"provider": "github", "repo_id": HOOK, "repo_path": REPOSITORY}
    headers = {"authorization": f"Bearer {settings.token}"} if settings.token else {}
    _say(f"Registering a GitHub hook for {REPOSITORY}")
    answer = await asyncio.to_thread(
        call_json, "POST", f"{daemon.url}/conduit/webhooks/register", wanted, headers
    )
    issued = answer["data"]
    _say(f"Delivering a signed release to {daemon.url}{issued['uri']}")
    started = time.monotonic()
    signed = release_delivery(
        repo_full_name=REPOSITORY,
        tag="v1.0.0",
        notes=f"Ships {issue}. Reads UTF-8, as SHA-256 sums and CVE-2024-1 are no issues of ours.",
        release_id=1,
        delivery_id=str(uuid.uuid4()),
        secret=issued["secret"],
        now=now(),
    )
    await asyncio.to_thread(deliver, f"{daemon.url}{issued['uri']}", signed)
    await daemon.runtime.lanes.settle()
    _say(f"From the delivery to the confirmed issue: {(time.monotonic() - started) * 1000:.0f} ms\n")
    _say(_next_steps(daemon.url, settings, issue, jira_url))


def _next_steps(url: str, settings: DaemonSettings, issue: str, jira_url: str) -> str:
    me, store = myself(), f"--store {settings.store}"
    project = issue.partition("-")[0]
    return f"""Next, in another terminal:
  send another      {me} practice deliver {project}-2 {project}-3 --url {url} {store}
  see an entity     {me} show {issue} {store}
  what came in      {me} deliveries {store}
  the Jira's side   curl {jira_url}/practice/issues
  stop              Ctrl-C here, or kill -TERM this process: it drains first"""


def _say(text: str) -> None:
    print(text, flush=True)
