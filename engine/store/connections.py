"""Connections to PostgreSQL that do not wait for ever, and of which nothing stays open when they are given up."""

from collections.abc import Iterator
from contextlib import contextmanager
from traceback import clear_frames
from typing import Any, Self, TypeVar

import psycopg
from psycopg.abc import PQGen

#: After this the server is taken for frozen, and the connection is given up: it does not even say that it gave up itself.
FROZEN_SECONDS = 12.0
#: Commands that read everything ask questions that may take this long.
_LONG_SECONDS = 600.0

T = TypeVar("T")


class Impatient(psycopg.Connection[Any]):
    """A connection that does not wait for ever: a server that is frozen keeps its connections and answers nothing."""

    #: So long is an answer waited for; None = as long as it takes.
    patience: float | None = FROZEN_SECONDS

    @classmethod
    def connect(cls, *given: Any, **named: Any) -> Self:
        """Connect; an attempt that is given up is closed at once."""
        with _nothing_half_made():
            return super().connect(*given, **named)

    def wait(self, gen: PQGen[T], *given: Any, **more: Any) -> T:
        """Wait for what was asked; `OperationalError` if the server says nothing in time, and nothing more is asked."""
        if self.patience is None:
            return super().wait(gen, *given, **more)
        try:
            return super().wait(gen, *given, **{"timeout": self.patience, **more})
        except psycopg.errors._WaitTimeout as error:  # noqa: SLF001 -- it is to be converted, it says
            self.pgconn.finish()
            raise psycopg.OperationalError(f"no answer within {self.patience:.0f} seconds") from error


class WorkerConnection(psycopg.AsyncConnection[Any]):
    """A connection of a worker's pool; an attempt that is given up is closed at once."""

    @classmethod
    async def connect(cls, *given: Any, **named: Any) -> Self:
        """Connect."""
        with _nothing_half_made():
            return await super().connect(*given, **named)


def connect(_dialect: object, _record: object, given: Any, named: Any) -> Impatient:
    """What SQLAlchemy asks for a connection."""
    return Impatient.connect(*given, **named)


def connect_patient(_dialect: object, _record: object, given: Any, named: Any) -> Impatient:
    """One that waits minutes for an answer."""
    connection = Impatient.connect(*given, **named)
    connection.patience = _LONG_SECONDS
    return connection


@contextmanager
def _nothing_half_made() -> Iterator[None]:
    """Let go of what the library's frames still hold when connecting fails.

    They and their error hold each other, and with them the socket of the attempt. Until garbage is collected the server
    has a client that says nothing, and does not stop before it has given that up, after a minute.
    """
    try:
        yield
    except BaseException as error:
        clear_frames(error.__traceback__)
        raise
