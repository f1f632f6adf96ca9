"""Hear of each change that this process makes in a store, before it is made: for those who test what a crash there does."""

import re
import sqlite3
from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, event

_CHANGE = re.compile(r'\s*(INSERT INTO|UPDATE|DELETE FROM|COPY)\s+"?(\w+)')


def tell_writes(told: Callable[[str], None]) -> None:
    """From now on, `told` is called on the writer's thread with the name of each write of each store that is opened.

    It is ``INSERT INTO inbox``, ``UPDATE instances`` and so on, ``COMMIT``, and ``after COMMIT`` before whatever is next.
    """

    def connected(connection: object, record: object) -> None:
        del record
        if isinstance(connection, sqlite3.Connection):
            connection.set_trace_callback(_Heard(told).statement)
        else:
            _hear_postgresql(connection, told)

    event.listen(Engine, "connect", connected)


class _Heard:
    """What one connection was asked: only what is between ``BEGIN IMMEDIATE`` and the next transaction is a write."""

    def __init__(self, told: Callable[[str], None]) -> None:
        self._told = told
        self._writing = False
        self._committed = False

    def statement(self, text: str) -> None:
        """One statement is about to be run."""
        if self._committed:
            self._committed = False
            self._told("after COMMIT")
        if text.startswith("BEGIN"):
            self._writing = text.startswith("BEGIN IMMEDIATE")
        elif self._writing and text.startswith("COMMIT"):
            self._told("COMMIT")
            self._committed = True
        elif self._writing and (found := _CHANGE.match(text)) is not None:
            self._told(f"{found[1]} {found[2]}")


def _hear_postgresql(connection: Any, told: Callable[[str], None]) -> None:
    """The same for a connection to a server, whose commits are no statements."""
    changed = False

    def statement(query: Any) -> None:
        nonlocal changed
        found = _CHANGE.match(query) if isinstance(query, str) else None
        if found is not None:
            changed = True
            told(f"{found[1]} {found[2]}")

    plain: Any = connection.cursor_factory

    class Cursor(plain):  # type: ignore[misc]
        """Says what it is about to do."""

        def execute(self, query: Any, *rest: Any, **options: Any) -> Any:
            statement(query)
            return super().execute(query, *rest, **options)

        def executemany(self, query: Any, *rest: Any, **options: Any) -> Any:
            statement(query)
            return super().executemany(query, *rest, **options)

        def copy(self, query: Any, *rest: Any, **options: Any) -> Any:
            statement(query)
            return super().copy(query, *rest, **options)

    commit = connection.commit

    def commit_and_say() -> None:
        nonlocal changed
        if changed:
            told("COMMIT")
        commit()
        if changed:
            changed = False
            told("after COMMIT")

    connection.cursor_factory = Cursor
    connection.commit = commit_and_say
