"""What waits long for its backend is told, and tried at once when an operator says so."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from engine.cli import main
from engine.decide.retry import RetryPolicy
from engine.model import Attempt, Exchange, Observation, Outcome
from engine.processors.processor import Call
from engine.run.clock import now
from engine.store import deadletters, waiting
from engine.store.deadletters import DeadLetter
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


_TWO_CALLS = """
provisioner "soc" {
  statemachine "soc" {
    initial = "to_do"
    state "to_do" {
      on "next" {
        transition = "done"
        action "scripted" "announce" {
          text = "hello"
        }
      }
    }
    state "done" {}
  }
}
"""


def test_what_has_another_call_to_make_is_counted_and_tried_at_once_too(tmp_path: Path) -> None:
    backend = Backend(answer=lambda _: LATER)
    url = f"sqlite:///{tmp_path / 'interlock.db'}"

    async def run() -> None:
        async with engine(tmp_path, backend, machine=_TWO_CALLS) as e:
            await e.release("Ships SOC-1, SOC-2")
            while len(_lanes(e)) < 2:
                await asyncio.sleep(0.01)
            put_off = await e.runtime.put_off()
            assert {name: found.count for name, found in put_off.items()} == {"scripted": 2}
            assert now() < put_off["scripted"].next_at < now() + timedelta(seconds=1801)
            backend.answer = lambda _: Attempt(outcome=Outcome.DONE, detail="done")
            assert await asyncio.to_thread(main, ["retry", "SOC-1", "SOC-2", "--store", url]) == 0
            while _lanes(e) or len(backend.calls) < 6:
                await asyncio.sleep(0.01)
            assert await e.runtime.put_off() == {}

    asyncio.run(asyncio.wait_for(run(), 60))


def test_a_question_that_is_given_up_has_counted_its_last_try(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    silent = Observation(outcome=Outcome.UNKNOWN, detail="no answer")
    backend = Backend(observes=True, status=lambda _: silent)
    url = f"sqlite:///{tmp_path / 'interlock.db'}"

    async def run() -> None:
        policy = RetryPolicy(attempts=3, first=0.01)
        async with engine(tmp_path, backend, policy=policy) as e:
            await e.release("Ships SOC-1")
            while not _letters(e):
                await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(run(), 60))
    capsys.readouterr()
    assert main(["deadletters", "show", "event-1", "--store", url]) == 0
    assert "after 3 attempt(s): given up after 3 attempts" in capsys.readouterr().out


def _letters(e: Engine) -> list[DeadLetter]:
    with e.store.read() as c:
        return deadletters.find(c, deadletters.Wanted())
