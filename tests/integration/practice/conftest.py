import asyncio
import ssl
import threading
from collections.abc import Callable, Iterator

import httpx
import pytest

from engine.practice.jira.server import PracticeServer
from engine.practice.jira.world import JiraWorld


@pytest.fixture
def serve() -> Iterator[Callable[[JiraWorld], str]]:
    """Serves worlds from an event loop in a thread, as blocking clients need it; gives each site's URL."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    servers: list[PracticeServer] = []

    async def start(world: JiraWorld) -> str:
        servers.append(PracticeServer(world))
        await servers[-1].start()
        return servers[-1].url

    yield lambda world: asyncio.run_coroutine_threadsafe(start(world), loop).result(10)
    for server in servers:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


@pytest.fixture
def world() -> JiraWorld:
    return JiraWorld(["SOC:3", "DEV:1:thorny"])


@pytest.fixture(scope="session")
def certificates() -> ssl.SSLContext:
    """Made once: nothing here speaks TLS, and each client would load every certificate anew."""
    return ssl.create_default_context()


@pytest.fixture
def site(
    serve: Callable[[JiraWorld], str], world: JiraWorld, certificates: ssl.SSLContext
) -> Iterator[httpx.Client]:
    """`world`, served, and a client that is signed in to it."""
    account = (world.account.email, world.account.token)
    with httpx.Client(base_url=serve(world), auth=account, timeout=10, verify=certificates) as client:
        yield client
