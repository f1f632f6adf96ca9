"""Proves what can be proven about a project's machine: its properties, and that no part of it is there in vain. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from engine.diagnostics import Diagnostic, Severity, Span
from engine.machine.claims import Finding, Outcome, find, why_open
from engine.machine.compile import compile_machine
from engine.machine.deadlines import find_in_time
from engine.machine.definition import ALWAYS, Kind, Provisioner, Transition
from engine.machine.durations import text_of
from engine.machine.explore import Explorer
from engine.machine.guards import Candidacy, Guards, Overlap, look_at_guards
from engine.machine.hurried import hurried_loop
from engine.machine.macrostep import by_itself
from engine.machine.properties import Claim, Property
from engine.machine.questions import may_fire
from engine.machine.schedule import goes, schedule
from engine.machine.space import MOST_CONFIGURATIONS, Space, explore, explore_in_time
from engine.machine.story import as_test, story, told_event
from engine.machine.timers import raise_timer
from engine.model import AWAIT, END, Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What was found out about one project's machine."""

    project: str
    #: Every problem: properties that fail are errors.
    diagnostics: tuple[Diagnostic, ...]
    #: How each property came out.
    findings: tuple[Finding, ...]
    #: How many configurations were explored.
    configurations: int
    #: Why not everything was explored; empty if it was.
    open: str

    def summary(self) -> str:
        """The whole of it in one line."""
        count = {o: sum(f.outcome is o for f in self.findings) for o in Outcome}
        told = [f"{number} {outcome.value}" for outcome, number in count.items() if number]
        properties = f"; properties: {', '.join(told)}" if told else ""
        places = f"{self.configurations} configuration{'' if self.configurations == 1 else 's'}"
        how = f"explored in part ({places})" if self.open else f"explored exhaustively ({places})"
        return f"{self.project}: {how}{properties}"

    def as_json(self) -> dict[str, object]:
        """The same as plain JSON values."""
        return {
            "project": self.project,
            "exhaustive": not self.open,
            "open": self.open,
            "configurations": self.configurations,
            "properties": [
                {"name": f.property.name, "outcome": f.outcome.value, "because": f.because}
                for f in self.findings
            ],
        }


def prove(provisioner: Provisioner, most: int = MOST_CONFIGURATIONS) -> Proof:
    """Explore up to `most` configurations and conclude what follows."""
    explorer = Explorer(provisioner=provisioner, claims=provisioner.properties)
    space = explore(explorer, most=most)
    if any(len(configuration.left) > 1 for configuration in space.configurations.values()):
        _, space = explore_in_time(explorer, most=most)
    guards = look_at_guards(explorer)
    findings = tuple(_find(explorer, space, claimed) for claimed in provisioner.properties)
    problems = [
        *(_property(explorer, finding) for finding in findings if finding.outcome is not Outcome.HOLDS),
        *_unreachable(explorer, space, guards),
        *_dead_ends(explorer),
        *_endless(explorer, space),
        *_endless_timers(explorer, space),
        *_unanswered(explorer, space, guards),
        *_loops(explorer),
        *_orphan_timers(explorer, space),
        *_vain_guards(provisioner, guards),
        *_overlaps(guards),
    ]
    opened = "" if space.exact else why_open(space)
    if opened and not provisioner.properties:
        problems.append(_sampled(provisioner, opened))
    return Proof(
        project=provisioner.name,
        diagnostics=tuple(sorted(problems, key=lambda d: d.subject.start if d.subject else 0)),
        findings=findings,
        configurations=len({space.configurations[key].place for key in space.moves}),
        open=opened,
    )


def _find(explorer: Explorer, space: Space, claimed: Property) -> Finding:
    if isinstance(claimed.within, timedelta):
        return find_in_time(explorer, space, claimed, claimed.within)
    return find(explorer, space, claimed)


def _property(explorer: Explorer, finding: Finding) -> Diagnostic:
    claimed = finding.property
    if finding.outcome is Outcome.OPEN:
        return Diagnostic(
            code="property_open",
            summary=f'Property "{claimed.name}" is neither proven nor refuted: no counterexample was found',
            detail=f"Not everything could be explored: {finding.because}.",
            subject=claimed.span,
            severity=Severity.NOTE,
        )
    return Diagnostic(
        code="property_fails",
        summary=f'Property "{claimed.name}" does not hold',
        detail=_claim_in_words(claimed),
        subject=claimed.span,
        story=_counterexample(explorer, finding),
    )


def _claim_in_words(claimed: Property) -> str:
    """What is claimed, in one sentence."""
    condition = "" if claimed.condition is None else claimed.condition.text
    states = " or ".join(f'"{state}"' for state in claimed.states)
    time = (
        f"{claimed.within} moves"
        if isinstance(claimed.within, int)
        else text_of(claimed.within or timedelta())
    )
    within = "" if claimed.within is None else f" within {time}"
    starts = " or ".join(f'"{state}"' for state in claimed.starts)
    return {
        Claim.ALWAYS: f"It claims that always {condition}.",
        Claim.NEVER: f"It claims that never {condition}.",
        Claim.REACHABLE: f"It claims that from {starts or 'everywhere'} some way leads to {states}{within}.",
        Claim.EVENTUALLY: f"It claims that every way from {starts or 'the start'} leads to {states}{within}.",
        Claim.LEADS_TO: f"It claims that every way from {starts} leads to {states}{within}.",
    }[claimed.claim]


