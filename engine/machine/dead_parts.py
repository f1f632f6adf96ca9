"""What of a machine is there in vain, or leads nowhere, as far as it was explored: problems that nobody has to ask for. Pure."""

from collections.abc import Iterator

from engine.diagnostics import Diagnostic, Severity, Span
from engine.machine.definition import ALWAYS, Kind, State, Timer, Transition, covers
from engine.machine.endless import endless_loops
from engine.machine.explore import Explorer
from engine.machine.guards import Guards
from engine.machine.hurried import hurried_loop
from engine.machine.reasons import LEFT_ALREADY
from engine.machine.schedule import schedule
from engine.machine.space import Space
from engine.machine.story import story
from engine.machine.stranded import stranded
from engine.machine.timers import raise_timer
from engine.machine.vain_guards import place_of
from engine.model import AWAIT


def dead_parts(explorer: Explorer, space: Space, guards: Guards) -> Iterator[Diagnostic]:
    """Every such problem with states, timers and answers."""
    yield from _hindered(explorer, space, guards)
    yield from _unreachable(explorer, space, guards)
    yield from _dead_ends(explorer)
    yield from stranded(explorer, space)
    yield from _endless_timers(explorer, space)
    yield from _unanswered(explorer, space, guards)
    yield from endless_loops(explorer, space)
    yield from _orphan_timers(explorer, space)


def _unreachable(explorer: Explorer, space: Space, guards: Guards) -> Iterator[Diagnostic]:
    machine = explorer.machine
    reached = space.entered()
    todo = [t for found in space.undecided.values() for t in found]
    unseen = [space.configurations[key] for key in space.configurations.keys() - space.moves.keys()]
    todo += [t for name in dict.fromkeys(n for c in unseen for n in c.states) for t in explorer.leaving(name)]
    if space.sampled:
        todo += [t for name in reached for t in explorer.leaving(name)]
    reached |= _in_loops(explorer)
    while todo:
        transition = todo.pop()
        candidacy = guards.of(transition)
        if candidacy.exact and not candidacy.first and candidacy.true != candidacy.false:
            continue
        for target in explorer.leads_to(transition) - reached:
            reached.add(target)
            todo += explorer.leaving(target)
    for state in machine.states.values():
        if state.name not in reached:
            yield out_of_reach(state.name, machine.initial, state.span)


def out_of_reach(state: str, initial: str, place: Span) -> Diagnostic:
    """The problem with a state that no way leads to."""
    return Diagnostic(
        code="unreachable_state",
        summary=f'No way leads from "{initial}" to "{state}"',
        detail="Only a change made in the backend gets an entity there. Add a transition, or remove the state.",
        subject=place,
        severity=Severity.WARNING,
    )


def _hindered(explorer: Explorer, space: Space, guards: Guards) -> Iterator[Diagnostic]:
    """Transitions that could be taken, and never are, because something that they do cannot be evaluated.

    Where not everything was explored, those for which what comes in is enough to know.
    """
    taken = {str(t.span) for moves in space.moves.values() for move in moves for t in move.taken}
    for transition in explorer.compiled.definition.transitions:
        why = explorer.answers.judged.hindered.get(str(transition.span))
        if why is None or str(transition.span) in taken:
            continue
        if space.exact or (why != LEFT_ALREADY and guards.of(transition).hindered):
            yield Diagnostic(
                code="transition_hindered",
                summary=f"This transition is never taken: {why}",
                detail="What only this transition leads to is not come to. Give the other one a guard, or remove this one."
                if why == LEFT_ALREADY
                else "Nothing moves then, and what only this transition leads to is not come to. Mend that part of it.",
                subject=transition.span,
                severity=Severity.WARNING,
            )


