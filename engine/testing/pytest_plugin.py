"""Fixtures for tests of definitions: pytest finds them where Interlock is installed."""

import asyncio
import itertools
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from engine.practice.github import SignedDelivery
    from engine.practice.jira import JiraWorld
    from engine.testing.clock import FrozenClock

_PATIENCE = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticeJira:
    """A practice Jira that is being served."""

    #: Its issues and what happened to them.
    world: "JiraWorld"
    #: Where it is: ``http://127.0.0.1:8080``.
    url: str


@pytest.fixture
def practice_jira() -> Iterator[Callable[..., PracticeJira]]:
    """Serves practice Jiras on loopback until the test ends: ``practice_jira("SOC:3")``."""
    from engine.practice.jira import JiraWorld
    from engine.practice.jira.server import PracticeServer

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    servers: list[PracticeServer] = []

    async def start(server: PracticeServer) -> str:
        await server.start()
        return server.url

    def serve(*projects: str, **options: Any) -> PracticeJira:
        world = JiraWorld(list(projects) or ["SOC:3"], **options)
        servers.append(PracticeServer(world))
        url = asyncio.run_coroutine_threadsafe(start(servers[-1]), loop).result(_PATIENCE)
        return PracticeJira(world=world, url=url)

    yield serve
    for server in servers:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result(_PATIENCE)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(_PATIENCE)
    loop.close()


@pytest.fixture
def frozen_clock() -> "FrozenClock":
    """A clock that stands at the beginning of 2024 until it is advanced."""
    from engine.testing.clock import FrozenClock

    return FrozenClock()


@pytest.fixture
def signed_release(frozen_clock: "FrozenClock") -> Callable[..., "SignedDelivery"]:
    """Makes signed GitHub releases: ``signed_release("Ships SOC-1", secret="…")``; each is another release."""
    from engine.practice.github import release_delivery

    numbers = itertools.count(1)

    def make(notes: str, *, secret: str, **members: Any) -> "SignedDelivery":
        number = next(numbers)
        given = {
            "repo_full_name": "octo-org/signal-box",
            "tag": f"v1.0.{number}",
            "release_id": number,
            "delivery_id": f"00000000-0000-4000-8000-{number:012}",
            "now": frozen_clock(),
            **members,
        }
        return release_delivery(notes=notes, secret=secret, **given)

    return make