def _counterexample(explorer: Explorer, finding: Finding) -> str:
    if finding.start is None:
        return ""
    way, clock = finding.way, finding.clock
    within = finding.property.within
    times = schedule(finding.start, way, clock, within if isinstance(within, timedelta) else timedelta())
    lines = story(finding.start, way, times, finding.loop)
    told = ["counterexample:", *(f"  {line}" for line in lines), f"  {finding.because}"]
    given = Snapshot(state=explorer.compiled.initial)
    if not (way or clock is not None) or times is None:
        return "\n".join(told)
    end = goes(compile_machine(explorer.machine), given, explorer.entity(), way, times)
    last = (way[-1].after if way else finding.start).snapshot
    if end is None or end.state != last.state:
        return "\n".join(told)
    remark = f"the property says otherwise: {finding.because}"
    test = as_test(f"counterexample: {finding.property.name}", given, way, remark, times)
    return "\n".join([*told, "", *test])


def _unreachable(explorer: Explorer, space: Space, guards: Guards) -> Iterator[Diagnostic]:
    machine = explorer.machine
    reached = {state for c in space.configurations.values() for state in c.states}
    taken = {id(t): t for moves in space.moves.values() for move in moves for t in move.taken}
    reached |= {state for t in taken.values() for state in explorer.leads_to(t)}  # some only in passing
    todo = [t for found in space.undecided.values() for t in found]
    unseen = [space.configurations[key] for key in space.configurations.keys() - space.moves.keys()]
    todo += [t for c in unseen for name in c.states for t in explorer.leaving(name)]
    if space.sampled:
        todo += [t for name in reached for t in explorer.leaving(name)]
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
            yield Diagnostic(
                code="unreachable_state",
                summary=f'No way leads from "{machine.initial}" to "{state.name}"',
                detail="Only a change made in the backend gets an entity there. Add a transition, or remove the state.",
                subject=state.span,
                severity=Severity.WARNING,
            )


def _dead_ends(explorer: Explorer) -> Iterator[Diagnostic]:
    for state in explorer.machine.states.values():
        if state.kind is Kind.ATOMIC and not state.final and not explorer.leaving(state.name):
            yield Diagnostic(
                code="dead_end",
                summary=f'Nothing leads out of "{state.name}", and it is not final',
                detail="Add final = true if the work ends here, or a transition.",
                subject=state.span,
                severity=Severity.WARNING,
            )


def _endless(explorer: Explorer, space: Space) -> Iterator[Diagnostic]:
    """States from which no end can be reached, told once for all of them; a machine without any end is meant so."""
    machine = explorer.machine
    ends = {
        name
        for name, state in machine.states.items()
        if (state.final and state.parent is None)
        or (state.kind is Kind.ATOMIC and not explorer.leaving(name))
    }
    closing = {key for key, moves in space.moves.items() if any(move.ended for move in moves)}
    if not ends and not any(t.target == END and t.event != ALWAYS for t in machine.transitions):
        return
    fine = space.leading_to(lambda c: bool(c.states & ends), [*closing, *space.open()])
    if space.sampled:
        return
    stuck = [key for key in space.configurations if key not in fine]
    if not stuck:
        return
    names = dict.fromkeys(name for key in stuck for name in sorted(space.configurations[key].states))
    way = space.path(stuck[0])
    first = space.configurations[stuck[0]]
    start = space.start_of(way, stuck[0])
    told = story(start, way, schedule(start, way))
    yield Diagnostic(
        code="no_end_reachable",
        summary=f"From {', '.join(f'{chr(34)}{n}{chr(34)}' for n in names)} no end can be reached",
        detail="Add a way to a final state or to <end>.",
        subject=machine.states[min(first.states)].span,
        severity=Severity.WARNING,
        story="\n".join(["a way there:", *(f"  {line}" for line in told)]),
    )


def _endless_timers(explorer: Explorer, space: Space) -> Iterator[Diagnostic]:
    """Timers that hardly wait and set one another: the daemon would stop after a hundred of them."""
    trip = hurried_loop(space)
    if not trip:
        return
    way = (*space.path(trip[0].before.key), *trip)
    start = space.start_of(way, trip[0].before.key)
    told = story(start, way, schedule(start, way), len(way) - len(trip))
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
    reached = {state for c in space.configurations.values() for state in c.states}
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
                detail="Hold its guard against the names in from.",
                subject=_place(transition),
                severity=Severity.WARNING,
            )


