"""A backend that is down: it is left alone, nothing that waits costs an attempt, and all goes on when it is back."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from engine.decide.breaker import BreakerPolicy
from engine.model import Attempt, Exchange, Outcome
from engine.processors.processor import Call
from engine.run.lanes import PLACES
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
