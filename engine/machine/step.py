"""The step: a machine, a snapshot and an event in; the next snapshot, the effects and the trace out. Pure.

A step goes on until nothing more happens by itself: after the event's transitions those that wait for none (`always`),
then the events that followed, one at a time: those that were raised, and those of states that came to their end, as
SCXML's macrostep does. It is taken as a
whole or not at all: a guard that cannot be evaluated counts as false, but a transition whose guard holds and whose
`set`, `request`, `action` or timer cannot be evaluated makes the whole step stay where it began, with the verdict
`arguments_not_evaluated`. A half-made call, or a transition that the author put second, would both be worse.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from engine.machine.approvals import is_answer, listed
from engine.machine.by_itself import by_itself, only_ends
from engine.machine.compile import CompiledMachine
from engine.machine.definition import Transition
from engine.machine.macrostep import EndlessError, HinderedError, Macrostep
from engine.machine.timers import is_pending, is_timer
from engine.machine.tree import Configuration
from engine.machine.values import printable
from engine.model import (
    ASKS,
    Candidate,
    Event,
    Snapshot,
    Step,
    Trace,
    Verdict,
    is_own_event,
)

#: More timers than this in a row that hardly wait, with no other event between them, are taken for an endless loop.
MOST_HURRIED = 100
#: A timer that waits less hardly waits.
LEAST_WAIT = timedelta(seconds=1)


def step(
    machine: CompiledMachine, snapshot: Snapshot, event: Event, now: datetime, *, arrived: bool = False
) -> Step:
    """Decide about an event. `now` has a time zone; the snapshot's version grows by one whatever the verdict.

    What it gives belongs to nobody alone: the mappings of a snapshot may be those of the one before, and are not to be written
    into. Change a copy (`dataclasses.replace`).

    `arrived` says that the instance was put into its state just now, without a transition: its timers are set, without
    any action, and what waits for no event is tried before the event.
    """
    mark = machine.definition.hash
    at = machine.configuration(snapshot.state)
    if at is None:
        because = f'the machine {machine.definition.name} has no state "{snapshot.state}"'
        return unmoved(snapshot, event, Verdict.STATE_NOT_FOUND, because, machine=mark)
    if at.text != snapshot.state:
        snapshot = replace(snapshot, state=at.text)
    snapshot = marked(machine, snapshot)
    work = Macrostep(machine, snapshot, event, now, at)
    base = snapshot
    try:
        if arrived and (machine.reacts or machine.eventless or snapshot.timers or snapshot.awaits):
            work.arrive()
            base = replace(snapshot, timers=work.timers, raised=work.raised, awaits=work.awaits)
            work.settle()
        work.turn()
        if event.receive is None:
            base, done = _own(work, base, at)
            if done is not None:
                return _timed(snapshot, done)
        taken = _react(work)
    except HinderedError as problem:
        because = f'nothing moves "{at.text}" on "{event.name}": {problem}'
        return _timed(
            snapshot, unmoved(base, event, Verdict.UNEVALUATED, because, tuple(work.listed), machine=mark)
        )
    except EndlessError:
        because = (
            f'nothing moves "{at.text}" on "{event.name}": '
            f"its {by_itself(machine.definition)} follow one another without end"
        )
        return _timed(
            snapshot, unmoved(base, event, Verdict.ENDLESS, because, tuple(work.listed), machine=mark)
        )
    if not work.handled:
        return _timed(snapshot, _not_taken(work, base, at, taken))
    return _timed(snapshot, _taken(work, at))


def marked(machine: CompiledMachine, snapshot: Snapshot) -> Snapshot:
    """The snapshot with what of it is sensitive."""
    hidden = machine.definition.names.remembering(snapshot.sensitive).hidden
    sensitive = {} if hidden is None else hidden.remembered(snapshot.context, snapshot.raised)
    return snapshot if sensitive == snapshot.sensitive else replace(snapshot, sensitive=sensitive)


def _own(work: Macrostep, base: Snapshot, at: Configuration) -> tuple[Snapshot, Step | None]:
    """The base without the timer that has run out; and the step, if the engine's own event is not to be decided."""
    event = work.event
    if not is_own_event(event.name):
        return base, None
    if event.name == ASKS:
        return base, _asked(work, base)
    pending = is_timer(event) and is_pending(base, event)
    if pending:
        base = replace(base, timers=_without(base.timers, event.name), hurried=0)
        work.timers = _without(work.timers, event.name)
    refused = _refused(work, pending=pending)
    if refused is None:
        return base, None
    mark = work.machine.definition.hash
    return base, _taken(work, at) if work.handled else unmoved(base, event, *refused, machine=mark)


def _refused(work: Macrostep, *, pending: bool) -> tuple[Verdict, str] | None:
    """The verdict on an event of the engine's own that is not to be decided any more, and why."""
    event = work.event
    if is_answer(event):
        return work.hear()
    if is_timer(event) and not pending:
        because = f"the timer {event.name} was cancelled, or set anew, before its event was decided"
        return Verdict.TIMER_CANCELLED, because
    return (Verdict.ENDLESS, _hurried(event)) if pending and work.snapshot.hurried >= MOST_HURRIED else None


def _asked(work: Macrostep, base: Snapshot) -> Step:
    """The step on a definition that asks people where it did not when the instance came there."""
    mark, new = work.machine.definition.hash, work.ask()
    if not new:
        return unmoved(
            base, work.event, Verdict.NOT_AWAITED, f'nothing new is asked in "{work.at.text}"', machine=mark
        )
    because = f"people are asked in {listed(new)}: since it was entered, the definition has come to say so"
    return unmoved(replace(base, awaits=work.awaits), work.event, Verdict.STAYED, because, machine=mark)


