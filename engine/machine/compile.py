"""Machines made ready to decide, on the `transitions` library: the only place that knows it.

One library machine serves a definition for its whole life and never learns of an entity. Each decision passes a
carrier of its own through it; the library picks the transition, and the guards are asked through the carrier.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import transitions

from engine.machine.definition import ANY, Definition, Machine, Receive, Transition
from engine.model import END

#: Whether a candidate may be taken; asked once for each, in order, until one may.
Judge = Callable[[Transition], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledMachine:
    """A machine that can choose."""

    definition: Machine
    #: All transitions that may be taken, by state and event, in the order in which they are tried.
    table: Mapping[tuple[str, str], tuple[Transition, ...]]
    #: For each internal state the states as which the backend may still show it: where the instance came from.
    shown_as: Mapping[str, frozenset[str]]
    #: The library's machine: immutable, without models.
    library: Any

    def candidates(self, state: str, event: str) -> tuple[Transition, ...]:
        """What may happen on an event in a state, in the order in which it is tried."""
        return self.table.get((state, event), ())

    def choose(self, state: str, event: str, judge: Judge) -> tuple[Transition | None, str]:
        """The transition taken, if any, and the state after it. There must be candidates for `state` and `event`."""
        carrier = _Carrier(state, judge)
        self.library.events[_trigger(event)].trigger(carrier)
        return carrier.taken, carrier.state


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledProvisioner:
    """A project's machine, ready to decide, and what it listens to."""

    #: The project's name, lower case.
    name: str
    machine: CompiledMachine
    receives: tuple[Receive, ...]
    #: The hash of the definition it comes from.
    definition_hash: str


def compile_definition(definition: Definition) -> dict[str, CompiledProvisioner]:
    """The provisioners of a definition by their project's name, ready to decide."""
    return {
        name: CompiledProvisioner(
            name=name,
            machine=compile_machine(provisioner.machine),
            receives=provisioner.receives,
            definition_hash=definition.hash,
        )
        for name, provisioner in definition.provisioners.items()
    }


def compile_machine(machine: Machine) -> CompiledMachine:
    """Make a machine ready to decide."""
    table = _table(machine)
    library = transitions.Machine(
        model=None,
        states=list(machine.states),
        initial=machine.initial,
        auto_transitions=False,
        send_event=True,
        queued=False,
    )
    for (state, event), candidates in table.items():
        for transition in candidates:
            library.add_transition(
                _trigger(event),
                [state],  # a list: a bare "*" would mean every state to the library
                None
                if transition.target == END
                else transition.target,  # None: taken without a change of state
                conditions=[partial(_ask, transition)],
            )
    return CompiledMachine(
        definition=machine, table=table, shown_as=_shown_as(machine, table), library=library
    )


def _table(machine: Machine) -> dict[tuple[str, str], tuple[Transition, ...]]:
    """The candidates of every state that is not final: its own first, then those of every state."""
    declared: dict[str, list[Transition]] = {}
    for transition in machine.transitions:
        declared.setdefault(transition.source, []).append(transition)
    table: dict[tuple[str, str], list[Transition]] = {}
    for state in machine.states.values():
        if state.final:
            continue
        for transition in (*declared.get(state.name, ()), *declared.get(ANY, ())):
            table.setdefault((state.name, transition.event), []).append(transition)
    return {key: tuple(found) for key, found in table.items()}


def _shown_as(
    machine: Machine, table: Mapping[tuple[str, str], tuple[Transition, ...]]
) -> dict[str, frozenset[str]]:
    """For each internal state, the states with a status from which it is reached through internal states only."""
    into: dict[str, set[str]] = {}
    for (state, _), candidates in table.items():
        for transition in candidates:
            into.setdefault(transition.target, set()).add(state)
    internal = {name for name, state in machine.states.items() if state.alias is None}
    return {name: frozenset(_origins(name, into, internal) - internal) for name in internal}


def _origins(state: str, into: Mapping[str, set[str]], passable: set[str]) -> set[str]:
    """Every state before `state`, going back through `passable` ones."""
    found: set[str] = set()
    todo = [state]
    while todo:
        new = into.get(todo.pop(), set()) - found
        found |= new
        todo += new & passable
    return found


class _Carrier:
    """What the library moves in place of a model: the state, and who is asked about candidates."""

    __slots__ = ("judge", "state", "taken")

    def __init__(self, state: str, judge: Judge) -> None:
        self.state = state
        self.judge = judge
        self.taken: Transition | None = None


def _ask(transition: Transition, data: Any) -> bool:
    carrier = data.model
    if not carrier.judge(transition):
        return False
    carrier.taken = transition
    return True


def _trigger(event: str) -> str:
    """The library's name for an event: it must differ from the carrier's attribute ``state``."""
    return f"on {event}"
