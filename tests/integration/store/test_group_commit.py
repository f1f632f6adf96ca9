"""The writer: what a resolved future promises, and what one failure may not do to others."""

import os
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import wait
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from engine.errors import StoreError
from engine.store import sqlite, writer
from engine.store.database import Store
from tests.harness.store import held

_KNOWN = "INSERT INTO definitions (hash, filename, source, first_seen_at) VALUES (:hash, 'f', :source, 0)"


def put(c: Connection, name: str, size: int = 1) -> str:
    c.execute(text(_KNOWN), {"hash": name, "source": "x" * size})
    return name


def pragma(c: Connection, setting: str) -> None:
    c.execute(text(f"PRAGMA {setting}"))


def names_in(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as other:
        return {name for (name,) in other.execute("SELECT hash FROM definitions")}


def test_a_future_is_resolved_when_others_can_see_the_row(store: Store) -> None:
    for number in range(20):
        name = store.submit(partial(put, name=f"d{number}")).result()
        assert name in names_in(store.path)


def test_works_that_wait_together_are_one_transaction(store: Store) -> None:

    def count(c: Connection) -> tuple[int, int]:
        inside: int = c.execute(text("SELECT count(*) FROM definitions")).scalar_one()
        return inside, len(names_in(store.path))

    with held(store):
        futures = [store.submit(partial(put, name=f"d{n}")) for n in range(100)]
        counted = store.submit(count)
    # Inside the transaction the last one sees the others, which nobody outside can see yet.
    assert counted.result() == (100, 0)
    wait(futures)
    assert len(names_in(store.path)) == 100


def test_works_that_all_succeed_run_once_and_beside_one_that_fails_once_more(store: Store) -> None:
    runs: list[str] = []

    def noted(c: Connection, name: str) -> str:
        runs.append(name)
        return put(c, name)

    def failing(c: Connection) -> None:
        put(c, "undone")
        raise StoreError("no")

    with held(store):
        futures = [store.submit(partial(noted, name=f"a{n}")) for n in range(3)]
    assert [future.result() for future in futures] == runs == ["a0", "a1", "a2"]
    runs.clear()
    with held(store):
        futures = [store.submit(partial(noted, name="b0"))]
        failed = store.submit(failing)
        futures.append(store.submit(partial(noted, name="b1")))
    with pytest.raises(StoreError, match="no"):
        failed.result()
    assert [future.result() for future in futures] == ["b0", "b1"]
    assert runs == ["b0", "b0", "b1"]
    assert names_in(store.path) == {"a0", "a1", "a2", "b0", "b1"}


def test_a_batch_is_bounded(store: Store) -> None:
    with held(store):
        futures = [store.submit(partial(put, name=f"d{n}")) for n in range(writer.BATCH)]
        seen = store.submit(lambda c: len(names_in(store.path)))
    assert seen.result() == writer.BATCH
    wait(futures)


def test_a_failing_work_is_undone_alone(store: Store) -> None:
    def half(c: Connection) -> str:
        put(c, "half")
        raise LookupError("mine")

    with held(store):
        before, failing = store.submit(lambda c: put(c, "before")), store.submit(half)
        twice = store.submit(lambda c: put(c, "before"))
        after = store.submit(lambda c: put(c, "after"))
    with pytest.raises(LookupError, match="mine"):
        failing.result()
    with pytest.raises(StoreError, match="UNIQUE"):
        twice.result()
    assert (before.result(), after.result()) == ("before", "after")
    assert names_in(store.path) == {"before", "after"}
    assert store.trouble() is None


def test_a_cancelled_work_does_not_run(store: Store) -> None:
    with held(store):
        future = store.submit(lambda c: put(c, "cancelled"))
        assert future.cancel()
    store.write(lambda c: put(c, "next"))
    assert names_in(store.path) == {"next"}


def test_a_work_that_ends_the_transaction_fails_its_batch_and_not_the_writer(store: Store) -> None:
    with held(store):
        innocent = store.submit(lambda c: put(c, "innocent"))
        guilty = store.submit(lambda c: c.connection.cursor().execute("ROLLBACK") and "")
    for future in (innocent, guilty):
        with pytest.raises(StoreError, match="nothing was written"):
            future.result()
    store.write(lambda c: put(c, "next"))
    assert names_in(store.path) == {"next"}


def test_close_commits_what_waits_and_then_refuses(url: str) -> None:
    store = Store.open(url)
    with held(store):
        futures = [store.submit(partial(put, name=f"d{n}")) for n in range(600)]
    store.close()
    assert all(future.done() for future in futures)
    assert len(names_in(store.path)) == 600
    with pytest.raises(StoreError, match="closed"):
        store.submit(lambda c: put(c, "late"))
    assert store.closed
    store.close()


def test_only_so_many_may_wait(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "WAITING", 3)
    with held(store):
        futures = [store.submit(partial(put, name=f"d{n}")) for n in range(3)]
        with pytest.raises(StoreError, match="try again later"):
            store.submit(lambda c: put(c, "late"))
    wait(futures)
    assert names_in(store.path) == {"d0", "d1", "d2"}


def test_readers_see_one_snapshot_and_cannot_write(store: Store) -> None:
    count = text("SELECT count(*) FROM definitions")
    with store.read() as c:
        assert c.execute(count).scalar_one() == 0
        store.write(lambda c: put(c, "meanwhile"))
        assert c.execute(count).scalar_one() == 0
    with store.read() as c:
        assert c.execute(count).scalar_one() == 1
    with pytest.raises(StoreError, match="read-only"), store.read() as c:
        put(c, "through a reader")


def test_every_commit_waits_for_the_disk(store: Store) -> None:
    def pragmas(c: Connection) -> list[object]:
        return [
            c.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]

    assert store.write(pragmas) == ["wal", 2, 1]


def test_a_full_database_fails_its_batch_says_so_and_heals(store: Store) -> None:
    store.write(partial(pragma, setting="max_page_count = 1"))  # as full as it is now
    with held(store):
        futures = [store.submit(partial(put, name=f"d{n}", size=20_000)) for n in range(3)]
    for future in futures:
        with pytest.raises(StoreError, match="no space left"):
            future.result()
    assert "free some" in str(store.trouble())
    # The writer has connected anew, so this is not the connection with the limit any more.
    store.write(lambda c: put(c, "next", 20_000))
    assert store.trouble() is None
    assert names_in(store.path) == {"next"}


def test_a_full_disk_fails_its_batch_and_heals_when_there_is_space(small_disk: Path) -> None:
    store = Store.open(f"sqlite:///{small_disk}/interlock.db")
    ballast = small_disk / "ballast"
    store.write(lambda c: put(c, "kept"))
    free = os.statvfs(small_disk)
    ballast.write_bytes(bytes(free.f_bavail * free.f_bsize - 8192))
    with pytest.raises(StoreError, match="no space left"):
        store.write(lambda c: put(c, "lost", 200_000))
    assert "no space left" in str(store.trouble())
    ballast.unlink()
    store.write(lambda c: put(c, "again", 200_000))
    assert store.trouble() is None
    assert names_in(store.path) == {"kept", "again"}
    store.close()


def rewrite(c: Connection) -> None:
    """The same pages again: they are in the log many times, and once in the file."""
    c.execute(text("UPDATE definitions SET source = source || 'x'"))


def rewrite_often(store: Store) -> None:
    for _ in range(100):
        store.write(rewrite)


def test_the_log_does_not_fill_a_small_disk(small_disk: Path) -> None:
    store = Store.open(f"sqlite:///{small_disk}/interlock.db")
    try:
        store.write(lambda c: put(c, "kept", 50_000))
        rewrite_often(store)
        assert store.trouble() is None
    finally:
        store.close()


def test_on_a_full_disk_the_log_is_written_back_and_cut_off(small_disk: Path) -> None:
    store = Store.open(f"sqlite:///{small_disk}/interlock.db")
    try:
        store.write(lambda c: put(c, "kept", 50_000))
        for _ in range(3):  # the file gets the size that it keeps: room for the old pages beside the new ones
            store.write(rewrite)
        store.write(partial(pragma, setting="wal_autocheckpoint = 0"))
        with closing(sqlite3.connect(store.path)) as other:
            other.execute("PRAGMA wal_checkpoint")
        log = small_disk / "interlock.db-wal"
        with pytest.raises(StoreError, match="no space left"):
            rewrite_often(store)
        assert log.stat().st_size == 0
        store.write(rewrite)
        assert store.trouble() is None
    finally:
        store.close()


def test_an_unhealthy_store_finds_out_by_itself_that_it_is_well_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.05)
    store.write(partial(pragma, setting="busy_timeout = 50"))
    with closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match=r"another process keeps .* locked"):
            store.write(lambda c: put(c, "locked out"))
        assert "locked" in str(store.trouble())
        other.execute("ROLLBACK")
    assert store._probing is not None
    wait([store._probing])
    store.trouble()
    wait([store._probing])
    assert store.trouble() is None
    assert names_in(store.path) == set()


