"""What is decided in the commit that receives it, what is left to the lanes, and that nobody can tell the difference."""

import asyncio
from pathlib import Path

import pytest

from engine.decide.decide import Decision
from engine.decide.decide import decide as decide_for_real
from engine.model import Attempt, Entity, Outcome
from engine.processors.processor import Call
from engine.run import deciding
from engine.run.at_once import MOST_ENTITIES
from engine.run.clock import now
from engine.run.delivered import delivered
from engine.run.lanes import PLACES
from engine.store import deliveries, history, inbox, outbox, pauses
from engine.store.tables import InboxStatus, PauseKind
from tests.harness.engine import Backend, Engine, engine
from tests.harness.store import all_decisions, all_instances

SOC = Entity(project="soc", id="SOC-1")


def _rows(e: Engine, entity: str = "SOC-1") -> list[inbox.InboxRow]:
    with e.store.read() as c:
        return sorted(inbox.of_entity(c, "soc", entity, 99), key=lambda row: row.id)


def _states(e: Engine) -> dict[str, str]:
    with e.store.read() as c:
        return {i.entity_id: i.snapshot.state for i in all_instances(c)}


def test_what_is_alone_is_decided_in_the_commit_that_receives_it(tmp_path: Path) -> None:
    backend = Backend()

    async def run() -> None:
        async with engine(tmp_path, backend) as e:
            received = await e.release("Ships SOC-1")
            (row,) = _rows(e)  # before any lane had its turn
            assert (row.status, row.verdict) == (InboxStatus.PERFORMING, "moved")
            assert received.entities == (SOC,)
            assert [(a.finished, len(a.effects)) for a in received.arrived] == [(False, 1)]
            assert backend.calls == []
            await e.lanes.settle()
            (row,) = _rows(e)
            assert row.status is InboxStatus.DONE
            assert [call.attempt for call in backend.calls] == [1]
            assert not backend.calls[0].read_back  # nothing can have happened unseen
            with e.store.read() as c:
                assert outbox.pending(c, row.id) == []
                assert len(history.of_entity(c, "soc", "SOC-1", 9)) == 1

    asyncio.run(run())


def test_it_is_decided_as_it_comes_though_every_place_is_taken(tmp_path: Path) -> None:
    """Else a load that has once filled the places would cost a commit more for each event, and stay behind."""
    gate = asyncio.Event()

    class Stuck(Backend):
        async def perform(self, call: Call) -> Attempt:
            await gate.wait()
            return await super().perform(call)

    backend = Stuck()

    async def run() -> None:
        async with engine(tmp_path, backend) as e:
            for number in range(1, PLACES + 9):
                received = await e.release(f"Ships SOC-{number}")
                assert len(received.decided) == 1, number
            gate.set()
            await e.lanes.settle()
            assert len(backend.calls) == PLACES + 8
            assert not any(call.read_back for call in backend.calls)

    asyncio.run(run())


def test_what_needs_no_call_is_done_when_it_is_answered(tmp_path: Path) -> None:
    ignored = """
provisioner "soc" {
  statemachine "soc" {
    initial = "to_do"
    state "to_do" {}
  }
}
"""

    async def run() -> None:
        async with engine(tmp_path, Backend(), machine=ignored) as e:
            received = await e.release("Ships SOC-1")
            (row,) = _rows(e)
            assert row.status is InboxStatus.DONE
            assert [a.finished for a in received.arrived] == [True]
            assert e.lanes.busy == 0

    asyncio.run(run())


def test_a_newer_event_waits_behind_what_is_not_finished(tmp_path: Path) -> None:
    answers = [Attempt(outcome=Outcome.RETRY, detail="not now"), Attempt(outcome=Outcome.DONE, detail="")]

    async def run() -> None:
        async with engine(tmp_path, Backend(answer=lambda _call: answers.pop(0))) as e:
            await e.release("Ships SOC-1")
            await e.lanes.settle()
            await e.release("Ships SOC-1", release_id=70)
            assert [row.status for row in _rows(e)] == [InboxStatus.PERFORMING, InboxStatus.PENDING]
            assert _states(e) == {"SOC-1": "in_progress"}

    asyncio.run(run())