def _loops(explorer: Explorer) -> Iterator[Diagnostic]:
    """Where transitions that wait for no event follow one another without end, with an event that sets them off."""
    for snapshot, event in explorer.loops.values():
        told = told_event(event)
        with_what = f" with {', '.join(told)}" if told else ""
        how = f'"{event.name}" comes{with_what}' if event.name else "it begins there"
        at = explorer.compiled.configuration(snapshot.state)
        yield Diagnostic(
            code="endless_loop",
            summary=f'In "{snapshot.state}", {by_itself(explorer.machine)} follow one another without end when {how}',
            detail="Nothing moves then. Give one of them a guard (when = …) that what the others do makes false.",
            subject=explorer.machine.states[snapshot.state if at is None else at.innermost[0]].span,
        )


def _orphan_timers(explorer: Explorer, space: Space) -> Iterator[Diagnostic]:
    """Timers that never run out: whatever happens, their state is left or entered anew before."""
    if not space.exact:
        return
    ran_out = {move.event.name for moves in space.moves.values() for move in moves}
    entered = {state for c in space.configurations.values() for state in c.states}
    for state in explorer.machine.states.values():
        for timer in state.timers:
            if timer.event in ran_out or state.name not in entered:
                continue
            yield Diagnostic(
                code="orphan_timer",
                summary=f'The timer of "{state.name}" never runs out',
                detail="Whatever happens, the state is left before. Make its delay shorter, or remove it.",
                subject=timer.span,
                severity=Severity.WARNING,
            )


def _vain_guards(provisioner: Provisioner, guards: Guards) -> Iterator[Diagnostic]:
    for candidacy in guards.candidacies.values():
        if not candidacy.exact or not (candidacy.true or candidacy.false):
            continue
        transition = candidacy.transition
        if not candidacy.true:
            yield _about_guard(
                "guard_never_true",
                f'The guard of "{transition.event}" is never true',
                f"Nothing that can come in makes it true{_fired(provisioner, transition)}. Mend the condition, or "
                "remove the transition.",
                transition,
            )
        elif not candidacy.first:
            yield _shadowed(guards, candidacy)
        elif not candidacy.false and transition.guard is not None:
            yield _about_guard(
                "guard_always_true",
                f'The guard of "{transition.event}" is always true',
                "Whatever comes in, it holds: it can be left out.",
                transition,
                severity=Severity.NOTE,
            )


def _fired(provisioner: Provisioner, transition: Transition) -> str:
    """Where the event of a transition comes from, if that is said."""
    told = [
        f"{receive.key}{'' if receive.when is None else f' when {receive.when.text}'}"
        for receive in provisioner.receives
        if may_fire(provisioner.machine, receive, transition.event)
    ]
    return f': "{transition.event}" comes of {" or ".join(told)}' if told else ""


def _shadowed(guards: Guards, candidacy: Candidacy) -> Diagnostic:
    transition = candidacy.transition
    overlap = next((o for o in guards.overlaps.values() if o.second is transition), None)
    witness = [] if overlap is None else [f"for instance {_witness(overlap)}", f"takes {overlap.first.span}"]
    return _about_guard(
        "transition_shadowed",
        f'This transition on "{transition.event}" is never taken',
        "Whenever it could be, one before it is. Change the order, or the conditions.",
        transition,
        story="\n".join(witness),
    )


def _overlaps(guards: Guards) -> Iterator[Diagnostic]:
    for overlap in guards.overlaps.values():
        if not guards.of(overlap.second).first or _alike(overlap.first, overlap.second):
            continue
        yield _about_guard(
            "guards_overlap",
            f'Two guards of "{overlap.second.event}" hold at once; the first one at {overlap.first.span} is taken',
            "If that is not meant, make the conditions exclude each other.",
            overlap.second,
            severity=Severity.NOTE,
            story=f"for instance {_witness(overlap)}",
        )


def _alike(first: Transition, second: Transition) -> bool:
    """Whether it makes no difference which one is taken."""
    plain = not (first.set or second.set or first.request or second.request)
    done = first.actions or second.actions or first.raises or second.raises
    return first.target == second.target and plain and not done


def _witness(overlap: Overlap) -> str:
    told = told_event(overlap.witness)
    told += [f"context.{name} = {value!r}" for name, value in overlap.context.items()]
    return f'"{overlap.witness.name}" in "{overlap.state}" with {", ".join(told) or "any payload"}'


def _about_guard(
    code: str,
    summary: str,
    detail: str,
    transition: Transition,
    *,
    severity: Severity = Severity.WARNING,
    story: str = "",
) -> Diagnostic:
    return Diagnostic(
        code=code,
        summary=summary,
        detail=detail,
        subject=_place(transition),
        severity=severity,
        story=story,
    )


def _place(transition: Transition) -> Span:
    guard = transition.guard
    return transition.span if guard is None else guard.node.span


def _sampled(provisioner: Provisioner, reason: str) -> Diagnostic:
    return Diagnostic(
        code="explored_in_part",
        summary=f'The machine "{provisioner.name}" was explored in part only',
        detail=f"What is said about it was found, not proven complete: {reason}.",
        subject=provisioner.span,
        severity=Severity.NOTE,
    )
