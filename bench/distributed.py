"""Events per second on PostgreSQL, core only: ours, beside one job per event and a lease loop written by hand.

The events wait in the store, 2 KB each, when the clock starts; a real server on a real disk; one worker process. Then
what several processes are for: two beside one where effects wait, and one that is killed and does not come back.
"""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache, partial
from itertools import count as counting
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
import psycopg

from bench.distributed_worker import AT_ONCE, JOB
from engine.model import Entity, Event
from engine.store import deliveries, hooks, inbox
from engine.store.database import Connection, Store
from engine.store.tables import Receipt
from tests.harness.postgres import PostgresServer, running_postgres

_NUMBERS = counting()
ROOT = Path(__file__).resolve().parents[1]
_NOW = datetime(2026, 1, 1, tzinfo=UTC)
#: Design -> how many events it gets; one job per event is so slow that fewer say enough.
EVENTS = {"partitions": 8_000, "leases": 8_000, "jobs": 400}
KEYS = (200, 20_000)
STARTS = 200
#: Events where a few effects wait at once; and where a process is killed, so many at a time until it has some.
FEW, WAITING = 1_000, 200


def measure() -> Iterator[dict[str, Any]]:
    with running_postgres(durable=True) as server:
        yield from _starts(server)
        yield from _two(server)
        yield _taken_over(server)
        for keys in KEYS:
            speed = {design: _drained(server, design, keys) for design in EVENTS}
            for reference, words in (
                ("leases", "a lease loop written by hand, SKIP LOCKED"),
                ("jobs", "stock procrastinate, one job per event"),
            ):
                name = f"events decided on PostgreSQL, core only, 2 KB, {keys:,} entities"
                yield _row(name, speed["partitions"], "1/s", words, speed[reference])


def _row(name: str, value: float, unit: str, reference: str, reference_value: float) -> dict[str, Any]:
    return {
        "name": name,
        "value": round(value, 1),
        "unit": unit,
        "reference": reference,
        "reference_value": round(reference_value, 1),
        "ratio": round(value / reference_value, 2),
    }


def _filled(server: PostgresServer, design: str, keys: int, count: int) -> str:
    """A database with that many events that wait: a copy, because it takes a while to fill one."""
    name = f"{design}_{next(_NUMBERS)}"
    original = _original(server, keys, count).rpartition("/")[2]
    with psycopg.connect(server.address("postgres"), autocommit=True) as c:
        c.execute(f'CREATE DATABASE "{name}" TEMPLATE "{original}"')
    url = server.address(name)
    with psycopg.connect(url, autocommit=True) as c:
        if design == "jobs":
            c.execute("DELETE FROM procrastinate_jobs")
            c.execute(
                "INSERT INTO procrastinate_jobs (queue_name, task_name, lock, args) "
                "SELECT 'default', %s, entity_id, jsonb_build_object('entity', entity_id) FROM inbox ORDER BY id",
                (JOB,),
            )
        c.execute("VACUUM ANALYZE")
    return url


@cache
def _original(server: PostgresServer, keys: int, count: int) -> str:
    url = server.url()
    store = Store.open(url)
    rng = random.Random(1)
    hook = store.write(
        lambda c: hooks.register(c, source="github", repo_id="1", repo_path="o/h", sealed=b"x" * 8, now=_NOW)
    )
    works = [partial(_insert, hook_id=hook.id, number=n, key=rng.randrange(keys)) for n in range(count)]
    for begin in range(0, count, 4000):
        for future in [store.submit(work) for work in works[begin : begin + 4000]]:
            future.result()
    store.close()
    return url


def _insert(c: Connection, hook_id: int, number: int, key: int) -> None:
    rng = random.Random(number)
    body = orjson.dumps(
        {"action": "published", "id": number, "words": [rng.randbytes(8).hex() for _ in range(105)]}
    )
    row = deliveries.insert(
        c, hook_id=hook_id, source="github", type="release", delivery_id=str(number), digest=number.to_bytes(32, "big"),
        body=body, headers={"content-type": "application/json"}, received_at=_NOW, verdict=Receipt.ACCEPTED, reason="",
    )  # fmt: skip
    event = Event(name="next", entity=Entity(project="load", id=f"LOAD-{key}"), receive="github.release")
    inbox.insert(c, row, [("load", event)], _NOW)


