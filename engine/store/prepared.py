"""An INSERT of one row whose text is made once: intake and decisions are inserts, and most of their time was this.

SQLAlchemy writes the text and converts the values; only its bookkeeping for each execution is left out.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, Table

_Convert = Callable[[Any], Any]


def insert_row(c: Connection, table: Table, values: Mapping[str, Any]) -> int:
    """Insert a row and return its number; a column that `values` does not name is null or counts by itself.

    For a table whose rows do not count by themselves it is 0.
    """
    text, parameters, returns = _prepared(table, c.dialect)
    row = tuple([convert(values.get(name)) if convert else values.get(name) for name, convert in parameters])
    result = c.exec_driver_sql(text, row)
    if table.autoincrement_column is None:
        return 0
    number: int = result.scalar_one() if returns else result.lastrowid
    return number


def insert_rows(c: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert many rows at once, without their numbers."""
    if not rows:
        return
    text, parameters, _ = _prepared(table, c.dialect)
    text = text.partition(" RETURNING ")[0]
    c.exec_driver_sql(
        text,
        [
            tuple([convert(row.get(name)) if convert else row.get(name) for name, convert in parameters])
            for row in rows
        ],
    )


@lru_cache(maxsize=64)
def _prepared(table: Table, dialect: Dialect) -> tuple[str, tuple[tuple[str, _Convert | None], ...], bool]:
    """The statement, its parameters in their order, and whether it gives the number as a row of its own."""
    columns = [column for column in table.c if column is not table.autoincrement_column]
    names = [column.name for column in columns]
    text = str(table.insert().compile(dialect=dialect, column_keys=names))
    converts = [column.type.dialect_impl(dialect).bind_processor(dialect) for column in columns]
    return text, tuple(zip(names, converts, strict=True)), "RETURNING" in text
