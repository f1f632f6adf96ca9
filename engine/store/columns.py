"""Column types that mean the same on every database: moments, JSON and words of a fixed list."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Dialect, Integer, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

from engine.store.encoding import decode, encode

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

#: A row's own number. SQLite counts only a column of exactly this type by itself.
Identity = BigInteger().with_variant(Integer, "sqlite")


def microseconds(moment: datetime) -> int:
    """Microseconds since 1970; the datetime must have a time zone."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no time zone: pass a datetime with one, UTC by custom")
    return (moment - _EPOCH) // _MICROSECOND


def to_database(kind: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    """What brings a value of that column to the driver; None if the driver takes it as it is.

    It is what SQLAlchemy would use. For the types of this module, whose texts and integers every driver takes, it comes
    without the calls that SQLAlchemy puts around a type that is made from another.
    """
    if isinstance(kind, Moment | Json | Word):
        return kind.to_database
    return kind.dialect_impl(dialect).bind_processor(dialect)


class Moment(TypeDecorator[datetime]):
    """A point in time: integer microseconds since 1970 in the table, a datetime in UTC in Python."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Store microseconds."""
        del dialect
        return self.to_database(value)

    @staticmethod
    def to_database(value: datetime | None) -> int | None:
        """Microseconds."""
        return None if value is None else microseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Give a datetime in UTC."""
        del dialect
        return None if value is None else _EPOCH + value * _MICROSECOND


class Json(TypeDecorator[Any]):
    """Plain JSON values, stored as text with sorted keys."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:
        """Store text; None is JSON's null."""
        del dialect
        return self.to_database(value)

    #: The value as text.
    to_database = staticmethod(encode)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """Give JSON values."""
        del dialect
        return None if value is None else decode(value)


class Word(TypeDecorator[StrEnum]):
    """One word of a fixed list, stored as text."""

    impl = Text
    cache_ok = True

    def __init__(self, words: type[StrEnum]) -> None:
        super().__init__()
        self.words = words
        self._texts: dict[str | None, str | None] = {None: None, **{word: word.value for word in words}}

    def process_bind_param(self, value: StrEnum | None, dialect: Dialect) -> str | None:
        """Store the word itself."""
        del dialect
        return self.to_database(value)

    def to_database(self, value: StrEnum | None) -> str | None:
        """The word itself; `ValueError` if it is none of the list."""
        try:
            return self._texts[value]
        except KeyError:
            return self.words(str(value)).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:
        """Give the member of the list."""
        del dialect
        return None if value is None else self.words(value)
