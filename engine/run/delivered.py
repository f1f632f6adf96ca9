"""What a delivery said, read again from the store."""

from typing import Any

from engine.errors import StoreError
from engine.sources.catalog import SOURCES
from engine.store import deliveries
from engine.store.database import Connection
from engine.store.deliveries import DeliveryRow


def delivered(c: Connection, delivery_row_id: int) -> tuple[DeliveryRow, Any]:
    """The delivery and its payload; `StoreError` if it is gone."""
    row = deliveries.get(c, delivery_row_id)
    if row is None:
        raise StoreError(f"delivery {delivery_row_id} is gone: the store was changed by something else")
    return row, SOURCES[row.source].payload_of(row.headers, deliveries.body(c, row.id))
