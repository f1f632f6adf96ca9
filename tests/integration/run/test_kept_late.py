"""A delivery that is written after its sender was told that it was not: it is worked, and its repetition is none."""

import asyncio
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from engine.practice.github import release_delivery
from engine.run.recording import Received
from engine.store.database import Connection
from engine.store.tables import Receipt
from tests.harness.engine import Backend, engine


@pytest.mark.parametrize("at_once", [True, False])
def test_it_goes_on_as_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, at_once: bool) -> None:
    committing, go_on = threading.Event(), threading.Event()
    backend = Backend()

    def slowly(_c: Connection) -> None:
        committing.set()
        go_on.wait()

    async def run() -> None:
        async with engine(tmp_path, backend) as e:
            if not at_once:
                monkeypatch.setattr(e.runtime.intake._at_once, "wants", lambda _: False)
            signed = release_delivery(
                repo_full_name="octo-org/signal-box", tag="v1", notes="Ships SOC-1", action="published",
                secret=e.secret, now=datetime.now(UTC), release_id=7, delivery_id="d7",
            )  # fmt: skip
            headers = {name.lower(): value for name, value in signed.headers.items()}

            async def deliver() -> Received:
                return await e.runtime.intake.accept("github", "signal-box", headers, signed.body)

            with monkeypatch.context() as patch, capture_logs() as logs:
                patch.setattr(e.store._backend, "before_commit", slowly)
                given_up = asyncio.create_task(deliver())
                await asyncio.to_thread(committing.wait)
                given_up.cancel()
                assert isinstance(
                    (await asyncio.gather(given_up, return_exceptions=True))[0], asyncio.CancelledError
                )
                go_on.set()
                while not any(line["event"] == "delivery.kept_late" for line in logs):
                    await asyncio.sleep(0.01)
            await e.lanes.settle()
            assert len(backend.calls) == 1
            assert (await deliver()).verdict is Receipt.DUPLICATE
            await e.lanes.settle()
            assert len(backend.calls) == 1

    asyncio.run(run())
