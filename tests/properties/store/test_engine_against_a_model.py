"""The engine itself, store and lanes, against a model of a few lines: what it must come to, whatever happens in any order.

Deliveries, repetitions of them, a backend that goes away or answers in vain, retries, timers, another definition, and ends in
the midst of work. After each of them every entity must be where the model has it, nothing may have been called twice, and
the calls of each entity must be those of the model, in its order.
"""

import asyncio
import tempfile
from collections import deque
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from engine.model import Attempt, Exchange, Outcome
from engine.practice.github import SignedDelivery, release_delivery
from engine.processors.processor import Call
from engine.run.load import load
from engine.run.replay import Difference, Replay
from engine.store import inbox, instances, timers
from engine.store.tables import Receipt
from tests.harness.engine import Backend, Engine, engine

NAMES = ("SOC-1", "SOC-2", "SOC-3")
#: By the state: where the event leads. The second definition leads elsewhere from the last state.
TABLES = (
    {"one": "two", "two": "three", "three": "one"},
    {"one": "two", "two": "three", "three": "two"},
)
TIMED, BACK, DELAY = "two", "one", timedelta(hours=1000)
MACHINE = """
provisioner "soc" {{
  statemachine "soc" {{
    initial = "one"
    state "one" "next" {{ transition = "two" }}
    state "two" {{
      on "next" {{ transition = "three" }}
      after {{
        delay      = "1000h"
        transition = "one"
      }}
    }}
    state "three" "next" {{ transition = "{}" }}
  }}
}}
"""


@dataclass
class Thing:
    """What the model knows of one entity."""

    state: str = "one"
    seen: bool = False
    due: datetime | None = None
    #: Events that wait behind a call that does not come through.
    lane: "deque[str]" = field(default_factory=deque)
    performing: bool = False
    #: Where it was to be moved, in order.
    wanted: list[str] = field(default_factory=list)


