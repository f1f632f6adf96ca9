"""Ways through a machine, told to a person: as sentences, and as a `test` block to paste into the definition."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine.language.values import show
from engine.machine.explore import Configuration, Move
from engine.machine.values import printable
from engine.machine.writing import hcl, text
from engine.model import Event

_MOST_SHOWN = 6


def story(start: Configuration, way: Sequence[Move]) -> list[str]:
    """A line for the start, and one for each move."""
    context = _leaves("context", start.snapshot.context)
    lines = [f'starts in "{start.snapshot.state}"{_with(context)}']
    for number, move in enumerate(way, start=1):
        to = _outcome(move)
        lines.append(f'{number}. "{move.event.name}"{_with(told_event(move.event))} {to}')
    return [printable(line) for line in lines]


def _outcome(move: Move) -> str:
    if move.ended:
        return "ends it"
    return "leaves it where it is" if move.stayed else f'moves it to "{move.after.snapshot.state}"'


def told_event(event: Event) -> list[str]:
    """What is in an event: ``event.action is "closed"``."""
    return [*_leaves("event", event.payload), *_leaves("delivery", event.delivery)]


def as_test(name: str, start: Configuration, way: Sequence[Move], remark: str) -> list[str]:
    """The lines of a test that goes this way, and passes as long as the machine does."""
    lines = [f"test {text(printable(name))} {{"]
    state = text(start.snapshot.state)
    if start.snapshot.context:
        context = hcl(start.snapshot.context)
        lines += ["  given {", f"    state   = {state}", f"    context = {context}", "  }"]
    else:
        lines.append(f"  given {{ state = {state} }}")
    for move in way:
        lines += [f"  {line}" for line in _when(move.event)]
    state = way[-1].after.snapshot.state if way else start.snapshot.state
    return [*lines, "  then {", f"    state = {text(state)} # {printable(remark)}", "  }", "}"]


def _when(event: Event) -> Iterator[str]:
    members = [("event", event.payload), ("delivery", event.delivery)]
    given = [f"{name} = {hcl(value)}" for name, value in members if value]
    head = f"when {text(event.name)} {{"
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
