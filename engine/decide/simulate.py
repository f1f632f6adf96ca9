"""What deliveries and events would do: decisions as they would be made, with nothing stored or performed. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import field
from datetime import datetime

from engine.decide.decide import Decision, decide
from engine.frozen import frozen
from engine.machine.approvals import completed
from engine.machine.compile import CompiledProvisioner
from engine.machine.timers import next_due, timer_event
from engine.model import Delivery, EffectKind, Entity, Event, Observation, Outcome, Snapshot, listens_to
from engine.sources.correlate import correlate

#: Project, `receive` block, value of ``once_per`` and entity: what was decided about.
Claim = tuple[str, str, str, str]

#: More timers than this do not run out while time passes once: such a machine keeps itself busy.
MOST_TIMERS = 10_000


@frozen
class Situation:
    """Where every entity is, as far as it matters to the next decision."""

    #: Where an entity is that has no snapshot yet; None = it was never seen.
    start: Snapshot | None = None
    #: What the backend says about an entity that has no status yet; None = no backend observes.
    status: str | None = None
    snapshots: Mapping[Entity, Snapshot] = field(default_factory=dict)
    #: What the backend says, where `status` is given: every transition call is taken to be done.
    statuses: Mapping[Entity, str] = field(default_factory=dict)
    #: What was decided about already, by ``once_per``.
    claims: frozenset[Claim] = frozenset()


@frozen
class Simulated:
    """One event, decided."""

    project: str
    event: Event
    decision: Decision
    #: When it was decided.
    at: datetime


@frozen
class Simulation:
    """Everything that a delivery would do."""

    #: In the order in which the events would be decided.
    decided: tuple[Simulated, ...]
    #: Why it means no more than that, one sentence each.
    ignored: tuple[str, ...]
    #: Where every entity is afterwards.
    after: Situation


def simulate(
    provisioners: Iterable[CompiledProvisioner], situation: Situation, delivery: Delivery, now: datetime
) -> Simulation:
    """Decide everything that the delivery means at `now`, which has a time zone."""
    known = {provisioner.name: provisioner for provisioner in provisioners}
    correlation = correlate(known.values(), delivery)
    decided = []
    for correlated in correlation.events:
        one, situation = simulate_event(known[correlated.provisioner], situation, correlated.event, now)
        decided.append(one)
    return Simulation(decided=tuple(decided), ignored=correlation.ignored, after=situation)


def simulate_event(
    provisioner: CompiledProvisioner, situation: Situation, event: Event, now: datetime
) -> tuple[Simulated, Situation]:
    """Decide about one event at `now`: what was decided, and the situation afterwards."""
    entity = event.entity
    status = situation.statuses.get(entity, situation.status)
    snapshot = situation.snapshots.get(entity, situation.start)
    event = completed(event, snapshot, now)
    claim = _claim(event)
    decision = decide(
        provisioner,
        snapshot,
        event,
        now,
        observed=None if status is None else Observation(outcome=Outcome.DONE, status=status),
        repeated=claim in situation.claims,
    )
    reached = [e.target_status for e in decision.step.effects if e.kind is EffectKind.TRANSITION]
    if status is not None and reached and reached[0] is not None:
        status = reached[0]
    after = Situation(
        start=situation.start,
        status=situation.status,
        snapshots={**situation.snapshots, entity: decision.step.snapshot},
        statuses=situation.statuses if status is None else {**situation.statuses, entity: status},
        claims=situation.claims if claim is None else situation.claims | {claim},
    )
    return Simulated(project=provisioner.name, event=event, decision=decision, at=now), after


def pass_time(
    provisioner: CompiledProvisioner, situation: Situation, until: datetime, before: str | None = None
) -> Simulation:
    """Let every timer that is due by `until`, which has a time zone, run out when it is due, one after the other.

    At `until` itself it stops before the timer that `before` names, if there is one. After `MOST_TIMERS` of them it stops.
    Either way `Simulation.ignored` says so where that is not what was asked for.
    """
    decided: list[Simulated] = []
    while True:
        waiting = [
            (*due, entity)
            for entity, snapshot in situation.snapshots.items()
            if (due := next_due(snapshot)) is not None and due[0] <= until
        ]
        if not waiting:
            ignored = () if before is None else (f'no timer "{before}" is due at {until}',)
            return Simulation(decided=tuple(decided), ignored=ignored, after=situation)
        if len(decided) == MOST_TIMERS:
            reason = f"{MOST_TIMERS} timers ran out and set new ones: the clock stopped at {decided[-1].at}"
            return Simulation(decided=tuple(decided), ignored=(reason,), after=situation)
        at, name, entity = min(waiting, key=lambda due: due[0])
        if (at, name) == (until, before):
            return Simulation(decided=tuple(decided), ignored=(), after=situation)
        event = timer_event(entity, name, situation.snapshots[entity].timers[name])
        one, situation = simulate_event(provisioner, situation, event, at)
        decided.append(one)


def _claim(event: Event) -> Claim | None:
    if event.once is None:
        return None
    return (event.entity.project, listens_to(event.receive or ""), event.once, event.entity.id)
