"""Deliveries that were recorded, decided again: from a file, or from a store."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from engine.decide.simulate import Simulation, Situation, simulate
from engine.machine.compile import compile_definition
from engine.machine.definition import Definition
from engine.model import Delivery, Snapshot
from engine.run.delivered import delivered
from engine.sources.recorded import Recorded, read_recorded
from engine.store.database import Store
from engine.testing.clock import FrozenClock
from engine.testing.load import load_definition


def recorded_delivery(file: Path | str, source: str | None = None, event_type: str | None = None) -> Recorded:
    """The delivery in a file: a payload, or a request as `interlock deliveries NUMBER --json`, GitHub or GitLab show it.

    What the file does not say about source and event type has to be given. Raises `SettingError` or
    `MalformedBodyError`.
    """
    return read_recorded(Path(file).read_bytes(), source, event_type)


def stored_delivery(store: str, number: int) -> Recorded:
    """A delivery of a store (``sqlite:///interlock.db``), by its number; raises `StoreError`."""
    opened = Store.open(store, migrate=False)
    try:
        with opened.read() as connection:
            row, payload = delivered(connection, number)
    finally:
        opened.close()
    return Recorded(
        source=row.source, type=row.type, id=row.delivery_id, payload=payload, headers=row.headers
    )


def replay_delivery(
    definition: Definition | Path | str,
    recorded: Recorded,
    *,
    project: str | None = None,
    state: str | None = None,
    context: Mapping[str, Any] | None = None,
    status: str | None = None,
    now: datetime | None = None,
) -> Simulation:
    """What a recorded delivery does to a definition: every decision with its trace; nothing is stored or performed.

    Entities are in `state` with `context`, or new; `status` is what the backend says about them, where it observes. It is
    received at `now`, or at the time of a `FrozenClock`.
    """
    read = definition if isinstance(definition, Definition) else load_definition(definition)
    compiled = compile_definition(read)
    at = now if now is not None else FrozenClock()()
    chosen = [one for name, one in compiled.items() if project in (None, name)]
    start = None if state is None else Snapshot(state=state, context=dict(context or {}))
    delivery = Delivery(
        source=recorded.source, type=recorded.type, id=recorded.id, received_at=at, payload=recorded.payload
    )
    return simulate(chosen, Situation(start=start, status=status), delivery, at)