@contextlib.contextmanager
def _worker(url: str, design: str) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.distributed_worker", url, design],
        stdout=subprocess.PIPE, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert process.stdout is not None
    try:
        process.stdout.readline()
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(20)
        process.stdout.close()


def _drained(server: PostgresServer, design: str, keys: int) -> float:
    """Events per second from the worker's start to the last one."""
    count = EVENTS[design]
    url = _filled(server, design, keys, count)
    with psycopg.connect(url, autocommit=True) as c, _worker(url, design):
        began = time.perf_counter()
        done = _finished(c)
        while _finished(c) < count:
            time.sleep(0.02)
        return (count - done) / (time.perf_counter() - began)


def _two(server: PostgresServer) -> Iterator[dict[str, Any]]:
    """Two processes beside one, where the time goes into waiting for effects."""
    speeds = []
    for processes in (1, 2):
        url = _filled(server, "few", 200, FEW)
        with psycopg.connect(url, autocommit=True) as c, contextlib.ExitStack() as working:
            for _ in range(processes):
                working.enter_context(_worker(url, "few"))
            began, done = time.perf_counter(), _finished(c)
            while _finished(c) < FEW:
                time.sleep(0.02)
            speeds.append((FEW - done) / (time.perf_counter() - began))
    one, two = speeds
    name = f"events done on PostgreSQL by two daemons, effects of 5 ms, {AT_ONCE} at once"
    yield _row(name, two, "1/s", "by one", one)


def _taken_over(server: PostgresServer) -> dict[str, Any]:
    """Seconds from the death of one of two processes until all events of the partitions that it held are done."""
    url = _filled(server, "waiting", 1, 1)
    store = Store.open(url)
    held: list[int] = []
    numbers = counting(2)
    with psycopg.connect(url, autocommit=True) as c, _worker(url, "waiting") as first:
        while not (of_first := c.execute("SELECT id FROM procrastinate_workers").fetchall()):
            time.sleep(0.01)
        with _worker(url, "waiting"):
            while not held:  # however fast they are
                works = [
                    partial(_insert, hook_id=1, number=number, key=number % 200)
                    for number in islice(numbers, WAITING)
                ]
                for future in [store.submit(work) for work in works]:
                    future.result()
                held = [n for (n,) in c.execute(_HELD, of_first[0]).fetchall()]
            first.kill()
            first.wait()
            died = time.time()
            store.close()
            held = [n for (n,) in c.execute(_HELD, of_first[0]).fetchall()]
            while c.execute(_LEFT, (held,)).fetchone() != (0,):
                time.sleep(0.02)
            took = time.time() - died
    name = f"death of a daemon to the end of all events of its {len(held)} partitions"
    return _row(name, took, "s", "5 s", 5)


_HELD = """
SELECT (j.args->>'partition')::int AS p FROM procrastinate_jobs AS j WHERE j.status = 'doing' AND j.worker_id = %s
AND EXISTS (SELECT FROM inbox WHERE finished_at IS NULL AND interlock_partition(project, entity_id) = (j.args->>'partition')::int)
"""
_LEFT = """
SELECT count(*) FROM inbox WHERE finished_at IS NULL AND interlock_partition(project, entity_id) = ANY(%s)
"""


def _finished(c: "psycopg.Connection[Any]") -> int:
    row = c.execute("SELECT count(*) FROM inbox WHERE finished_at IS NOT NULL").fetchone()
    assert row is not None
    return int(row[0])


def _starts(server: PostgresServer) -> Iterator[dict[str, Any]]:
    """From the commit of a single event to its decision, in an idle daemon."""
    url = _filled(server, "partitions", 1, 1)
    store = Store.open(url)
    took = []
    with psycopg.connect(url, autocommit=True) as c, _worker(url, "partitions"):
        while _finished(c) < 1:
            time.sleep(0.01)
        for number in range(2, STARTS + 2):
            store.write(partial(_insert, hook_id=1, number=number, key=number))
            began = time.time()
            while _finished(c) < number:
                time.sleep(0.0005)
            (decided,) = c.execute("SELECT max(decided_at) FROM inbox").fetchone() or (0,)
            took.append(decided / 1e6 - began)
    store.close()
    took.sort()
    for name, part in (("p50", 0.5), ("p99", 0.99)):
        yield _row(
            f"commit to decision on PostgreSQL, idle, {name}",
            took[int(len(took) * part)] * 1000,
            "ms",
            "50 ms",
            50,
        )


if __name__ == "__main__":
    for row in measure():
        print(orjson.dumps(row).decode())
