"""Machines made ready to decide, on the `transitions` library: the only place that knows it.

One library machine serves a definition for its whole life and never learns of an entity. What it tries in a state on an
event, and in which order, is asked of it once and kept; a decision then asks its judge about these candidates, one after
the other. A trigger of the library does the same for one state, and property tests that always run hold the two together;
but which transitions of parallel states go together, and what nested states are left and entered, says the tree: there the
library differs from SCXML.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field, replace
from functools import partial
from typing import Any

import transitions

from engine.errors import expect
from engine.frozen import frozen
from engine.machine.definition import (
    ALWAYS,
    ANY,
    Definition,
    Kind,
    Machine,
    Receive,
    Transition,
    covers,
    is_pattern,
)
from engine.machine.expression import Names
from engine.machine.timers import raised_by
from engine.machine.tree import Configuration, Move, Tree
from engine.machine.values import printable
from engine.model import AFTER, END, Candidate, Effect, EffectKind

#: Whether a candidate may be taken; asked for one after the other, in order, until one may.
Judge = Callable[[Transition], bool]

#: How many moves and configurations are kept ready.
_MOST_KEPT = 4096


@frozen
class CompiledMachine:
    """A machine that can choose."""

    definition: Machine
    tree: Tree
    #: Where an instance starts, as snapshots write it.
    initial: str
    #: All transitions that may be taken in an innermost state, by it and the event, in the order they are tried. Under a
    #: pattern stands what is tried for the events that only patterns mean.
    table: Mapping[tuple[str, str], tuple[Transition, ...]]
    #: The events that transitions name.
    waited_for: frozenset[str]
    #: Those of them that mean several names, the narrowest first.
    patterns: tuple[str, ...]
    #: It has transitions that wait for no event.
    eventless: bool
    #: Something is to be done, timed or asked when states are entered or left.
    reacts: bool
    #: For each internal state the states as which the backend may still show it: where the instance came from.
    shown_as: Mapping[str, frozenset[str]]
    #: The library's machine: immutable, without models.
    library: Any
    _orders: dict[tuple[str, str], tuple[Transition, ...]] = field(
        default_factory=dict, repr=False, compare=False
    )
    _configurations: dict[str, Configuration] = field(default_factory=dict, repr=False, compare=False)
    _moves: dict[tuple[str, tuple[int, ...]], Move] = field(default_factory=dict, repr=False, compare=False)
    _leading: dict[tuple[str, str], tuple[tuple[str, tuple[Transition, ...]], ...]] = field(
        default_factory=dict, repr=False, compare=False
    )
    _calls: dict[tuple[str, str], Effect | None] = field(default_factory=dict, repr=False, compare=False)
    _told: dict[tuple[int, str, bool, str], Candidate] = field(
        default_factory=dict, repr=False, compare=False
    )

    def configuration(self, state: str) -> Configuration | None:
        """All states that an instance is in whose snapshot says `state`; None if the machine has no such state."""
        found = self._configurations.get(state)
        if found is None:
            found = self.tree.configuration(state)
            if found is not None:
                _keep(self._configurations, state, found)
        return found

    def candidates(self, at: Configuration, event: str) -> tuple[Transition, ...]:
        """What may happen on an event, in the order in which it is tried."""
        event = self.meant(event)
        if len(at.innermost) == 1:
            return self.table.get((at.innermost[0], event), ())
        listed = (t for state in at.innermost for t in self.table.get((state, event), ()))
        return tuple({id(t): t for t in listed}.values())

    def choose(self, at: Configuration, event: str, judge: Judge) -> tuple[Transition, ...]:
        """The transitions that an event enables, at most one for each innermost state, in their order."""
        event = self.meant(event)
        found: dict[int, Transition] = {}
        for state in at.innermost:
            for transition in self.order(state, event):
                if judge(transition):
                    found[id(transition)] = transition
                    break
        return tuple(found.values())

    def order(self, state: str, event: str) -> tuple[Transition, ...]:
        """What the library tries in an innermost state, in its order; the event is one that `meant` gives."""
        order = self._orders.get((state, event))
        if order is None and (state, event) not in self.table:
            return ()
        if order is None:
            order = self._orders[state, event] = self._asked(state, event)
        return order

    def _asked(self, state: str, event: str) -> tuple[Transition, ...]:
        """Every transition that the library's conditions ask about, while none may be taken."""
        asked: list[Transition] = []

        def ask(transition: Transition) -> bool:
            asked.append(transition)
            return False

        known = self.library.events[_trigger(event)]
        data = transitions.EventData(None, known, self.library, Carrier(ask), (), {})
        for candidate in known.transitions.get(state, ()):
            all(condition.check(data) for condition in candidate.conditions)
        return tuple(asked)

    def meant(self, event: str) -> str:
        """The event under which the table has an event's transitions: itself, what its timer raises, or a pattern."""
        if event in self.waited_for:
            return event
        event = raised_by(event) or event
        if event in self.waited_for:
            return event
        return next((pattern for pattern in self.patterns if covers(pattern, event)), event)

    def move(self, at: Configuration, taken: Sequence[Transition], histories: Mapping[str, str]) -> Move:
        """What transitions that go together do to a configuration."""
        if self.definition.histories:
            return self.tree.move(at, taken, histories)
        key = (at.text, tuple(map(id, taken)))  # the machine keeps its transitions, and so their identity
        found = self._moves.get(key)
        if found is None:
            found = self.tree.move(at, taken, histories)
            _keep(self._moves, key, found)
        return found

    def call(self, before: Configuration, after: Configuration) -> Effect | None:
        """What moves the entity in the backend from one configuration to another, undecorated; None without a call."""
        key = (before.text, after.text)
        if key not in self._calls:
            _keep(self._calls, key, self._call(before, after))
        return self._calls[key]

    def _call(self, before: Configuration, after: Configuration) -> Effect | None:
        shown, status_of = self.definition.shown, self.definition.status_of
        source, target = shown[before.innermost[0]], shown[after.innermost[0]]
        status = status_of(target)
        if status is None or target == source:
            return None
        return Effect(
            kind=EffectKind.TRANSITION,
            name=after.text,
            source=before.text,
            target=after.text,
            source_status=status_of(source),
            target_status=status,
        )

    def told(self, transition: Transition, reason: str, *, taken: bool, on: str) -> Candidate:
        """A candidate as traces have it, for a reason that is the same every time."""
        key = (id(transition), reason, taken, on)  # the machine keeps its transitions, and so their identity
        found = self._told.get(key)
        if found is None:
            found = candidate(transition, reason, taken=taken, on=on)
            _keep(self._told, key, found)
        return found

    def leading_to(self, at: Configuration, event: str) -> tuple[tuple[str, tuple[Transition, ...]], ...]:
        """Other innermost states and what is tried there on an event, if any of it leads to where this configuration is."""
        event = self.meant(event)
        key = (at.text, event)
        found = self._leading.get(key)
        if found is None:
            elsewhere = ((state, row) for (state, name), row in self.table.items() if name == event)
            found = tuple(
                (state, row)
                for state, row in elsewhere
                if state not in at.active and any(self.is_at(at, transition) for transition in row)
            )
            _keep(self._leading, key, found)
        return found

    def is_at(self, at: Configuration, transition: Transition) -> bool:
        """Whether a configuration is where a transition leads."""
        target = transition.target
        if target is None or target == END:
            return False
        return all(state in at.active for state in self.tree.named(target))

    def events(self, at: Configuration) -> list[str]:
        """The names of the events that transitions know there, sorted; timers left out."""
        names = {name for state, name in self.table if state in at.innermost}
        return sorted(name for name in names if name != ALWAYS and not name.startswith(AFTER))

    def knows(self, event: str) -> bool:
        """Whether any transition waits for the event."""
        return any(covers(transition.event, event) for transition in self.definition.transitions)


