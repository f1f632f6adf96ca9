"""What libraries say of a connection that is lost is known, whichever way it was lost."""

import ast
import logging
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from engine.serve.library_lines import known

#: Where psycopg speaks of a connection and of what was under way on it.
_MODULES = ("connection_async", "transaction", "_pipeline_async", "_pipeline_base", "_copy_async")


def _said() -> Iterator[str]:
    """The texts of the warnings in psycopg's own modules."""
    folder = Path(psycopg.__file__).parent
    for module in _MODULES:
        for node in ast.walk(ast.parse((folder / f"{module}.py").read_text("utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id="logger"), attr="warning"),
                    args=[ast.Constant(value=str(text)), *_],
                ):
                    yield text


def _record(library: str, text: str) -> logging.LogRecord:
    return logging.LogRecord(library, logging.WARNING, __file__, 1, text, (), None)


@pytest.mark.parametrize("text", sorted(set(_said())))
def test_psycopg_speaks_of_a_lost_connection(text: str) -> None:
    one = known(_record("psycopg", text))
    assert one is not None
    assert one.event == "connection.dropped"


def test_every_way_to_lose_one_is_found() -> None:
    assert len(set(_said())) >= 5  # a module that moved would leave nothing to hold


def test_others_speak_for_themselves() -> None:
    assert known(_record("asyncio", "query cancellation failed")) is None
    assert known(_record("psycopg", "unknown PostgreSQL timezone")) is None
