"""Places from which no end of the machine can be reached, as far as it was explored: problems that nobody has to ask for. Pure."""

from collections.abc import Iterable, Iterator, Sequence

from engine.diagnostics import Diagnostic, Severity
from engine.language.values import show
from engine.machine.definition import ALWAYS, Kind
from engine.machine.domains import MISSING
from engine.machine.explore import Explorer
from engine.machine.moves import Configuration
from engine.machine.question import look_up
from engine.machine.schedule import schedule
from engine.machine.space import Space
from engine.machine.story import story
from engine.machine.values import printable
from engine.model import END


def stranded(explorer: Explorer, space: Space) -> Iterator[Diagnostic]:
    """States from which no end can be reached: those from which none ever can are told once for all of them, and so are
    those from which none can only with some of what may be remembered there. A machine without any end is meant so.
    """
    stuck = _stuck(explorer, space)
    fine = [c for key, c in space.configurations.items() if key not in stuck]
    ending, texts = {name for c in fine for name in c.states}, {c.snapshot.state for c in fine}
    never = [c for c in stuck.values() if c.snapshot.state not in texts]
    if never:
        names = dict.fromkeys(name for c in never for name in sorted(c.states - ending) or [c.snapshot.state])
        yield _told(explorer, space, never[0], names, "", "Add a way to a final state or to <end>.")
    some = [c for c in stuck.values() if c.snapshot.state in texts]
    if some:
        names = dict.fromkeys(c.snapshot.state for c in some)
        only = _only(_memory(explorer, some[0], fine), list(names))
        advice = "After other ways there one can. Add a way to a final state or to <end> for this one too."
        yield _told(explorer, space, some[0], names, only, advice)


def _stuck(explorer: Explorer, space: Space) -> dict[str, Configuration]:
    """The configurations from which no end can be reached, by key, nearest first; none where more may be possible than is known."""
    machine = explorer.machine
    final = {name for name, state in machine.states.items() if state.final and state.parent is None}
    if not final and not any(t.target == END and t.event != ALWAYS for t in machine.transitions):
        return {}
    if space.sampled:
        return {}
    # A state that nothing leads out of is told as that.
    stops = {n for n, s in machine.states.items() if s.kind is Kind.ATOMIC and not explorer.leaving(n)}
    closing = {key for key, moves in space.moves.items() if any(move.ended for move in moves)}
    fine = space.leading_to(frozenset(final | stops), [*closing, *space.open()])
    return {key: at for key, at in space.configurations.items() if key not in fine}


def _memory(explorer: Explorer, at: Configuration, fine: Iterable[Configuration]) -> str:
    """What is remembered in a configuration and is another thing where the same state leads to an end."""
    context, hidden = at.snapshot.context, explorer.machine.names.hidden
    others = [c.snapshot.context for c in fine if c.snapshot.state == at.snapshot.state]
    shown = context if hidden is None else hidden.shown("context", context)
    told = []
    for path in explorer.answers.remembered:
        value, told_value = look_up(context, path[1:]), look_up(shown, path[1:])
        if all(look_up(other, path[1:]) == value for other in others):
            continue
        if value is MISSING or told_value is not MISSING:
            name = ".".join(path)
            told.append(f"without {name}" if value is MISSING else f"with {name} = {show(told_value)}")
    return printable(" and ".join(told))


def _only(memory: str, names: Sequence[str]) -> str:
    """When no end can be reached from these states, of which the first one is shown with its memory."""
    if not memory:  # a timer that runs, or does not
        return " on some of the ways there"
    return (
        f" {memory}" if len(names) == 1 else f' with some of what may be remembered: in "{names[0]}" {memory}'
    )


def _told(
    explorer: Explorer, space: Space, first: Configuration, names: Iterable[str], only: str, advice: str
) -> Diagnostic:
    """The problem with states, with the way to the first configuration that has it."""
    states = explorer.machine.states
    way = space.path(first.key)
    start = space.start_of(way, first.key)
    told = story(start, way, schedule(start, way), hidden=explorer.machine.names.hidden)
    place = first.snapshot.state if only and first.snapshot.state in states else min(first.states)
    listed = ", ".join(f'"{name}"' for name in names)
    return Diagnostic(
        code="no_end_reachable",
        summary=f"From {listed} no end can be reached{only}",
        detail=advice,
        subject=states[place].span,
        severity=Severity.WARNING,
        story="\n".join(["a way there:", *(f"  {line}" for line in told)]),
    )
