from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.store.database import Store
from tests.harness.postgres import PostgresServer


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/interlock.db"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    store = Store.open(url, key=b"k" * 32)
    yield store
    store.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def any_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A new store's URL, once for each backend."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/interlock.db"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.url()
