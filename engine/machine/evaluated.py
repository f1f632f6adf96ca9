"""Every expression of a machine, by what becomes of its value."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.machine.definition import Machine, Provisioner, Reaction, Receive
    from engine.machine.expression import Expression


def changes(machine: "Machine") -> Iterator["Expression"]:
    """Everything that is merged into the context."""
    yield from (t.set for t in machine.transitions if t.set is not None)
    yield from (r.set for r in _reactions(machine) if r.set is not None)


def payloads(machine: "Machine") -> Iterator["Expression"]:
    """Everything that events carry that the machine sends itself."""
    yield from (r.payload for r in machine.raises() if r.payload is not None)
    yield from (s.payload for s in machine.states.values() if s.payload is not None)


def conditions(machine: "Machine") -> Iterator["Expression"]:
    """Everything that holds or does not, which explanations say with what it looks at."""
    yield from (t.guard for t in machine.transitions if t.guard is not None)
    yield from (r.when for r in machine.raises() if r.when is not None)


def arguments(machine: "Machine") -> Iterator["Expression"]:
    """Everything that is called with."""
    yield from (e for transition in machine.transitions for e in transition.request.values())
    yield from (e for action in machine.actions() for e in action.arguments.values())


def others(machine: "Machine") -> Iterator["Expression"]:
    """Times that are waited, and people who are asked."""
    yield from (r.delay for r in machine.raises() if r.delay is not None)
    for state in machine.states.values():
        yield from (timer.delay for timer in state.timers)
        if state.awaits is not None:
            yield state.awaits.people


def heard(receives: Iterable["Receive"]) -> Iterator["Expression"]:
    """Everything that is evaluated to find out what a delivery means."""
    for receive in receives:
        asked = (receive.when, receive.entity, receive.fire, receive.once_per, receive.ordered_by)
        yield from (expression for expression in asked if expression is not None)


def elsewhere(provisioner: "Provisioner") -> Iterator["Expression"]:
    """Everything that is evaluated whatever has come in, claims included."""
    for state in provisioner.machine.states.values():
        yield from (timer.delay for timer in state.timers)
        asked = None if state.awaits is None else state.awaits.people
        yield from (e for e in (asked, state.payload) if e is not None)
    for reaction in _reactions(provisioner.machine):
        yield from () if reaction.set is None else (reaction.set,)
        yield from (e for action in reaction.actions for e in action.arguments.values())
        yield from (e for raised in reaction.raises for e in raised.expressions())
    yield from (p.condition for p in provisioner.properties if p.condition is not None)


def _reactions(machine: "Machine") -> Iterator["Reaction"]:
    return (r for s in machine.states.values() for r in (s.on_enter, s.on_exit) if r is not None)
