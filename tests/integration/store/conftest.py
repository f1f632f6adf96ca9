from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.store.database import Store


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/interlock.db"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    store = Store.open(url, key=b"k" * 32)
    yield store
    store.close()