@pytest.mark.parametrize("held", [True, False])
def test_what_is_paused_is_received_and_not_decided(tmp_path: Path, *, held: bool) -> None:
    async def run() -> None:
        async with engine(tmp_path, Backend()) as e:
            if held:
                project = (PauseKind.PROJECT, "soc")
                await asyncio.to_thread(e.store.write, lambda c: pauses.pause(c, [project], "", now()))
                await e.runtime._pauses.look()
            await e.release("Ships SOC-1")
            (row,) = _rows(e)
            assert (row.status is InboxStatus.PENDING) is held

    asyncio.run(run())


def test_a_delivery_about_many_is_left_to_the_lanes(tmp_path: Path) -> None:
    async def run() -> None:
        async with engine(tmp_path, Backend()) as e:
            many = " ".join(f"SOC-{n}" for n in range(1, MOST_ENTITIES + 2))
            await e.release(f"Ships {many}")
            assert _states(e) == {}
            await e.lanes.settle()
            assert set(_states(e).values()) == {"in_progress"}
            assert len(_states(e)) == MOST_ENTITIES + 1

    asyncio.run(run())


def test_what_cannot_be_decided_is_received_and_its_lane_deals_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = [RuntimeError("broken"), RuntimeError("broken")]

    def decide(*arguments: object, **named: object) -> Decision:
        if failures:
            raise failures.pop()
        return decide_for_real(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(deciding, "decide", decide)

    async def run() -> None:
        async with engine(tmp_path, Backend()) as e:
            received = await e.release("Ships SOC-1")
            assert (received.decided, len(failures)) == ((), 1)
            (row,) = _rows(e)
            assert (row.status, row.attempts) == (InboxStatus.PENDING, 0)
            with e.store.read() as c:
                assert len(deliveries.latest(c, 9)) == 1
                assert all_decisions(c) == []
            await e.lanes.settle()
            (row,) = _rows(e)
            assert (failures, row.attempts) == ([], 1)  # counted, and waits

    asyncio.run(run())


def test_decided_at_once_or_by_lanes_leaves_the_same_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same deliveries, once decided at once and once with no place in the lanes, give the same history."""

    async def run(folder: Path, *, at_once: bool) -> list[tuple[object, ...]]:
        async with engine(folder, Backend()) as e:
            if not at_once:
                monkeypatch.setattr(e.runtime.intake._at_once, "wants", lambda _entities: False)
            for number in range(12):
                await e.release(f"Ships SOC-{number % 3 + 1} SOC-4", release_id=number + 1)
                await e.lanes.settle()
            with e.store.read() as c:
                return [
                    (row.entity_id, row.version, row.event, row.before, row.after, row.verdict, row.trace)
                    for row in all_decisions(c)
                ]

    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    one = asyncio.run(run(tmp_path / "a", at_once=True))
    other = asyncio.run(run(tmp_path / "b", at_once=False))
    assert len(one) == 24
    assert [row[:-1] for row in one] == [row[:-1] for row in other]


def test_an_event_is_the_same_at_hand_and_read_again(tmp_path: Path) -> None:
    """What was correlated, and what its lane reads from the store after a restart, is one event."""

    async def run() -> None:
        async with engine(tmp_path, Backend()) as e:
            # About so many that they are left to the lanes: what is decided as it comes is not needed any more.
            received = await e.release("Ships " + " ".join(f"SOC-{n + 1}" for n in range(MOST_ENTITIES + 1)))
            arrived = received.arrived[0]
            with e.store.read() as c:
                row = inbox.get(c, arrived.row.id)
                assert row is not None
                assert row.delivery_row_id is not None
                again = deciding.event_of(row, SOC, *delivered(c, row.delivery_row_id))
            assert again == arrived.event
            await e.lanes.settle()

    asyncio.run(run())