def _react(work: Macrostep) -> tuple[Transition, ...]:
    """Take what the event enables, and all that follows by itself."""
    taken = work.react(work.event.name)
    if taken and not only_ends(taken):
        work.settle()
    if work.answered and (work.counted or not only_ends(taken)):
        work.keep_answer()
    return taken


def _without(timers: Mapping[str, str], name: str) -> Mapping[str, str]:
    return {event: due for event, due in timers.items() if event != name}


def _hurried(event: Event) -> str:
    return (
        f"nothing moves on {event.name}: it is one of {MOST_HURRIED} timers in a row that waited less than "
        f"{LEAST_WAIT.seconds} s each, with no other event between them"
    )


def unmoved(
    snapshot: Snapshot,
    event: Event,
    verdict: Verdict,
    because: str,
    candidates: tuple[Candidate, ...] = (),
    *,
    machine: str,
) -> Step:
    """A step that leaves the instance where it is and calls nothing; its version counts the decision.

    `machine` is the hash of the one that decided.
    """
    return Step(
        snapshot=replace(snapshot, version=snapshot.version + 1, machine=machine),
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


def _timed(before: Snapshot, decided: Step) -> Step:
    """The step with what it does to timers."""
    timers, fired = decided.snapshot.timers, decided.trace.event
    if any(timer not in timers for timer in decided.snapshot.raised):
        raised = {timer: payload for timer, payload in decided.snapshot.raised.items() if timer in timers}
        decided = replace(decided, snapshot=replace(decided.snapshot, raised=raised))
    if timers is before.timers or (timers == before.timers and fired not in timers):
        return decided
    return replace(
        decided,
        # One that has run out and is set anew, perhaps for the same moment, is another one.
        armed={name: due for name, due in timers.items() if before.timers.get(name) != due or name == fired},
        cancelled=tuple(name for name in before.timers if name not in timers),
    )


def _not_taken(work: Macrostep, base: Snapshot, at: Configuration, taken: tuple[Transition, ...]) -> Step:
    """Nothing moves and nothing is called: the event ends here, no guard held, it leads here, or is not known."""
    name, listed, mark = work.event.name, tuple(work.listed), work.machine.definition.hash
    if work.counted and not taken:
        because = f'the answer counts, and nothing moves "{at.text}" yet: {"; ".join(c.reason for c in listed if not c.on)}'
        return unmoved(
            replace(base, awaits=work.awaits), work.event, Verdict.COUNTED, because, listed, machine=mark
        )
    if taken:
        because = f'"{name}" ends in "{at.text}": nothing is called'
        return unmoved(base, work.event, Verdict.ENDED, because, listed, machine=mark)
    if any(not candidate.on for candidate in listed):
        reasons = "; ".join(c.reason for c in listed if not c.on)
        because = f'nothing moves "{at.text}" on "{name}": {reasons}'
        return unmoved(base, work.event, Verdict.GUARDED, because, listed, machine=mark)
    origin = work.leads_here()
    if origin is not None:
        because = f'"{name}" leads here from "{origin}", and the entity is in "{at.text}" already: nothing is called'
        return unmoved(base, work.event, Verdict.ALREADY_THERE, because, listed, machine=mark)
    because = _why_not_registered(work.machine, at, name)
    return unmoved(base, work.event, Verdict.EVENT_NOT_REGISTERED, because, listed, machine=mark)


def _taken(work: Macrostep, before: Configuration) -> Step:
    after, snapshot = work.at, work.snapshot
    effects = tuple(work.effects)
    call = work.machine.call(before, after)
    if call is not None:
        if work.request:
            call = replace(call, arguments=work.request, masks=work.request_masks)
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
            awaits=work.awaits,
            hurried=snapshot.hurried + 1 if work.event.receive is None and _hurries(work) else 0,
            sensitive=work.sensitive(),
            machine=work.machine.definition.hash,
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
        passed=tuple(work.passed),
    )


def _hurries(work: Macrostep) -> bool:
    """Whether a timer has run out and set another one that hardly waits."""
    if not is_timer(work.event):
        return False
    before, soon = work.snapshot.timers, work.now + LEAST_WAIT
    new = (due for name, due in work.timers.items() if before.get(name) != due or name == work.event.name)
    return any(datetime.fromisoformat(due) < soon for due in new)


def _because(work: Macrostep, before: str, after: str) -> str:
    name = work.event.name
    if not work.moved:
        return f'"{name}" leaves "{before}" as it is, with what it sets and calls'
    through = "".join(f' through "{one.state}"' for one in work.passed) if work.passed else ""
    if any(c.taken and not c.on for c in work.listed):
        return f'"{name}" moves "{before}" to "{after}"{through}'
    return f'"{before}" moves to "{after}"{through} by itself; "{name}" moves nothing there'


def _why_not_registered(machine: CompiledMachine, at: Configuration, event: str) -> str:
    states: Mapping[str, object] = machine.definition.states
    if at.text in states and machine.definition.states[at.text].final and "." not in at.text:
        return f'"{at.text}" is final: no event leads out of it'
    knows = ", ".join(f'"{name}"' for name in machine.events(at)) or "no event"
    return f'no transition leaves "{at.text}" on "{event}"; it knows {knows}'
