"""Lanes: one entity strictly one after another, entities in parallel, nothing forgotten, bounded."""

import asyncio
from collections import Counter, deque
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.model import Entity
from engine.run.lanes import Idle, Lanes, Progress, Turn, Waiting


def _entity(number: int) -> Entity:
    return Entity(project="soc", id=f"SOC-{number:03}")


class Work:
    """A store of unfinished work, and what was seen while it was worked."""

    def __init__(self, pending: dict[int, int], *, fails: set[int], waits: set[int]) -> None:
        self.pending = Counter({_entity(n): count for n, count in pending.items() if count})
        self.fails = {_entity(n) for n in fails}
        self.waits = {_entity(n) for n in waits}
        self.running: set[Entity] = set()
        self.most = 0
        self.done: list[Entity] = []
        self.clock = datetime(2026, 1, 1, tzinfo=UTC)

    async def __call__(self, entity: Entity) -> Turn:
        assert entity not in self.running, "two works at once for one entity"
        self.running.add(entity)
        self.most = max(self.most, len(self.running))
        await asyncio.sleep(0)
        self.running.discard(entity)
        if entity in self.fails:
            self.fails.discard(entity)
            raise RuntimeError("the store is gone for a moment")
        if entity in self.waits:
            self.waits.discard(entity)
            return Waiting(self.clock + timedelta(seconds=60))
        if not self.pending[entity]:
            return Idle()
        self.pending[entity] -= 1
        self.done.append(entity)
        return Progress()

    def unfinished(self, after: Entity | None, limit: int) -> Iterable[tuple[Entity, datetime | None]]:
        left = sorted(e for e, count in self.pending.items() if count and (after is None or e > after))
        return [(e, None) for e in left[:limit]]

    def now(self) -> datetime:
        return self.clock


async def _settled(lanes: Lanes, work: Work) -> None:
    for _ in range(10):
        await lanes.settle()
        work.clock += timedelta(seconds=120)
        lanes._ring()
        await asyncio.sleep(0)
        if not lanes.waiting and not lanes.busy:
            break
    await lanes.settle()


@settings(deadline=None)
@given(
    pending=st.dictionaries(st.integers(0, 40), st.integers(0, 4), max_size=40),
    woken=st.lists(st.integers(0, 40), max_size=60),
    fails=st.sets(st.integers(0, 40), max_size=5),
    waits=st.sets(st.integers(0, 40), max_size=5),
    concurrency=st.integers(1, 8),
    capacity=st.integers(1, 50),
)
def test_everything_is_worked_once_in_its_lane_and_within_bounds(
    pending: dict[int, int],
    woken: list[int],
    fails: set[int],
    waits: set[int],
    concurrency: int,
    capacity: int,
) -> None:
    work = Work(pending, fails=fails, waits=waits)
    wanted = Counter(work.pending)

    async def run() -> None:
        lanes = Lanes(work, work.unfinished, work.now, concurrency=concurrency, capacity=capacity)
        lanes.start()
        for number in woken:
            work.pending[_entity(number)] += 1
            wanted[_entity(number)] += 1
            lanes.wake(_entity(number))
            await asyncio.sleep(0)
        await _settled(lanes, work)
        await lanes.stop(1)

    asyncio.run(run())
    assert Counter(work.done) == +wanted
    assert work.most <= concurrency


@given(st.lists(st.integers(0, 5), min_size=1, max_size=30))
def test_stopping_ends_everything_and_forgets_nothing_in_the_store(numbers: list[int]) -> None:
    work = Work(Counter(numbers), fails=set(), waits=set())
    total = sum(work.pending.values())

    async def run() -> int:
        lanes = Lanes(work, work.unfinished, work.now, concurrency=2)
        lanes.start()
        await asyncio.sleep(0)
        await lanes.stop(1)
        return len(asyncio.all_tasks()) - 1

    assert asyncio.run(run()) == 0
    assert len(work.done) + sum(work.pending.values()) == total


def test_a_waiting_lane_is_looked_at_when_its_head_is_another() -> None:
    work = Work({1: 2}, fails=set(), waits={1})

    async def run() -> tuple[int, int]:
        lanes = Lanes(work, work.unfinished, work.now)
        lanes.wake(_entity(1))
        await lanes.settle()
        lanes.wake(_entity(1))
        await lanes.settle()
        before = len(work.done)
        lanes.hurry(_entity(1))
        await lanes.settle()
        await lanes.stop(1)
        return before, len(work.done)

    assert asyncio.run(run()) == (0, 2)


def test_a_hanging_work_is_cancelled_after_the_grace() -> None:
    ended: deque[str] = deque()

    async def hang(_entity: Entity) -> Turn:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise
        return Idle()

    async def run() -> None:
        lanes = Lanes(hang, lambda _after, _limit: [], lambda: datetime.now(UTC))
        lanes.wake(_entity(1))
        await asyncio.sleep(0)
        await lanes.stop(0.01)

    asyncio.run(run())
    assert list(ended) == ["cancelled"]