def test_writing_to_a_removed_file_is_an_error(store: Store) -> None:
    store.write(lambda c: put(c, "kept"))
    store.path.rename(store.path.with_name("moved.db"))
    with pytest.raises(StoreError, match="removed or replaced"):
        store.write(lambda c: put(c, "lost"))
    store.path.with_name("moved.db").rename(store.path)
    store.write(lambda c: put(c, "back"))
    assert names_in(store.path) == {"kept", "back"}


_WRITE_UNTIL_KILLED = """
import sys
from sqlalchemy import text
from engine.store.database import Store
from concurrent.futures import wait
store = Store.open(sys.argv[1])
def put(c, name):
    c.execute(text("INSERT INTO definitions VALUES (:n, 'f', 's', 0)"), {"n": name})
    return name
for batch in range(int(sys.argv[3])):
    futures = [store.submit(lambda c, n=n: put(c, f"{sys.argv[2]}-{batch}-{n}")) for n in range(20)]
    for future in futures:
        sys.stdout.write(future.result() + "\\n")
        sys.stdout.flush()
store.close()
"""


def _writing_process(url: str, name: str, batches: int) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", _WRITE_UNTIL_KILLED, url, name, str(batches)],
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("lines", [1, 137, 500])
def test_whatever_was_answered_is_there_after_a_kill(url: str, lines: int) -> None:
    with _writing_process(url, "a", 1_000_000) as child:
        assert child.stdout is not None
        answered = {child.stdout.readline().strip() for _ in range(lines)}
        child.send_signal(signal.SIGKILL)
        answered |= {line.strip() for line in child.stdout if line.endswith("\n")}
    store = Store.open(url)
    assert answered <= names_in(store.path)
    store.write(lambda c: put(c, "after"))
    with store.read() as c:
        assert c.execute(text("PRAGMA integrity_check")).scalar_one() == "ok"
    store.close()


def test_processes_open_and_write_the_same_new_file_at_once(url: str) -> None:
    children = [_writing_process(url, name, 25) for name in "abc"]
    for child in children:
        assert len(child.communicate()[0].split()) == 500
        assert child.returncode == 0
    store = Store.open(url)
    assert len(names_in(store.path)) == 1500
    store.close()


def test_a_full_disk_is_told_as_such_whatever_a_work_says_about_it(store: Store) -> None:
    def wrapped(c: Connection) -> None:
        try:
            put(c, "large", 4_000_000)
        except Exception as error:
            raise LookupError("my own words") from error

    store.write(lambda c: pragma(c, "max_page_count = 1"))
    with pytest.raises(StoreError, match="there is no space left"):
        store.write(wrapped)
    assert "there is no space left" in (store.trouble() or "")
