"""Everything that is particular to PostgreSQL: the URL, the connections, and what its errors mean for an operator."""

import hashlib
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from importlib.metadata import distribution
from pathlib import Path
from weakref import WeakSet

import psycopg
from psycopg.abc import Buffer
from psycopg.types.string import StrDumperUnknown
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, DisconnectionError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry, NullPool
from sqlalchemy.schema import MetaData

from engine.errors import StoreError
from engine.store import wakes
from engine.store.connections import FROZEN_SECONDS, Impatient, connect, connect_patient
from engine.store.postgresql_errors import explained, is_about_the_store, is_passing
from engine.store.tables import complete_for_postgresql, metadata

complete_for_postgresql()

#: A server in a network that swallows packets must not be waited for much longer than this.
CONNECT_SECONDS = 5
_SILENT_MILLISECONDS = 10_000
_PAUSED_MILLISECONDS = 5_000
#: A writer waits so long for what another session has locked: longer than for one that was paused in a transaction, and
#: shorter than senders wait for their answer.
_LOCKED_MILLISECONDS = 6_000
#: No statement of a daemon takes so long on a server that is well.
_STATEMENT_MILLISECONDS = 10_000
_READERS_KEPT = 8
#: A connection that was idle for this long is asked whether it still lives before it is used.
_IDLE_SECONDS = 1.0
_RETURNED = "interlock.returned"
#: Any numbers; all daemons of a database must have the same.
_SCHEMA_LOCK = 0x1A7E_10C4
#: What a connection calls itself that waits for this lock or holds it; all others use the schema as it is.
_CHANGES_SCHEMA = "interlock schema"
_DEAD_MILLISECONDS = 2_000
#: How often it is looked, and told, whether others use an older schema.
_LOOK_SECONDS = 0.5
_TOLD_SECONDS = 30.0
#: Another one that starts has asked for the schema, too, and is gone again.
_PASSING_SECONDS = 1.0
_NAME_OF_OURS = "SELECT current_setting('application_name')"
_OTHERS = (
    "SELECT coalesce(host(client_addr), 'the server itself') FROM pg_stat_activity"
    " WHERE datname = current_database() AND application_name = %s AND pid != pg_backend_pid()"
)
_CHANGED_BY_ANOTHER = (
    "another daemon makes the tables or brings them forward, or the server still undoes it for one that was stopped: this one "
    "waits for that"
)
_STOP_THEM = (
    "daemons or commands of an older release use the database ({count} connections, from {places}): stop them; this one "
    "waits for that, and changes nothing before"
)
_KEY_BYTES = 8

_LINK: dict[str, str | int] = {
    "connect_timeout": CONNECT_SECONDS,
    "application_name": "interlock",
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": _SILENT_MILLISECONDS,
}