def _in_loops(explorer: Explorer) -> set[str]:
    """What transitions without end may lead to: nothing moves there, and that is told; it is not out of reach."""
    found: set[str] = set()
    todo: list[Transition] = []
    for snapshot, event in explorer.answers.loops.values():
        at = explorer.compiled.configuration(snapshot.state)
        leaving = [t for name in (() if at is None else at.active) for t in explorer.leaving(name)]
        todo += [t for t in leaving if t.event == ALWAYS or covers(t.event, event.name)]
    while todo:
        for target in explorer.leads_to(todo.pop()) - found:
            found.add(target)
            todo += explorer.leaving(target)
    return found


def _dead_ends(explorer: Explorer) -> Iterator[Diagnostic]:
    for state in explorer.machine.states.values():
        if state.kind is Kind.ATOMIC and not state.final and not explorer.leaving(state.name):
            yield without_way_out(state.name, state.span)


def without_way_out(state: str, place: Span) -> Diagnostic:
    """The problem with a state that is not final, and that nothing leads out of."""
    return Diagnostic(
        code="dead_end",
        summary=f'Nothing leads out of "{state}", and it is not final',
        detail="Add final = true if the work ends here, or a transition.",
        subject=place,
        severity=Severity.WARNING,
    )


def _endless_timers(explorer: Explorer, space: Space) -> Iterator[Diagnostic]:
    """Timers that hardly wait and set one another: the daemon would stop after a hundred of them."""
    trip = hurried_loop(space)
    if not trip:
        return
    way = (*space.path(trip[0].before.key), *trip)
    start = space.start_of(way, trip[0].before.key)
    hidden = explorer.machine.names.hidden
    told = story(start, way, schedule(start, way), len(way) - len(trip), hidden)
    timers = {t.event: t.span for s in explorer.machine.states.values() for t in s.timers}
    timers |= {raise_timer(r.event): r.span for r in explorer.machine.raises() if r.delay is not None}
    yield Diagnostic(
        code="endless_timers",
        summary="Timers that wait less than a second set one another without end",
        detail="Let one of them wait longer, or give it a guard that its own set makes false.",
        subject=timers[trip[0].event.name],
        story="\n".join(told),
    )


def _unanswered(explorer: Explorer, space: Space, guards: Guards) -> Iterator[Diagnostic]:
    """Answers that nobody who may give them can give so that anything happens, where everything was explored."""
    reached = space.entered()
    taken = {str(t.span) for moves in space.moves.values() for move in moves for t in move.taken}
    vain = {
        str(c.transition.span) for c in guards.candidacies.values() if c.exact and not (c.true and c.first)
    }
    for transition in explorer.machine.transitions if space.exact else ():
        asked = transition.event.startswith(AWAIT) and transition.source in reached
        if asked and str(transition.span) not in taken | vain:
            yield Diagnostic(
                code="answer_out_of_reach",
                summary=f'Nobody who may answer in "{transition.source}" can give this answer so that it is taken',
                detail="Hold its guard against the names in from."
                if transition.guard is not None
                else "Hold from against needs, and against what the other answers and timers do before.",
                subject=place_of(transition),
                severity=Severity.WARNING,
            )


def _orphan_timers(explorer: Explorer, space: Space) -> Iterator[Diagnostic]:
    """Timers that never run out: whatever happens, their state is left or entered anew before."""
    for state, timer in timers_that_wait(explorer, space) if space.exact else ():
        yield Diagnostic(
            code="orphan_timer",
            summary=f'The timer of "{state.name}" never runs out',
            detail="Whatever happens, the state is left before. Make its delay shorter, or remove it.",
            subject=timer.span,
            severity=Severity.WARNING,
        )


def timers_that_wait(explorer: Explorer, space: Space) -> Iterator[tuple[State, Timer]]:
    """The timers that were set somewhere in what was explored, and never ran out there."""
    ran_out = {move.event.name for moves in space.moves.values() for move in moves}
    entered = {state for c in space.configurations.values() for state in c.states}
    for state in explorer.machine.states.values():
        for timer in state.timers:
            if timer.event not in ran_out and state.name in entered:
                yield state, timer