class EngineModel(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.loop = asyncio.new_event_loop()
        self.clock = datetime(2026, 1, 1, tzinfo=UTC)
        self.trouble: Outcome | None = None
        self.made: dict[str, list[str]] = {}
        self.keys: set[str] = set()
        self.backend = Backend(answer=self.answer)
        self.version = 0
        self.sent: list[SignedDelivery] = []
        self.things = {name: Thing() for name in NAMES}
        self.open()

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(asyncio.wait_for(work, 60))

    def open(self) -> None:
        self.held = AsyncExitStack()
        self.engine: Engine = self.run(
            self.held.enter_async_context(
                engine(Path(self.folder.name), self.backend, machine=self.machine(), clock=lambda: self.clock)
            )
        )
        self.run(self.engine.lanes.settle())

    def machine(self) -> str:
        return MACHINE.format(TABLES[self.version]["three"])

    def teardown(self) -> None:
        self.run(self.held.aclose())
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()
        self.folder.cleanup()

    def answer(self, call: Call) -> Attempt:
        key, target = call.idempotency_key, call.effect.target or ""
        if call.read_back and key in self.keys:
            return Attempt(outcome=Outcome.ALREADY_THERE, detail="it is there")
        if self.trouble is Outcome.RETRY:
            nobody = Exchange(method="POST", url="u", status=None, seconds=0.1)
            return Attempt(outcome=Outcome.RETRY, detail="no answer", exchanges=(nobody,))
        assert key not in self.keys, "the same call was made twice"
        self.keys.add(key)
        self.made.setdefault(call.entity.id, []).append(target)
        if self.trouble is Outcome.UNKNOWN:
            return Attempt(outcome=Outcome.UNKNOWN, detail="it happened, and nobody said so")
        return Attempt(outcome=Outcome.DONE, detail="done")

    def decide(self, thing: Thing) -> None:
        """What the entity's lane does until it is empty or waits for the backend."""
        while thing.lane and not thing.performing:
            event = thing.lane.popleft()
            thing.seen = True
            thing.state = BACK if event == "timer" else TABLES[self.version][thing.state]
            thing.due = self.clock + DELAY if thing.state == TIMED else None
            thing.wanted.append(thing.state)
            thing.performing = self.trouble is not None

    @rule(names=st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True))
    def deliver(self, names: list[str]) -> None:
        number = len(self.sent) + 1
        signed = release_delivery(
            repo_full_name="octo-org/signal-box", tag=f"v{number}", notes=f"Ships {', '.join(names)}.",
            action="published", secret=self.engine.secret, now=self.clock, release_id=number, delivery_id=f"d{number}",
        )  # fmt: skip
        self.sent.append(signed)
        assert self.accept(signed) is Receipt.ACCEPTED
        for name in names:
            self.things[name].lane.append("next")
            self.decide(self.things[name])

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def deliver_again(self, data: st.DataObject) -> None:
        assert self.accept(data.draw(st.sampled_from(self.sent))) is Receipt.DUPLICATE

    def accept(self, signed: SignedDelivery) -> Receipt:
        headers = {name.lower(): value for name, value in signed.headers.items()}

        async def work() -> Receipt:
            received = await self.engine.runtime.intake.accept("github", "signal-box", headers, signed.body)
            await self.engine.lanes.settle()
            return received.verdict

        verdict: Receipt = self.run(work())
        return verdict

    @precondition(lambda self: self.trouble is None)
    @rule(how=st.sampled_from([Outcome.RETRY, Outcome.UNKNOWN]))
    def trouble_comes(self, how: Outcome) -> None:
        self.trouble = how

    @precondition(lambda self: self.trouble is not None)
    @rule()
    def trouble_goes(self) -> None:
        """And what waited is tried again, in its time."""
        self.trouble = None

        async def work() -> None:
            for _ in range(60):
                self.clock += timedelta(minutes=5)
                self.engine.lanes._ring()
                await self.engine.lanes.settle()
                with self.engine.store.read() as c:
                    if not inbox.backlog(c):
                        return
            raise AssertionError("what waited for the backend is not done though it is back")

        for thing in self.things.values():
            thing.performing = False
        before = self.clock
        self.run(work())
        for thing in self.things.values():
            self.catch_up(thing, before)

    def catch_up(self, thing: Thing, before: datetime) -> None:
        """The events that waited are decided at moments that the model does not know: it takes the store's word for timers."""
        waited = bool(thing.lane)
        self.decide(thing)
        if waited and thing.due is not None:
            name = next(name for name, of in self.things.items() if of is thing)
            thing.due = self.pending(name)
            assert thing.due is not None
            assert before + DELAY <= thing.due <= self.clock + DELAY

    @precondition(lambda self: self.trouble is None)
    @rule()
    def much_time_passes(self) -> None:
        """All timers run out."""
        self.clock += DELAY + timedelta(days=30)

        async def work() -> None:
            self.engine.runtime.timers.changed()
            while True:
                # What ran out is in the inbox before its lane hears of it.
                with self.engine.store.read() as c:
                    due, backlog = timers.next_due(c), inbox.backlog(c)
                if (due is None or due > self.clock) and not backlog:
                    break
                await asyncio.sleep(0.001)
            await self.engine.lanes.settle()

        self.run(work())
        for thing in self.things.values():
            if thing.due is not None:
                thing.lane.append("timer")
                self.decide(thing)

    @rule()
    def it_ends_in_the_midst_and_starts_again(self) -> None:
        if self.sent:  # something is under way when it ends: a repetition, at least
            headers = {name.lower(): value for name, value in self.sent[-1].headers.items()}
            accepting = self.loop.create_task(
                self.engine.runtime.intake.accept("github", "signal-box", headers, self.sent[-1].body)
            )
            self.run(asyncio.sleep(0))
            accepting.cancel()
            self.run(asyncio.wait({accepting}))
        self.run(self.held.aclose())
        self.open()

    @rule()
    def another_definition_is_in_force(self) -> None:
        self.version = 1 - self.version
        folder = Path(self.folder.name)
        (folder / "soc.hcl").write_text(self.machine())
        serving, hub = load(folder / "workers.yaml", folder, {self.backend.name: self.backend}, {}).usable()
        self.run(self.engine.runtime.replace(serving, hub))

    def pending(self, name: str) -> datetime | None:
        with self.engine.store.read() as c:
            instance = instances.load(c, "soc", name)
        if instance is None or not instance.snapshot.timers:
            return None
        (due,) = instance.snapshot.timers.values()
        return datetime.fromisoformat(due)

    @invariant()
    def every_entity_is_where_the_model_has_it(self) -> None:
        for name, thing in self.things.items():
            with self.engine.store.read() as c:
                instance = instances.load(c, "soc", name)
                busy = inbox.head(c, "soc", name) is not None
            assert (instance.snapshot.state if instance is not None else None) == (
                thing.state if thing.seen else None
            )
            assert busy == thing.performing
            assert self.pending(name) == thing.due
            made = self.made.get(name, [])
            assert made == thing.wanted[: len(made)]
            assert len(thing.wanted) - len(made) in ({0, 1} if thing.performing else {0})

    @invariant()
    def the_history_comes_out_the_same_again(self) -> None:
        with self.engine.store.read() as c:
            for name in (name for name in NAMES if self.things[name].seen):
                found = [item for item in Replay().entity(c, "soc", name) if isinstance(item, Difference)]
                assert found == []


TestEngine = EngineModel.TestCase
TestEngine.settings = settings(max_examples=12, stateful_step_count=20, deadline=None)
