"""Proves what can be proven about a project's machine: its properties, and that no part of it is there in vain. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from engine.diagnostics import Diagnostic, Severity, Span
from engine.machine.claims import Finding, Outcome, find, why_open
from engine.machine.definition import Kind, Provisioner, Transition
from engine.machine.explore import Explorer
from engine.machine.guards import Candidacy, Guards, Overlap, look_at_guards
from engine.machine.properties import Claim, Property
from engine.machine.questions import may_fire
from engine.machine.space import MOST_CONFIGURATIONS, Space, explore
from engine.machine.story import as_test, story, told_event
from engine.model import END, is_own_event


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
    guards = look_at_guards(explorer)
    findings = tuple(find(explorer, space, claimed) for claimed in provisioner.properties)
    problems = [
        *(_property(finding) for finding in findings if finding.outcome is not Outcome.HOLDS),
        *_unreachable(explorer, space, guards),
        *_dead_ends(explorer),
        *_endless(explorer, space),
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
        configurations=len(space.moves),
        open=opened,
    )


def _property(finding: Finding) -> Diagnostic:
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
        story=_counterexample(finding),
    )


def _claim_in_words(claimed: Property) -> str:
    """What is claimed, in one sentence."""
    condition = "" if claimed.condition is None else claimed.condition.text
    states = " or ".join(f'"{state}"' for state in claimed.states)
    within = "" if claimed.within is None else f" within {claimed.within} moves"
    starts = " or ".join(f'"{state}"' for state in claimed.starts)
    return {
        Claim.ALWAYS: f"It claims that always {condition}.",
        Claim.NEVER: f"It claims that never {condition}.",
        Claim.REACHABLE: f"It claims that from {starts or 'everywhere'} some way leads to {states}{within}.",
        Claim.EVENTUALLY: f"It claims that every way from {starts or 'the start'} leads to {states}{within}.",
        Claim.LEADS_TO: f"It claims that every way from {starts} leads to {states}{within}.",
    }[claimed.claim]


def _counterexample(finding: Finding) -> str:
    if finding.start is None:
        return ""
    lines = story(finding.start, finding.way)
    if finding.loop is not None:
        lines.insert(finding.loop + 1, "from here it goes round:")
    remark = f"the property says otherwise: {finding.because}"
    test = as_test(f"counterexample: {finding.property.name}", finding.start, finding.way, remark)
    told = ["counterexample:", *(f"  {line}" for line in lines), f"  {finding.because}"]
    pasted = finding.way and not any(is_own_event(move.event.name) for move in finding.way)
    return "\n".join([*told, "", *test] if pasted else told)


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
    if not ends and not any(t.target == END for t in machine.transitions):
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
    yield Diagnostic(
        code="no_end_reachable",
        summary=f"From {', '.join(f'{chr(34)}{n}{chr(34)}' for n in names)} no end can be reached",
        detail="Add a way to a final state or to <end>.",
        subject=machine.states[min(first.states)].span,
        severity=Severity.WARNING,
        story="\n".join(
            ["a way there:", *(f"  {line}" for line in story(space.start_of(way, stuck[0]), way))]
        ),
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
