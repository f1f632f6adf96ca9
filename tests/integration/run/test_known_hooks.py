"""Secrets of hooks are remembered, and one that does not hold any more is never used."""

import asyncio
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from engine.errors import UnauthenticatedError
from engine.run import known_hooks
from engine.run.clock import now
from engine.run.hooks import HookRequest, update
from engine.store import deliveries, hooks
from engine.store.database import Store
from tests.harness.engine import Backend, Engine, engine
from tests.harness.store import held

HOOK = HookRequest(source="github", repo_id="signal-box", repo_path="octo-org/signal-box")


def _count(e: Engine) -> int:
    with e.store.read() as c:
        return len(deliveries.latest(c, 99))


def test_a_secret_that_was_replaced_is_refused_at_once(tmp_path: Path) -> None:
    async def run() -> None:
        async with engine(tmp_path, Backend()) as e:
            await e.release("Ships SOC-1")
            issued = await asyncio.to_thread(update, e.store, HOOK, now())
            with pytest.raises(UnauthenticatedError):
                await e.release("Ships SOC-1", release_id=70)
            assert _count(e) == 1
            e.secret = issued.secret
            await e.release("Ships SOC-1", release_id=70)
            assert _count(e) == 2

    asyncio.run(run())


@pytest.mark.parametrize("overlap", [timedelta(0), timedelta(hours=1)])
def test_a_secret_that_is_replaced_between_proof_and_commit(tmp_path: Path, overlap: timedelta) -> None:
    async def run() -> None:
        async with engine(tmp_path, Backend()) as e:
            await e.release("Ships SOC-1")
            with held(e.store):
                changing = asyncio.create_task(asyncio.to_thread(update, e.store, HOOK, now(), overlap))
                while not e.store._writer._jobs:
                    await asyncio.sleep(0.01)
                delivering = asyncio.create_task(e.release("Ships SOC-1", release_id=70))
                await asyncio.sleep(0.05)
            await changing
            if overlap:
                await delivering
            else:
                with pytest.raises(UnauthenticatedError):
                    await delivering
            assert _count(e) == (2 if overlap else 1)

    asyncio.run(run())


def test_what_is_remembered_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_hooks, "MOST", 3)
    store = Store.open(f"sqlite:///{tmp_path}/a.db", key=b"k" * 32)
    try:
        for number in range(5):
            sealed = store.secrets.seal("s" * 32, source="github", repo_id=str(number))
            add = partial(hooks.register, source="github", repo_id=str(number), repo_path="")
            store.write(partial(add, sealed=sealed, now=now()))
        known = known_hooks.KnownHooks(store)

        async def run() -> None:
            for number in range(5):
                found = await known.find("github", str(number))
                assert found is not None
                assert found.secrets.current == "s" * 32
            assert await known.find("github", "none") is None

        asyncio.run(run())
        remembered = [n for n in range(5) if known.remembered("github", str(n)) is not None]
        assert remembered == [2, 3, 4]
        assert "sss" not in repr(known.remembered("github", "4"))
    finally:
        store.close()
