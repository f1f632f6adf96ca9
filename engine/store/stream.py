"""Many rows inserted at once on PostgreSQL, as a stream: a row costs a fraction of what it costs by itself.

The values are converted as SQLAlchemy would, and the errors are those that it would raise.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from sqlalchemy import Column, Connection, Dialect, Table, text
from sqlalchemy.exc import DBAPIError

_Convert = Callable[[Any], Any]
_Values = Mapping[str, Any]
_DRAW = text("SELECT nextval(CAST(:sequence AS regclass)) FROM generate_series(1, :count)")


def insert_rows(c: Connection, table: Table, rows: Sequence[_Values], *, numbered: bool = False) -> None:
    """Insert rows in their order; a column that a row does not name is null.

    They count by themselves, unless they are `numbered`: then each names its number, which `numbers` gave out.
    """
    if not rows:
        return
    text, columns = _stream(table, c.dialect, numbered=numbered)
    with _told(c, text), _cursor(c) as cursor, cursor.copy(text) as stream:
        for row in rows:
            stream.write_row([convert(row.get(name)) for name, convert in columns])


def numbers(c: Connection, table: Table, count: int) -> list[int]:
    """So many numbers for new rows, counting up."""
    sequence = f"{table.name}_{table.c.id.name}_seq"
    drawn = c.execute(_DRAW, {"sequence": sequence, "count": count})
    return sorted(drawn.scalars())


def _cursor(c: Connection) -> Any:
    """A cursor of the driver, in the transaction that `c` is in."""
    # Here, because an embedded daemon has no use for the driver.
    from psycopg.types.string import StrDumperUnknown

    driver: Any = c.connection.driver_connection
    cursor = driver.cursor()
    # In place of the connection's own, which is Python: most of what is sent is text.
    cursor.adapters.register_dumper(str, StrDumperUnknown)
    return cursor


@contextmanager
def _told(c: Connection, text: str) -> Iterator[None]:
    """Raise the driver's errors as SQLAlchemy would."""
    driver = c.dialect.loaded_dbapi
    try:
        yield
    except driver.Error as error:
        raise DBAPIError.instance(text, None, error, driver.Error, dialect=c.dialect) from error


@lru_cache(maxsize=64)
def _stream(table: Table, dialect: Dialect, *, numbered: bool) -> tuple[str, list[tuple[str, _Convert]]]:
    """The statement, and its columns in their order."""
    columns = [
        (c.name, _convert(c, dialect)) for c in table.c if numbered or c is not table.autoincrement_column
    ]
    names = ", ".join(f'"{name}"' for name, _ in columns)
    return f'COPY "{table.name}" ({names}) FROM STDIN', columns


def _convert(column: Column[Any], dialect: Dialect) -> _Convert:
    own = column.type.dialect_impl(dialect).bind_processor(dialect)
    return own if own is not None else _without_nul


def _without_nul(value: Any) -> Any:
    """A value that needs no conversion, except that a PostgreSQL text cannot hold U+0000 and a delivery may."""
    if isinstance(value, str) and "\0" in value:
        return value.replace("\0", "\N{REPLACEMENT CHARACTER}")
    return value