def candidate(transition: Transition, reason: str, *, taken: bool, on: str) -> Candidate:
    """A transition that was looked at, as traces have it."""
    return Candidate(
        source=transition.source,
        target=transition.source if transition.target is None else transition.target,
        taken=taken,
        reason=printable(reason),
        place=str(transition.span),
        on=on,
    )


def _keep(kept: dict[Any, Any], key: Any, value: Any) -> None:
    if len(kept) >= _MOST_KEPT:
        kept.clear()
    kept[key] = value


@frozen
class CompiledProvisioner:
    """A project's machine, ready to decide, and what it listens to."""

    #: The project's name, lower case.
    name: str
    machine: CompiledMachine
    receives: tuple[Receive, ...]
    #: The hash of the definition it comes from.
    definition_hash: str
    #: The values of that definition's variables: with its text, all that is needed to read it again.
    variables: Mapping[str, Any]
    #: The variables among them whose values are not to be shown.
    sensitive: frozenset[str] = frozenset()


def compile_definition(definition: Definition) -> dict[str, CompiledProvisioner]:
    """The provisioners of a definition by their project's name, ready to decide. Raises TypeError for what is none."""
    expect(definition, "what is to be compiled", Definition)
    return {
        name: CompiledProvisioner(
            name=name,
            machine=compile_machine(provisioner.machine),
            receives=provisioner.receives,
            definition_hash=definition.hash,
            variables=definition.variables,
            sensitive=definition.sensitive,
        )
        for name, provisioner in definition.provisioners.items()
    }


def unhidden(provisioner: CompiledProvisioner) -> CompiledProvisioner:
    """The same provisioner, whose traces show values that are made of sensitive ones, as those of old decisions do."""
    return _named(provisioner, provisioner.machine.definition.names.hiding(None))


