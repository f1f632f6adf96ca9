"""What is decided ahead, many at once, is what the lanes decide one by one."""

import asyncio
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from engine.model import Attempt, Outcome
from engine.processors.processor import Call
from engine.store import history, many
from engine.store.database import Store
from tests.harness.chains import verify_chain
from tests.harness.engine import Backend, engine
from tests.harness.postgres import PostgresServer

MACHINE = """
provisioner "soc" {
  statemachine "soc" {
    initial = "to_do"
    state "to_do" {
      on "next" {
        transition = "waiting"
        set        = { tag = event.release.tag_name }
      }
    }
    state "waiting" {
      alias = null
      on "next" { transition = "checked" }
    }
    state "checked" {
      alias = null
      on "next" { transition = "done" }
    }
    state "done" "next" { transition = "<end>" }
  }
}
"""


def _plan(seed: int) -> list[tuple[str, int]]:
    """Notes and release numbers; some numbers come again with other notes, which `once_per` must see."""
    rng = random.Random(seed)
    plan = []
    for number in range(60):
        named = rng.sample(range(1, 25), rng.randint(1, 6))
        release = rng.randrange(number) if number and rng.random() < 0.3 else number
        plan.append((" ".join(f"SOC-{n}" for n in named) + f" in build {number}.", release))
    return plan


def _answer(call: Call) -> Attempt:
    """Every call of SOC-3 is refused: its decisions are taken back."""
    outcome = Outcome.REFUSED if call.entity.id == "SOC-3" else Outcome.DONE
    return Attempt(outcome=outcome, detail=outcome.value)


def _told(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    with store.read() as c:
        told = {}
        for number in range(1, 25):
            rows = history.of_entity(c, "soc", f"SOC-{number}", 1000)[::-1]
            assert verify_chain(rows) is None
            told[f"SOC-{number}"] = [
                (r.version, r.event, r.before, r.after, r.verdict, r.trace, r.machine_hash, sorted(r.facts))
                for r in rows
            ]
        return told


def _outcome(folder: Path, plan: Sequence[tuple[str, int]], url: str) -> tuple[Any, Any]:
    folder.mkdir(exist_ok=True)
    backend = Backend(answer=_answer)

    async def run() -> Any:
        async with engine(folder, backend, machine=MACHINE, url=url, works=False) as receiving:
            for notes, number in plan:
                await receiving.release(notes, release_id=number)
        async with engine(folder, backend, machine=MACHINE, url=url) as working:
            await working.runtime.lanes.settle()
            for _ in range(200):
                await asyncio.sleep(0.05)
                await working.runtime.lanes.settle()
                with working.store.read() as c:
                    if not c.exec_driver_sql(
                        "SELECT count(*) FROM inbox WHERE finished_at IS NULL"
                    ).scalar_one():
                        break
            return _told(working.store)

    told = asyncio.run(run())
    called: dict[str, list[tuple[Any, ...]]] = {}
    for call in backend.calls:
        said = (call.effect.name, call.effect.target, call.attempt, call.read_back)
        called.setdefault(call.entity.id, []).append(said)
    return told, called


@pytest.mark.parametrize("seed", range(2))
def test_many_at_once_is_one_by_one(
    tmp_path: Path, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    sizes: list[int] = []
    commit = many.commit

    def counted(c: Connection, found: many.Found, made: Sequence[many.One], now: Any) -> None:
        commit(c, found, made, now)
        sizes.append(len(made))

    monkeypatch.setattr(many, "commit", counted)
    plan = _plan(seed)
    alone = _outcome(tmp_path / "here", plan, "")
    assert sizes == []
    together = _outcome(tmp_path / "here", plan, postgres.url())
    assert together == alone
    assert max(sizes) > 1, "nothing was decided ahead"
