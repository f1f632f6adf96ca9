"""Ways through a machine, told to a person: as sentences, and as a `test` block to paste into the definition."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from engine.language.values import show
from engine.machine.course import Pause
from engine.machine.durations import text_of
from engine.machine.moves import Configuration, Move
from engine.machine.schedule import Schedule
from engine.machine.sensitive import Sensitive
from engine.machine.values import printable
from engine.machine.writing import hcl, text
from engine.model import Delivery, Event, Snapshot

_MOST_SHOWN = 6


def story(
    start: Configuration,
    way: Sequence[Move],
    times: Schedule | None = None,
    loop: int | None = None,
    hidden: Sensitive | None = None,
) -> list[str]:
    """A line for the start, and one for each move; after `loop` of the moves it goes round.

    Here and below `hidden` says what is not to be shown; None = all may be.
    """
    context = _leaves("context", _shown(hidden, "context", start.snapshot.context))
    lines = [f'starts in "{start.snapshot.state}"{_with(context)}']
    number = 0
    now = timedelta()
    for position, move in enumerate(way):
        if position == loop:
            lines.append("from here it goes round:")
        if not move.event.name:
            continue
        at = now if times is None else times.moves[position]
        later = f"{text_of(at - now)} later " if at > now else ""
        now = at
        head = "" if move.quiet else f"{(number := number + 1)}. "  # what runs out in vain is no move
        lines.append(
            f'{head}{later}"{move.event.name}"{_with(told_event(move.event, hidden))} {_outcome(move)}'
        )
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


def told_event(event: Event, hidden: Sensitive | None = None) -> list[str]:
    """What is in an event: ``event.action is "closed"``."""
    members = (("event", event.payload), ("delivery", event.delivery))
    return [leaf for name, value in members for leaf in _leaves(name, _shown(hidden, name, value))]


def _shown(hidden: Sensitive | None, root: str, value: Any) -> Any:
    return value if hidden is None else hidden.shown(root, value)


def as_test(
    name: str, given: Snapshot, way: Sequence[Move], remark: str, hidden: Sensitive | None = None
) -> list[str]:
    """The lines of a test that goes this way from what is given, where time does not pass but for timers that run out."""
    course: list[Event | Pause] = []
    ran_out = False
    for move in way:
        if not move.event.name:
            continue
        if move.event.name in move.before.left:
            ran_out = True
            continue
        course += [Pause(by=timedelta()), move.event] if ran_out else [move.event]
        ran_out = False
    if ran_out:
        course.append(Pause(by=timedelta()))
    state = way[-1].after.snapshot.state if way else given.state
    return test_block(name, given, course, state, remark, hidden)


def test_block(
    name: str,
    given: Snapshot,
    course: Sequence[Event | Delivery | Pause],
    state: str,
    remark: str,
    hidden: Sensitive | None,
    *,
    entity: str | None = None,  # noqa: PT028 -- no test of ours, but the lines of one
    verdict: str | None = None,  # noqa: PT028
) -> list[str]:
    """The lines of a test: what is given, what comes in and the times that pass, and the state at the end.

    What is given is not said where its state is empty: the entity is new. `entity` is said where it is not the project's number 1, and where a delivery might name another one first; `verdict` is
    that of what came last, where the state does not tell.
    """
    lines = [f"test {text(printable(name))} {{"]
    said = {
        "entity": entity,
        "state": given.state,
        "context": _shown(hidden, "context", given.context),
    }
    members = {member: hcl(value) for member, value in said.items() if value}
    if len(members) > 1:
        width = max(map(len, members))
        lines += ["  given {", *(f"    {m:{width}} = {value}" for m, value in members.items()), "  }"]
    elif members:
        lines.append(f"  given {{ {' '.join(members)} = {' '.join(members.values())} }}")
    for part in course:
        told = _advance(part) if isinstance(part, Pause) else _when(part, hidden)
        lines += [f"  {line}" for line in told]
    if verdict is None:
        found = [f"state = {text(state)} # {printable(remark)}"]
    else:
        found = [f"state   = {text(state)}", f"verdict = {text(verdict)} # {printable(remark)}"]
    return [*lines, "  then {", *(f"    {line}" for line in found), "  }", "}"]


def _advance(pause: Pause) -> list[str]:
    by = text(text_of(pause.by))
    if pause.before is None:
        return [f"advance {{ by = {by} }}"]
    return ["advance {", f"  by     = {by}", f"  before = {text(pause.before)}", "}"]


def _when(came: Event | Delivery, hidden: Sensitive | None) -> Iterator[str]:
    members = [("event", came.payload)]
    if isinstance(came, Delivery):
        head = f"when {text(came.source)} {text(came.type)} {{"
    else:
        head = f"when {text(came.name)} {{"
        members.append(("delivery", came.delivery))
    given = [f"{name} = {hcl(_shown(hidden, name, value))}" for name, value in members if value]
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
