"""A drain: one entity strictly one after another, nothing ready left behind, bounded, and soon over."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import groupby

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.model import Entity
from engine.run import drain
from engine.run.drain import Drain, Ended, Hands
from engine.run.fairness import FairGate
from engine.run.lanes import TROUBLE_PAUSE, Idle, Progress, Turn, Waiting


def _entity(number: int, project: str = "soc") -> Entity:
    return Entity(project=project, id=f"SOC-{number:03}")


class Partition:
    """A partition's unfinished events, and what was seen while they were worked."""

    def __init__(self, pending: dict[int, int], fails: set[int], waits: set[int]) -> None:
        self.pending = Counter({_entity(n): count for n, count in pending.items() if count})
        self.fails = {_entity(n) for n in fails}
        self.waits = {_entity(n) for n in waits}
        self.postponed: set[Entity] = set()
        self.running: set[Entity] = set()
        self.most = 0
        self.done: list[Entity] = []
        self.time = datetime(2026, 1, 1, tzinfo=UTC)

    async def ready(self, after: Mapping[str, str], limit: int) -> list[Entity]:
        await asyncio.sleep(0)
        left = sorted(e for e, n in self.pending.items() if n and e not in self.postponed)
        left = [e for e in left if e.id > after.get(e.project, "")]
        return [e for _, page in groupby(left, lambda e: e.project) for e in list(page)[:limit]]

    async def work(self, entity: Entity) -> Turn:
        assert entity not in self.running, "two works at once for one entity"
        self.running.add(entity)
        self.most = max(self.most, len(self.running))
        await asyncio.sleep(0)
        self.running.discard(entity)
        if entity in self.fails:
            raise RuntimeError("the store is gone for a moment")
        if entity in self.waits:
            self.postponed.add(entity)
            return Waiting(self.time + timedelta(seconds=60))
        if not self.pending[entity]:
            return Idle()
        self.pending[entity] -= 1
        self.done.append(entity)
        return Progress()

    def clock(self) -> datetime:
        return self.time


@settings(deadline=None)
@given(
    pending=st.dictionaries(st.integers(0, 250), st.integers(0, 4), max_size=250),
    fails=st.sets(st.integers(0, 250), max_size=5),
    waits=st.sets(st.integers(0, 250), max_size=5),
    gate=st.integers(1, 8),
)
def test_what_is_ready_is_worked_and_the_rest_is_said(
    pending: dict[int, int], fails: set[int], waits: set[int], gate: int
) -> None:
    partition = Partition(pending, fails, waits)
    wanted = Counter(
        {e: n for e, n in partition.pending.items() if e not in partition.fails | partition.waits}
    )

    async def run() -> list[Ended]:
        ends = [Ended(more=True)]
        while ends[-1].more:
            bound = FairGate(gate)
            ends.append(await Drain(partition.ready, Hands(partition.work), bound, partition.clock).run())
        return ends

    ended = asyncio.run(run())[-1]
    assert Counter(partition.done) == +wanted
    assert partition.most <= gate
    troubled = {e for e in partition.fails if partition.pending[e]}
    waiting = {e for e in partition.waits - partition.fails if partition.pending[e]}
    later = partition.time + (TROUBLE_PAUSE if troubled else timedelta(seconds=60))
    assert ended.again_at == (later if troubled or waiting else None)


def test_a_call_that_hangs_holds_only_its_entity_and_the_drain_is_shared_when_it_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(drain, "MOST_TURNS", 10)
    monkeypatch.setattr(drain, "LINGER_SECONDS", 0.01)
    monkeypatch.setattr(drain, "LOOK_SECONDS", 0.01)
    partition = Partition(dict.fromkeys(range(20), 5), set(), set())
    answered = asyncio.Event()

    async def work(entity: Entity) -> Turn:
        if entity == _entity(0) and partition.pending[entity] == 5:
            await answered.wait()
        return await partition.work(entity)

    async def run() -> tuple[int, Ended]:
        draining = Drain(partition.ready, Hands(work), FairGate(8), partition.clock)
        task = asyncio.create_task(draining.run())
        async with asyncio.timeout(10):
            while len(partition.done) < 19 * 5:
                await asyncio.sleep(0.001)
            partition.pending[_entity(7)] += 1  # news while the call hangs
            draining.nudge()
            while partition.pending[_entity(7)]:
                await asyncio.sleep(0.001)
            before = len(partition.done)
            answered.set()
            return before, await task

    before, ended = asyncio.run(run())
    assert before == 19 * 5 + 1
    assert ended.more or not +partition.pending


@pytest.mark.parametrize("end", ["stop", "abandon"])
def test_an_ended_drain_leaves_nothing_running(end: str) -> None:
    partition = Partition(dict.fromkeys(range(5), 1000), set(), set())

    async def run() -> tuple[Ended, int]:
        draining = Drain(partition.ready, Hands(partition.work), FairGate(8), partition.clock)
        task = asyncio.create_task(draining.run())
        while not partition.done:
            await asyncio.sleep(0)
        getattr(draining, end)()
        return await task, len(asyncio.all_tasks())

    assert asyncio.run(run()) == (Ended(more=True), 1)


def test_a_store_that_cannot_be_read_ends_the_drain_and_all_its_lanes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(drain, "LOOK_SECONDS", 0)
    partition = Partition({1: 400}, set(), set())
    looks = 0

    async def ready(after: Mapping[str, str], limit: int) -> list[Entity]:
        nonlocal looks
        looks += 1
        if looks > 1:
            raise OSError("gone")
        return await partition.ready(after, limit)

    async def run() -> int:
        with pytest.raises(OSError, match="gone"):
            await Drain(ready, Hands(partition.work), FairGate(8), partition.clock).run()
        return len(asyncio.all_tasks())

    assert asyncio.run(run()) == 1


def test_a_project_with_one_event_does_not_wait_behind_one_with_thousands() -> None:
    """Whatever their names, and though the other's calls take for ever."""
    for name in ("alpha", "zeta"):
        partition = Partition(dict.fromkeys(range(900), 1), set(), set())

        async def work(entity: Entity, partition: Partition = partition) -> Turn:
            if entity.project == "soc":
                await asyncio.Event().wait()
            return await partition.work(entity)

        async def run(name: str = name, partition: Partition = partition) -> None:
            draining = Drain(partition.ready, Hands(work), FairGate(8), partition.clock)
            task = asyncio.create_task(draining.run())
            await asyncio.sleep(0.1)
            partition.pending[_entity(0, name)] = 1
            draining.nudge()
            async with asyncio.timeout(10):
                while not partition.done:
                    await asyncio.sleep(0.01)
            draining.abandon()
            await task

        asyncio.run(run())
        assert partition.done == [_entity(0, name)]


def test_a_share_that_is_used_up_is_given_on_though_hundreds_wait_for_a_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A daemon that was started later gets its part of the work before the first one has done all of it."""
    monkeypatch.setattr(drain, "MOST_SECONDS", 0.05)
    partition = Partition(dict.fromkeys(range(300), 1), set(), set())

    async def work(entity: Entity) -> Turn:
        await asyncio.sleep(0.02)
        return await partition.work(entity)

    async def run() -> Ended:
        return await Drain(partition.ready, Hands(work), FairGate(4), partition.clock).run()

    assert asyncio.run(asyncio.wait_for(run(), 60)) == Ended(more=True)
    assert 0 < len(partition.done) < 100
