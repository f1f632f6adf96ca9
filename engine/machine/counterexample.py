"""What a failed claim is told with: the way to where it fails, as a story and as a `test` block to paste. Pure.

A way was found where time stands still or passes in classes of moments. Before it is believed it is given real times and
gone with the step itself; before a test is printed it is gone as the test will go.
"""

from dataclasses import replace
from datetime import timedelta

from engine.frozen import frozen
from engine.machine.claims import Finding, Outcome
from engine.machine.compile import CompiledMachine
from engine.machine.course import Pause, Walk, course_of, follow
from engine.machine.explore import Explorer
from engine.machine.properties import Claim
from engine.machine.schedule import Schedule, schedule
from engine.machine.story import story, test_block
from engine.machine.values import plain
from engine.model import Event, Snapshot

_TIMELESS = "a way to where it fails was found, but it cannot be gone so as time passes: guards or delays look at the time"
#: Why a way is told without a test.
UNTOLD = "no test block goes this way: what it does is not the same for every entity, or it takes a value that no test can write"


@frozen
class Counterexample:
    """A way to where a claim fails, that can be gone."""

    finding: Finding
    times: Schedule
    #: What comes in on it, and how time passes.
    course: tuple[Event | Pause, ...]
    #: Where it ends.
    state: str


def confirmed(explorer: Explorer, finding: Finding) -> tuple[Finding, Counterexample | None]:
    """The finding that a claim fails with a way that can be gone, or that it is open."""
    if finding.outcome is not Outcome.FAILS or finding.start is None:
        return finding, None
    within = finding.property.within
    lasts = within if isinstance(within, timedelta) else timedelta()
    times = schedule(finding.start, finding.way, finding.clock, lasts)
    walk = Walk.begin(explorer.compiled, _given(explorer), explorer.entity())
    course = None if times is None else course_of(walk, finding.way, times)
    if times is None or course is None or not _breaks(explorer, finding, walk):
        because = "; ".join(filter(None, (_TIMELESS, finding.because)))
        return Finding(property=finding.property, outcome=Outcome.OPEN, because=because), None
    return finding, Counterexample(finding=finding, times=times, course=course, state=walk.at.state)


def _given(explorer: Explorer) -> Snapshot:
    return Snapshot(state=explorer.compiled.initial)


def _breaks(explorer: Explorer, finding: Finding, walk: Walk) -> bool:
    """Whether the claim is broken at the end of the walk, where it is one about single moves."""
    if finding.property.claim not in (Claim.ALWAYS, Claim.NEVER) or walk.last is None:
        return True
    conditions = replace(explorer.answers.conditions, claims=(finding.property,))
    return bool(conditions.broken(walk.before, walk.event, walk.at, walk.last.passed))


def told(machine: CompiledMachine, explorer: Explorer, found: Counterexample, *, exact: bool) -> str:
    """A counterexample as a person reads it; `machine` is the one that tests run, `exact` says that none can be shorter."""
    finding, given = found.finding, _given(explorer)
    if finding.start is None:
        return ""
    hidden = explorer.machine.names.hidden
    lines = story(finding.start, finding.way, found.times, finding.loop, hidden)
    shortest = "" if exact else ", the shortest that was found where not everything was tried"
    text = [f"counterexample{shortest}:", *(f"  {line}" for line in lines), f"  {finding.because}"]
    walk = Walk.begin(machine, given, explorer.entity())
    course = [written(part) if isinstance(part, Event) else part for part in found.course]
    if not follow(walk, course) or walk.at.state != found.state:
        return "\n".join([*text, "", UNTOLD])
    remark = f"the property says otherwise: {finding.because}"
    name = f"counterexample: {finding.property.name}"
    return "\n".join([*text, "", *test_block(name, given, found.course, found.state, remark, hidden)])


def written(event: Event) -> Event:
    """The event as it comes out of a test block."""
    return replace(event, payload=plain(event.payload), delivery=plain(event.delivery))
