"""Rows that cannot be read: what that looks like, and a look at every row of a file for it."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Table
from sqlalchemy.types import LargeBinary, Text

from engine.store import history, instances, outbox
from engine.store.columns import Json, Moment, Word
from engine.store.encoding import decode
from engine.store.tables import metadata

#: What reading a row raises that was damaged: no JSON, another word than those of a list, members too many or too few.
UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError)

#: What a row is to be made into besides its columns.
_MADE: Mapping[str, Callable[[Mapping[str, Any]], object]] = {
    "history": history.from_row,
    "instances": instances.from_row,
    "outbox": outbox.from_row,
}
#: After so many rows it is told how far the look is.
_TOLD = 50_000
#: What names a row to an operator, where it is not its number.
_NAMED = {"instances": ("project", "entity_id"), "checkpoints": ("project", "entity_id")}


def unreadable(what: str, error: BaseException) -> str:
    """One sentence about a damaged row."""
    said = f"nothing there of the name {error}" if isinstance(error, KeyError) else str(error)
    return f"{what} cannot be read, it is damaged: {said}"


def illegible(c: sqlite3.Connection, told: Callable[[str], None]) -> Iterator[str]:
    """One sentence for each row of the file that cannot be read; `told` hears what is being read."""
    there = {name for (name,) in c.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    usual = c.text_factory
    c.text_factory = (
        bytearray  # so that text can be told from bytes, and none is refused before it is looked at
    )
    try:
        for table in metadata.sorted_tables:
            if table.name in there:
                yield from _of_table(c, table, told)
    finally:
        c.text_factory = usual


def _of_table(c: sqlite3.Connection, table: Table, told: Callable[[str], None]) -> Iterator[str]:
    columns = list(table.columns)
    readers = [_reader(column) for column in columns]
    made = _MADE.get(table.name)
    names = ", ".join(f'"{column.name}"' for column in columns)
    rows = c.execute(f"SELECT rowid, {names} FROM {table.name}")  # noqa: S608 -- names of our own tables
    for number, raw in enumerate(rows):
        if number % _TOLD == 0:
            told(f"every row of {table.name}: {number:,}")
        values: dict[str, Any] = {}
        where = ""
        try:
            for column, reader, value in zip(columns, readers, raw[1:], strict=True):
                where = f"{column.name} of "
                values[column.name] = None if value is None and column.nullable else reader(value)
            where = ""
            if made is not None:
                made(values)
        except UNREADABLE as error:
            yield unreadable(f"{where}{_name(table, values, raw[0])}", error)


def _name(table: Table, values: Mapping[str, Any], number: int) -> str:
    named = [values[name] for name in _NAMED.get(table.name, ()) if name in values]
    return f"row {number} of {table.name}" + (f" ({' '.join(map(str, named))})" if named else "")


def _reader(column: Column[Any]) -> Callable[[Any], Any]:
    kind = column.type
    if isinstance(kind, Json):
        return lambda value: decode(_text(value))
    if isinstance(kind, Word):
        return lambda value: kind.words(_text(value))
    if isinstance(kind, Text):
        return _text
    if isinstance(kind, LargeBinary):
        return lambda value: _of_kind(value, bytes)
    if isinstance(kind, Moment):
        return _moment
    return lambda value: _of_kind(value, int, float)


def _text(value: Any) -> str:
    text: str = _of_kind(value, bytearray).decode()
    return text


def _moment(value: Any) -> datetime:
    found = Moment().process_result_value(_of_kind(value, int), None)  # type: ignore[arg-type]  # for no database
    if found is None:
        raise TypeError("there is no moment")
    return found


def _of_kind(value: Any, *kinds: type) -> Any:
    if not isinstance(value, kinds):
        raise TypeError(
            f"{type(value).__name__.replace('bytearray', 'text')} is there, not what belongs there"
        )
    return value
