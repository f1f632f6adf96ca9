"""Reading the store from the event loop: at once from a file, in a thread where it means waiting for a network."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from engine.store.database import Connection, Store

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
