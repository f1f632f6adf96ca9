"""Where transitions that wait for no event follow one another without end, with the way there and a `test` block. Pure."""

from collections.abc import Iterator
from datetime import datetime

from engine.diagnostics import Diagnostic
from engine.machine.by_itself import by_itself
from engine.machine.compile import CompiledMachine, compile_machine
from engine.machine.counterexample import UNTOLD, written
from engine.machine.course import Pause, Walk, course_of, follow
from engine.machine.explore import Explorer
from engine.machine.moves import NOW, Move
from engine.machine.schedule import schedule
from engine.machine.space import Space
from engine.machine.step import step
from engine.machine.story import story, test_block, told_event
from engine.model import Event, Snapshot, Verdict


def endless_loops(explorer: Explorer, space: Space) -> Iterator[Diagnostic]:
    """Every such place, with an event that sets it off.

    Where that takes something before it, the way there is told.
    """
    for snapshot, event in explorer.answers.loops.values():
        told = told_event(event, explorer.machine.names.hidden)
        with_what = f" with {', '.join(told)}" if told else ""
        how = f'"{event.name}" comes{with_what}' if event.name else "it begins there"
        at = explorer.compiled.configuration(snapshot.state)
        way = _way_there(space, snapshot)
        lines = [] if way is None else [*_told(explorer, way), *_test(explorer, space, way, event)]
        yield Diagnostic(
            code="endless_loop",
            summary=f'In "{snapshot.state}", {by_itself(explorer.machine)} follow one another without end when {how}',
            detail="Nothing moves then. Give one of them a guard (when = …) that what the others do makes false.",
            subject=explorer.machine.states[snapshot.state if at is None else at.innermost[0]].span,
            story="\n".join(lines),
        )


def _way_there(space: Space, wanted: Snapshot) -> tuple[Move, ...] | None:
    """The shortest way to where an instance remembers this."""
    for key, found in space.configurations.items():
        if (found.snapshot.state, found.snapshot.context) == (wanted.state, wanted.context):
            return space.path(key)
    return None


def _told(explorer: Explorer, way: tuple[Move, ...]) -> list[str]:
    if not way:
        return []
    start = way[0].before
    told = story(start, way, schedule(start, way), hidden=explorer.machine.names.hidden)
    return ["a way there:", *(f"  {line}" for line in told), ""]


def _test(explorer: Explorer, space: Space, way: tuple[Move, ...], event: Event) -> list[str]:
    """The lines of a test that goes there and lets the event come, gone already; or why there is none."""
    machine = compile_machine(explorer.machine)
    hidden = explorer.machine.names.hidden
    if not event.name:
        return _test_of_start(explorer, machine)
    given = Snapshot(state=machine.initial)
    begin = way[0].before if way else next(iter(space.configurations.values()))
    times = schedule(begin, way)
    walk = Walk.begin(explorer.compiled, given, explorer.entity())
    course = None if times is None else course_of(walk, way, times)
    if course is None:
        return [UNTOLD]
    course = course if way else ()
    due = walk.due()
    if due is not None and due[1] == event.name:
        last: Event | Pause = Pause(by=datetime.fromisoformat(walk.at.timers[event.name]) - walk.now)
    else:
        last = event
    course = (*course, last)
    walk = Walk.begin(machine, given, explorer.entity())
    ended = follow(walk, [written(part) if isinstance(part, Event) else part for part in course])
    if not ended or walk.last is None or walk.last.trace.verdict is not Verdict.ENDLESS:
        return [UNTOLD]
    return test_block(
        f"endless: {event.name} in {walk.at.state}",
        given,
        course,
        walk.at.state,
        "nothing moves",
        hidden,
        verdict=Verdict.ENDLESS.value,
    )


def _test_of_start(explorer: Explorer, machine: CompiledMachine) -> list[str]:
    """The same where a new instance goes round already: whatever comes first."""
    first = next(iter(explorer.events(explorer.start())), None)
    if first is None:
        return []
    event = Event(name=first, entity=explorer.entity(), payload={})
    made = step(machine, Snapshot(state=machine.initial, placed=False), event, NOW, arrived=True)
    if made.trace.verdict is not Verdict.ENDLESS:
        return []
    name, at = f"endless: {machine.initial}", made.snapshot.state
    given = Snapshot(state="")
    return test_block(name, given, (event,), at, "nothing moves", None, verdict=Verdict.ENDLESS.value)
