"""What is written to the store goes into no error."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from engine.errors import StoreError
from engine.store.database import Store


def test_an_error_of_the_database_does_not_show_what_was_to_be_written(any_url: str) -> None:
    store = Store.open(any_url, key=b"k" * 32)
    try:
        work = store.submit(
            lambda c: c.execute(text("INSERT INTO nowhere VALUES (:value)"), {"value": "sesame"})
        )
        with pytest.raises((StoreError, SQLAlchemyError)) as failed:
            work.result()
        with store.read() as connection, pytest.raises((StoreError, SQLAlchemyError)) as read:
            connection.execute(text("SELECT * FROM nowhere WHERE x = :value"), {"value": "sesame"})
    finally:
        store.close()
    for problem in (failed, read):
        assert "nowhere" in str(problem.value)
        assert "sesame" not in str(problem.value)
