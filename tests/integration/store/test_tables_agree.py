"""The questions about what tables say of each other are understood by every database."""

from datetime import UTC, datetime

from engine.store import agreement, waiting
from engine.store.database import Store


def test_an_empty_store_agrees_with_itself_and_nothing_waits(any_url: str) -> None:
    store = Store.open(any_url, key=b"k" * 32)
    try:
        with store.read() as c:
            assert list(agreement.disagreements(c)) == []
            assert list(agreement.disagreements(c, ("soc", "SOC-1"))) == []
            assert list(agreement.disagreements(c, ("soc", "SOC-1"), reached=True)) == []
            assert waiting.find(c, datetime.now(UTC), entity_id="SOC-1", project="soc") == []
    finally:
        store.close()
