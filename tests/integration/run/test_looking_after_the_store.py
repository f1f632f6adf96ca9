"""Backup under load, restore, check and retention, on stores that the engine itself has written."""

import asyncio
import itertools
import resource
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.cli import main
from engine.decide.retry import RetryPolicy
from engine.errors import StoreError
from engine.model import Attempt, Exchange, Outcome
from engine.processors.processor import Call
from engine.run.replay import Replay
from engine.store import backup, check, deadletters, history, retention
from engine.store.check import Fault
from engine.store.database import Store
from engine.store.history import HistoryRow
from engine.store.lock import DaemonLock
from tests.harness.engine import Backend, Engine, engine


def verified(file: Path) -> tuple[int, list[object]]:
    store = Store.open(f"sqlite:///{file}", migrate=False)
    try:
        with store.read() as c:
            items = [i for p in history.entities(c, ("", ""), 1000) for i in Replay().entity(c, *p)]
    finally:
        store.close()
    return sum(isinstance(i, HistoryRow) for i in items), [i for i in items if not isinstance(i, HistoryRow)]


def silent(_done: int, _all: int) -> None:
    return


async def _deliver_for_ever(e: Engine) -> None:
    for n in itertools.count():
        await e.release(f"Ships SOC-{n % 50 + 1} and SOC-{n % 7 + 1}")


def _decisions(store: Store) -> int:
    with store.read() as c:
        return history.count_since(c, datetime(2000, 1, 1, tzinfo=UTC))


def test_a_check_keeps_nobody_from_writing_and_sees_one_moment(tmp_path: Path) -> None:
    async def run() -> None:
        async with engine(tmp_path, Backend()) as e:
            await e.release("Ships SOC-1")
            await e.lanes.settle()
            loop = asyncio.get_running_loop()
            told: list[str] = []

            def write(what: str) -> None:
                """From the thread that checks, in the midst of it: a delivery is received and worked to its end."""
                told.append(what)
                number = len(told) + 1
                work = e.release(f"Ships SOC-{number}", release_id=100 + number)
                asyncio.run_coroutine_threadsafe(work, loop).result(30)

            found = await asyncio.to_thread(check.check, tmp_path / "interlock.db", write)
            await e.lanes.settle()
            assert found == []
            assert len(told) > 10
            assert _decisions(e.store) == len(told) + 1

    asyncio.run(run())


def test_a_backup_under_load_is_whole_and_the_load_goes_on(tmp_path: Path) -> None:
    copies = [tmp_path / f"copy-{n}.db" for n in range(4)]

    async def run() -> int:
        async with engine(tmp_path, Backend()) as e:
            load = asyncio.create_task(_deliver_for_ever(e))
            seen = 0
            for copy in copies:
                while (decided := _decisions(e.store)) <= seen:
                    await asyncio.sleep(0.01)
                seen = decided
                # In another thread with its own connections, as another process would.
                await asyncio.to_thread(backup.backup, e.store.path, copy, force=False, told=silent)
            load.cancel()
            await asyncio.gather(load, return_exceptions=True)
            return _decisions(e.store)

    decided = asyncio.run(run())
    sizes = []
    for copy in copies:
        assert check.check(copy) == []
        rows, wrong = verified(copy)
        assert wrong == []
        sizes.append(rows)
    assert 0 < sizes[0] <= sizes[-1] <= decided
    assert sizes[-1] > sizes[0]
    assert not [p for p in tmp_path.iterdir() if ".part" in p.name]


@pytest.fixture
def written(tmp_path: Path) -> Path:
    async def run() -> None:
        async with engine(tmp_path, Backend()) as e:
            for n in range(5):
                await e.release(f"Ships SOC-{n % 2 + 1}")
            await e.runtime.lanes.settle()

    asyncio.run(run())
    return tmp_path / "interlock.db"


