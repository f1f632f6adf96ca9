"""The gate: places go to projects in turn, and none is lost when somebody who waited or worked is cancelled."""

import asyncio

from engine.run.fairness import FairGate


def test_a_newcomer_finds_a_place_at_once_though_others_wait() -> None:
    async def run() -> list[str]:
        gate, order, leave = FairGate(4), [], asyncio.Event()

        async def work(project: str) -> None:
            async with gate.place(project):
                order.append(project)
                await leave.wait()

        tasks = [asyncio.create_task(work("many")) for _ in range(50)]
        await asyncio.sleep(0)
        tasks.append(asyncio.create_task(work("few")))
        await asyncio.sleep(0.01)
        seen = list(order)
        leave.set()
        await asyncio.gather(*tasks)
        assert len(order) == 51
        return seen

    assert asyncio.run(run()) == ["many", "many", "few"]


def test_who_is_cancelled_gives_the_place_back() -> None:
    async def run() -> None:
        gate, leave, entered = FairGate(2), asyncio.Event(), 0

        async def work() -> None:
            nonlocal entered
            async with gate.place("soc"):
                entered += 1
                await leave.wait()

        works, waits, comes = (asyncio.create_task(work()) for _ in range(3))
        await asyncio.sleep(0.01)
        waits.cancel()
        await asyncio.sleep(0.01)
        assert entered == 1
        works.cancel()
        leave.set()
        await asyncio.gather(works, waits, comes, return_exceptions=True)
        async with asyncio.timeout(5), gate.place("soc"):
            assert entered == 2

    asyncio.run(run())


def test_a_place_that_was_given_to_somebody_cancelled_in_between_is_given_on() -> None:
    async def run() -> None:
        gate = FairGate(2)
        leave = asyncio.Event()

        async def work() -> None:
            async with gate.place("soc"):
                await leave.wait()

        first, second = asyncio.create_task(work()), asyncio.create_task(work())
        await asyncio.sleep(0.01)
        leave.set()
        await asyncio.sleep(0)  # the first leaves: the place is the second's, who does not know yet
        second.cancel()
        await asyncio.gather(first, second, return_exceptions=True)
        async with asyncio.timeout(5), gate.place("soc"):
            pass

    asyncio.run(run())
