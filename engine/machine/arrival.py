"""Where an instance is that was put into a state without a transition: its timers are set, and what waits for none is done."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from engine.machine.compile import CompiledMachine
from engine.machine.step import step
from engine.model import Entity, Event, Snapshot, Step

#: The name of an event that no machine knows.
_ARRIVAL = "<arrival>"


def arrival(
    machine: CompiledMachine, state: str, context: Mapping[str, Any], entity: Entity, now: datetime
) -> Step:
    """The step of an instance that is put into `state` at `now`, which has a time zone."""
    event = Event(name=_ARRIVAL, entity=entity, payload={})
    return step(machine, Snapshot(state=state, context=context), event, now, arrived=True)


def arrive(
    machine: CompiledMachine, state: str, context: Mapping[str, Any], entity: Entity, now: datetime
) -> Snapshot:
    """Where it is then."""
    return replace(arrival(machine, state, context, entity, now).snapshot, version=0)
