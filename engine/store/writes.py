"""Hear of each change that this process makes in a file, before it is made: for those who test what a crash there does."""

import re
import sqlite3
from collections.abc import Callable

from sqlalchemy import Engine, event

_CHANGE = re.compile(r'\s*(INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)')


def tell_writes(told: Callable[[str], None]) -> None:
    """From now on, `told` is called on the writer's thread with the name of each write of each store that is opened.

    It is ``INSERT INTO inbox``, ``UPDATE instances`` and so on, ``COMMIT``, and ``after COMMIT`` before whatever is next.
    """

    def connected(connection: object, record: object) -> None:
        del record
        if isinstance(connection, sqlite3.Connection):
            connection.set_trace_callback(_Heard(told).statement)

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
