"""How states stand in each other, and what a transition leaves and enters: the rules of SCXML's appendix D. Pure.

A configuration is all states that an instance is in at once. It is written as the full name of its innermost state; in
a parallel state there are several of them, sorted and joined. A flat machine's is its state's name.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import field

from engine.frozen import frozen
from engine.machine.definition import ANY, TOGETHER, History, Kind, Machine, Transition
from engine.model import DONE_STATE, END


@frozen
class Configuration:
    """All states that an instance is in."""

    #: As snapshots write it.
    text: str
    #: Those without states in them, in the order of the definition.
    innermost: tuple[str, ...]
    #: All of them: in the order of the definition, outer ones before inner ones.
    active: tuple[str, ...]


@frozen
class Move:
    """What transitions that are taken together do to a configuration."""

    after: Configuration
    #: States left, inner ones first.
    left: tuple[str, ...]
    #: States entered, outer ones first.
    entered: tuple[str, ...]
    #: By entered state the completion events of those that it brought to their end.
    completed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: What `history` blocks keep from now on.
    histories: Mapping[str, str] = field(default_factory=dict)


class Tree:
    """The states of one machine. It never changes."""

    def __init__(self, machine: Machine) -> None:
        """Take the machine's states and histories."""
        self.named = machine.named
        self._states = machine.states
        self._histories = machine.histories
        self._children: dict[str | None, list[str]] = {None: []}
        for state in machine.states.values():
            self._children.setdefault(state.parent, []).append(state.name)
            self._children.setdefault(state.name, [])
        self._around = {name: self._outer(name) for name in machine.states}
        self._order = {name: position for position, name in enumerate(self._walk(None))}
        self._kept = {
            name: [h for h in self._histories.values() if h.parent == name] for name in machine.states
        }

    def _outer(self, name: str) -> tuple[str, ...]:
        found = []
        parent = self._states[name].parent
        while parent is not None:
            found.append(parent)
            parent = self._states[parent].parent
        return tuple(found)

    def _walk(self, name: str | None) -> Iterable[str]:
        for child in self._children[name]:
            yield child
            yield from self._walk(child)

    # Where states stand

    def around(self, name: str) -> tuple[str, ...]:
        """The states around a state, the innermost first."""
        return self._around[name]

    def is_inside(self, name: str, outer: str) -> bool:
        """Whether a state is inside another, at any depth; everything is inside `ANY`."""
        return outer == ANY or outer in self._around[name]

    def inside(self, name: str) -> list[str]:
        """All states inside a state, in the order of the definition."""
        return list(self._walk(name))

    # Configurations

    def configuration(self, text: str) -> Configuration | None:
        """The configuration that a snapshot names, None if it is none of this machine.

        The name of a state with states in it stands for what is entered with it.
        """
        names = [text] if text in self._states else text.split(TOGETHER)
        if any(name not in self._states for name in names):
            return None
        if any(self._states[name].kind is not Kind.ATOMIC for name in names):
            return self.entering(text) if len(names) == 1 else None
        active = {s for name in names for s in (name, *self._around[name])}
        found = self._configuration(active)
        whole = len(found.innermost) == len(names) and all(self._is_whole(s, active) for s in (None, *active))
        return found if whole else None

    def entering(self, name: str) -> Configuration:
        """The configuration after a state, or several together, were entered from nowhere.

        Of regions that are not named the initial state is entered.
        """
        targets = [s for target in self.named(name) for s in self._led_to(target, {})]
        return self._configuration(self._entry(targets, frozenset(), {}))

    def reach(self, target: str) -> set[str]:
        """Every state that may be entered with a target, those around it included."""
        found: set[str] = set()
        todo = self.named(target)
        while todo:
            name = todo.pop()
            parent = self._histories[name].parent if name in self._histories else None
            if parent is not None:
                found |= {parent, *self._around[parent], *self._walk(parent)}
                continue
            entered = self._entry([name], frozenset(), {})
            found |= entered
            starts = (self._states[s].initial for s in entered if s not in self._around[name])
            todo += [h for start in starts if start for h in self.named(start) if h in self._histories]
        return found

    def _is_whole(self, name: str | None, active: set[str]) -> bool:
        inner = self._children[name]
        present = sum(child in active for child in inner)
        parallel = name is not None and self._states[name].kind is Kind.PARALLEL
        return present == (len(inner) if parallel else min(len(inner), 1))

    def _configuration(self, active: Iterable[str]) -> Configuration:
        ordered = tuple(sorted(active, key=self._order.__getitem__))
        innermost = tuple(s for s in ordered if self._states[s].kind is Kind.ATOMIC)
        return Configuration(text=TOGETHER.join(sorted(innermost)), innermost=innermost, active=ordered)

    # Transitions

    def leaves(
        self, at: Configuration, transition: Transition, histories: Mapping[str, str]
    ) -> frozenset[str]:
        """The active states that a transition leaves."""
        targets = self._targets(transition, histories)
        if not targets:
            return frozenset()
        domain = self._domain(transition, targets)
        return frozenset(s for s in at.active if domain is None or domain in self._around[s])

    def sorted_out(
        self, at: Configuration, enabled: Sequence[Transition], histories: Mapping[str, str]
    ) -> list[Transition]:
        """The transitions that can be taken together: of two that leave the same state, the inner one, else the first."""
        kept: list[tuple[Transition, frozenset[str]]] = []
        for transition in enabled:
            left = self.leaves(at, transition, histories)
            rivals = [other for other in kept if other[1] & left]
            if all(self._is_outer(other.source, transition.source) for other, _ in rivals):
                kept = [other for other in kept if other not in rivals]
                kept.append((transition, left))
        return [transition for transition, _ in kept]

    def _is_outer(self, outer: str, name: str) -> bool:
        return name not in {ANY, outer} and self.is_inside(name, outer)

    def move(self, at: Configuration, taken: Sequence[Transition], histories: Mapping[str, str]) -> Move:
        """What the transitions, which can be taken together, do."""
        left = frozenset[str]().union(*(self.leaves(at, t, histories) for t in taken))
        kept = {**histories, **self._kept_by(at, left)}
        staying = frozenset(at.active) - left
        entered = self._entry([target for t in taken for target in self._targets(t, kept)], staying, kept)
        after = self._configuration(staying | entered)
        ordered = tuple(sorted(entered, key=self._order.__getitem__))
        return Move(
            after=after,
            left=tuple(sorted(left, key=self._order.__getitem__, reverse=True)),
            entered=ordered,
            completed=self._completed(ordered, staying),
            histories=kept,
        )

    def _targets(self, transition: Transition, histories: Mapping[str, str]) -> list[str]:
        """The states that a transition leads to, histories looked up; none if it leaves nothing."""
        if transition.target is None or transition.target == END:
            return []
        named = self.named(transition.target)
        return list(dict.fromkeys(s for target in named for s in self._led_to(target, histories)))

    def _led_to(self, target: str, histories: Mapping[str, str]) -> list[str]:
        history = self._histories.get(target)
        if history is None:
            return [target]
        back = histories[target].split(TOGETHER) if target in histories else []
        if back and self._can_come_back(history, back):
            return back
        if history.target is not None:
            return self.named(history.target)
        parent = self._states[history.parent]
        if parent.initial is None:
            return self._children[parent.name]
        return [s for first in self.named(parent.initial) for s in self._led_to(first, histories)]

    def _can_come_back(self, history: History, names: Sequence[str]) -> bool:
        """Whether what a history kept still fits: the definition may have changed since."""
        if any(name not in self._states or history.parent not in self._around[name] for name in names):
            return False
        if not history.deep:
            return {self._states[name].parent for name in names} == {history.parent} and self._is_whole(
                history.parent, set(names)
            )
        active = {s for name in names for s in (name, *self._around[name])}
        atomic = all(self._states[name].kind is Kind.ATOMIC for name in names)
        return atomic and all(
            self._is_whole(s, active) for s in active if s not in self._around[history.parent]
        )

    def _domain(self, transition: Transition, targets: Sequence[str]) -> str | None:
        """The innermost compound state around source and targets; None for the whole machine."""
        source = transition.source
        if source == ANY:
            return None
        for outer in self._around[source] if transition.leave else (source, *self._around[source]):
            if self._states[outer].kind is Kind.COMPOUND and all(outer in self._around[t] for t in targets):
                return outer
        return None

    def _kept_by(self, at: Configuration, left: frozenset[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for name in left:
            for history in self._kept[name]:
                among = at.innermost if history.deep else self._children[name]
                back = [s for s in among if s in left and name in self._around[s]]
                found[history.name] = TOGETHER.join(sorted(back))
        return found

    def _entry(
        self, targets: Sequence[str], staying: frozenset[str], histories: Mapping[str, str]
    ) -> set[str]:
        """The states to enter: the targets, those around them, and what goes with both."""
        entered = {s for target in targets for s in (target, *self._around[target]) if s not in staying}
        for name in sorted(entered, key=self._order.__getitem__):
            self._complete(name, entered, histories)
        return entered

    def _complete(self, name: str, entered: set[str], histories: Mapping[str, str]) -> None:
        """Enter with a state all of its regions, or its initial state unless another in it is entered."""
        state = self._states[name]
        entered.add(name)
        if state.kind is Kind.PARALLEL:
            for region in self._children[name]:
                if region not in entered:
                    self._complete(region, entered, histories)
        elif state.initial is not None and not any(child in entered for child in self._children[name]):
            named = [s for first in self.named(state.initial) for s in self._led_to(first, histories)]
            path = {s for first in named for s in (first, *self._around[first]) if name in self._around[s]}
            entered.update(path)
            for inner in sorted(path, key=self._order.__getitem__):
                self._complete(inner, entered, histories)

    def _completed(self, entered: Sequence[str], staying: frozenset[str]) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        active = set(staying)
        for name in entered:
            active.add(name)
            parent = self._states[name].parent
            if not self._states[name].final or parent is None:
                continue
            found[name] = (DONE_STATE + parent,)
            outer = self._states[parent].parent
            if (
                outer is not None
                and self._states[outer].kind is Kind.PARALLEL
                and all(self._is_done(region, active) for region in self._children[outer])
            ):
                found[name] = (DONE_STATE + parent, DONE_STATE + outer)
        return found

    def _is_done(self, name: str, active: AbstractSet[str]) -> bool:
        state = self._states[name]
        if state.kind is Kind.PARALLEL:
            return all(self._is_done(region, active) for region in self._children[name])
        return any(self._states[child].final and child in active for child in self._children[name])
