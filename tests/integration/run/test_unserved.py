"""What a configuration cannot decide or call, because a project or a worker is not in it, waits for one that can."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from engine.cli.show_page import page_of
from engine.errors import FencedError
from engine.model import Attempt, Outcome
from engine.processors.processor import Call
from engine.run.load import load
from engine.store import deadletters, history, inbox, instances, outbox, parked
from engine.store.database import Connection
from tests.harness.engine import Backend, Engine, engine
from tests.harness.postgres import PostgresServer

RECEIVE = """
  receive "github" "release" {
    entity   = issue_keys(event.release.body)
    fire     = "next"
  }
"""
ACTION = 'action "other" "log" { }'
#: Two projects: one that is taken out, and one that stays.
MACHINES = f"""
provisioner "soc" {{
  {RECEIVE}
  statemachine "soc" {{
    initial = "to_do"
    state "to_do" "next" {{ transition = "waiting" }}
    state "waiting" {{
      on "next" {{
        transition = "done"
        {ACTION}
      }}
      after {{
        delay      = "1h"
        transition = "stale"
      }}
    }}
    state "stale" "next" {{ transition = "done" }}
    state "done" "next" {{ transition = "<end>" }}
  }}
}}
provisioner "web" {{
  {RECEIVE}
  statemachine "web" {{
    initial = "to_do"
    state "to_do" "next" {{ transition = "done" }}
    state "done" "next" {{ transition = "<end>" }}
  }}
}}
"""
BOTH = """
workers:
  scripted:
    statefile: soc.hcl
    projects: [soc, web]
  other:
    processor: scripted
    projects: []
