"""Where an instance is that was put into a state without a transition: its timers are set, and what waits for none is done."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from engine.machine.compile import CompiledMachine
from engine.machine.step import step
from engine.model import Entity, Event, Snapshot

#: The name of an event that no machine knows.
_ARRIVAL = "<arrival>"


def arrive(
    machine: CompiledMachine, state: str, context: Mapping[str, Any], entity: Entity, now: datetime
) -> Snapshot:
    """The snapshot of an instance that is in `state` since `now`, which has a time zone."""
    event = Event(name=_ARRIVAL, entity=entity, payload={})
    put = Snapshot(state=state, context=context)
    return replace(step(machine, put, event, now, arrived=True).snapshot, version=0)
