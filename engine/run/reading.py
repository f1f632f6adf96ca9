"""Reading the store from the event loop: at once from a file, in a thread where it means waiting for a network."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from engine.errors import StoreError
from engine.store.database import Connection, Store

log = structlog.get_logger()

T = TypeVar("T")


async def read(store: Store, ask: Callable[[Connection], T]) -> T:
    """What `ask` finds in one snapshot of the store; raises `StoreError` if it cannot be read."""

    def asked() -> T:
        with store.read() as connection:
            return ask(connection)

    return await asyncio.to_thread(asked) if store.remote else asked()


async def look(store: Store, ask: Callable[[Connection], T]) -> T:
    """`read` for what asks one statement only."""

    def asked() -> T:
        with store.look() as connection:
            return ask(connection)

    return await asyncio.to_thread(asked) if store.remote else asked()


async def keep_looking(seconds: float, glance: Callable[[], Awaitable[None]]) -> None:
    """Look again and again until cancelled. A store that cannot be read now can be later; that is said once."""
    told = False
    while True:
        await asyncio.sleep(seconds)
        try:
            await glance()
        except StoreError as error:
            if not told:
                log.error("store.unreadable", because=str(error))  # noqa: TRY400  it says what is to be done
            told = True
        else:
            told = False