"""
WITHOUT_SOC = BOTH.replace("[soc, web]", "[web]")
STARTS = datetime(2026, 1, 1, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = STARTS

    def __call__(self) -> datetime:
        return self.now


class Scripted(Backend):
    """A backend that is not there while `down`."""

    down = False

    def __init__(self) -> None:
        super().__init__(answer=self._answered)

    def _answered(self, _call: Call) -> Attempt:
        if self.down:
            return Attempt(outcome=Outcome.RETRY, detail="busy")
        return Attempt(outcome=Outcome.DONE, detail="done")


async def reload(e: Engine, folder: Path, workers: str, backend: Backend) -> None:
    (folder / "workers.yaml").write_text(workers)
    await e.runtime.replace(*load(folder / "workers.yaml", folder, {backend.name: backend}, {}).usable())


@asynccontextmanager
async def two_projects(
    folder: Path, backend: Backend, clock: Callable[[], datetime], url: str = ""
) -> AsyncIterator[Engine]:
    async with engine(folder, backend, machine=MACHINES, workers=BOTH, clock=clock, url=url) as e:
        yield e


async def until(what: Callable[[], bool], why: str) -> None:
    for _ in range(1_000):
        if what():
            return
        await asyncio.sleep(0.01)
    pytest.fail(why)


def state_of(e: Engine, project: str, entity: str) -> str | None:
    with e.store.read() as c:
        held = instances.load(c, project, entity)
    return None if held is None else held.snapshot.state


def unfinished(e: Engine, project: str = "soc") -> list[tuple[str, str]]:
    with e.store.read() as c:
        rows = inbox.of_entity(c, project, "SOC-1", 99)
    return [(row.event, row.because) for row in reversed(rows) if row.finished_at is None]


def standing(e: Engine, clock: Callable[[], datetime]) -> list[dict[str, Any]]:
    with e.store.read() as c:
        found: list[dict[str, Any]] = page_of(c, "soc", "SOC-1", 9, clock())["standing"]
    return found


@pytest.mark.parametrize("kept_in", ["file", "postgres"])
def test_events_of_a_project_that_is_gone_for_a_while_wait_and_are_decided_in_order(
    tmp_path: Path, kept_in: str, request: pytest.FixtureRequest
) -> None:
    clock, backend = Clock(), Scripted()
    postgres: PostgresServer | None = request.getfixturevalue("postgres") if kept_in == "postgres" else None

    async def run() -> None:
        async with two_projects(tmp_path, backend, clock, postgres.url() if postgres else "") as e:
            await e.release("Ships SOC-1")
            await until(lambda: state_of(e, "soc", "SOC-1") == "waiting" and not unfinished(e), "not waiting")
            backend.down = True
            await e.release("Ships SOC-1")  # its call is not answered,
            await e.release("Ships SOC-1")  # so that this one waits behind it
            await until(lambda: len(unfinished(e)) == 2 and len(backend.calls) >= 2, "not tried")
            with capture_logs() as logs:
                await reload(e, tmp_path, WITHOUT_SOC, backend)
                clock.now += timedelta(seconds=30)
                e.runtime.lanes.hurry_all()
                await until(lambda: any(row["event"] == "effect.parked" for row in logs), "not parked")
                await until(lambda: any(row["event"] == "project.unserved" for row in logs), "not told")
                made = len(backend.calls)
                await e.release("Ships WEB-2")
                await until(lambda: state_of(e, "web", "WEB-2") == "done", "others do not go on")
            (said,) = [row for row in logs if row["event"] == "project.unserved"]
            assert (said["project"], said["count"], said["log_level"]) == ("soc", 2, "warning")
            assert [call.entity.project for call in backend.calls[made:]] == ["web"] * len(
                backend.calls[made:]
            )
            assert standing(e, clock)[0]["kind"] == "parked"
            assert 'no worker serves the project "soc"' in standing(e, clock)[0]["because"]
            backend.down = False
            await reload(e, tmp_path, BOTH, backend)
            clock.now += timedelta(seconds=30)
            e.runtime.lanes.hurry_all()
            await until(lambda: not unfinished(e), f"does not go on: {unfinished(e)}")
            with e.store.read() as c:
                decided = [row.after for row in reversed(history.of_entity(c, "soc", "SOC-1", 99))]
                assert deadletters.find(c, deadletters.Wanted()) == []
            assert decided == ["waiting", "done", "done"]

    asyncio.run(run())


def test_a_timer_that_runs_out_meanwhile_is_decided_when_the_project_is_back(tmp_path: Path) -> None:
    clock, backend = Clock(), Scripted()

    async def run() -> None:
        async with two_projects(tmp_path, backend, clock) as e:
            await e.release("Ships SOC-1")
            await e.lanes.settle()
            await reload(e, tmp_path, WITHOUT_SOC, backend)
            clock.now += timedelta(hours=2)
            e.runtime.timers.changed()
            await until(lambda: bool(unfinished(e)) and bool(unfinished(e)[0][1]), "not parked")
            ((event, because),) = unfinished(e)
            assert event == "after.waiting.1"
            assert because.startswith("no_machine_for_project: neither workers.yaml nor the definitions name")
            (kept, *_) = standing(e, clock)
            assert kept["kind"] == "parked"
            await reload(e, tmp_path, BOTH, backend)
            await e.lanes.settle()
            assert state_of(e, "soc", "SOC-1") == "stale"

    asyncio.run(run())


def test_a_start_without_the_project_parks_too_and_says_so_once(tmp_path: Path) -> None:
    clock, backend = Clock(), Scripted()

    async def run() -> None:
        backend.down = True
        async with two_projects(tmp_path, backend, clock) as e:
            await e.release("Ships SOC-1")
            await until(lambda: bool(backend.calls), "not tried")
            await reload(e, tmp_path, WITHOUT_SOC, backend)
            with capture_logs() as logs:
                for _ in range(3):
                    e.lanes.hurry_all()
                    clock.now += timedelta(minutes=6)
                    e.lanes._ring()
                    await e.lanes.settle()
            assert len([row for row in logs if row["event"] == "effect.parked"]) <= 1
            assert unfinished(e) != []

    asyncio.run(run())


def test_an_action_whose_worker_is_gone_waits_for_it(tmp_path: Path) -> None:
    clock, backend = Clock(), Scripted()

    async def run() -> None:
        async with two_projects(tmp_path, backend, clock) as e:
            await e.release("Ships SOC-1")
            await e.lanes.settle()
            backend.down = True
            await e.release("Ships SOC-1")
            await until(lambda: len(backend.calls) >= 2, "not tried")
            backend.down = False
            (tmp_path / "soc.hcl").write_text(MACHINES.replace(ACTION, ""))
            await reload(e, tmp_path, BOTH.partition("  other:")[0], backend)
            clock.now += timedelta(minutes=1)
            e.lanes.hurry_all()
            await until(lambda: any("no_worker" in d for d in _details(e)), f"not parked: {_details(e)}")
            assert not any(call.effect.name == "log" for call in backend.calls)
            (tmp_path / "soc.hcl").write_text(MACHINES)
            await reload(e, tmp_path, BOTH, backend)
            await until(lambda: not unfinished(e), "does not go on")
            assert backend.calls[-1].effect.name == "log"

    asyncio.run(run())


def _details(e: Engine) -> list[str]:
    with e.store.read() as c:
        return [row.last_detail for row in outbox.of_entity(c, "soc", "SOC-1", 9)]


def _buried(c: Connection) -> int:
    found = parked.find(c, project="soc")
    for one in found:
        parked.bury(c, one, STARTS)
    return len(found)


def test_what_is_buried_waits_for_nothing_and_comes_back_where_it_was(tmp_path: Path) -> None:
    clock, backend = Clock(), Scripted()

    async def run() -> None:
        async with two_projects(tmp_path, backend, clock) as e:
            backend.down = True
            for _ in range(3):
                await e.release("Ships SOC-1")
            await until(lambda: bool(backend.calls), "not tried")
            await reload(e, tmp_path, WITHOUT_SOC, backend)
            clock.now += timedelta(seconds=30)
            e.lanes.hurry_all()
            await until(lambda: any("no_worker" in detail for detail in _details(e)), "not parked")
            with e.store.read() as c:
                planned = parked.find(c, entity_id="soc-1")
                assert [(one.event, bool(one.because)) for one in planned] == [
                    ("next", True),
                    ("next", False),
                    ("next", False),
                ]
                assert parked.find(c, project="web") == []
            assert e.store.write(_buried) == 3
            assert unfinished(e) == []
            with pytest.raises(FencedError, match="has gone on"):
                e.store.write(lambda c: parked.bury(c, planned[0], STARTS))
            with e.store.read() as c:
                letters = deadletters.find(c, deadletters.Wanted(project="soc"))
                assert len(letters) == 3
                assert "given up while parked: no_worker" in letters[0].because
            backend.down = False
            await reload(e, tmp_path, BOTH, backend)
            for letter in letters:
                e.store.write(lambda c, letter=letter: deadletters.retry(c, letter, clock()))  # type: ignore[misc]
            await until(lambda: not unfinished(e), "does not go on")
            with e.store.read() as c:
                assert deadletters.find(c, deadletters.Wanted()) == []

    asyncio.run(run())