class PostgreSQL:
    """The store as tables of a PostgreSQL database."""

    remote = True
    #: One gathers while the other waits for the disk.
    writers = 2

    def __init__(self, url: URL) -> None:
        if not url.database:
            raise StoreError(
                "the store's URL names no database: use postgresql://user@host/interlock for instance"
            )
        self._links: WeakSet[psycopg.Connection[object]] = WeakSet()
        #: What connections of this URL call themselves.
        self._called = ""
        self._url = url.set(drivername="postgresql+psycopg")
        place = f"{url.host or 'local socket'}{f':{url.port}' if url.port else ''}"
        self.name = f"PostgreSQL database {url.database} at {place}"

    @property
    def address(self) -> str:
        """The URL as libpq reads it, with the password."""
        return self._url.set(drivername="postgresql").render_as_string(hide_password=False)

    @property
    def link(self) -> dict[str, str | int]:
        """How connections notice that their server is gone, as libpq reads it; what the URL says itself stays."""
        return {name: value for name, value in _LINK.items() if name not in self._url.query}

    def check(self, *, create: bool) -> None:
        """The server says by itself what is wrong when it is connected to."""

    def writer_engine(self) -> Engine:
        """Connections that write."""
        engine = self._engine(poolclass=NullPool)
        event.listen(engine, "do_connect", connect)
        event.listen(engine, "connect", _prepare_writer)
        return engine

    def reader_engine(self, *, patient: bool = False) -> Engine:
        """Connections that read snapshots and cannot write; an answer may take seconds, or minutes for the patient."""
        engine = self._engine(isolation_level="REPEATABLE READ", pool_size=_READERS_KEPT, max_overflow=-1)
        event.listen(engine, "do_connect", connect_patient if patient else connect)
        event.listen(engine, "connect", _prepare_reader)
        event.listen(engine, "checkin", _returned)
        event.listen(engine, "checkout", _taken)
        return engine

    def single(self, readers: Engine) -> Engine:
        """Without BEGIN and COMMIT, each of which is a wait for the network."""
        return readers.execution_options(isolation_level="AUTOCOMMIT")

    @contextmanager
    def writing(self, connection: Connection) -> Iterator[None]:
        """A transaction; each of its statements sees what was committed before the statement."""
        with connection.begin():
            wakes.begin(connection)
            yield

    @contextmanager
    def reading(self, connection: Connection) -> Iterator[None]:
        """A snapshot: from the first statement on, nothing that others write is seen."""
        with connection.begin():
            yield

    def rebuilding(self, connection: Connection) -> AbstractContextManager[None]:
        """Tables are changed where they are."""
        del connection
        return nullcontext()

    def lock_schema(self, connection: Connection, told: Callable[[str], None]) -> None:
        """Wait until no other daemon makes or changes the tables; to change them may take any time."""
        driver = connection.connection.driver_connection
        assert isinstance(driver, Impatient)  # noqa: S101 -- this module makes the engines
        driver.patience = None
        connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        self._called = connection.exec_driver_sql(_NAME_OF_OURS).scalar_one()
        connection.exec_driver_sql(f"SET LOCAL application_name = '{_CHANGES_SCHEMA}'")
        with suppress(DBAPIError), connection.begin_nested():  # not every server can
            # A server does not look by itself whether somebody still wants what it does: it would write on for who was killed.
            connection.exec_driver_sql(f"SET LOCAL client_connection_check_interval = {_DEAD_MILLISECONDS}")
        lock = (_SCHEMA_LOCK,)
        if not connection.exec_driver_sql("SELECT pg_try_advisory_xact_lock(%s)", lock).scalar_one():
            told(_CHANGED_BY_ANOTHER)
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", lock)

    def be_alone(self, connection: Connection, told: Callable[[str], None]) -> None:
        """Wait for daemons and commands of an older release: what they write would not be what the new schema needs."""
        next_told = time.monotonic() + _PASSING_SECONDS
        while True:
            connection.exec_driver_sql("SELECT pg_stat_clear_snapshot()")
            rows = connection.exec_driver_sql(_OTHERS, (self._called,)).all()
            if not rows:
                return
            if time.monotonic() >= next_told:
                next_told = time.monotonic() + _TOLD_SECONDS
                told(
                    _STOP_THEM.format(count=len(rows), places=", ".join(sorted({place for (place,) in rows})))
                )
            time.sleep(_LOOK_SECONDS)

    def complete_schema(self, connection: Connection) -> None:
        """Make procrastinate's tables, in which wakes wait."""
        if connection.exec_driver_sql("SELECT to_regclass('procrastinate_jobs')").scalar_one() is None:
            found = distribution("procrastinate").locate_file("procrastinate/sql/schema.sql")
            # Many statements in one text: only without parameters, and so not through SQLAlchemy.
            connection.connection.cursor().execute(Path(str(found)).read_text(encoding="utf-8"))

    def lock(self, connection: Connection, keys: frozenset[str]) -> None:
        """Take the keys in one order everywhere, so that nobody waits in a circle."""
        numbers = sorted(_number(key) for key in keys)
        connection.exec_driver_sql(
            "SELECT pg_advisory_xact_lock(n) FROM unnest(%s::bigint[]) AS n", (numbers,)
        )

    def try_locks(self, connection: Connection) -> None:
        """Wait for the locks that writing to any of the tables takes, and see that the user may write to each."""
        connection.exec_driver_sql(_TRY_LOCKS)
        tables = [table.name for table in metadata.sorted_tables]
        for refused in connection.exec_driver_sql(_REFUSED, (tables, _RIGHTS)).scalars().all():
            for statement in _NEEDING_RIGHTS:  # one of them is refused, in the server's own words
                connection.exec_driver_sql(statement.format(table=refused))

    def before_commit(self, connection: Connection) -> None:
        """Wake whoever works the partitions of the entities that got events."""
        wakes.enqueue(connection)

    def still_there(self) -> bool:
        """A connection that is lost says so by itself."""
        return True

    def usable(self, connection: Connection, idle: float) -> bool:
        """Whether the server still answers on a connection that was idle."""
        if idle < _IDLE_SECONDS:
            return True
        try:
            with connection.begin():
                connection.exec_driver_sql("SELECT 1")
        except SQLAlchemyError:
            return False
        return True

    def cut(self) -> None:
        """Shut the sockets: a thread that waits for its server hears of it at once."""
        for link in list(self._links):
            with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(link.fileno())) as ours:
                ours.shutdown(socket.SHUT_RDWR)

    def explain(self, error: BaseException) -> str:
        """The error as a sentence that says what to do, without the URL's password."""
        return explained(error, self.name)

    def relieve(self, connection: Connection, error: BaseException) -> None:
        """A server looks after its own disk."""

    def is_passing(self, error: BaseException) -> bool:
        """Whether two transactions waited for each other, or one could not be put in an order with others."""
        return is_passing(error)

    def is_about_the_store(self, error: BaseException) -> bool:
        """Whether the connection or the whole transaction is lost, or any other one would fail for the same reason."""
        return is_about_the_store(error)

    def _engine(self, **options: object) -> Engine:
        # What is written goes into no error: contexts and arguments hold sensitive values.
        engine = create_engine(
            self._url, paramstyle="format", connect_args=self.link, hide_parameters=True, **options
        )
        event.listen(engine, "connect", lambda connection, _: self._links.add(connection))
        return engine


