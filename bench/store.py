"""Intake: deliveries committed per second through the store, beside bare sqlite3 that writes the same rows.

Both write a delivery with its 15 KB body and one event to a real file and wait for the disk; bare sqlite3 does so in
batches of 64. The store's callers are 64 that wait for their own commit, as requests do.
"""

import hashlib
import os
import random
import sqlite3
import tempfile
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from engine.model import Entity, Event
from engine.store import deliveries, hooks, inbox
from engine.store.database import Connection, Store
from engine.store.tables import Receipt

CALLERS = 64
COMMITS = 3_200
ROUNDS = 4
BODY_BYTES = 15_000
_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_HEADERS = {"x-github-event": "release", "content-type": "application/json"}


def measure() -> list[dict[str, Any]]:
    """One row for each figure."""
    bodies = list(_bodies(COMMITS))
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as folder:
        # In turn, the best of each: whatever else the machine does must not hit one of them only.
        rounds = [
            (
                _through_store(Path(folder) / f"{n}.db", bodies),
                _through_sqlite3(Path(folder) / f"{n}b.db", bodies),
            )
            for n in range(ROUNDS)
        ]
    ours, bare = (max(figures) for figures in zip(*rounds, strict=True))
    return [
        {
            "name": "intake commits through the store, 64 callers, 15 KB bodies",
            "value": round(ours),
            "unit": "1/s",
            "reference": "bare sqlite3, the same rows in batches of 64",
            "reference_value": round(bare),
            "ratio": round(ours / bare, 2),
        }
    ]


def _bodies(count: int) -> Iterator[bytes]:
    """Bodies as alike and as compressible as a source's payloads are."""
    rng = random.Random(1)
    words = [rng.randbytes(6).hex() for _ in range(400)]
    for number in range(count):
        payload = {f"member_{n}": rng.choice(words) for n in range(BODY_BYTES // 32)}
        yield orjson.dumps({"id": number, **payload}).ljust(BODY_BYTES)


def _intake(hook_id: int, number: int, body: bytes) -> Callable[[Connection], object]:
    digest, packed = hashlib.sha256(body).digest(), deliveries.pack(body)
    event = Event(name="next", entity=Entity(project="soc", id=f"SOC-{number}"), receive="github.release")

    def work(c: Connection) -> list[inbox.InboxRow]:
        assert deliveries.twin(c, hook_id, digest) is None
        row = deliveries.insert(
            c,
            hook_id=hook_id,
            source="github",
            type="release",
            delivery_id=str(number),
            digest=digest,
            body=packed,
            headers=_HEADERS,
            received_at=_NOW,
            verdict=Receipt.ACCEPTED,
            reason="",
        )
        return inbox.insert(c, row, [("soc", event)], _NOW)

    return work


def _hook(c: Connection) -> int:
    return hooks.register(
        c, source="github", repo_id="1", repo_path="octo/hello", sealed=b"sealed", now=_NOW
    ).id


def _through_store(path: Path, bodies: list[bytes]) -> float:
    store = Store.open(f"sqlite:///{path}")
    hook_id = store.write(_hook)

    def call(first: int) -> None:
        for number in range(first, len(bodies), CALLERS):
            store.write(_intake(hook_id, number, bodies[number]))

    callers = [threading.Thread(target=call, args=(first,)) for first in range(CALLERS)]
    began = time.perf_counter()
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    elapsed = time.perf_counter() - began
    store.close()
    return len(bodies) / elapsed


_TWIN = """SELECT id FROM deliveries WHERE hook_id = ? AND digest = ? AND duplicate_of IS NULL
ORDER BY id DESC LIMIT 1"""
_DELIVERY = """INSERT INTO deliveries
(hook_id, source, type, delivery_id, digest, received_at, verdict, reason, headers)
VALUES (?, 'github', 'release', ?, ?, ?, 'accepted', '', ?)"""
_BODY = "INSERT INTO bodies VALUES (?, ?)"
_EVENT = """INSERT INTO inbox
(delivery_row_id, provisioner, project, entity_id, event, receive, status, attempts, due_at, received_at, because)
VALUES (?, 'soc', 'soc', ?, 'next', 'github.release', 'pending', 0, ?, ?, '')"""


def _through_sqlite3(path: Path, bodies: list[bytes]) -> float:
    store = Store.open(f"sqlite:///{path}")  # for the same tables
    hook_id = store.write(_hook)
    store.close()
    bare = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        bare.execute(f"PRAGMA {pragma}")
    began = time.perf_counter()
    for number, body in enumerate(bodies):
        if number % CALLERS == 0:
            bare.execute("BEGIN IMMEDIATE")
        digest = hashlib.sha256(body).digest()
        assert bare.execute(_TWIN, (hook_id, digest)).fetchone() is None
        headers = orjson.dumps(_HEADERS).decode()
        row = bare.execute(_DELIVERY, (hook_id, str(number), digest, 0, headers)).lastrowid
        bare.execute(_BODY, (row, zlib.compress(body, 1)))
        bare.execute(_EVENT, (row, f"SOC-{number}", 0, 0))
        if number % CALLERS == CALLERS - 1:
            bare.execute("COMMIT")
    elapsed = time.perf_counter() - began
    bare.close()
    return len(bodies) / elapsed


if __name__ == "__main__":
    for row in measure():
        print(orjson.dumps(row).decode())