def remembering(
    provisioner: CompiledProvisioner, sensitive: Mapping[str, Sequence[str]]
) -> CompiledProvisioner:
    """The same provisioner, for which that is sensitive, too, in all contexts and events (`Snapshot.sensitive`)."""
    return _named(provisioner, provisioner.machine.definition.names.remembering(sensitive))


def _named(provisioner: CompiledProvisioner, names: Names) -> CompiledProvisioner:
    machine = provisioner.machine
    if names is machine.definition.names:
        return provisioner
    return replace(provisioner, machine=replace(machine, definition=replace(machine.definition, names=names)))


def compile_machine(machine: Machine) -> CompiledMachine:
    """Make a machine ready to decide."""
    tree = Tree(machine)
    table = _table(machine, tree)
    library = transitions.Machine(
        model=None,
        states=list(machine.states),
        initial=tree.named(machine.initial)[0],
        auto_transitions=False,
        send_event=True,
        queued=False,
    )
    for (state, event), candidates in table.items():
        for transition in candidates:
            library.add_transition(
                _trigger(event),
                [state],  # a list: a bare "*" would mean every state to the library
                transition.target
                if transition.target in machine.states
                else None,  # None: no change of state
                conditions=[partial(_ask, transition)],
            )
    states = machine.states.values()
    return CompiledMachine(
        definition=machine,
        tree=tree,
        initial=tree.entering(machine.initial).text,
        table=table,
        waited_for=_events(machine),
        patterns=_patterns(machine),
        eventless=any(event == ALWAYS for _, event in table),
        reacts=any(s.on_enter or s.on_exit or s.timers or s.awaits for s in states),
        shown_as=_shown_as(machine, tree, table),
        library=library,
    )


def _events(machine: Machine) -> frozenset[str]:
    return frozenset(transition.event for transition in machine.transitions)


def _patterns(machine: Machine) -> tuple[str, ...]:
    return tuple(sorted(filter(is_pattern, _events(machine)), key=lambda event: (-len(event), event)))


def _table(machine: Machine, tree: Tree) -> dict[tuple[str, str], tuple[Transition, ...]]:
    """The candidates of every innermost state that is not the end: its own, those around it, those of every state."""
    declared: dict[str, list[Transition]] = {}
    for transition in machine.transitions:
        declared.setdefault(transition.source, []).append(transition)
    named = sorted(_events(machine)) if _patterns(machine) else ()
    table: dict[tuple[str, str], list[Transition]] = {}
    for state in machine.states.values():
        if state.kind is not Kind.ATOMIC or (state.final and state.parent is None):
            continue
        for source in (state.name, *tree.around(state.name), ANY):
            for transition in declared.get(source, ()):
                event = transition.event
                meant = [name for name in named if covers(event, name)] if is_pattern(event) else [event]
                for name in meant:
                    table.setdefault((state.name, name), []).append(transition)
    return {key: tuple(found) for key, found in table.items()}


def _shown_as(
    machine: Machine, tree: Tree, table: Mapping[tuple[str, str], tuple[Transition, ...]]
) -> dict[str, frozenset[str]]:
    """For each internal state, the states with a status from which it is reached through internal states only."""
    internal = {name for name in machine.shown.values() if machine.states[name].alias is None}
    if not internal:
        return {}
    into: dict[str, set[str]] = {}
    for (state, _), candidates in table.items():
        for transition in candidates:
            for target in _innermost(machine, tree, transition.target):
                into.setdefault(machine.shown[target], set()).add(machine.shown[state])
    return {name: frozenset(_origins(name, into, internal) - internal) for name in internal}


def _innermost(machine: Machine, tree: Tree, target: str | None) -> Iterable[str]:
    """The innermost states that a transition to `target` may lead to."""
    if target is None or target == END:
        return ()
    return (name for name in tree.reach(target) if machine.states[name].kind is Kind.ATOMIC)


def _origins(state: str, into: Mapping[str, set[str]], passable: set[str]) -> set[str]:
    """Every state before `state`, going back through `passable` ones."""
    found: set[str] = set()
    todo = [state]
    while todo:
        new = into.get(todo.pop(), set()) - found
        found |= new
        todo += new & passable
    return found


class Carrier:
    """What the library has in place of a model: who is asked about candidates, and the last one that may be taken."""

    __slots__ = ("judge", "state", "taken")

    def __init__(self, judge: Judge, state: str = "") -> None:
        self.state = state
        self.judge = judge
        self.taken: Any = None


def _ask(transition: Transition, data: Any) -> bool:
    carrier = data.model
    if not carrier.judge(transition):
        return False
    carrier.taken = transition
    return True


def _trigger(event: str) -> str:
    """The library's name for an event: it must differ from the carrier's attribute ``state``."""
    return f"on {event}"
