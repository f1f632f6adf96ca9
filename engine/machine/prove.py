"""Proves what can be proven about a project's machine: its properties, and that no part of it is there in vain. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from engine.diagnostics import Diagnostic, Severity
from engine.machine.claims import Finding, Outcome, find, why_open
from engine.machine.compile import compile_machine
from engine.machine.counterexample import confirmed, told
from engine.machine.dead_parts import dead_parts
from engine.machine.deadlines import find_in_time
from engine.machine.definition import Provisioner
from engine.machine.durations import text_of
from engine.machine.explore import Explorer
from engine.machine.guards import look_at_guards
from engine.machine.properties import Claim, Property
from engine.machine.space import (
    MOST_CONFIGURATIONS,
    Space,
    beside_each_other,
    explore,
    explore_in_time,
)
from engine.machine.vain_guards import guard_problems


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


def prove(
    provisioner: Provisioner, most: int = MOST_CONFIGURATIONS, tell: Callable[[str], None] = lambda _: None
) -> Proof:
    """Explore up to `most` configurations and conclude what follows; `tell` hears what is being looked at.

    Each condition (`always`, `never`) is explored by itself: what one of them asks makes no other one harder.
    """
    explorer = Explorer(provisioner=provisioner)
    tell(f"{provisioner.name}: exploring")
    grounds = _explored(explorer, most)
    guards = look_at_guards(explorer)
    plain = compile_machine(provisioner.machine) if provisioner.properties else explorer.compiled
    findings: list[Finding] = []
    problems: list[Diagnostic] = []
    for claimed in provisioner.properties:
        tell(f'{provisioner.name}: property "{claimed.name}"')
        own = grounds
        if claimed.condition is not None:
            own = _explored(explorer.about((claimed,)), most)
        finding, found = confirmed(own.explorer, _find(own, claimed))
        findings.append(finding)
        if finding.outcome is not Outcome.HOLDS:
            story = "" if found is None else told(plain, own.explorer, found)
            problems.append(_property(finding, story))
    space = grounds.space
    problems += dead_parts(grounds.explorer, space, guards)
    problems += guard_problems(provisioner, guards, space, grounds.explorer.answers.judged)
    opened = "" if space.exact else why_open(space)
    if opened and all(finding.outcome is not Outcome.OPEN for finding in findings):
        problems.append(_sampled(provisioner, opened))
    return Proof(
        project=provisioner.name,
        diagnostics=tuple(sorted(problems, key=lambda d: d.subject.start if d.subject else 0)),
        findings=tuple(findings),
        configurations=len({space.configurations[key].place for key in space.moves}),
        open=opened,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Grounds:
    """What a conclusion is drawn from."""

    explorer: Explorer
    space: Space
    #: The timers that may run while others do.
    beside: frozenset[str]


def _explored(explorer: Explorer, most: int) -> _Grounds:
    """All that can happen; time is looked at only where several timers run at once."""
    space = explore(explorer.without_time(), most=most)
    delays = explorer.answers.delays
    beside = (
        beside_each_other(space) if space.complete else frozenset(delays) if len(delays) > 1 else frozenset()
    )
    if beside:
        explorer, space = explore_in_time(explorer, alone=frozenset(delays) - beside, most=most)
    return _Grounds(explorer=explorer, space=space, beside=beside)


def _find(grounds: _Grounds, claimed: Property) -> Finding:
    if isinstance(claimed.within, timedelta):
        return find_in_time(grounds.explorer, grounds.space, grounds.beside, claimed, claimed.within)
    return find(grounds.explorer, grounds.space, claimed)


def _property(finding: Finding, story: str) -> Diagnostic:
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
        story=story,
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


def _sampled(provisioner: Provisioner, reason: str) -> Diagnostic:
    return Diagnostic(
        code="explored_in_part",
        summary=f'The machine "{provisioner.name}" was explored in part only',
        detail=f"What is said about it was found, not proven complete: {reason}.",
        subject=provisioner.span,
        severity=Severity.NOTE,
    )
