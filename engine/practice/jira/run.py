"""Runs a practice Jira from the command line until it is interrupted."""

import asyncio
import signal
from collections.abc import Callable, Mapping, Sequence

from engine.errors import SettingError
from engine.practice.jira.trouble import Trouble, Troubles
from engine.practice.jira.world import Account, Deployment, JiraWorld


def run(
    host: str,
    port: int,
    projects: Sequence[str],
    email: str,
    token: str,
    *,
    deployment: str = "cloud",
    trouble: Sequence[str] = (),
    chances: Mapping[str, float] | None = None,
    seed: int = 0,
    search_lag: float = 0,
    say: Callable[[str], None] = lambda _line: None,
) -> None:
    """Serve until SIGINT or SIGTERM; SettingError says which argument is wrong.

    `trouble` lists what the next calls meet, each ``KIND[:CLASS[:TIMES[:SECONDS]]]``; `say` gets a line at a time.
    """
    if not email or not token:
        raise SettingError(
            "The practice Jira needs an e-mail address and a token that its callers must send."
        )
    world = JiraWorld(
        projects,
        account=Account(email=email, token=token),
        deployment=_deployment(deployment),
        trouble=Troubles(chances=chances, seed=seed),
        search_lag=search_lag,
    )
    for written in trouble:
        wanted = parse_trouble(written)
        world.trouble.next(wanted.kind, on=wanted.on, times=wanted.times, seconds=wanted.seconds)
    asyncio.run(_until_interrupted(world, host, port, say))


def parse_trouble(written: str) -> Trouble:
    """Read ``KIND[:CLASS[:TIMES[:SECONDS]]]``, for instance ``rate_limited:transition:3:0.5``."""
    kind, on, times, seconds = [*written.split(":", 3), "", "", ""][:4]
    try:
        return Trouble(kind=kind, on=on or "any", times=int(times or 1), seconds=float(seconds or 1))
    except ValueError:
        raise SettingError(
            f"Trouble {written!r}: write KIND[:CLASS[:TIMES[:SECONDS]]], for instance rate_limited:transition:3:0.5."
        ) from None


def _deployment(written: str) -> Deployment:
    known = {"cloud": Deployment.CLOUD, "data-center": Deployment.DATA_CENTER}
    if written not in known:
        raise SettingError(f"No deployment {written!r}. There are: {', '.join(known)}.")
    return known[written]


async def _until_interrupted(world: JiraWorld, host: str, port: int, say: Callable[[str], None]) -> None:
    from engine.practice.jira.server import PracticeServer

    interrupted = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, interrupted.set)
    async with PracticeServer(world, host=host, port=port) as server:
        for line in _welcome(world, server.url):
            say(line)
        await interrupted.wait()
    say("Stopped.")


def _shown(account: Account) -> str:
    return account.token if account.token == Account().token else "that you gave"


def _welcome(world: JiraWorld, url: str) -> list[str]:
    keys = ", ".join(project.key for project in world.projects()) or "none"
    example = '{"kind": "answer_lost", "on": "transition"}'
    return [
        f"Practice Jira ({world.deployment.value}) at {url}: {len(world.issues())} issues, projects {keys}.",
        f"Sign in as {world.account.email} with the token {_shown(world.account)}.",
        f"What happened: curl {url}/practice/issues and {url}/practice/calls",
        f"Trouble: curl -X POST -H 'Content-Type: application/json' -d '{example}' {url}/practice/trouble",
    ]
