"""The engine without its server: real store, lanes and definitions, with a backend that a test writes as a plug-in."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from engine.decide.retry import RetryPolicy
from engine.model import Attempt, Entity, Observation, Outcome
from engine.practice.github import release_delivery
from engine.processors.processor import Call, Processor, Settings
from engine.run.clock import now
from engine.run.hooks import HookRequest, register
from engine.run.lanes import Lanes
from engine.run.load import load
from engine.run.recording import Received
from engine.run.runtime import Runtime
from engine.store.database import Store

MACHINE = """
variable "word" { default = "shipped" }

provisioner "soc" {
  statemachine "soc" {
    initial = "to_do"
    state "to_do" "next" {
      transition = "in_progress"
      set        = { tag = event.release.tag_name, word = var.word }
    }
    state "in_progress" "next" { transition = "done" }
    state "done" "next" { transition = "<end>" }
  }
}
"""
WORKERS = """
workers:
  scripted:
    statefile: soc.hcl
    projects: [soc]
"""


@dataclass
class Backend:
    """A processor whose answers a test decides: `answer` is asked for each call, `status` for each observation."""

    name: str = "scripted"
    worker_names: Sequence[str] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    observes: bool = False
    answer: Callable[[Call], Attempt] = lambda _call: Attempt(outcome=Outcome.DONE, detail="done")
    status: Callable[[Entity], Observation] = lambda _entity: Observation(
        outcome=Outcome.DONE, status="to_do"
    )
    calls: list[Call] = field(default_factory=list)

    def check(self, settings: Settings) -> Sequence[str]:
        return ()

    def connect(self, settings: Settings) -> Processor:
        return self

    async def observe(self, entity: Entity) -> Observation:
        return self.status(entity)

    async def perform(self, call: Call) -> Attempt:
        self.calls.append(call)
        await asyncio.sleep(0)
        return self.answer(call)

    async def close(self) -> None:
        return


@dataclass
class Engine:
    store: Store
    runtime: Runtime
    secret: str
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    @property
    def lanes(self) -> Lanes:
        """The lanes of a store in a file."""
        assert isinstance(self.runtime.lanes, Lanes)
        return self.runtime.lanes

    async def release(self, notes: str, **more: object) -> Received:
        """Deliver a signed release."""
        number = next(self._numbers)
        values: dict[str, object] = {"release_id": number, "delivery_id": f"d{number}", **more}
        signed = release_delivery(
            repo_full_name="octo-org/signal-box",
            tag=f"v1.0.{number}",
            notes=notes,
            action="published",
            secret=self.secret,
            now=datetime.now(UTC),
            **values,  # type: ignore[arg-type]
        )
        headers = {name.lower(): value for name, value in signed.headers.items()}
        return await self.runtime.intake.accept("github", "signal-box", headers, signed.body)


@asynccontextmanager
async def engine(
    folder: Path,
    backend: Backend,
    *,
    machine: str = MACHINE,
    workers: str = WORKERS,
    policy: RetryPolicy | None = None,
    clock: Callable[[], datetime] = now,
    url: str = "",
    works: bool = True,
) -> AsyncIterator[Engine]:
    """An engine that works its lanes until the block is left; a second one in the same folder goes on with the store."""
    (folder / "soc.hcl").write_text(machine)
    (folder / "workers.yaml").write_text(workers)
    serving, hub = load(folder / "workers.yaml", folder, {backend.name: backend}, {}).usable()
    store = Store.open(url or f"sqlite:///{folder}/interlock.db", key=b"k" * 32)
    try:
        runtime = Runtime(store, serving, hub, clock, policy, works=works)
        wanted = HookRequest(source="github", repo_id="signal-box", repo_path="octo-org/signal-box")
        secret = await asyncio.to_thread(_secret, store, wanted)
        await runtime.start()
        try:
            yield Engine(store=store, runtime=runtime, secret=secret)
        finally:
            await runtime.stop(1)
    finally:
        store.close()


def _secret(store: Store, wanted: HookRequest) -> str:
    from engine.errors import HookExistsError
    from engine.run.hooks import secret_of

    try:
        return register(store, wanted, now()).secret
    except HookExistsError:
        return secret_of(store, wanted.source, wanted.repo_id)
