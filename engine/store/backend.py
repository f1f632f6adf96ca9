"""What a database must be able to do to hold the store; SQLite and PostgreSQL each say how in a module of their own."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Protocol

from sqlalchemy import Connection, Engine, inspect
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from engine.errors import StoreError

_POSTGRESQL = {"postgresql", "postgres"}


class Backend(Protocol):
    """A database: its connections, its transactions, and what its errors mean for an operator."""

    @property
    def name(self) -> str:
        """What messages call the store: a path, or an address without its password."""

    @property
    def address(self) -> str:
        """What another client of the database connects to, its password included: never to be shown."""

    @property
    def writers(self) -> int:
        """How many threads may write at once."""

    @property
    def remote(self) -> bool:
        """Whether other machines use the store too, and asking it means waiting for a network."""

    def check(self, *, create: bool) -> None:
        """`StoreError` with what to do, if there can be no store; with `create`, what is missing is made."""

    def writer_engine(self) -> Engine:
        """Connections that write; each commit is on the disk."""

    @property
    def link(self) -> Mapping[str, str | int]:
        """How another client's connections to the database are to notice that it is gone."""

    def reader_engine(self, *, patient: bool = False) -> Engine:
        """Connections that read snapshots and cannot write; for the patient, an answer may take minutes."""

    def single(self, readers: Engine) -> Engine:
        """The connections of `readers`, for one statement each, which is a snapshot by itself."""

    def writing(self, connection: Connection) -> AbstractContextManager[None]:
        """A transaction, committed at the end, undone if anything is raised."""

    def reading(self, connection: Connection) -> AbstractContextManager[None]:
        """A snapshot."""

    def rebuilding(self, connection: Connection) -> AbstractContextManager[None]:
        """Around a transaction that may copy tables: references are checked at its end."""

    def lock_schema(self, connection: Connection, told: Callable[[str], None]) -> None:
        """Inside a transaction, let only one process at a time bring the schema forward; `told` hears if it has to wait."""

    def be_alone(self, connection: Connection, told: Callable[[str], None]) -> None:
        """After `lock_schema`, wait until no other process uses the older schema; `told` hears who does."""

    def complete_schema(self, connection: Connection) -> None:
        """In the transaction that made the tables, make what else this database needs."""

    def lock(self, connection: Connection, keys: frozenset[str]) -> None:
        """At a transaction's beginning, wait until nobody else holds one of the keys; kept until its end."""

    def try_locks(self, connection: Connection) -> None:
        """Inside a transaction, wait for whatever any writing would have to wait for."""

    def before_commit(self, connection: Connection) -> None:
        """The last thing in each writing transaction."""

    def still_there(self) -> bool:
        """Whether the store is still where it was opened."""

    def usable(self, connection: Connection, idle: float) -> bool:
        """Whether a connection that was idle for so many seconds can be written through."""

    def cut(self) -> None:
        """Break all connections, so that nobody waits any longer for a server that does not answer."""

    def explain(self, error: BaseException) -> str:
        """The error as a sentence that says what to do."""

    def relieve(self, connection: Connection, error: BaseException) -> None:
        """After a transaction failed on a connection, which is not used any more: give back room on the disk that can be done without."""

    def is_passing(self, error: BaseException) -> bool:
        """Whether the statement only met with what others were doing: the same again may succeed."""

    def is_about_the_store(self, error: BaseException) -> bool:
        """Whether the error is one of the whole store, and not of one statement."""


def backend_of(url: str) -> Backend:
    """The backend that a URL names; `StoreError` if there is none."""
    from engine.store import sqlite

    try:
        parsed: URL = make_url(url)
    except (ArgumentError, ValueError):  # without the URL: a password may be in it
        raise StoreError(
            "the store must be a URL such as sqlite:///interlock.db or postgresql://user@host:5432/interlock; "
            "a port is a number, and an IPv6 address stands in brackets"
        ) from None
    if is_postgresql(url):
        if (
            url.count("@") > 1
        ):  # told nothing of it: what stands after the first one is a part of the password
            raise StoreError(
                "the store's URL has an @ too many: write %40, %2F, %3F, %23 and %25 for @, /, ?, # and % in a user or a "
                "password, or leave the password out of it and set PGPASSWORD"
            )
        from engine.store import (
            postgresql,
        )  # its driver costs an embedded daemon memory that it does not need

        return postgresql.PostgreSQL(parsed)
    return sqlite.SQLite(sqlite.path_of(url))


def is_empty(url: str) -> bool:
    """Whether a PostgreSQL database has no table yet; `StoreError` if it cannot be asked."""
    backend = backend_of(url)
    engine = backend.reader_engine()
    try:
        with engine.connect() as c:
            return not inspect(c).get_table_names()
    except SQLAlchemyError as error:
        raise StoreError(backend.explain(error)) from error
    finally:
        engine.dispose()


def is_postgresql(url: str) -> bool:
    """Whether a URL names a PostgreSQL database."""
    return url.partition(":")[0].partition("+")[0] in _POSTGRESQL
