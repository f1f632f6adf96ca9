"""A definition that lacks the state an entity is in parks what happens to it; one that has it decides all, in order."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from engine.model import Observation, Outcome
from engine.run.load import load
from engine.store import history, inbox, instances, once, timers
from tests.harness.engine import Backend, Engine, engine
from tests.harness.postgres import PostgresServer

PROVISIONER = """
provisioner "soc" {{
  receive "github" "release" {{
    entity   = issue_keys(event.release.body)
    fire     = "next"
    once_per = event.release.id
  }}
  statemachine "soc" {{
    initial = "to_do"
    state "to_do" {{
      on "next" {{ transition = "{waiting}" }}
    }}
    state "{waiting}" {{
      on "next" {{ transition = "done" }}
      after {{
        delay      = "1h"
        transition = "stale"
      }}
    }}
    {more}
    state "stale" {{
      on "next" {{ transition = "done" }}
    }}
    state "done" {{
      on "next" {{ transition = "<end>" }}
    }}
  }}
}}
"""
BEFORE = PROVISIONER.format(waiting="waiting", more="")
RENAMED = PROVISIONER.format(waiting="on_hold", more="")
WAY_OUT = PROVISIONER.format(
    waiting="on_hold", more='state "waiting" {\n on "next" { transition = "on_hold" }\n }\n'
)
STRANDED = 'the machine soc has no state "waiting"'


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


async def reload(e: Engine, folder: Path, machine: str, backend: Backend) -> None:
    (folder / "soc.hcl").write_text(machine)
    await e.runtime.replace(*load(folder / "workers.yaml", folder, {backend.name: backend}, {}).usable())


async def until(what: Callable[[], bool], why: str) -> None:
    for _ in range(1_000):
        if what():
            return
        await asyncio.sleep(0.01)
    pytest.fail(why)


def state_of(e: Engine, entity: str = "SOC-1") -> str:
    with e.store.read() as c:
        held = instances.load(c, "soc", entity)
        return held.snapshot.state if held is not None else ""


def decided(e: Engine) -> list[tuple[str, str | None]]:
    with e.store.read() as c:
        return [(row.event, row.after) for row in reversed(history.of_entity(c, "soc", "SOC-1", 99))]


def waiting(e: Engine) -> list[tuple[str, str]]:
    with e.store.read() as c:
        rows = inbox.of_entity(c, "soc", "SOC-1", 99)
        return [(row.event, row.because) for row in reversed(rows) if row.finished_at is None]


def test_a_timer_and_what_follows_it_wait_for_the_state_and_are_decided_in_order(tmp_path: Path) -> None:
    clock, backend = Clock(), Backend()

    async def run() -> None:
        async with engine(tmp_path, backend, machine=BEFORE, clock=clock) as e:
            await e.release("Ships SOC-1")
            await e.lanes.settle()
            await reload(e, tmp_path, RENAMED, backend)
            clock.now += timedelta(hours=2)
            e.runtime.timers.changed()
            await until(lambda: len(waiting(e)) == 1, "the timer is not in the lane")
            await e.lanes.settle()
            await e.release("Ships SOC-1")
            await e.release("Ships SOC-2", release_id=70)
            await e.lanes.settle()
            (timer, because), (following, _) = waiting(e)
            assert (timer, following) == ("after.waiting.1", "next")
            assert because.startswith(f"state_not_found_in_machine: {STRANDED}")
            assert (state_of(e), state_of(e, "SOC-2")) == ("waiting", "on_hold")
            calls = len(backend.calls)
            await e.lanes.settle()
            assert len(backend.calls) == calls
            assert e.lanes.waiting == 1
            await reload(e, tmp_path, BEFORE, backend)
            await e.lanes.settle()
            assert decided(e) == [("next", "waiting"), ("after.waiting.1", "stale"), ("next", "done")]

    asyncio.run(run())


def test_a_start_with_the_state_decides_what_was_parked(tmp_path: Path) -> None:
    backend = Backend()

    async def run() -> None:
        async with engine(tmp_path, backend, machine=BEFORE) as e:
            await e.release("Ships SOC-1")
            await e.lanes.settle()
        async with engine(tmp_path, backend, machine=RENAMED) as e:
            await e.release("Ships SOC-1", release_id=50)
            await e.lanes.settle()
            assert [event for event, _ in waiting(e)] == ["next"]
            with e.store.read() as c:
                (row, _) = inbox.of_entity(c, "soc", "SOC-1", 2)
                key = once.key_of(project="soc", receive=row.receive or "", once="50", entity_id="SOC-1")
                assert once.holder_of(c, key) is None, "what was not decided claims nothing"
        async with engine(tmp_path, backend, machine=BEFORE) as e:
            await e.lanes.settle()
            assert decided(e) == [("next", "waiting"), ("next", "done")]
            with e.store.read() as c:
                assert timers.next_due(c) is None

    asyncio.run(run())


def test_the_way_out_without_the_old_definition_is_a_state_of_the_old_name(tmp_path: Path) -> None:
    backend = Backend()

    async def run() -> None:
        async with engine(tmp_path, backend, machine=BEFORE) as e:
            await e.release("Ships SOC-1")
            await e.lanes.settle()
            await reload(e, tmp_path, RENAMED, backend)
            await e.release("Ships SOC-1")
            await e.lanes.settle()
            await reload(e, tmp_path, WAY_OUT, backend)
            await e.lanes.settle()
            assert decided(e) == [("next", "waiting"), ("next", "on_hold")]

    asyncio.run(run())


def test_it_is_said_once_and_a_definition_that_strands_entities_is_warned_of(tmp_path: Path) -> None:
    backend = Backend()

    async def run() -> None:
        async with engine(tmp_path, backend, machine=BEFORE) as e:
            for number in (1, 2, 3):
                await e.release(f"Ships SOC-{number}")
            await e.lanes.settle()
            with capture_logs() as logs:
                await reload(e, tmp_path, RENAMED, backend)
                await e.release("Ships SOC-1")
                await e.lanes.settle()
                e.lanes.hurry_all()
                await e.lanes.settle()
                await until(lambda: any(line["event"] == "definition.strands" for line in logs), "no warning")
            (parked,) = [line for line in logs if line["event"] == "event.parked"]
            assert (parked["log_level"], parked["verdict"]) == ("warning", "state_not_found_in_machine")
            assert parked["because"] == STRANDED
            (strands,) = [line for line in logs if line["event"] == "definition.strands"]
            assert (strands["log_level"], strands["project"], strands["count"]) == ("warning", "soc", 3)
            assert strands["states"] == ["waiting (3, SOC-1 for instance)"]
        with capture_logs() as logs:
            async with engine(tmp_path, backend, machine=RENAMED):
                await until(lambda: any(line["event"] == "definition.strands" for line in logs), "no warning")

    asyncio.run(run())


def test_where_a_backend_says_where_an_entity_is_it_is_placed_anew(tmp_path: Path) -> None:
    backend = Backend(
        observes=True, status=lambda _entity: Observation(outcome=Outcome.DONE, status="waiting")
    )

    async def run() -> None:
        async with engine(tmp_path, backend, machine=BEFORE) as e:
            await e.release("Ships SOC-1")
            await e.lanes.settle()
            backend.status = lambda _entity: Observation(outcome=Outcome.DONE, status="on_hold")
            with capture_logs() as logs:
                await reload(e, tmp_path, RENAMED, backend)
                await e.release("Ships SOC-1")
                await e.lanes.settle()
            assert waiting(e) == []
            assert state_of(e) == "done"
            assert [line for line in logs if line["event"] in {"definition.strands", "event.parked"}] == []

    asyncio.run(run())


def test_it_is_the_same_where_daemons_share_a_store(tmp_path: Path, postgres: PostgresServer) -> None:
    backend = Backend()

    async def run() -> None:
        async with engine(tmp_path, backend, machine=BEFORE, url=postgres.url()) as e:
            await e.release("Ships SOC-1")
            await until(lambda: state_of(e) == "waiting" and not waiting(e), "SOC-1 is not in waiting")
            await reload(e, tmp_path, RENAMED, backend)
            for _ in range(3):
                await e.release("Ships SOC-1")
            await e.release("Ships SOC-2", release_id=70)
            await until(lambda: any(because for _, because in waiting(e)), "nothing is parked")
            await until(lambda: state_of(e, "SOC-2") == "on_hold", "others do not go on")
            await e.runtime.lanes.settle()
            await reload(e, tmp_path, BEFORE, backend)
            await until(lambda: not waiting(e), "what was parked does not go on")
            assert decided(e) == [("next", "waiting"), *[("next", "done")] * 3]

    asyncio.run(run())
