"""Fixtures for every test that needs a database server."""

from collections.abc import Iterator

import pytest

from tests.harness.postgres import PostgresServer, running_postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server of this test run."""
    with running_postgres() as server:
        yield server