def _number(key: str) -> int:
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:_KEY_BYTES], "big", signed=True)


def _try_locks(tables: MetaData) -> str:
    names = ", ".join(table.name for table in tables.sorted_tables)
    return f"LOCK TABLE {names}, procrastinate_jobs IN ROW EXCLUSIVE MODE"


_TRY_LOCKS = _try_locks(metadata)
_RIGHTS = ["SELECT", "INSERT", "UPDATE", "DELETE"]
#: Nothing is changed by them, and each needs the right to.
_NEEDING_RIGHTS = (
    "INSERT INTO {table} SELECT * FROM {table} WHERE false",
    "SELECT FROM {table} WHERE false FOR UPDATE",
    "DELETE FROM {table} WHERE false",
)
_REFUSED = (
    "SELECT t.name FROM unnest(%s::text[]) AS t(name) WHERE NOT (SELECT bool_and(has_table_privilege(t.name, r.name))"
    " FROM unnest(%s::text[]) AS r(name)) ORDER BY 1"
)


class _Text(StrDumperUnknown):
    """Text without U+0000, which a PostgreSQL text cannot hold and a delivery may."""

    def dump(self, obj: str) -> Buffer | None:
        """The bytes to send."""
        return super().dump(obj.replace("\0", "\N{REPLACEMENT CHARACTER}") if "\0" in obj else obj)


def _prepare_writer(connection: psycopg.Connection[object], record: object) -> None:
    del record
    connection.adapters.register_dumper(str, _Text)
    with connection.cursor() as cursor:
        # A process that was paused in a transaction would keep its locks, and everybody who waits for them.
        cursor.execute(f"SET idle_in_transaction_session_timeout = {_PAUSED_MILLISECONDS}")
        cursor.execute(f"SET lock_timeout = {_LOCKED_MILLISECONDS}")
        cursor.execute(f"SET statement_timeout = {_STATEMENT_MILLISECONDS}")
        # A delivery is answered after its commit: the commit must be on the disk, whatever the server's default is.
        cursor.execute(
            "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
        )
    connection.commit()


def _prepare_reader(connection: Impatient, record: object) -> None:
    del record
    connection.adapters.register_dumper(str, _Text)
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
        if connection.patience == FROZEN_SECONDS:
            cursor.execute(f"SET statement_timeout = {_STATEMENT_MILLISECONDS}")
    connection.commit()


def _returned(connection: psycopg.Connection[object] | None, record: ConnectionPoolEntry) -> None:
    del connection
    record.info[_RETURNED] = time.monotonic()


def _taken(connection: Impatient, record: ConnectionPoolEntry, proxy: object) -> None:
    """Ask a connection that was idle for a while whether it still lives; the pool makes another one if not."""
    del proxy
    if time.monotonic() - record.info.get(_RETURNED, time.monotonic()) < _IDLE_SECONDS:
        return
    patience, connection.patience = connection.patience, CONNECT_SECONDS
    try:
        connection.execute("SELECT 1")
        connection.rollback()
    except psycopg.Error as error:
        raise DisconnectionError(str(error)) from error
    connection.patience = patience
