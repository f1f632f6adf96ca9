"""One worker process of `bench.distributed`: works a PostgreSQL store until it is told to stop. Arguments: URL, design.

`partitions` is ours; `jobs` is stock procrastinate with one job for each event, deciding with the same code; `leases` is
what one would write by hand: rows leased with SKIP LOCKED, a hundred a transaction, a dictionary for a machine. `waiting`
is ours with effects that wait for 5 ms, `few` the same with a few at a time that wait for longer.
"""

import asyncio
import hashlib
import logging
import signal
import sys
import zlib
from datetime import UTC, datetime
from functools import partial
from typing import Any

import orjson
import procrastinate
import psycopg
import structlog

from engine.config.workers import Workers
from engine.machine.compile import compile_definition
from engine.machine.read import read_definition
from engine.model import Attempt, Entity, Observation, Outcome
from engine.processors.processor import Call
from engine.run.fairness import FairGate
from engine.run.hub import Hub
from engine.run.load import Serving, text_hash
from engine.run.runtime import Runtime
from engine.serve.daemon import SWITCH_SECONDS
from engine.serve.loop import run_loop
from engine.store.database import Store

MACHINE = """
provisioner "load" {
  statemachine "load" {
    initial = "a"
    state "a" {
      alias = null
      on "next" { transition = "b" }
    }
    state "b" {
      alias = null
      on "next" { transition = "a" }
    }
  }
}
"""
JOB = "bench.event"
#: How long an effect of `waiting` takes, a fast backend in the same house; and of `few`, still a fast one, but so slow that
#: a process of two at once waits for it and not for a processor. How many those are.
EFFECT_SECONDS = 0.005
FEW_SECONDS = 0.01
AT_ONCE = 2


class Slow:
    """A backend that answers after a while."""

    observes = False

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    async def observe(self, entity: Entity) -> Observation:
        raise NotImplementedError

    async def perform(self, call: Call) -> Attempt:
        del call
        await asyncio.sleep(self._seconds)
        return Attempt(outcome=Outcome.DONE, detail="")

    async def close(self) -> None:
        return


def _runtime(store: Store, slow: Slow | None = None) -> Runtime:
    text = MACHINE if slow is None else MACHINE.replace("alias = null", "")
    definition = read_definition(text, "load.hcl").definition
    assert definition is not None
    serving = Serving(
        provisioners={"load": compile_definition(definition)["load"]},
        definitions=(definition,),
        texts={"load": text_hash(definition)},
    )
    hub, _ = Hub.build(Workers(workers=()), {}, {})
    assert hub is not None
    hub = hub if slow is None else Hub({"slow": slow}, {"load": "slow"})
    return Runtime(store, serving, hub, lambda: datetime.now(UTC))


async def partitions(url: str, slow: Slow | None = None, at_once: int = 64) -> None:
    store = Store.open(url)
    runtime = _runtime(store, slow)
    if slow is not None:
        # One project alone gets half of the places.
        runtime.lanes._gate = FairGate(2 * at_once)  # type: ignore[attr-defined]
    await runtime.start()
    print("ready", flush=True)
    await _stopped()
    await runtime.stop(5)
    store.close()


async def waiting(url: str) -> None:
    await partitions(url, Slow(EFFECT_SECONDS))


async def few(url: str) -> None:
    await partitions(url, Slow(FEW_SECONDS), AT_ONCE)


async def jobs(url: str) -> None:
    store = Store.open(url)
    runtime = _runtime(store)
    await runtime._remember(runtime.serving)
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url, max_size=8))

    @app.task(name=JOB)
    async def event(entity: str) -> None:
        await runtime._work(Entity(project="load", id=entity))

    async with app.open_async():
        working = asyncio.create_task(
            app.run_worker_async(concurrency=8, delete_jobs="always", install_signal_handlers=False)
        )
        print("ready", flush=True)
        await _stopped()
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
    store.close()


_LEASE = """
SELECT i.id, i.entity_id, b.data FROM inbox i JOIN bodies b USING (delivery_row_id) WHERE i.id IN (
SELECT id FROM inbox WHERE finished_at IS NULL ORDER BY id LIMIT 100 FOR UPDATE SKIP LOCKED) ORDER BY i.id
"""
_NEXT = {("a", "next"): "b", ("b", "next"): "a"}


def _leased(c: "psycopg.Connection[Any]") -> int:
    """One transaction of the loop: a hundred events decided, with instance, version and a chained history."""
    now = int(datetime.now(UTC).timestamp() * 1e6)
    with c.transaction():
        rows = c.execute(_LEASE).fetchall()
        if not rows:
            return 0
        names = list({name for _, name, _ in rows})
        found = c.execute(
            "SELECT entity_id, state, version FROM instances WHERE project = 'load' AND entity_id = ANY(%s) FOR UPDATE",
            (names,),
        ).fetchall()
        at = {name: (state, version) for name, state, version in found}
        last = dict(
            c.execute(
                "SELECT DISTINCT ON (entity_id) entity_id, hash FROM history WHERE project = 'load' AND entity_id = ANY(%s) "
                "ORDER BY entity_id, id DESC",
                (names,),
            ).fetchall()
        )
        told = []
        for number, name, data in rows:
            orjson.loads(zlib.decompress(data))
            state, version = at.get(name, ("a", 0))
            after = _NEXT[state, "next"]
            facts = orjson.dumps({"state": state, "inbox": number}).decode()
            previous = last.get(name, b"")
            digest = hashlib.sha256(b"%b%b" % (facts.encode(), previous)).digest()
            at[name], last[name] = (after, version + 1), digest
            told.append((name, version + 1, number, now, state, after, facts, previous, digest))
        with c.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO instances (project, entity_id, folded_id, state, context, version, machine_hash, updated_at) "
                "VALUES ('load', %s, %s, %s, '{}', %s, 'm', %s) ON CONFLICT (project, entity_id) DO UPDATE SET "
                "state = excluded.state, version = excluded.version, updated_at = excluded.updated_at",
                [(name, name, *at[name], now) for name in names],
            )
            cursor.executemany(
                "INSERT INTO history (project, entity_id, version, inbox_id, at, machine_hash, event, before, after, verdict, "
                "facts, trace, previous_hash, hash) VALUES ('load', %s, %s, %s, %s, 'm', 'next', %s, %s, 'moved', %s, '{}', %s, %s)",
                told,
            )
        c.execute(
            "UPDATE inbox SET status = 'done', verdict = 'moved', decided_at = %s, finished_at = %s WHERE id = ANY(%s)",
            (now, now, [number for number, _, _ in rows]),
        )
        return len(rows)


async def leases(url: str) -> None:
    stopping = asyncio.create_task(_stopped())
    with psycopg.connect(url, autocommit=True) as c:
        print("ready", flush=True)
        while not stopping.done():
            if not await asyncio.to_thread(partial(_leased, c)):
                await asyncio.sleep(0.01)


async def _stopped() -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()


def main() -> None:
    """Work as a daemon's process does: the same event loop, threads that wait no longer for the interpreter than there."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    sys.setswitchinterval(SWITCH_SECONDS)
    designs = {"partitions": partitions, "jobs": jobs, "leases": leases, "waiting": waiting, "few": few}
    run_loop(designs[sys.argv[2]](sys.argv[1]))