def test_a_restored_backup_is_the_store_again(written: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    url = f"sqlite:///{written}"
    assert main(["store", "backup", str(copy), "--store", url]) == 0
    assert main(["store", "backup", str(copy), "--store", url]) == 1
    assert main(["store", "backup", str(copy), "--store", url, "--force"]) == 0
    with closing(sqlite3.connect(written)) as c:
        c.execute("DELETE FROM history")
        c.commit()
        assert main(["store", "restore", str(copy), "--store", url]) == 1
        assert main(["store", "restore", str(copy), "--store", url, "--force"]) == 0
    assert (check.check(written), verified(written)) == ([], (5, []))
    fresh = tmp_path / "elsewhere.db"
    assert main(["store", "restore", str(copy), "--store", f"sqlite:///{fresh}"]) == 0
    assert verified(fresh) == (5, [])


def test_what_the_old_store_had_not_written_into_its_file_does_not_come_back(
    written: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.db"
    backup.backup(written, copy, force=False, told=silent)
    left_open = sqlite3.connect(written)
    left_open.execute("UPDATE instances SET state = 'changed'")
    left_open.commit()  # it is in the log beside the file now, and the log is not empty while this is open
    backup.restore(copy, written, force=True, told=silent)
    assert verified(written) == (5, [])
    left_open.close()
    assert verified(written) == (5, [])


def test_restore_refuses_what_it_should(written: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    backup.backup(written, copy, force=False, told=silent)
    lock = DaemonLock.take(written)
    with pytest.raises(StoreError, match="another daemon"):
        backup.restore(copy, written, force=True, told=silent)
    lock.release()
    with pytest.raises(StoreError, match="is the store itself"):
        backup.restore(written, written, force=True, told=silent)
    with closing(sqlite3.connect(copy)) as c:
        c.execute("DELETE FROM bodies")
        c.commit()
    with pytest.raises(StoreError, match="is damaged"):
        backup.restore(copy, written, force=True, told=silent)
    (tmp_path / "text.db").write_text("this is no database, but it is long enough to be looked at")
    with pytest.raises(StoreError, match="not a SQLite database"):
        backup.restore(tmp_path / "text.db", written, force=True, told=silent)
    assert verified(written) == (5, [])


def test_a_disk_that_is_full_leaves_nothing_behind(written: Path, small_disk: Path) -> None:
    (small_disk / "filler").write_bytes(b"x" * (small_disk_size(small_disk) - 40_000))
    with pytest.raises(StoreError, match="could not be written"):
        backup.backup(written, small_disk / "copy.db", force=False, told=silent)
    assert [p.name for p in small_disk.iterdir()] == ["filler"]


def small_disk_size(folder: Path) -> int:
    import os

    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("DROP INDEX ix_inbox_lane", Fault.SCHEMA),
        ("ALTER TABLE inbox DROP COLUMN because", Fault.SCHEMA),
        ("CREATE TABLE other (x)", Fault.SCHEMA),
        ("DELETE FROM bodies", Fault.REFERENCE),
        ("DELETE FROM hooks", Fault.REFERENCE),
        ("DELETE FROM definitions", Fault.REFERENCE),
        ("UPDATE inbox SET finished_at = NULL", Fault.ROWS),
        ("UPDATE outbox SET status = 'pending'", Fault.ROWS),
        ("UPDATE inbox SET status = 'performing', finished_at = NULL, verdict = NULL", Fault.ROWS),
    ],
)
def test_damage_is_found(written: Path, statement: str, fault: Fault) -> None:
    assert check.check(written) == []
    with closing(sqlite3.connect(written)) as c:
        c.execute(statement)
        c.commit()
    assert {f.fault for f in check.check(written)} == {fault}
    assert main(["store", "check", "--store", f"sqlite:///{written}"]) == 1


def test_a_history_that_is_gone_is_missed_by_the_instances_and_by_the_events(written: Path) -> None:
    with closing(sqlite3.connect(written)) as c:
        c.execute("DELETE FROM history")
        c.commit()
    assert {f.fault for f in check.check(written)} == {Fault.REFERENCE, Fault.ROWS}


@pytest.mark.parametrize(
    ("revision", "says", "says_not"),
    [("0001", "start the daemon once", "upgrade"), ("9999", "upgrade Interlock", "start the daemon")],
)
def test_a_store_of_another_schema_is_told_what_to_do_about_that_one(
    written: Path, revision: str, says: str, says_not: str
) -> None:
    with closing(sqlite3.connect(written)) as c:
        c.execute("UPDATE alembic_version SET version_num = ?", (revision,))
        c.commit()
    with pytest.raises(StoreError) as caught:
        check.check(written)
    assert says in str(caught.value)
    assert says_not not in str(caught.value)


def test_a_damaged_file_is_found(written: Path) -> None:
    content = bytearray(written.read_bytes())
    content[8192:-4096] = b"\xa5" * len(content[8192:-4096])
    written.write_bytes(content)
    assert Fault.FILE in {f.fault for f in check.check(written)}


def test_retention_keeps_what_is_needed_and_the_chains(tmp_path: Path) -> None:
    day = timedelta(days=1)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    clock = [start]

    def answer(call: Call) -> Attempt:
        known = {"SOC-8": Outcome.REFUSED, "SOC-9": Outcome.RETRY}
        busy = Exchange(method="POST", url="u", status=429, seconds=0)
        outcome = known.get(call.entity.id, Outcome.DONE)
        return Attempt(outcome=outcome, detail="said", retry_after=3600, exchanges=(busy,))

    # However slow the machine and however often its alarm rings: SOC-9 waits for ever.
    patient = RetryPolicy(total=1e9, attempts=10**6, attempts_when_told=10**6)

    async def run() -> None:
        async with engine(tmp_path, Backend(answer=answer), policy=patient, clock=lambda: clock[0]) as e:
            await e.release("Ships SOC-8")
            await e.release("Ships SOC-9")
            await e.release("Ships SOC-7")
            await e.runtime.lanes.settle()
            for n in range(100):
                clock[0] += day
                await e.release(f"Ships SOC-1 and SOC-{n % 3 + 2}", release_id=1000 + n)
                await e.release("Ships nothing of ours")
                await e.runtime.lanes.settle()

    asyncio.run(run())
    path = tmp_path / "interlock.db"
    before, wrong = verified(path)
    # SOC-8 has the row that restored it, too.
    assert (before, wrong) == (4 + 200, [])
    store = Store.open(f"sqlite:///{path}", key=b"k" * 32)
    work = retention.Retention(start + 60 * day)
    while store.write(work.batch):
        pass
    with store.read() as c:
        letters = deadletters.find(c, deadletters.Wanted())
        oldest = c.exec_driver_sql("SELECT entity_id, min(id) FROM inbox GROUP BY entity_id").all()
    assert store.write(retention.Retention(start + 60 * day).batch)
    store.close()
    assert [letter.entity_id for letter in letters] == ["SOC-8"]
    assert {"SOC-8", "SOC-9"} <= {entity for entity, _ in oldest}
    assert "SOC-7" not in {entity for entity, _ in oldest}
    assert work.removed.decisions == 1 + 2 * 59 + 2
    assert work.removed.events == 1 + 2 * 59
    assert (check.check(path), verified(path)) == ([], (204 - work.removed.decisions, []))

    async def go_on() -> None:
        clock[0] += day
        async with engine(tmp_path, Backend(answer=answer), policy=patient, clock=lambda: clock[0]) as e:
            await e.release("Ships SOC-1 and SOC-7", release_id=5000)
            await e.runtime.lanes.settle()

    asyncio.run(go_on())
    assert verified(path) == (204 - work.removed.decisions + 2, [])
    with closing(sqlite3.connect(path)) as changing:
        changing.execute("UPDATE checkpoints SET hash = x'00' WHERE entity_id = 'SOC-7'")
        changing.commit()
    assert len(verified(path)[1]) == 1


def test_the_prune_command_plans_first(written: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"sqlite:///{written}"
    assert main(["store", "prune", "--older-than", "0s", "--store", url]) == 0
    assert "at most 5 decision(s) and 5 deliveries" in capsys.readouterr().out
    assert verified(written)[0] == 5
    assert main(["store", "prune", "--older-than", "0s", "--yes", "--store", url]) == 0
    assert "5 decisions, 5 deliveries, 5 events" in capsys.readouterr().out
    assert verified(written) == (0, [])
    assert main(["store", "info", "--store", url]) == 0
    assert "checkpoints" in capsys.readouterr().out
    assert main(["store", "prune", "--older-than", "soon", "--store", url]) == 1
    assert "a number and one of s, m, h, d, w" in capsys.readouterr().err


def test_a_lock_that_cannot_be_written_says_what_to_do_and_is_given_back(tmp_path: Path) -> None:
    store = tmp_path / "interlock.db"
    DaemonLock.take(store).release()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))  # no file can grow, as on a full disk
    try:
        with pytest.raises(StoreError, match="free some room on its disk"):
            DaemonLock.take(store)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    DaemonLock.take(store).release()
