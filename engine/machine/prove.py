"""Proves what can be proven about a project's machine: its properties, and that no part of it is there in vain. Pure."""

from collections.abc import Callable
from datetime import timedelta

from engine.diagnostics import Diagnostic, Severity
from engine.errors import expect
from engine.frozen import frozen
from engine.machine.claims import Finding, Outcome, find, why_open
from engine.machine.compile import compile_machine
from engine.machine.counterexample import Counterexample, confirmed, told
from engine.machine.dead_parts import dead_parts, timers_that_wait
from engine.machine.deadlines import find_in_time
from engine.machine.definition import Provisioner
from engine.machine.durations import text_of
from engine.machine.explore import Explorer
from engine.machine.guards import keep_reached, look_at_guards
from engine.machine.payload_values import Payloads, nothing_known
from engine.machine.properties import Claim, Property
from engine.machine.space import (
    MOMENTS,
    MOST_CONFIGURATIONS,
    MOST_RUNS_IN_ALL,
    Space,
    beside_each_other,
    explore,
    explore_in_time,
)
from engine.machine.turned_away import TurnedAway
from engine.machine.unfired import unfired
from engine.machine.vain_guards import guard_problems

#: What a condition may look at without asking for anything that has to be explored.
_FREE = frozenset({"state", "previous", "active", "var", "local"})

#: How many reasons a message names; `--json` has all of them.
_REASONS_TOLD = 3


