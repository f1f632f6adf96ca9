"""Decide about one event of one instance: who holds the state, drift, and then the machine's step. Pure.

Where the backend was observed, its status is the truth: the snapshot is moved there first, without actions, and then
the event is decided. Where nothing observes, the snapshot is the truth, from the machine's initial state.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from engine.frozen import frozen
from engine.machine.compile import CompiledMachine, CompiledProvisioner
from engine.machine.order import is_older
from engine.machine.step import marked, step, unmoved
from engine.machine.values import timestamp
from engine.model import Entity, Event, Observation, Outcome, Snapshot, Step, Verdict


@frozen
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
    fresh = instance is None
    start = Snapshot(state=provisioner.machine.initial, placed=False) if instance is None else instance
    return Decision(
        step=_decided(provisioner, start, event, now, observed, fresh=fresh, repeated=repeated),
        facts=_facts(provisioner, instance, event, now, observed, repeated=repeated),
        created=fresh,
    )


def must_wait(decision: Decision) -> bool:
    """Whether the decision is not to be taken: the machine has no such state, and nothing says where the entity is now.

    Another definition may have that state again; until then the event waits, and is not used up.
    """
    return decision.step.trace.verdict is Verdict.STATE_NOT_FOUND and decision.facts["observation"] is None


def decide_again(provisioner: CompiledProvisioner, facts: Mapping[str, Any], payload: Any) -> Decision:
    """The same decision from its recorded facts; `payload` is the delivery's, which the facts leave out.

    An event of the engine itself has no delivery: its payload is in the facts, and `payload` is not looked at.
    """
    event, snapshot, observation = facts["event"], facts["snapshot"], facts["observation"]
    return decide(
        provisioner,
        None if snapshot is None else Snapshot(**snapshot),
        Event(**{"payload": payload, **event, "entity": Entity(**event["entity"])}),
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
    mark = provisioner.machine.definition.hash
    start = marked(provisioner.machine, start)
    if repeated:
        because = f"{event.receive} has seen once_per {event.once} before"
        return unmoved(start, event, Verdict.REPEATED, because, machine=mark)
    last = start.latest.get(event.receive or "")
    if event.ordered is not None and last is not None and is_older(event.ordered, last):
        because = f"{event.receive} has seen ordered_by {last} before, this one says {event.ordered}"
        return unmoved(start, event, Verdict.LATE, because, machine=mark)
    if event.ordered is not None and event.receive is not None:
        start = replace(start, latest={**start.latest, event.receive: event.ordered})
    if observed is None:
        placed = start if start.placed else replace(start, placed=True)
        return step(provisioner.machine, placed, event, now, arrived=not start.placed)
    return _observed(provisioner.machine, start, event, now, observed, fresh=fresh)


def _hides(provisioner: CompiledProvisioner, instance: Snapshot | None) -> bool:
    names = provisioner.machine.definition.names
    return names.hidden is not None or (instance is not None and bool(instance.sensitive))


def _observed(
    machine: CompiledMachine,
    start: Snapshot,
    event: Event,
    now: datetime,
    observed: Observation,
    *,
    fresh: bool,
) -> Step:
    if observed.missing:
        because = f"the backend does not know {event.entity}, or hides it: {observed.detail}"
        return _nowhere(machine, start, event, Verdict.ENTITY_NOT_FOUND, because)
    if observed.status is None:
        because = f"the backend did not say where {event.entity} is: {observed.detail}"
        return _nowhere(machine, start, event, Verdict.UNOBSERVED, because)
    state = _observed_state(machine, None if fresh else start.state, observed.status)
    says = f'the backend has {event.entity} in "{observed.status}"'
    if state is None:
        because = f"{says}, which no alias of {machine.definition.name} names"
        return _nowhere(machine, start, event, Verdict.UNALIASED, because)
    at = machine.configuration(state)
    if at is None:
        return _nowhere(
            machine, start, event, Verdict.STATE_NOT_FOUND, f'{says}, whose alias "{state}" names no state'
        )
    arrived = at.text != start.state or not start.placed
    decided = step(machine, replace(start, state=at.text, placed=True), event, now, arrived=arrived)
    if not arrived or not start.placed:
        return decided
    return replace(decided, trace=replace(decided.trace, drift_from=start.state))


def _observed_state(machine: CompiledMachine, current: str | None, status: str) -> str | None:
    """Where the backend's status says the instance is; `current` is where it was, None if it is new.

    The backend knows nothing of an internal state, and one status stands for all states in a state that has an alias:
    as long as it shows what the instance's state would show, or may have come from, the instance is still there.
    """
    state = machine.definition.state_of(status)
    at = None if current is None else machine.configuration(current)
    if at is not None:
        shown = machine.definition.shown[at.innermost[0]]
        if state == shown or state in machine.shown_as.get(shown, ()):
            return current
    return state


def _nowhere(
    machine: CompiledMachine, snapshot: Snapshot, event: Event, verdict: Verdict, because: str
) -> Step:
    """Nothing moves, and where the entity is could not be known."""
    kept = unmoved(snapshot, event, verdict, because, machine=machine.definition.hash)
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
        "variables": dict(provisioner.variables),
        **({"sensitive": sorted(provisioner.sensitive)} if provisioner.sensitive else {}),
        # How sensitive values were hidden in the trace: rows before that show more of them, and come out the same again.
        **({"hiding": 1} if _hides(provisioner, instance) else {}),
        "now": timestamp(now),
        "repeated": repeated,
        "event": {
            "name": event.name,
            "entity": {"project": event.entity.project, "id": event.entity.id},
            "receive": event.receive,
            "once": event.once,
            "ordered": event.ordered,
            "delivery": dict(event.delivery),
            **({"payload": event.payload} if event.receive is None else {}),
        },
        "snapshot": None
        if instance is None
        else {
            "state": instance.state,
            "context": dict(instance.context),
            "version": instance.version,
            **instance.memory(),
            **({"machine": instance.machine} if instance.machine else {}),
        },
        "observation": None
        if observed is None
        else {
            "outcome": observed.outcome.value,
            "status": observed.status,
            "detail": observed.detail,
            "missing": observed.missing,
        },
    }
