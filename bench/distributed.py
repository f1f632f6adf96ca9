"""Events per second on PostgreSQL, core only: ours, beside one job per event and a lease loop written by hand.

The events wait in the store, 2 KB each; a real server on a real disk; one worker process. The clock runs from the first
decision that is seen to the last, and the designs take turns, so that what else the machine does meets all of them; the
median of the ratios counts. Then what several processes are for: two beside one where effects wait, and one that is
killed and does not come back. Whatever does not end in time ends the run with the name of what was waited for.
"""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache, partial
from itertools import count as counting
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
import psycopg

from bench.distributed_worker import AT_ONCE, FEW_SECONDS, JOB
from bench.goals import Goal, held_against
from engine.model import Entity, Event
from engine.store import deliveries, hooks, inbox
from engine.store.database import Connection, Store
from engine.store.tables import Receipt
from tests.harness.postgres import PostgresServer, running_postgres

_NUMBERS = counting()
ROOT = Path(__file__).resolve().parents[1]
_NOW = datetime(2026, 1, 1, tzinfo=UTC)
#: Design -> how many events it gets; one job per event is so slow that fewer say enough.
EVENTS = {"partitions": 12_000, "leases": 12_000, "jobs": 500}
KEYS = (200, 20_000)
ROUNDS = 3
STARTS = 200
#: Events where a few effects wait at once, and the parts of them between which the clock runs, so that all processes share.
FEW, FROM, TO = 2_000, 0.2, 0.8
#: Events where a process is killed, so many at a time until it has some.
WAITING = 200
#: Nothing here takes nearly so long.
PATIENCE = 60.0
#: Reference -> in words, and what our ratio to it is to be.
_REFERENCES = {
    "leases": ("a lease loop written by hand, SKIP LOCKED", Goal(of="ratio", at_least=0.5)),
    "jobs": ("stock procrastinate, one job per event", Goal(of="ratio", at_least=10)),
}


def measure() -> Iterator[dict[str, Any]]:
    with running_postgres(durable=True) as server:
        yield from _starts(server)
        yield from _two(server)
        yield _taken_over(server)
        for keys in KEYS:
            yield from _rates(server, keys)


def _rates(server: PostgresServer, keys: int) -> Iterator[dict[str, Any]]:
    """Ours beside each reference, in turns."""
    rounds = [
        {design: _drained(server, design, keys) for design in ("partitions", "leases")} for _ in range(ROUNDS)
    ]
    rounds.sort(key=lambda speed: speed["partitions"] / speed["leases"])
    median = rounds[ROUNDS // 2]
    median["jobs"] = _drained(server, "jobs", keys)
    name = f"events decided on PostgreSQL, core only, 2 KB, {keys:,} entities"
    for reference, (words, goal) in _REFERENCES.items():
        yield held_against(_row(name, median["partitions"], "1/s", words, median[reference]), goal)


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
        [sys.executable, "-c", "from bench.distributed_worker import main; main()", url, design],
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
    """Events per second from the first decision that is seen to the last one."""
    count = EVENTS[design]
    url = _filled(server, design, keys, count)
    with psycopg.connect(url, autocommit=True) as c, _worker(url, design):
        return _rate(c, 1, count)


def _rate(c: "psycopg.Connection[Any]", first: int, last: int) -> float:
    """Events finished per second, from when there are `first` until there are `last`."""
    _until(lambda: _finished(c) >= first, "the first decisions")
    began, before = time.perf_counter(), _finished(c)
    _until(lambda: _finished(c) >= last, "the last decisions")
    return (_finished(c) - before) / (time.perf_counter() - began)


def _until(condition: Callable[[], bool], what: str, pause: float = 0.02) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {PATIENCE:g} s in vain for {what}")
        time.sleep(pause)


def _two(server: PostgresServer) -> Iterator[dict[str, Any]]:
    """Two processes beside one, where the time goes into waiting for effects."""
    speeds = []
    for processes in (1, 2):
        url = _filled(server, "few", 200, FEW)
        with psycopg.connect(url, autocommit=True) as c, contextlib.ExitStack() as working:
            for _ in range(processes):
                working.enter_context(_worker(url, "few"))
            speeds.append(_rate(c, int(FEW * FROM), int(FEW * TO)))
    one, two = speeds
    name = (
        f"events done on PostgreSQL by two daemons, effects of {FEW_SECONDS * 1000:g} ms, {AT_ONCE} at once"
    )
    yield held_against(_row(name, two, "1/s", "by one", one), Goal(of="ratio", at_least=1.5))


def _taken_over(server: PostgresServer) -> dict[str, Any]:
    """Seconds from the death of one of two processes until all events of the partitions that it held are done."""
    url = _filled(server, "waiting", 1, 1)
    store = Store.open(url)
    held: list[int] = []
    numbers = counting(2)
    with psycopg.connect(url, autocommit=True) as c, _worker(url, "waiting") as first:
        workers = "SELECT id FROM procrastinate_workers"
        _until(lambda: bool(c.execute(workers).fetchall()), "the first worker")
        of_first = c.execute(workers).fetchall()
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
            _until(lambda: c.execute(_LEFT, (held,)).fetchone() == (0,), "the takeover")
            took = time.time() - died
    name = f"death of a daemon to the end of all events of its {len(held)} partitions"
    return held_against(_row(name, took, "s", "the goal", 5), Goal(of="value", at_most=5))


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
        _until(lambda: _finished(c) == 1, "the first decision")
        for number in range(2, STARTS + 2):
            store.write(partial(_insert, hook_id=1, number=number, key=number))
            began = time.time()
            _until(lambda number=number: _finished(c) >= number, "a decision", 0.0005)  # type: ignore[misc]
            (decided,) = c.execute("SELECT max(decided_at) FROM inbox").fetchone() or (0,)
            took.append(decided / 1e6 - began)
    store.close()
    took.sort()
    for name, part in (("p50", 0.5), ("p99", 0.99)):
        value = took[int(len(took) * part)] * 1000
        row = _row(f"commit to decision on PostgreSQL, idle, {name}", value, "ms", "the goal", 50)
        yield held_against(row, Goal(of="value", at_most=50))


if __name__ == "__main__":
    for row in measure():
        print(orjson.dumps(row).decode())
