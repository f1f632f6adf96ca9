"""What the engine fails on does not block its lane: it is counted, and becomes a dead letter with a reason."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.model import Attempt, Entity, Observation, Outcome
from engine.processors.processor import Call
from engine.run.poison import TRIES
from engine.store import deadletters, inbox
from engine.store.database import Connection
from engine.store.deadletters import DeadLetter
from tests.harness.engine import Backend, Engine, engine
from tests.harness.store import all_instances

DONE = Attempt(outcome=Outcome.DONE, detail="done")
NONSENSE: Any = {"outcome": "done"}


def _damage(statement: str) -> Callable[[Engine], None]:
    def work(c: Connection) -> None:
        c.exec_driver_sql(statement)

    return lambda e: e.store.write(work)


def _nothing(_engine: Engine) -> None:
    return


def _broken_answer(call: Call) -> Attempt:
    answer: Attempt = NONSENSE if call.entity.id == "SOC-1" else DONE
    return answer


def _broken_status(entity: Entity) -> Observation:
    answer: Observation = NONSENSE
    return answer if entity.id == "SOC-1" else Observation(outcome=Outcome.DONE, status="to_do")


CASES: dict[str, tuple[Backend, Callable[[Engine], None], str]] = {
    "a body that is damaged": (Backend(), _damage("UPDATE bodies SET data = x'00'"), "is damaged"),
    "a body that is gone": (Backend(), _damage("DELETE FROM bodies"), "has no body"),
    "a processor that answers nonsense": (Backend(answer=_broken_answer), _nothing, "AttributeError"),
    "a processor that observes nonsense": (
        Backend(observes=True, status=_broken_status),
        _nothing,
        "AttributeError",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_poisoned_event_is_buried_and_the_next_one_has_its_turn(tmp_path: Path, case: str) -> None:
    backend, poison, word = CASES[case]
    clock = [datetime(2026, 1, 1, tzinfo=UTC)]

    async def run() -> tuple[list[DeadLetter], list[str]]:
        async with engine(tmp_path, Backend(), clock=lambda: clock[0]) as first:
            first.lanes._stopping = True  # received, and not decided
            await first.release("Ships SOC-1")
            poison(first)
        async with engine(tmp_path, backend, clock=lambda: clock[0]) as e:
            await e.release("Ships SOC-2", release_id=50)
            for _ in range(TRIES + 1):
                await e.runtime.lanes.settle()
                clock[0] += timedelta(minutes=10)
                e.lanes._ring()
            await e.runtime.lanes.settle()
            if poison is not _nothing:
                await e.release("Ships SOC-1", release_id=60)
                await e.runtime.lanes.settle()
            with e.store.read() as c:
                assert inbox.backlog(c) == 0
                moved = [i.entity_id for i in all_instances(c) if i.snapshot.state != "to_do"]
                return deadletters.find(c, deadletters.Wanted()), moved

    letters, moved = asyncio.run(run())
    assert [(letter.entity_id, letter.number) for letter in letters] == [("SOC-1", 1)]
    assert word in letters[0].because
    assert letters[0].attempts == TRIES
    assert f"after {TRIES} tries" in letters[0].because
    assert "SOC-2" in moved


def test_when_the_store_fails_no_event_is_to_blame(tmp_path: Path) -> None:
    async def run() -> None:
        async with engine(tmp_path, Backend()) as e:
            e.lanes._stopping = True
            await e.release("Ships SOC-1")
            e.lanes._stopping = False
            path, aside = e.store.path, tmp_path / "aside.db"
            path.rename(aside)
            e.runtime.lanes.wake(Entity(project="soc", id="SOC-1"))
            await e.runtime.lanes.settle()
            assert e.store.trouble() is not None
            aside.rename(path)
            await asyncio.to_thread(e.store.write, lambda c: None)
            e.runtime.lanes.hurry(Entity(project="soc", id="SOC-1"))
            await e.runtime.lanes.settle()
            with e.store.read() as c:
                (row,) = inbox.of_entity(c, "soc", "SOC-1", 9)
                assert (row.status, row.attempts) == ("done", 0)

    asyncio.run(run())


def test_a_refused_call_of_a_damaged_instance_is_a_dead_letter_and_nothing_is_put_back(
    tmp_path: Path,
) -> None:
    def refuse(call: Call) -> Attempt:
        with closing(sqlite3.connect(tmp_path / "interlock.db")) as c:
            c.execute("UPDATE instances SET last_history_id = NULL, last_hash = NULL")
            c.commit()
        return Attempt(outcome=Outcome.REFUSED, detail="no such issue")

    async def main() -> list[DeadLetter]:
        async with engine(tmp_path, Backend(answer=refuse)) as e:
            await e.release("Ships SOC-1")
            await e.runtime.lanes.settle()
            with e.store.read() as c:
                return deadletters.find(c, deadletters.Wanted())

    (letter,) = asyncio.run(main())
    assert (letter.entity_id, letter.attempts) == ("SOC-1", 1)
    assert "no such issue" in letter.because
