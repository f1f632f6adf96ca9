"""What waits long for its backend is told, and tried at once when an operator says so."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from engine.cli import main
from engine.model import Attempt, Exchange, Outcome
from engine.processors.processor import Call
from engine.run.clock import now
from engine.store import waiting
from tests.harness.engine import Backend, Engine, engine

BUSY = Exchange(method="POST", url="u", status=429, seconds=0)
LATER = Attempt(outcome=Outcome.RETRY, detail="too many", retry_after=1800, exchanges=(BUSY,))


def _lanes(e: Engine) -> list[str]:
    with e.store.read() as c:
        return [found.entity_id for found in waiting.find(c, now() + timedelta(seconds=60))]


async def _until_it_waits(e: Engine) -> None:
    while not _lanes(e):
        await asyncio.sleep(0.01)


def test_a_call_that_waits_is_told_first_and_is_tried_at_once_when_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    backend = Backend(answer=lambda _: LATER)
    url = f"sqlite:///{tmp_path / 'interlock.db'}"

    def well(call: Call) -> Attempt:
        del call
        return Attempt(outcome=Outcome.DONE, detail="done")

    async def run() -> None:
        async with engine(tmp_path, backend) as e:
            await e.release("Ships SOC-1")
            await e.release("Ships SOC-1")
            await _until_it_waits(e)
            capsys.readouterr()
            assert await asyncio.to_thread(main, ["show", "SOC-1", "--store", url]) == 0
            said = capsys.readouterr().out
            lines = said[said.index("SOC-1  project soc") :].splitlines()  # the log is heard too
            assert "WAITS: transition" in lines[1]
            assert "too many; next attempt" in lines[1]
            assert "1 more event is behind that" in lines[2]
            calls = len(backend.calls)
            backend.answer = well
            assert await asyncio.to_thread(main, ["retry", "--project", "devhop", "--store", url]) == 1
            assert await asyncio.to_thread(main, ["retry", "soc-1", "--store", url]) == 0
            while _lanes(e) or len(backend.calls) == calls:
                await asyncio.sleep(0.01)
            await e.runtime.lanes.settle()
            assert await asyncio.to_thread(main, ["retry", "--all", "--store", url]) == 1
            assert await asyncio.to_thread(main, ["retry", "--store", url]) == 1
            capsys.readouterr()
            assert await asyncio.to_thread(main, ["show", "SOC-1", "--store", url]) == 0
            assert "nothing is to be done" in capsys.readouterr().out

    asyncio.run(asyncio.wait_for(run(), 60))
    assert main(["verify", "--store", url]) == 0
    assert main(["store", "check", "--store", url]) == 0
