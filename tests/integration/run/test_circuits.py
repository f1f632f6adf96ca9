"""A backend that is down: it is left alone, nothing that waits costs an attempt, and all goes on when it is back."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.decide.breaker import BreakerPolicy, Circuit
from engine.model import Attempt, Exchange, Outcome
from engine.processors.processor import Call
from engine.run import circuits
from engine.run.circuits import Standing
from engine.run.lanes import PLACES
from engine.run.waits import Waits
from engine.store import deadletters, inbox, outbox
from tests.harness.engine import Backend, engine

DOWN = Attempt(
    outcome=Outcome.RETRY,
    detail="no answer",
    exchanges=(Exchange(method="POST", url="u", status=None, seconds=0.1),),
)
DONE = Attempt(outcome=Outcome.DONE, detail="done")


def test_an_hour_without_the_backend_costs_few_calls_and_no_dead_letter(tmp_path: Path) -> None:
    clock = [datetime(2026, 1, 1, tzinfo=UTC)]
    back = clock[0] + timedelta(hours=1)
    backend = Backend(answer=lambda call: DONE if clock[0] >= back else DOWN)
    keys = [f"SOC-{n}" for n in range(1, 201)]

    async def run() -> tuple[int, set[str]]:
        async with engine(tmp_path, backend, clock=lambda: clock[0]) as e:
            await e.release(f"Ships {', '.join(keys)}")
            await e.runtime.lanes.settle()
            remarks = set()
            while clock[0] < back + timedelta(minutes=10):
                with e.store.read() as c:
                    if not inbox.backlog(c):
                        break
                    remarks |= {outbox.of_entity(c, "soc", key, 1)[0].last_detail for key in keys}
                clock[0] += timedelta(seconds=10)
                e.lanes._ring()
                await e.runtime.lanes.settle()
            with e.store.read() as c:
                assert inbox.backlog(c) == 0
                assert deadletters.find(c, deadletters.Wanted()) == []
                assert {outbox.of_entity(c, "soc", key, 9)[0].attempts for key in keys[100:]} <= {1, 2}
            return len(backend.calls), remarks

    calls, remarks = asyncio.run(run())
    # The first of all that were under way together, then one probe in two minutes; and once each at the end.
    assert calls < 200 + PLACES // 2 + 60
    assert "waits for scripted, which did not answer others" in remarks


def test_one_dead_host_of_the_http_worker_does_not_hold_up_another() -> None:
    from engine.model import Effect, EffectKind
    from engine.run.hub import Hub

    hub = Hub({}, {"soc": "atlassian"})

    def action(url: object) -> Effect:
        return Effect(kind=EffectKind.ACTION, name="tell", worker="http", arguments={"url": url})

    assert hub.backend_of("soc") == "atlassian"
    assert hub.backend_of("SOC", Effect(kind=EffectKind.TRANSITION, name="x")) == "atlassian"
    assert hub.backend_of("soc", action("https://u:p@a.example/x?token=1")) == "http a.example"
    assert hub.backend_of("soc", action("https://b.example:8443/x")) == "http b.example:8443"
    for odd in (None, 7, "nonsense", "http://[broken", "http://[::1]/x"):
        assert hub.backend_of("soc", action(odd)) == "http"


def test_a_waiting_entity_is_not_forgotten_when_the_probe_dies(tmp_path: Path) -> None:
    clock = [datetime(2026, 1, 1, tzinfo=UTC)]
    failing = [True]

    def answer(call: Call) -> Attempt:
        if call.entity.id == "SOC-1" and failing[0]:
            return Attempt(outcome=Outcome.REFUSED, detail="malformed")  # says nothing about the backend
        return DOWN if failing[0] else DONE

    async def run() -> None:
        async with engine(tmp_path, Backend(answer=answer), clock=lambda: clock[0]) as e:
            await e.release("Ships " + ", ".join(f"SOC-{n}" for n in range(2, 80)))
            await e.runtime.lanes.settle()
            await e.release("Ships SOC-1")
            await e.runtime.lanes.settle()
            failing[0] = False
            for _ in range(60):
                clock[0] += timedelta(seconds=BreakerPolicy().longest)
                e.lanes._ring()
                await e.runtime.lanes.settle()
            with e.store.read() as c:
                assert inbox.backlog(c) == 0

    asyncio.run(run())


def test_those_for_whom_there_was_no_room_go_on_at_once_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(circuits, "MOST_HELD", 3)
    clock = [datetime(2026, 1, 1, tzinfo=UTC)]
    failing = [True]
    backend = Backend(answer=lambda _: DOWN if failing[0] else DONE)
    keys = [f"SOC-{n}" for n in range(1, 301)]

    async def run() -> None:
        async with engine(tmp_path, backend, clock=lambda: clock[0]) as e:
            e.lanes._waits = Waits(50 * 420)  # and no room to wait in memory
            await e.release(f"Ships {', '.join(keys)}")
            await e.runtime.lanes.settle()
            failing[0] = False
            clock[0] += timedelta(seconds=BreakerPolicy().first + 1)
            e.lanes._ring()
            for _ in range(20):
                e.lanes._ring()
                await e.runtime.lanes.settle()
            with e.store.read() as c:
                left = {key: outbox.of_entity(c, "soc", key, 1)[0] for key in keys}
            # Only those wait that were called themselves and must wait for their own next attempt.
            waiting = [row for row in left.values() if row.finished_at is None]
            assert all(row.attempts == 1 and row.due_at > clock[0] for row in waiting)
            assert len(waiting) < len(keys) // 2

    asyncio.run(run())


def test_what_an_operator_sees_of_a_backend(tmp_path: Path) -> None:
    clock = [datetime(2026, 1, 1, tzinfo=UTC)]
    failing = [True]
    backend = Backend(answer=lambda _: DOWN if failing[0] else DONE)

    async def run() -> None:
        async with engine(tmp_path, backend, clock=lambda: clock[0]) as e:

            def standing() -> Standing:
                return {s.backend: s for s in e.runtime.backends()}["scripted"]

            assert (standing().circuit, standing().until, standing().error) == (Circuit.CLOSED, None, None)
            await e.release("Ships " + ", ".join(f"SOC-{n}" for n in range(1, 11)))
            await e.runtime.lanes.settle()
            seen = standing()
            assert (seen.circuit, seen.error, seen.failed_at) == (Circuit.OPEN, "no answer", clock[0])
            assert seen.until == clock[0] + timedelta(seconds=BreakerPolicy().first)
            assert seen.failures >= BreakerPolicy().failures
            failing[0] = False
            for _ in range(10):
                clock[0] += timedelta(seconds=10)
                e.lanes._ring()
                await e.runtime.lanes.settle()
            seen = standing()
            assert (seen.circuit, seen.until, seen.failures, seen.waiting) == (Circuit.CLOSED, None, 0, 0)

    asyncio.run(run())
