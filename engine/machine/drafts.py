"""A machine while it is read: good enough to be checked, whole only if nothing was wrong with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from engine.diagnostics import Span
from engine.frozen import frozen
from engine.machine.definition import ALWAYS, TOGETHER, Await, Kind, Reaction, Timer, Transition
from engine.machine.expression import Expression

_TWO = 2


@frozen
class Alias:
    """One member of ``aliases``."""

    state: str
    status: str
    #: Where the state is named.
    span: Span


@frozen
class TransitionDraft:
    """A transition as it was read."""

    source: str
    event: str
    #: Where it says that it leads; None if it does not say. `resolve` makes it a full name.
    target: str | None
    target_span: Span
    #: It says where it leads, and that could not be read.
    astray: bool = False
    #: It has a guard, readable or not, or needs the answers of several people.
    guarded: bool
    #: It decorates the backend's call.
    decorated: bool
    span: Span
    #: The transition, if all of it could be read.
    transition: Transition | None
    #: Its expressions, without those that a syntax error is in.
    expressions: tuple[Expression, ...] = ()

    @property
    def on(self) -> str:
        """What it waits for, in words."""
        return "always" if self.event == ALWAYS else f'on "{self.event}"'


@dataclass(slots=True, kw_only=True)
class StateDraft:
    """A state as it was read so far; several blocks may speak of it."""

    #: The full name.
    name: str
    #: Its first block.
    span: Span
    #: The state around it.
    parent: str | None = None
    #: Its block in the full form, if it has one.
    full: Span | None = None
    final: bool = False
    payload: Expression | None = None
    #: It says ``alias = null``.
    internal: bool = False
    #: It is a `parallel` block.
    parallel: bool = False
    #: The full names of the states right inside it.
    children: list[str] = field(default_factory=list)
    initial: str | None = None
    initial_span: Span | None = None
    on_enter: Reaction | None = None
    on_exit: Reaction | None = None
    timers: list[Timer] = field(default_factory=list)
    awaits: Await | None = None

    @property
    def kind(self) -> Kind:
        """What it is made of."""
        if self.parallel:
            return Kind.PARALLEL
        return Kind.COMPOUND if self.children else Kind.ATOMIC


@dataclass(slots=True, kw_only=True)
class HistoryDraft:
    """A history as it was read."""

    #: The full name.
    name: str
    parent: str
    deep: bool
    target: str | None
    target_span: Span
    span: Span


@dataclass(slots=True, kw_only=True)
class MachineDraft:
    """A machine as it was read."""

    name: str
    #: The header of its block.
    span: Span
    initial: str | None = None
    initial_span: Span | None = None
    states: dict[str, StateDraft] = field(default_factory=dict)
    histories: dict[str, HistoryDraft] = field(default_factory=dict)
    transitions: list[TransitionDraft] = field(default_factory=list)
    #: The names of what was written and could not be read, a state's or an event's.
    lost: frozenset[str] = frozenset()
    #: The types of blocks that need a name and have none.
    nameless: frozenset[str] = frozenset()
    #: None without an aliasmapper.
    aliases: Mapping[str, Alias] | None = None

    def around(self, name: str) -> list[str]:
        """A state and those around it, the innermost first."""
        return _around(self.states, name)

    def hides(self, name: str) -> bool:
        """Whether something of that name may be there and could not be read: why was reported."""
        return not self.nameless <= {"on"} or name.rpartition(".")[2] in self.lost

    def named(self, target: str) -> list[str]:
        """The states and histories that a target names: one, or several that an instance can be in at once."""
        known = target in self.states or target in self.histories
        return [target] if known else target.split(TOGETHER)

    def apart(self, target: str) -> tuple[str, str] | None:
        """Two known states of a target in which an instance cannot be at once; None if there are none."""
        named = [self.histories[n].parent if n in self.histories else n for n in self.named(target)]
        return apart(self.states, [name for name in named if name in self.states])

    def says_alias(self, name: str) -> bool:
        """Whether a state itself says what the backend calls it, or that it has no name there."""
        state = self.states[name]
        if state.internal:
            return True
        if self.aliases is not None:
            return name in self.aliases
        inside_parallel = any(self.states[outer].parallel for outer in self.around(name)[1:])
        return state.kind is not Kind.COMPOUND and not inside_parallel

    def shown(self, name: str) -> str | None:
        """The state whose alias, or ``alias = null``, holds for this one; None if nothing is said."""
        return next((outer for outer in self.around(name) if self.says_alias(outer)), None)


class Nested(Protocol):
    """What says of a state where it stands, read or being read."""

    @property
    def parent(self) -> str | None:
        """The full name of the state around it."""

    @property
    def kind(self) -> Kind:
        """What it is made of."""


@dataclass(frozen=True, slots=True)
class Lost:
    """A state that is written and could not be read: nobody knows where it stands."""

    parent: str | None = None
    kind: Kind = Kind.ATOMIC


def apart(states: Mapping[str, Nested], named: Sequence[str]) -> tuple[str, str] | None:
    """Two of the named states in which an instance cannot be at once; None if there are none, or if some were lost."""
    if len(named) < _TWO or any(isinstance(state, Lost) for state in states.values()):
        return None
    for position, one in enumerate(named):
        for two in named[position + 1 :]:
            inner = _around(states, two)
            shared = next((s for s in _around(states, one) if s in inner), None)
            if shared is None or shared in (one, two) or states[shared].kind is not Kind.PARALLEL:
                return one, two
    return None


def _around(states: Mapping[str, Nested], name: str) -> list[str]:
    """A state and those around it, the innermost first."""
    found: list[str] = []
    current: str | None = name
    while current is not None:
        found.append(current)
        current = states[current].parent
    return found
