"""A store that takes no writes: what was called is not called again because of that, and the log says so once."""

import asyncio
from pathlib import Path
from typing import Any

from structlog.testing import capture_logs

from engine.model import Attempt, Outcome
from engine.processors.processor import Call
from engine.store import inbox, outbox
from tests.harness.engine import Backend, Engine, engine

ENTITIES = ("SOC-1", "SOC-2", "SOC-3")


def _all_done(e: Engine) -> bool:
    with e.store.read() as c:
        return inbox.backlog(c) == 0


def test_an_outcome_that_cannot_be_written_is_kept_and_nothing_is_called_again(tmp_path: Path) -> None:
    file, aside = tmp_path / "interlock.db", tmp_path / "aside.db"
    told: list[Any] = []

    def answer(_call: Call) -> Attempt:
        if file.exists():
            file.rename(aside)  # from now on every commit fails
        return Attempt(outcome=Outcome.DONE, detail="done")

    backend = Backend(answer=answer)

    async def run() -> None:
        async with engine(tmp_path, backend) as e:
            with capture_logs() as logs:
                await e.release(f"Ships {' '.join(ENTITIES)}")
                for _ in range(30):
                    await asyncio.sleep(0.1)
                    for waiting_entity in list(e.lanes._waits.clear()):
                        e.lanes.wake(waiting_entity)
                in_trouble = [call.entity.id for call in backend.calls]
                backend.answer = lambda _call: Attempt(outcome=Outcome.DONE, detail="done")
                aside.rename(file)
                while not _all_done(e):
                    await asyncio.sleep(0.1)
            told.extend(logs)
            assert len(in_trouble) == len(set(in_trouble)), in_trouble
            assert sorted(call.entity.id for call in backend.calls) == list(ENTITIES)
            with e.store.read() as c:
                for entity in ENTITIES:
                    (row,) = outbox.of_entity(c, "soc", entity, 9)
                    assert (row.status, row.attempts) == ("done", 1)
                    (event,) = inbox.of_entity(c, "soc", entity, 9)
                    assert event.attempts == 0

    asyncio.run(run())
    waiting = [line for line in told if line["event"] == "store.waiting"]
    assert [line["log_level"] for line in waiting] == ["warning"]
    assert "removed or replaced" in waiting[0]["because"]
    assert [line["event"] for line in told if line["log_level"] == "error"] == []
    assert sum(line["event"] == "store.recovered" for line in told) == 1
