"""What a large store costs: start, one decision and idling, beside the same with a thousand instances.

``BENCH_INSTANCES`` and ``BENCH_HISTORY`` say how large (a million and ten million are the goals); without them it is
small enough for every day. The rows are written by SQL of our own: a million decisions would take an hour.
"""

import asyncio
import contextlib
import os
import random
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from bench.daemon import _MACHINE, _WORKERS
from bench.distributed_worker import _runtime
from engine.model import Entity, Event
from engine.serve.logs import configure_logs
from engine.store import deliveries, hooks, inbox
from engine.store.database import Connection, Store
from engine.store.tables import Receipt
from tests.harness.daemon import DaemonProcess, environment

SMALL = 1_000
INSTANCES = int(os.environ.get("BENCH_INSTANCES", "100000"))
HISTORY = int(os.environ.get("BENCH_HISTORY", str(2 * INSTANCES)))
DECISIONS = 2_000
ROUNDS = 3
IDLE_SECONDS = 10.0
_NOW = datetime(2026, 1, 1, tzinfo=UTC)
#: Microseconds of `_NOW`, and of a day in a year to come.
_THEN, _LATER = 1_767_225_600_000_000, 4_000_000_000_000_000

_COUNT = "WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {count})"
_FILL = (
    """INSERT INTO instances (project, entity_id, folded_id, state, context, memory, version, machine_hash, updated_at)
    SELECT 'load', 'LOAD-' || n, 'load-' || n, 'a', '{{}}', '{{}}', 1, 'm', {then} + n FROM c""",
    """INSERT INTO timers (project, entity_id, event, due_at)
    SELECT 'load', 'LOAD-' || n, 'after', {later} + n FROM c""",
)
_FILL_HISTORY = (
    """INSERT INTO inbox (provisioner, project, entity_id, event, status, attempts, due_at, received_at, verdict, because,
    decided_at, finished_at, payload) SELECT 'load', 'load', 'LOAD-' || (1 + n % {instances}), 'next', 'done', 0, {then} + n,
    {then} + n, 'moved', '', {then} + n, {then} + n, 'null' FROM c""",
    """INSERT INTO history (project, entity_id, version, inbox_id, at, machine_hash, event, before, after, verdict, facts,
    trace, previous_hash, hash, previous_id) SELECT 'load', 'LOAD-' || (1 + n % {instances}), 1 + n / {instances}, n, {then} + n, 'm',
    'next', 'b', 'a', 'moved', '{{"text":"m"}}', '{{"after":"a","before":"b","because":"","candidates":[],"event":"next",'
    || '"verdict":"moved"}}', zeroblob(32), randomblob(32), nullif(max(0, n - {instances}), 0) FROM c""",
)
#: The row of each entity's last decision, and its hash.
_FILL_ENDS = (
    """UPDATE instances SET last_history_id = {decided} - ({decided} - (id - 1)) % {instances}""",
    """UPDATE instances SET last_hash = (SELECT hash FROM history WHERE history.id = last_history_id)""",
)


def measure() -> Iterator[dict[str, Any]]:
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as name:
        folders = {}
        for instances, decided in ((SMALL, 2 * SMALL), (INSTANCES, HISTORY)):
            folder = folders[instances] = Path(name) / str(instances)
            _prepare(folder, instances, decided)
        large = f"{INSTANCES:,} instances and timers, {HISTORY:,} decisions"
        words = f"the same with {SMALL:,} instances"
        small, big = (min(_started(folder)[0] for _ in range(2)) for folder in folders.values())
        yield _row(f"process start to serving, {large}", big, "s", words, small)
        (_, small), (_, big) = (_started(folder, idle=True) for folder in folders.values())
        yield _row(f"CPU of an idle daemon in {IDLE_SECONDS:g} s, {large}", big, "s", words, small)
        configure_logs("info", "json", colour=False, lasting=True)
        # In turn, the best of each: whatever else the machine does must not hit one of them only.
        rounds = [[_decided(folder, n) for n, folder in folders.items()] for _ in range(ROUNDS)]
        for what, which in (("", 0), (", CPU", 1)):
            small, big = (min(figures[which] for figures in of) * 1e6 for of in zip(*rounds, strict=True))
            yield _row(f"cost of one decision{what}, {large}", big, "us", words, small)


