"""The store on PostgreSQL: what a commit promises, what a lost server means, and what nobody may read."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from engine.errors import StoreBusyError, StoreError, StoreTooNewError, StoreTroubleError
from engine.store import connections, postgresql, schema, tables
from engine.store.database import Store
from tests.harness.daemon import wait_until
from tests.harness.postgres import PostgresServer, running_postgres

_KNOWN = "INSERT INTO definitions (hash, filename, source, first_seen_at) VALUES (:hash, 'f', 'x', 0)"


@pytest.fixture
def url(postgres: PostgresServer) -> str:
    return postgres.url()


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    store = Store.open(url, key=b"k" * 32)
    yield store
    store.close()


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    with running_postgres() as server:
        yield server


def put(c: Connection, name: str) -> str:
    c.execute(text(_KNOWN), {"hash": name})
    return name


def names(server: PostgresServer, url: str) -> set[str]:
    return {name for (name,) in server.ask(url, "SELECT hash FROM definitions")}


@contextmanager
def held(store: Store) -> Iterator[None]:
    """Every writer busy with a work, so that what is submitted meanwhile makes one batch."""
    entered = [threading.Event() for _ in store._writer._threads]
    go_on = threading.Event()

    def work(c: Connection, mine: threading.Event) -> None:
        mine.set()
        go_on.wait()

    busy = []
    for event in entered:
        busy.append(store.submit(partial(work, mine=event)))
        event.wait()
    try:
        yield
    finally:
        go_on.set()
        wait(busy)


def test_a_future_is_resolved_when_others_can_see_the_row(
    store: Store, url: str, postgres: PostgresServer
) -> None:
    for number in range(10):
        assert store.write(partial(put, name=f"d{number}")) in names(postgres, url)


def test_a_failing_work_is_undone_alone(store: Store, url: str, postgres: PostgresServer) -> None:
    def half(c: Connection) -> str:
        put(c, "half")
        raise LookupError("mine")

    with held(store):
        before, failing = store.submit(lambda c: put(c, "before")), store.submit(half)
        twice = store.submit(lambda c: put(c, "before"))
        after = store.submit(lambda c: put(c, "after"))
    with pytest.raises(LookupError, match="mine"):
        failing.result()
    with pytest.raises(StoreError, match="unique"):
        twice.result()
    assert (before.result(), after.result()) == ("before", "after")
    assert names(postgres, url) == {"before", "after"}


def test_a_work_that_ends_the_transaction_fails_its_batch_and_not_the_writer(
    store: Store, url: str, postgres: PostgresServer
) -> None:
    with held(store):
        innocent = store.submit(lambda c: put(c, "innocent"))
        guilty = store.submit(lambda c: str(c.connection.cursor().execute("ROLLBACK")))
    for future in (innocent, guilty):
        with pytest.raises(StoreError, match="nothing was written"):
            future.result()
    store.write(lambda c: put(c, "next"))
    assert names(postgres, url) == {"next"}


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


def test_works_with_a_common_lock_exclude_each_other_and_never_wait_in_a_circle(
    store: Store, url: str
) -> None:
    other = Store.open(url)
    seen: list[int] = []

    def work(c: Connection) -> None:
        mine = len(seen)
        c.execute(text("SELECT pg_sleep(0.002)"))
        assert len(seen) == mine
        seen.append(mine)

    futures = [
        (store, other)[n % 2].submit(work, locks=("a", f"b{n % 3}") if n % 4 else (f"b{n % 3}", "a"))
        for n in range(60)
    ]
    for future in futures:
        future.result()
    assert seen == list(range(60))
    other.close()


def test_a_commit_waits_for_the_disk_whatever_the_servers_default_is(
    own_server: PostgresServer,
) -> None:
    url = own_server.url()
    own_server.execute(url, "ALTER ROLE interlock SET synchronous_commit = off")
    store = Store.open(url)
    assert store.write(lambda c: c.execute(text("SHOW synchronous_commit")).scalar_one()) == "on"
    store.close()


@pytest.mark.parametrize("kill", [False, True])
def test_a_server_that_is_restarted_is_said_to_be_gone_and_found_again(
    own_server: PostgresServer, *, kill: bool
) -> None:
    store = Store.open(own_server.url())
    store.write(lambda c: put(c, "before"))
    with store.read() as c:
        c.execute(text("SELECT 1"))
    own_server.stop(kill=kill)
    with pytest.raises(StoreError, match="nothing was written"):
        store.write(lambda c: put(c, "lost"))
    with pytest.raises(StoreError, match="does not answer: start it"):
        store.write(lambda c: put(c, "lost"))
    assert "does not answer" in str(store.trouble())
    with pytest.raises(StoreError, match="PostgreSQL"), store.read() as c:
        c.execute(text("SELECT 1"))
    own_server.start()
    wait_until(lambda: store.trouble() is None, "the store does not see that its server is back")
    with store.read() as c:
        assert c.execute(text("SELECT hash FROM definitions")).scalars().all() == ["before"]
    store.close()


def test_a_server_that_goes_while_nobody_writes_is_noticed(own_server: PostgresServer) -> None:
    store = Store.open(own_server.url())
    assert asyncio.run(store.answers()) is None
    own_server.stop()
    assert "PostgreSQL" in str(asyncio.run(store.answers()))
    store.close()


@pytest.mark.parametrize("mode", ["ACCESS EXCLUSIVE", "SHARE"])
@pytest.mark.parametrize("table", ["definitions", "procrastinate_jobs"])
def test_a_locked_table_is_not_waited_for_without_end(
    url: str, monkeypatch: pytest.MonkeyPatch, mode: str, table: str
) -> None:
    monkeypatch.setattr(postgresql, "_LOCKED_MILLISECONDS", 200)
    store = Store.open(url)
    with psycopg.connect(url) as other:
        other.execute(f"LOCK TABLE {table} IN {mode} MODE")
        if table == "definitions":
            with pytest.raises(StoreTroubleError, match="answers, but another session keeps a table"):
                store.write(lambda c: put(c, "locked out"))
        assert "another session keeps" in str(asyncio.run(store.answers()))
        assert "another session keeps" in str(store.trouble())
        other.rollback()
    wait_until(lambda: asyncio.run(store.answers()) is None, "the store does not see that it can write")
    assert store.trouble() is None
    store.write(lambda c: put(c, "after"))
    store.close()


def test_a_statement_that_takes_too_long_is_cancelled_and_said_to_be(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "_STATEMENT_MILLISECONDS", 200)
    store = Store.open(url)
    with pytest.raises(StoreTroubleError, match="took too long"):
        store.write(lambda c: c.execute(text("SELECT pg_sleep(60)")))
    store.write(lambda c: put(c, "after"))
    store.close()


def test_a_frozen_server_is_given_up(own_server: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections.Impatient, "patience", 0.5)
    monkeypatch.setattr(postgresql, "CONNECT_SECONDS", 2)
    url = own_server.url()
    store = Store.open(url)
    store.write(lambda c: put(c, "before"))
    with own_server.frozen():
        with pytest.raises(StoreTroubleError, match="does not answer"):
            store.write(lambda c: put(c, "lost"))
        assert "does not answer" in str(asyncio.run(store.answers()))
    wait_until(lambda: asyncio.run(store.answers()) is None, "the store does not see that its server is back")
    store.write(lambda c: put(c, "after"))
    assert names(own_server, url) == {"before", "after"}
    store.close()


def test_the_schema_may_take_any_time(
    url: str, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "_LOCKED_MILLISECONDS", 100)
    monkeypatch.setattr(connections.Impatient, "patience", 0.3)
    with psycopg.connect(url) as other, ThreadPoolExecutor(1) as beside:
        other.execute("SELECT pg_advisory_xact_lock(%s)", (postgresql._SCHEMA_LOCK,))
        opening = beside.submit(Store.open, url)
        waits = "SELECT 1 FROM pg_locks WHERE NOT granted"
        wait_until(lambda: postgres.ask(url, waits), "nobody waits for the schema")
        assert not wait([opening], timeout=1).done
        other.rollback()
        opening.result().close()


def test_text_that_postgresql_cannot_hold_is_kept_without_it(store: Store) -> None:
    assert store.write(lambda c: put(c, "a\0b")) == "a\0b"
    with store.read() as c:
        assert c.execute(text("SELECT hash FROM definitions")).scalar_one() == "a\N{REPLACEMENT CHARACTER}b"


def test_no_error_tells_the_password(url: str) -> None:
    for wrong in (
        url.replace("interlock@", "interlock:hunter2@").replace(url.rpartition("/")[2], "nothing"),
        "postgresql://ada:hunter2@127.0.0.1:1/interlock",
        "postgresql://ada:hunter2@127.0.0.1:1/interlock?no_such_option=1",
    ):
        with pytest.raises(StoreError) as caught:
            Store.open(wrong)
        assert "hunter2" not in str(caught.value)


def test_another_database_is_not_touched(url: str, postgres: PostgresServer) -> None:
    postgres.execute(url, "CREATE TABLE invoices (id int)")
    with pytest.raises(StoreError, match="a database of something else"):
        Store.open(url)


def test_a_newer_schema_is_refused(url: str, postgres: PostgresServer) -> None:
    Store.open(url).close()
    postgres.execute(url, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreTooNewError, match="newer Interlock"):
        Store.open(url)


def test_the_migrations_make_the_tables_of_the_code(url: str, postgres: PostgresServer) -> None:
    postgres.execute(url, "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
    store = Store.open(url)
    mine = set(tables.metadata.tables)

    def ours(name: str | None, kind: str, _parents: object) -> bool:
        return kind != "table" or name in mine

    with store.read() as c:
        options = {"compare_type": True, "compare_server_default": True, "include_name": ours}
        context = MigrationContext.configure(c, opts=options)
        assert compare_metadata(context, tables.metadata) == []
        assert schema.is_current(c, store.name)
    store.close()


_OPEN = "import sys; from engine.store.database import Store; Store.open(sys.argv[1]).close()"


def test_processes_open_the_same_new_database_at_once(url: str) -> None:
    children = [subprocess.Popen([sys.executable, "-c", _OPEN, url]) for _ in range(3)]
    assert [child.wait(30) for child in children] == [0, 0, 0]


def test_a_file_needs_no_driver_of_postgresql(tmp_path: Path) -> None:
    program = _OPEN + "; print(*sys.modules)"
    arguments = [sys.executable, "-c", program, f"sqlite:///{tmp_path}/interlock.db"]
    printed = subprocess.run(arguments, capture_output=True, text=True, check=True).stdout
    assert {"psycopg", "procrastinate", "sqlalchemy.dialects.postgresql"}.isdisjoint(printed.split())


def test_two_writers_that_wait_for_each_other_are_told_to_try_again(store: Store, url: str) -> None:
    other = Store.open(url)
    meet = threading.Barrier(2, timeout=20)

    def both(c: Connection, first: str, second: str) -> None:
        c.execute(text("UPDATE definitions SET source = 'y' WHERE hash = :hash"), {"hash": first})
        meet.wait()
        c.execute(text("UPDATE definitions SET source = 'y' WHERE hash = :hash"), {"hash": second})

    try:
        store.write(lambda c: (put(c, "a"), put(c, "b")))
        futures = [
            store.submit(partial(both, first="a", second="b")),
            other.submit(partial(both, first="b", second="a")),
        ]
        wait(futures)
        (refused,) = [e for f in futures if (e := f.exception()) is not None]
        assert isinstance(refused, StoreBusyError), "an event would be to blame"
        assert "try again" in str(refused)
        assert (store.trouble(), other.trouble()) == (None, None)
    finally:
        other.close()


@pytest.mark.parametrize("right", ["INSERT", "UPDATE", "DELETE"])
def test_a_right_that_is_taken_away_is_trouble_of_the_store_and_no_fault_of_an_event(
    own_server: PostgresServer, right: str
) -> None:
    """Whoever asks is told so until it is given back; whatever was to be written is tried again then."""
    url = own_server.url()
    own_server.execute(url, "CREATE ROLE clerk LOGIN")
    own_server.execute(url, "GRANT ALL ON SCHEMA public TO clerk")
    store = Store.open(own_server.as_user(url, "clerk"))
    assert asyncio.run(_answers(store)) is None
    own_server.execute(url, f"REVOKE {right} ON history FROM clerk")
    for _ in range(2):
        assert "permission denied for table history" in str(asyncio.run(_answers(store)))
    with pytest.raises(StoreTroubleError, match="let it own the tables"):
        store.write(_uses_every_right)
    assert store.trouble() is not None
    own_server.execute(url, f"GRANT {right} ON history TO clerk")
    wait_until(lambda: store.trouble() is None, "it does not recover")
    store.write(_uses_every_right)
    store.close()


async def _answers(store: Store) -> str | None:
    return await store.answers()


def _uses_every_right(c: Connection) -> None:
    c.execute(text("INSERT INTO history SELECT * FROM history WHERE false"))
    c.execute(text("UPDATE history SET verdict = verdict WHERE false"))
    c.execute(text("DELETE FROM history WHERE false"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("ALTER ROLE clerk NOLOGIN", "refused the user or the password"),
        ("ALTER ROLE clerk CONNECTION LIMIT 0", "too many connections"),
        ("DROP ROLE clerk", "refused the user or the password"),
    ],
)
def test_a_server_that_lets_nobody_in_is_not_said_to_be_silent(
    postgres: PostgresServer, change: str, said: str
) -> None:
    url = postgres.url()
    postgres.execute(url, "DROP ROLE IF EXISTS clerk")
    postgres.execute(url, "CREATE ROLE clerk LOGIN")
    postgres.execute(url, change)
    with pytest.raises(StoreError, match=said) as refused:
        Store.open(postgres.as_user(url, "clerk"), migrate=False)
    assert "does not answer" not in str(refused.value)


@pytest.mark.parametrize(
    ("more", "said"), [("?sslmode=require", "sslmode"), ("_not", "does not exist: create")]
)
def test_a_url_that_does_not_fit_the_server_is_said_to_be(
    postgres: PostgresServer, more: str, said: str
) -> None:
    with pytest.raises(StoreError, match=said) as refused:
        Store.open(postgres.url().partition("?")[0] + more, migrate=False)
    assert "does not answer" not in str(refused.value)


@pytest.mark.parametrize("password", ["s3cr@t/pw", "p@ss", "a@b@c", "x@y/z?q"])
def test_a_password_that_is_not_escaped_is_not_told(password: str) -> None:
    with pytest.raises(StoreError, match="an @ too many") as refused:
        Store.open(f"postgresql://app:{password}@127.0.0.1:1/store")
    assert not any(part in str(refused.value) for part in ("s3cr", "pw", "p@ss", "b@c", "y/z"))