@frozen
class Proof:
    """What was found out about one project's machine."""

    project: str
    #: Every problem: properties that fail are errors.
    diagnostics: tuple[Diagnostic, ...]
    #: How each property came out.
    findings: tuple[Finding, ...]
    #: How many configurations were explored.
    configurations: int
    #: Every reason why not everything was explored; empty if it was.
    open: str

    def summary(self) -> str:
        """The whole of it in one line."""
        count = {o: sum(f.outcome is o for f in self.findings) for o in Outcome}
        told = [f"{number} {outcome.value}" for outcome, number in count.items() if number]
        properties = f"; properties: {', '.join(told)}" if told else ""
        places = f"{self.configurations} configuration{'' if self.configurations == 1 else 's'}"
        part = self.open or count[Outcome.OPEN]
        how = f"explored {'in part' if part else 'exhaustively'} ({places})"
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
    provisioner: Provisioner,
    most: int = MOST_CONFIGURATIONS,
    tell: Callable[[str], None] = lambda _: None,
    payloads: Payloads = nothing_known,
) -> Proof:
    """Explore up to `most` configurations and conclude what follows; `tell` hears what is being looked at.

    `payloads` gives the types of what comes in: values that no sender writes are not tried.

    Each condition (`always`, `never`) that asks for anything is explored by itself: it makes no other one harder. Raises
    TypeError for what is no provisioner.
    """
    expect(provisioner, "what is to be proven", Provisioner)
    plain, asking = _by_what_they_ask(provisioner)
    counts = _counting(f"{provisioner.name}: the machine", tell)
    explorer = Explorer(provisioner=provisioner, claims=plain, payloads=payloads)
    grounds = _explored(explorer, most, MOST_RUNS_IN_ALL, counts)
    guards = look_at_guards(grounds.explorer)
    tested = compile_machine(provisioner.machine) if provisioner.properties else grounds.explorer.compiled
    # Where the machine itself is too large, a condition can be refuted at best.
    runs = MOST_RUNS_IN_ALL if grounds.space.complete else MOST_RUNS_IN_ALL // 4
    away = TurnedAway.by(provisioner, payloads)
    findings: list[Finding] = []
    problems: list[Diagnostic] = []
    for claimed in provisioner.properties:
        counts = _counting(f'{provisioner.name}: property "{claimed.name}"', tell)
        own = grounds
        if claimed in asking:
            own = _explored(grounds.explorer.about((claimed,)), most, runs // len(asking), counts)
            runs -= own.explorer.answers.runs
            asking.remove(claimed)
        finding, found = _followed(away, *confirmed(own.explorer, _find(own, claimed)))
        findings.append(finding)
        if finding.outcome is not Outcome.HOLDS:
            story = "" if found is None else told(tested, own.explorer, found, exact=own.space.exact)
            problems.append(_property(finding, story))
    space = grounds.space
    problems += unfired(provisioner, payloads)
    if space.exact:
        keep_reached(grounds.explorer, space, guards)
    problems += dead_parts(grounds.explorer, space, guards)
    problems += guard_problems(provisioner, guards, space, grounds.explorer.answers.judged)
    opened = (*(() if space.exact else why_open(space)), *away.reasons())
    waiting = [state.name for state, _ in timers_that_wait(grounds.explorer, space)] if opened else []
    if opened and (waiting or all(finding.outcome is not Outcome.OPEN for finding in findings)):
        problems.append(_sampled(provisioner, opened, waiting))
    return Proof(
        project=provisioner.name,
        diagnostics=tuple(sorted(problems, key=lambda d: d.subject.start if d.subject else 0)),
        findings=tuple(findings),
        configurations=len({space.configurations[key].place for key in space.moves}),
        open="; ".join(opened),
    )


@frozen
class _Grounds:
    """What a conclusion is drawn from."""

    explorer: Explorer
    space: Space
    #: The timers that may run while others do.
    beside: frozenset[str]


def _by_what_they_ask(provisioner: Provisioner) -> tuple[tuple[Property, ...], list[Property]]:
    """The conditions that look at states alone, which cost nothing, and those that look at events or at what is remembered."""
    names = provisioner.machine.names
    plain: list[Property] = []
    asking: list[Property] = []
    for claimed in provisioner.properties:
        if claimed.condition is not None:
            used, _ = names.used_by([claimed.condition])
            read = [claimed.condition, *(names.locals[name] for name in used)]
            roots = {r.root for expression in read for r in expression.references}
            (plain if roots <= _FREE else asking).append(claimed)
    return tuple(plain), asking


def _counting(what: str, tell: Callable[[str], None]) -> Callable[[int], None]:
    """Tells what is explored, and how far."""
    tell(what)
    return lambda count: tell(f"{what}: {count} configurations")


def _explored(explorer: Explorer, most: int, most_runs: int, tell: Callable[[int], None]) -> _Grounds:
    """All that can happen; time is looked at only where several timers run at once."""
    space = explore(explorer.without_time(), most=most, most_runs=most_runs, tell=tell)
    delays = explorer.answers.delays
    beside = beside_each_other(space)
    if not space.complete and len(delays) > 1:
        beside = frozenset(delays)
    if beside:
        alone = frozenset(delays) - beside
        # Where places are too many, moments are told apart in fewer of them: nothing is proven either way.
        if not space.complete:
            most, most_runs = most // MOMENTS, most_runs // 4
        explorer, space = explore_in_time(explorer, alone=alone, most=most, most_runs=most_runs, tell=tell)
    return _Grounds(explorer=explorer, space=space, beside=beside)


def _followed(
    away: TurnedAway, finding: Finding, found: Counterexample | None
) -> tuple[Finding, Counterexample | None]:
    """The finding with deliveries in mind that are turned away: less may happen than was explored."""
    reasons = away.reasons()
    if not reasons or finding.outcome is Outcome.OPEN:
        return finding, found
    if found is not None:
        stopped = away.stopped(found.course, again=finding.loop is not None)
        reasons = (f"a way to where it fails was found, but {stopped}",) if stopped else ()
    elif finding.outcome is Outcome.FAILS or finding.property.condition is not None:
        reasons = ()  # what nothing that was explored does, or what fails at the start
    if not reasons:
        return finding, found
    because = "; ".join(reasons)
    return Finding(property=finding.property, outcome=Outcome.OPEN, because=because, reasons=reasons), None


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
            detail=f"Not everything could be explored: {_some(finding.reasons or (finding.because,))}.",
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
        f"{claimed.within} move{'' if claimed.within == 1 else 's'}"
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


def _some(reasons: tuple[str, ...]) -> str:
    """The first reasons, and how many there are besides."""
    more = len(reasons) - _REASONS_TOLD
    told = "; ".join(reasons[:_REASONS_TOLD])
    return f"{told}; … and {more} more" if more > 0 else told


def _sampled(provisioner: Provisioner, reasons: tuple[str, ...], waiting: list[str]) -> Diagnostic:
    states = ", ".join(f'"{name}"' for name in dict.fromkeys(waiting))
    timers = f" Whether a timer of {states} ever runs out is not known." if waiting else ""
    return Diagnostic(
        code="explored_in_part",
        summary=f'The machine "{provisioner.name}" was explored in part only',
        detail=f"What is said about it was found, not proven complete: {_some(reasons)}.{timers}",
        subject=provisioner.span,
        severity=Severity.NOTE,
    )