def _row(name: str, value: float, unit: str, reference: str, reference_value: float) -> dict[str, Any]:
    return {
        "name": name,
        "value": round(value, 3),
        "unit": unit,
        "reference": reference,
        "reference_value": round(reference_value, 3),
        "ratio": round(value / reference_value, 2) if reference_value else None,
    }


def _prepare(folder: Path, instances: int, decided: int) -> None:
    """A folder in which a daemon can start, its store filled."""
    (folder / "statemachines").mkdir(parents=True)
    (folder / "statemachines/jira.hcl").write_text(_MACHINE)
    (folder / "workers.yaml").write_text(_WORKERS % 9)
    Store.open(_url(folder)).close()
    with closing(sqlite3.connect(folder / "interlock.db")) as c:
        c.execute("PRAGMA synchronous = OFF")
        c.execute("PRAGMA cache_size = -200000")
        values = {"instances": instances, "decided": decided, "then": _THEN, "later": _LATER}
        for texts, count in ((_FILL, instances), (_FILL_HISTORY, decided)):
            for text in texts:
                insert, rest = text.split("SELECT", 1)
                c.execute(f"{insert} {_COUNT.format(count=count)} SELECT {rest}".format(**values))
                c.commit()
        for text in _FILL_ENDS:
            c.execute(text.format(**values))
            c.commit()


def _url(folder: Path) -> str:
    return f"sqlite:///{folder / 'interlock.db'}"


def _started(folder: Path, *, idle: bool = False) -> tuple[float, float]:
    """Seconds from the start of the process until it serves, and of CPU that it then uses for nothing."""
    daemon = DaemonProcess(folder, environment("http://127.0.0.1:9"))
    began = time.perf_counter()
    daemon.start()
    took = time.perf_counter() - began
    used = 0.0
    try:
        if idle and daemon.process is not None:
            time.sleep(1)
            before = _cpu(daemon.process.pid)
            time.sleep(IDLE_SECONDS)
            used = _cpu(daemon.process.pid) - before
    finally:
        daemon.terminate()
    return took, used


def _cpu(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _decided(folder: Path, instances: int) -> tuple[float, float]:
    """Seconds, and of them the processor's, for one decision: lanes, store and log, all on random entities."""
    store = Store.open(_url(folder))
    rng = random.Random(time.perf_counter())
    names = [f"LOAD-{n + 1}" for n in rng.sample(range(instances), SMALL)]
    works = [partial(_insert, name=names[n % SMALL]) for n in range(DECISIONS)]
    for future in [store.submit(work) for work in works]:
        future.result()

    async def run() -> tuple[float, float]:
        runtime = _runtime(store)
        began, used = time.perf_counter(), time.process_time()
        await runtime.start()
        await runtime.lanes.settle()
        took = time.perf_counter() - began, time.process_time() - used
        await runtime.stop(5)
        return took

    # The log is written as a daemon writes it, and kept by nobody.
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
        took, used = asyncio.run(run())
    with store.read() as c:
        assert inbox.backlog(c) == 0
    store.close()
    return took / DECISIONS, used / DECISIONS


def _insert(c: Connection, name: str) -> None:
    row = deliveries.insert(
        c, hook_id=_hook(c), source="github", type="release", delivery_id="", digest=os.urandom(32), body=b"{}",
        headers={}, received_at=_NOW, verdict=Receipt.ACCEPTED, reason="",
    )  # fmt: skip
    event = Event(name="next", entity=Entity(project="load", id=name), receive="github.release")
    inbox.insert(c, row, [("load", event)], _NOW)


def _hook(c: Connection) -> int:
    found = hooks.find(c, "github", "1")
    if found is None:
        found = hooks.register(c, source="github", repo_id="1", repo_path="o/h", sealed=b"x" * 8, now=_NOW)
    return found.id
