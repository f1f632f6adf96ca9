"""Decide about one event of one instance: who holds the state, drift, and then the machine's step. Pure.

Where the backend was observed, its status is the truth: the snapshot is moved there first, without actions, and then
the event is decided. Where nothing observes, the snapshot is the truth, from the machine's initial state.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from engine.machine.compile import CompiledMachine, CompiledProvisioner
from engine.machine.step import step, unmoved
from engine.machine.values import timestamp
from engine.model import Entity, Event, Observation, Outcome, Snapshot, Step, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What was decided, and from what."""

    step: Step
    #: With the definition's text and the delivery's payload, all that is needed to decide again (`decide_again`).
    facts: dict[str, Any]
    #: This is the instance's first decision: it has to be inserted.
    created: bool


def decide(
    provisioner: CompiledProvisioner,
    instance: Snapshot | None,
    event: Event,
    now: datetime,
    *,
    observed: Observation | None,
    repeated: bool,
) -> Decision:
    """Decide about `event` for the instance (None: not seen yet) at `now`, which has a time zone.

    `observed` is what the backend just said, None where nothing observes; an observation that is to be tried again is
    not to be decided about. `repeated` says that `event.once` was decided about before. Never raises, never loses:
    every outcome is a step with a verdict.
    """
    machine = provisioner.machine.definition
    start = instance or Snapshot(state=machine.initial)
    return Decision(
        step=_decided(provisioner, start, event, now, observed, fresh=instance is None, repeated=repeated),
        facts=_facts(provisioner, instance, event, now, observed, repeated=repeated),
        created=instance is None,
    )


def decide_again(provisioner: CompiledProvisioner, facts: Mapping[str, Any], payload: Any) -> Decision:
    """The same decision from its recorded facts; `payload` is the delivery's, which the facts leave out."""
    event, snapshot, observation = facts["event"], facts["snapshot"], facts["observation"]
    return decide(
        provisioner,
        None if snapshot is None else Snapshot(**snapshot),
        Event(**{**event, "entity": Entity(**event["entity"])}, payload=payload),
        datetime.fromisoformat(facts["now"]),
        observed=None
        if observation is None
        else Observation(**{**observation, "outcome": Outcome(observation["outcome"])}),
        repeated=facts["repeated"],
    )


def _decided(
    provisioner: CompiledProvisioner,
    start: Snapshot,
    event: Event,
    now: datetime,
    observed: Observation | None,
    *,
    fresh: bool,
    repeated: bool,
) -> Step:
    if repeated:
        return unmoved(
            start, event, Verdict.REPEATED, f"{event.receive} has seen once_per {event.once} before"
        )
    if observed is None:
        return step(provisioner.machine, start, event, now)
    if observed.missing:
        because = f"the backend does not know {event.entity}, or hides it: {observed.detail}"
        return _nowhere(start, event, Verdict.ENTITY_NOT_FOUND, because)
    if observed.status is None:
        because = f"the backend did not say where {event.entity} is: {observed.detail}"
        return _nowhere(start, event, Verdict.UNOBSERVED, because)
    machine = provisioner.machine.definition
    state = _observed_state(provisioner.machine, None if fresh else start.state, observed.status)
    if state is None:
        because = (
            f'the backend has {event.entity} in "{observed.status}", which no alias of {machine.name} names'
        )
        return _nowhere(start, event, Verdict.UNALIASED, because)
    if state not in machine.states:
        because = (
            f'the backend has {event.entity} in "{observed.status}", whose alias "{state}" names no state'
        )
        return _nowhere(start, event, Verdict.STATE_NOT_FOUND, because)
    decided = step(provisioner.machine, replace(start, state=state), event, now)
    if fresh or state == start.state:
        return decided
    return replace(decided, trace=replace(decided.trace, drift_from=start.state))


def _observed_state(machine: CompiledMachine, current: str | None, status: str) -> str | None:
    """Where the backend's status says the instance is; `current` is where it was, None if it is new.

    The backend knows nothing of an internal state: as long as it shows a status from which the instance may have gone
    there, the instance is still there.
    """
    state = machine.definition.state_of(status)
    if current is not None and state in machine.shown_as.get(current, ()):
        return current
    return state


def _nowhere(snapshot: Snapshot, event: Event, verdict: Verdict, because: str) -> Step:
    """Nothing moves, and where the entity is could not be known."""
    kept = unmoved(snapshot, event, verdict, because)
    return replace(kept, trace=replace(kept.trace, before=None, after=None))


def _facts(
    provisioner: CompiledProvisioner,
    instance: Snapshot | None,
    event: Event,
    now: datetime,
    observed: Observation | None,
    *,
    repeated: bool,
) -> dict[str, Any]:
    return {
        "definition": provisioner.definition_hash,
        "project": provisioner.name,
        "variables": dict(provisioner.machine.definition.names.variables),
        "now": timestamp(now),
        "repeated": repeated,
        "event": {
            "name": event.name,
            "entity": {"project": event.entity.project, "id": event.entity.id},
            "receive": event.receive,
            "once": event.once,
            "delivery": dict(event.delivery),
        },
        "snapshot": None
        if instance is None
        else {"state": instance.state, "context": dict(instance.context), "version": instance.version},
        "observation": None
        if observed is None
        else {
            "outcome": observed.outcome.value,
            "status": observed.status,
            "detail": observed.detail,
            "missing": observed.missing,
        },
    }
