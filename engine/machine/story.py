"""Ways through a machine, told to a person: as sentences, and as a `test` block to paste into the definition."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from engine.language.values import show
from engine.machine.durations import text_of
from engine.machine.explore import Configuration, Move
from engine.machine.schedule import Schedule
from engine.machine.values import printable
from engine.machine.writing import hcl, text
from engine.model import Delivery, Event, Snapshot

_MOST_SHOWN = 6


def story(
    start: Configuration, way: Sequence[Move], times: Schedule | None = None, loop: int | None = None
) -> list[str]:
    """A line for the start, and one for each move; after `loop` of the moves it goes round."""
    context = _leaves("context", start.snapshot.context)
    lines = [f'starts in "{start.snapshot.state}"{_with(context)}']
    number = 0
    now = timedelta()
    for position, move in enumerate(way):
        if position == loop:
            lines.append("from here it goes round:")
        if not move.event.name:
            continue
        number += 1
        at = now if times is None else times.moves[position]
        later = f"{text_of(at - now)} later " if at > now else ""
        now = at
        lines.append(f'{number}. {later}"{move.event.name}"{_with(told_event(move.event))} {_outcome(move)}')
    if times is not None and times.end > now:
        lines.append(f"{text_of(times.end - now)} later it is still there")
    return [printable(line) for line in lines]


def _outcome(move: Move) -> str:
    if move.ended:
        return "ends it"
    if move.quiet:
        return "runs out in vain"
    state = move.after.snapshot.state
    if state == move.before.snapshot.state and all(t.target is None for t in move.taken):
        return "leaves it where it is"
    return f'moves it to "{state}"'


def told_event(event: Event) -> list[str]:
    """What is in an event: ``event.action is "closed"``."""
    return [*_leaves("event", event.payload), *_leaves("delivery", event.delivery)]


def as_test(
    name: str, given: Snapshot, way: Sequence[Move], remark: str, times: Schedule | None = None
) -> list[str]:
    """The lines of a test that goes this way from what is given, and passes as long as the machine does."""
    course: list[Event | timedelta] = []
    now = timedelta()
    ran_out = False
    for position, move in enumerate(way):
        if not move.event.name:
            continue
        if move.event.name in move.before.left:
            ran_out = True  # time passes before what comes next, if only to let what is due at once run out
            continue
        at = now if times is None else times.moves[position]
        course += [at - now, move.event] if at > now or ran_out else [move.event]
        now, ran_out = at, False
    if times is not None and (times.end > now or ran_out):
        course.append(times.end - now)
    state = way[-1].after.snapshot.state if way else given.state
    return test_block(name, given, course, state, remark)


def test_block(
    name: str,
    given: Snapshot,
    course: Sequence[Event | Delivery | timedelta],
    state: str,
    remark: str,
    *,
    entity: str | None = None,  # noqa: PT028 -- no test of ours, but the lines of one
) -> list[str]:
    """The lines of a test: what is given, what comes in and the times that pass, and the state at the end.

    `entity` is said where it is not the project's number 1, and where a delivery might name another one first.
    """
    lines = [f"test {text(printable(name))} {{"]
    said = {"entity": entity, "state": given.state, "context": given.context}
    members = {member: hcl(value) for member, value in said.items() if value}
    if len(members) > 1:
        width = max(map(len, members))
        lines += ["  given {", *(f"    {m:{width}} = {value}" for m, value in members.items()), "  }"]
    else:
        lines.append(f"  given {{ state = {hcl(given.state)} }}")
    for part in course:
        told = _advance(part) if isinstance(part, timedelta) else _when(part)
        lines += [f"  {line}" for line in told]
    return [*lines, "  then {", f"    state = {text(state)} # {printable(remark)}", "  }", "}"]


def _advance(by: timedelta) -> list[str]:
    return [f"advance {{ by = {text(text_of(by))} }}"]


def _when(came: Event | Delivery) -> Iterator[str]:
    members = [("event", came.payload)]
    if isinstance(came, Delivery):
        head = f"when {text(came.source)} {text(came.type)} {{"
    else:
        head = f"when {text(came.name)} {{"
        members.append(("delivery", came.delivery))
    given = [f"{name} = {hcl(value)}" for name, value in members if value]
    if len(given) > 1:
        yield from (head, *(f"  {line}" for line in given), "}")
    else:
        yield f"{head} {given[0]} }}" if given else f"{head}}}"


def _with(told: list[str]) -> str:
    shown = told[:_MOST_SHOWN] + (["…"] if len(told) > _MOST_SHOWN else [])
    return f" with {', '.join(shown)}" if shown else ""


def _leaves(path: str, value: Any) -> list[str]:
    if isinstance(value, Mapping) and value:
        return [leaf for name, item in value.items() for leaf in _leaves(f"{path}.{name}", item)]
    return [] if value == {} and "." not in path else [f"{path} = {show(value)}"]
