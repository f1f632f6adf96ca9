"""Lanes: one entity strictly one after another, entities in parallel, nothing forgotten, bounded."""

import asyncio
from collections import Counter, deque
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from engine.model import Entity
from engine.run.arrived import Arrived
from engine.run.fairness import FairQueue
from engine.run.lanes import WAITING_BYTES, Idle, Lanes, Progress, Turn, Waiting
from engine.run.waits import Waits

PLACES, ROOM = 12, 20


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
        self.until: dict[Entity, datetime] = {}
        self.notes_waits = False

    async def __call__(self, entity: Entity, _: Arrived | None = None) -> Turn:
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
            until = self.clock + timedelta(seconds=60)
            if self.notes_waits:
                self.until[entity] = until
            return Waiting(until)
        if not self.pending[entity]:
            return Idle()
        self.pending[entity] -= 1
        self.done.append(entity)
        return Progress()

    def unfinished(self, after: Entity | None, limit: int) -> Iterable[tuple[Entity, datetime | None]]:
        left = sorted(e for e, count in self.pending.items() if count and (after is None or e > after))
        return [(e, self.until.get(e)) for e in left[:limit]]

    def now(self) -> datetime:
        return self.clock


async def _settled(lanes: Lanes, work: Work) -> None:
    for _ in range(10):
        await lanes.settle()
        work.clock += timedelta(seconds=120)
        lanes._ring()
        await asyncio.sleep(0)
        if not +work.pending and not lanes.waiting and not lanes.busy:
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
    waiting_bytes=st.sampled_from([0, 500, 5_000, WAITING_BYTES]),
    notes_waits=st.booleans(),
)
def test_everything_is_worked_once_in_its_lane_and_within_bounds(
    *,
    pending: dict[int, int],
    woken: list[int],
    fails: set[int],
    waits: set[int],
    concurrency: int,
    capacity: int,
    waiting_bytes: int,
    notes_waits: bool,
) -> None:
    work = Work(pending, fails=fails, waits=waits)
    work.notes_waits = notes_waits  # where a backend is down, the store does not know when what waits is due
    wanted = Counter(work.pending)

    async def run() -> None:
        lanes = Lanes(
            work,
            work.unfinished,
            work.now,
            concurrency=concurrency,
            capacity=capacity,
            waiting_bytes=waiting_bytes,
        )
        lanes.start()
        for number in woken:
            work.pending[_entity(number)] += 1
            wanted[_entity(number)] += 1
            lanes.wake(_entity(number))
            await asyncio.sleep(0)
            assert lanes.waiting * 400 <= waiting_bytes
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

    async def hang(_entity: Entity, _: Arrived | None = None) -> Turn:
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


class FairQueueModel(RuleBasedStateMachine):
    """What any number of projects may expect of the queue, whatever the others do."""

    def __init__(self) -> None:
        super().__init__()
        self.queue: FairQueue[Entity, None] = FairQueue(places=PLACES, room=ROOM)
        self.waiting: dict[str, list[Entity]] = {}
        self.working: Counter[str] = Counter()
        self.numbers = count()

    @rule(project=st.sampled_from("abc"))
    def add(self, project: str) -> None:
        entity = Entity(project=project, id=f"{project}-{next(self.numbers)}")
        of_project = self.waiting.setdefault(project, [])
        room = sum(map(len, self.waiting.values())) < ROOM and len(of_project) < ROOM // 4
        assert self.queue.has_room(project) == room
        if room:
            self.queue.add(entity, None)
            of_project.append(entity)

    @rule()
    def take(self) -> None:
        turn = self.queue.next()
        active = {p for p, of in self.waiting.items() if of} | set(+self.working)
        part = max(1, PLACES // (len(active) + 1))
        may = [p for p, of in self.waiting.items() if of and self.working[p] < part]
        if turn is None:
            assert not may or self.working.total() == PLACES
            return
        entity, _ = turn
        assert entity.project in may
        assert self.waiting[entity.project].pop(0) == entity
        self.working[entity.project] += 1

    @precondition(lambda self: +self.working)
    @rule(data=st.data())
    def finish(self, data: st.DataObject) -> None:
        project = data.draw(st.sampled_from(sorted(+self.working)))
        self.queue.done(project)
        self.working[project] -= 1

    @invariant()
    def it_counts_and_leaves_room_for_a_newcomer(self) -> None:
        assert len(self.queue) == sum(map(len, self.waiting.values()))
        assert self.working.total() <= PLACES
        # Whoever comes when one project has all it can get finds a place at once.
        if len(+self.working) == 1:
            assert self.working.total() < PLACES


TestFairQueue = FairQueueModel.TestCase


def test_a_project_with_ten_thousand_waits_does_not_hold_up_another() -> None:
    done: list[str] = []

    async def work(entity: Entity, _: Arrived | None = None) -> Turn:
        await asyncio.sleep(0)
        done.append(entity.project)
        return Idle()

    async def run() -> None:
        lanes = Lanes(
            work, lambda _after, _limit: (), lambda: datetime(2026, 1, 1, tzinfo=UTC), concurrency=8
        )
        for number in range(3_000):
            lanes.wake(Entity(project="big", id=f"BIG-{number}"))
        await asyncio.sleep(0)
        lanes.wake(Entity(project="small", id="SMALL-1"))
        await lanes.settle()

    asyncio.run(run())
    assert done.count("big") == 3_000
    assert done.index("small") < 20


def test_what_waits_beyond_the_bound_is_found_in_the_store_when_it_is_due() -> None:
    work = Work(dict.fromkeys(range(3_000), 1), fails=set(), waits=set(range(3_000)))

    async def run() -> int:
        lanes = Lanes(work, work.unfinished, work.now, waiting_bytes=100 * 400)
        lanes.start()
        await lanes.settle()
        most = lanes.waiting
        assert not work.done
        work.clock += timedelta(seconds=61)
        lanes._ring()
        await lanes.settle()
        await lanes.stop(1)
        return most

    assert asyncio.run(run()) <= 100
    assert len(work.done) == 3_000


class WaitsModel(RuleBasedStateMachine):
    """Held against a dictionary."""

    def __init__(self) -> None:
        super().__init__()
        self.waits = Waits(5 * 420)
        self.until: dict[Entity, datetime] = {}
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    @rule(number=st.integers(0, 9), seconds=st.integers(0, 99))
    def add(self, number: int, seconds: int) -> None:
        entity, until = _entity(number), self.now + timedelta(seconds=seconds)
        fits = entity in self.until or len(self.until) < 5
        assert self.waits.add(entity, until) == fits
        if fits:
            self.until[entity] = until

    @rule(number=st.integers(0, 9))
    def discard(self, number: int) -> None:
        self.waits.discard(_entity(number))
        self.until.pop(_entity(number), None)

    @rule(seconds=st.integers(0, 50))
    def go_on(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        due = sorted((until, entity) for entity, until in self.until.items() if until <= self.now)
        assert list(self.waits.due(self.now)) == [entity for _, entity in due]
        for _, entity in due:
            del self.until[entity]

    @invariant()
    def it_knows_who_waits_and_no_alarm_is_missing(self) -> None:
        assert len(self.waits) == len(self.until)
        assert all(entity in self.waits for entity in self.until)
        first = self.waits.first
        assert not self.until or (first is not None and first <= min(self.until.values()))


TestWaits = WaitsModel.TestCase
