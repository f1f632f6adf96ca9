"""The step: a machine, a snapshot and an event in; the next snapshot, the effects and the trace out. Pure.

A step goes on until nothing more happens by itself: after the event's transitions those that wait for none (`always`),
then the events that followed, one at a time: those that were raised, and those of states that came to their end, as
SCXML's macrostep does. It is taken as a
whole or not at all: a guard that cannot be evaluated counts as false, but a transition whose guard holds and whose
`set`, `request`, `action` or timer cannot be evaluated makes the whole step stay where it began, with the verdict
`arguments_not_evaluated`. A half-made call, or a transition that the author put second, would both be worse.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from engine.machine.compile import CompiledMachine
from engine.machine.definition import Transition
from engine.machine.macrostep import EndlessError, HinderedError, Macrostep
from engine.machine.timers import is_pending, is_timer, raised_by
from engine.machine.tree import Configuration
from engine.machine.values import printable
from engine.model import END, Candidate, Effect, EffectKind, Event, Snapshot, Step, Trace, Verdict


def step(
    machine: CompiledMachine, snapshot: Snapshot, event: Event, now: datetime, *, arrived: bool = False
) -> Step:
    """Decide about an event. `now` has a time zone; the snapshot's version grows by one whatever the verdict.

    `arrived` says that the instance was put into its state just now, without a transition: its timers are set, without
    any action, and what waits for no event is tried before the event.
    """
    at = machine.configuration(snapshot.state)
    if at is None:
        because = f'the machine {machine.definition.name} has no state "{snapshot.state}"'
        return unmoved(snapshot, event, Verdict.STATE_NOT_FOUND, because)
    if at.text != snapshot.state:
        snapshot = replace(snapshot, state=at.text)
    work = Macrostep(machine, snapshot, event, now, at)
    base = snapshot
    try:
        if arrived and (machine.reacts or machine.eventless or snapshot.timers):
            work.arrive()
            base = replace(snapshot, timers=work.timers)
            work.settle()
        if is_timer(event):
            if not is_pending(base, event):
                because = f"the timer {event.name} was cancelled, or set anew, before its event was decided"
                return _timed(snapshot, unmoved(base, event, Verdict.TIMER_CANCELLED, because))
            base = replace(base, timers={n: due for n, due in base.timers.items() if n != event.name})
            work.timers = {n: due for n, due in work.timers.items() if n != event.name}
            work.fired, work.payload = (
                raised_by(event.name) or event.name,
                work.raised.get(event.name, event.payload),
            )
        else:
            work.fired, work.payload = event.name, event.payload
        taken = work.react(event.name)
        if taken and not _only_ends(taken):
            work.settle()
    except HinderedError as problem:
        because = f'nothing moves "{at.text}" on "{event.name}": {problem}'
        return _timed(snapshot, unmoved(base, event, Verdict.UNEVALUATED, because, tuple(work.listed)))
    except EndlessError:
        because = (
            f'nothing moves "{at.text}" on "{event.name}": '
            "its always blocks and raised events follow one another without end"
        )
        return _timed(snapshot, unmoved(base, event, Verdict.ENDLESS, because, tuple(work.listed)))
    if not work.handled:
        return _timed(snapshot, _not_taken(work, base, at, taken))
    return _timed(snapshot, _taken(work, at))


def unmoved(
    snapshot: Snapshot,
    event: Event,
    verdict: Verdict,
    because: str,
    candidates: tuple[Candidate, ...] = (),
) -> Step:
    """A step that leaves the instance where it is and calls nothing; its version counts the decision."""
    return Step(
        snapshot=replace(snapshot, version=snapshot.version + 1),
        effects=(),
        trace=Trace(
            verdict=verdict,
            before=snapshot.state,
            event=event.name,
            after=snapshot.state,
            candidates=candidates,
            because=printable(because),
        ),
    )


def _only_ends(taken: Iterable[Transition]) -> bool:
    return all(transition.target == END for transition in taken)


def _timed(before: Snapshot, decided: Step) -> Step:
    """The step with what it does to timers."""
    timers = decided.snapshot.timers
    raised = {timer: payload for timer, payload in decided.snapshot.raised.items() if timer in timers}
    if len(raised) != len(decided.snapshot.raised):
        decided = replace(decided, snapshot=replace(decided.snapshot, raised=raised))
    if timers is before.timers or timers == before.timers:
        return decided
    return replace(
        decided,
        armed={name: due for name, due in timers.items() if before.timers.get(name) != due},
        cancelled=tuple(name for name in before.timers if name not in timers),
    )


def _not_taken(work: Macrostep, base: Snapshot, at: Configuration, taken: tuple[Transition, ...]) -> Step:
    """Nothing moves and nothing is called: because the event ends here, is not known, or no guard held."""
    name, listed = work.event.name, tuple(work.listed)
    if taken:
        because = f'"{name}" ends in "{at.text}": nothing is called'
        return unmoved(base, work.event, Verdict.ENDED, because, listed)
    if any(not candidate.on for candidate in listed):
        reasons = "; ".join(c.reason for c in listed if not c.on)
        because = f'nothing moves "{at.text}" on "{name}": {reasons}'
        return unmoved(base, work.event, Verdict.GUARDED, because, listed)
    because = _why_not_registered(work.machine, at, name)
    return unmoved(base, work.event, Verdict.EVENT_NOT_REGISTERED, because, listed)


def _taken(work: Macrostep, before: Configuration) -> Step:
    definition = work.machine.definition
    after, snapshot = work.at, work.snapshot
    source, target = definition.shown[before.innermost[0]], definition.shown[after.innermost[0]]
    effects = tuple(work.effects)
    status = definition.status_of(target)
    if status is not None and target != source:
        call = Effect(
            kind=EffectKind.TRANSITION,
            name=after.text,
            source=before.text,
            target=after.text,
            source_status=definition.status_of(source),
            target_status=status,
            arguments=work.request,
        )
        effects = (call, *effects)
    return Step(
        snapshot=Snapshot(
            state=after.text,
            context=work.context,
            version=snapshot.version + 1,
            histories=work.histories,
            timers=work.timers,
            latest=snapshot.latest,
            raised=work.raised,
            placed=snapshot.placed,
        ),
        effects=effects,
        trace=Trace(
            verdict=Verdict.MOVED if work.moved else Verdict.STAYED,
            before=before.text,
            event=work.event.name,
            after=after.text,
            candidates=tuple(work.listed),
            because=_because(work, before.text, after.text),
        ),
    )


def _because(work: Macrostep, before: str, after: str) -> str:
    name = work.event.name
    if not work.moved:
        return f'"{name}" leaves "{before}" as it is, with what it sets and calls'
    through = "".join(f' through "{state}"' for state in work.passed)
    if any(c.taken and not c.on for c in work.listed):
        return f'"{name}" moves "{before}" to "{after}"{through}'
    return f'"{before}" moves to "{after}"{through} by itself; "{name}" moves nothing there'


def _why_not_registered(machine: CompiledMachine, at: Configuration, event: str) -> str:
    states: Mapping[str, object] = machine.definition.states
    if at.text in states and machine.definition.states[at.text].final and "." not in at.text:
        return f'"{at.text}" is final: no event leads out of it'
    knows = ", ".join(f'"{name}"' for name in machine.events(at)) or "no event"
    return f'no transition leaves "{at.text}" on "{event}"; it knows {knows}'
