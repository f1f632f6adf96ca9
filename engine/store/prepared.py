"""Statements whose text is made once: deliveries and decisions are a dozen small ones each, and most of their time was this.

SQLAlchemy writes the text and converts the values; only its bookkeeping for each execution is left out. Errors are those
that SQLAlchemy would raise.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, Select, Table, TextualSelect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.dml import Delete, Update

from engine.store.columns import to_database

_Convert = Callable[[Any], Any]
_Values = Mapping[str, Any]


class Prepared:
    """A SELECT, UPDATE or DELETE; its text for a database is made when it is first run there.

    `sets` are the columns that an UPDATE changes besides those that it names itself; their values are given under the
    columns' names. Like `select` it is made once, for a module.
    """

    def __init__(
        self, statement: Select[Any] | TextualSelect | Update | Delete, *, sets: Sequence[str] = ()
    ) -> None:
        self._statement = statement
        self._sets = sets
        self._made: dict[Dialect, _Text] = {}

    def rows(self, c: Connection, values: _Values) -> list[dict[str, Any]]:
        """The rows found, each by its columns' names."""
        text = self._text(c.dialect)
        return [text.row(found) for found in _execute(c, text.text, text.parameters(values)).fetchall()]

    def first(self, c: Connection, values: _Values) -> dict[str, Any] | None:
        """The first row found, by its columns' names."""
        text = self._text(c.dialect)
        found = _execute(c, text.text, text.parameters(values)).fetchone()
        return None if found is None else text.row(found)

    def scalar(self, c: Connection, values: _Values) -> Any:
        """The first column of the first row found; None if there is no row."""
        text = self._text(c.dialect)
        found = _execute(c, text.text, text.parameters(values)).fetchone()
        return None if found is None else text.first(found)

    def change(self, c: Connection, values: _Values) -> int:
        """How many rows were changed."""
        text = self._text(c.dialect)
        count: int = _execute(c, text.text, text.parameters(values)).rowcount
        return count

    def _text(self, dialect: Dialect) -> "_Text":
        made = self._made.get(dialect)
        if made is None:
            made = self._made[dialect] = _Text(self._statement, dialect, self._sets)
        return made


def insert_row(c: Connection, table: Table, values: _Values) -> int:
    """Insert a row and return its number; a column that `values` does not name is null or counts by itself.

    For a table whose rows do not count by themselves it is 0.
    """
    text, parameters, number_of = _insert(table, c.dialect)
    get = values.get
    row = [get(name) if convert is None else convert(get(name)) for name, convert in parameters]
    return number_of(_execute(c, text, row))


class _Text:
    """A statement as one database reads it, with what its values and its rows are converted by."""

    def __init__(
        self, statement: Select[Any] | TextualSelect | Update | Delete, dialect: Dialect, sets: Sequence[str]
    ) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=list(sets) if sets else None)
        self.text = str(compiled)
        names = compiled.positiontup or ()
        binds = compiled.binds
        self._parameters = [
            (name, binds[name].value, to_database(binds[name].type, dialect)) for name in names
        ]
        self._names = frozenset(names)
        columns = statement.selected_columns if isinstance(statement, Select | TextualSelect) else ()
        self._columns = [
            (str(column.key), column.type.dialect_impl(dialect).result_processor(dialect, None))
            for column in columns
        ]

    def parameters(self, values: _Values) -> list[Any]:
        """The values in the order of the text; one that is not given is the statement's own."""
        if not values.keys() <= self._names:
            raise ValueError(f"the statement knows no {', '.join(sorted(values.keys() - self._names))}")
        get = values.get
        return [
            get(name, own) if convert is None else convert(get(name, own))
            for name, own, convert in self._parameters
        ]

    def row(self, found: Sequence[Any]) -> dict[str, Any]:
        return {
            name: convert(value) if convert is not None else value
            for (name, convert), value in zip(self._columns, found, strict=True)
        }

    def first(self, found: Sequence[Any]) -> Any:
        convert = self._columns[0][1]
        return convert(found[0]) if convert is not None else found[0]


def _execute(c: Connection, text: str, parameters: Sequence[Any]) -> Any:
    """Run a text on the driver's own connection, inside the transaction that `c` is in; the driver's cursor."""
    driver: Any = c.connection.dbapi_connection
    try:
        return driver.execute(text, parameters)
    except c.dialect.loaded_dbapi.Error as error:
        raise DBAPIError.instance(text, parameters, error, c.dialect.loaded_dbapi.Error) from error


@lru_cache(maxsize=64)
def _insert(
    table: Table, dialect: Dialect
) -> tuple[str, tuple[tuple[str, _Convert | None], ...], Callable[[Any], int]]:
    """The statement, its parameters in their order, and what reads the row's number off the cursor."""
    columns = [column for column in table.c if column is not table.autoincrement_column]
    names = [column.name for column in columns]
    text = str(table.insert().compile(dialect=dialect, column_keys=names))
    converts = [to_database(column.type, dialect) for column in columns]
    number_of = _returned if "RETURNING" in text else _last
    return (
        text,
        tuple(zip(names, converts, strict=True)),
        _no_number if table.autoincrement_column is None else number_of,
    )


def _no_number(_cursor: Any) -> int:
    return 0


def _returned(cursor: Any) -> int:
    number: int = cursor.fetchone()[0]
    return number


def _last(cursor: Any) -> int:
    number: int = cursor.lastrowid
    return number
