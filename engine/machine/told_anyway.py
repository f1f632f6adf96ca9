"""What is true of a machine that is not whole, whatever its broken parts mean: events that nobody fires, states that no way
leads to or out of. Pure.

Everything that could fire an event or lead to a state counts as if it did.
"""

from collections.abc import Collection, Iterable, Iterator

from engine.diagnostics import Diagnostic, Severity
from engine.language import syntax
from engine.machine.atoms import Uses
from engine.machine.dead_parts import out_of_reach, without_way_out
from engine.machine.definition import ALWAYS, ANY, Kind, is_pattern
from engine.machine.drafts import MachineDraft, StateDraft
from engine.machine.fires import may_name
from engine.machine.read_machine import OF_ALIASES
from engine.machine.readable import Readable, raised_in
from engine.machine.unfired import fired_by, never_fired
from engine.model import END, is_own_event

#: Problems with blocks that may be anything else in truth.
_SHAPELESS = frozenset({"bad_name", "misplaced_block", "unknown_block", "wrong_labels"})
#: The attributes that say where a machine leads, and those that say where it ends.
_LEADING = frozenset({"initial", "transition"})
_ENDING = frozenset({"final"})


def unfired_anyway(
    machine: MachineDraft,
    block: syntax.Block,
    readable: Readable,
    receives: int,
    problems: Iterable[Diagnostic],
) -> Iterator[Diagnostic]:
    """Events that nobody fires, of all that could be read of a machine's `block`.

    `receives` is how many `receive` blocks there are; `problems` are those of the definition.
    """
    heard = readable.heard
    fires = [one.fire for one in heard if one.fire is not None]
    if not heard or readable.deaf or len(fires) != receives or any(p.code in _SHAPELESS for p in problems):
        return
    uses = Uses(names=readable.names)
    raised = frozenset(raised_in(block.body))
    first = {t.event: t for t in reversed(machine.transitions)}
    for event, transition in sorted(first.items(), key=lambda found: found[1].span.start):
        made = event == ALWAYS or is_own_event(event) or is_pattern(event)
        if not made and event not in raised and not any(may_name(uses, fire, event) for fire in fires):
            yield never_fired(event, fired_by(uses, fires) | raised, transition.span)


def unreached_anyway(
    machine: MachineDraft, block: syntax.Block, problems: Collection[Diagnostic]
) -> Iterator[Diagnostic]:
    """States that no way leads to, and that nothing leads out of; none if an error may hide a way."""
    if machine.lost or machine.nameless:
        return
    astray = any(t.astray for t in machine.transitions)
    if machine.initial is not None and not astray and not _bear_on(_LEADING, block, problems):
        reached = _Reach(machine).all()
        for name, state in machine.states.items():
            if name not in reached:
                yield out_of_reach(name, machine.initial, state.span)
    if _bear_on(_ENDING, block, problems):
        return
    leaving = {t.source for t in machine.transitions}
    for name, state in machine.states.items():
        atomic = state.kind is Kind.ATOMIC and not state.final
        if atomic and not leaving.intersection((ANY, *machine.around(name))):
            yield without_way_out(name, state.span)


def _bear_on(names: frozenset[str], block: syntax.Block, problems: Iterable[Diagnostic]) -> bool:
    """Whether an error in a block may change what attributes of these names say, or which blocks there are."""
    attributes = list(_attributes(block.body))
    if any(a.name in names and isinstance(a.value, syntax.Unread) for a in attributes):
        return True
    harmless = [a.value.span for a in attributes if a.name not in names]
    return any(
        problem.severity is Severity.ERROR
        and problem.code not in OF_ALIASES
        and problem.subject is not None
        and block.span.holds(problem.subject)
        and not any(span.holds(problem.subject) for span in harmless)
        for problem in problems
    )


def _attributes(body: syntax.Body) -> Iterator[syntax.Attribute]:
    waiting = [body]
    while waiting:
        inner = waiting.pop()
        yield from inner.attributes
        waiting += [block.body for block in inner.blocks]


class _Reach:
    """The states that some way may lead to."""

    def __init__(self, machine: MachineDraft) -> None:
        self._machine = machine
        self._reached: set[str] = set()
        #: What is entered with all that this brings: a state or a history.
        self._entered: set[str] = set()
        self._todo: list[str] = []

    def all(self) -> Collection[str]:
        """Find them."""
        machine = self._machine
        self._enter(machine.initial)
        for transition in machine.transitions:
            if transition.source == ANY:
                self._enter(transition.target)
        while self._todo:
            name = self._todo.pop()
            if name in self._entered:
                continue
            self._entered.add(name)
            if name in machine.histories:
                parent = machine.histories[name].parent
                self._todo += [each for each in machine.states if parent in machine.around(each)]
            elif name in machine.states:
                self._todo += _brought(machine.states[name], machine)
                self._reach(name)
        return self._reached

    def _enter(self, target: str | None) -> None:
        if target is not None and target != END:
            self._todo += self._machine.named(target)

    def _reach(self, name: str) -> None:
        """Note a state and those around it, with what leads on from there, and the regions beside it."""
        inner = name
        for outer in self._machine.around(name):
            state = self._machine.states[outer]
            if state.parallel:
                self._todo += [child for child in state.children if child != inner]
            inner = outer
            if outer not in self._reached:
                self._reached.add(outer)
                for transition in self._machine.transitions:
                    if transition.source == outer:
                        self._enter(transition.target)


def _brought(state: StateDraft, machine: MachineDraft) -> list[str]:
    """What is entered inside a state when it is entered itself."""
    if state.parallel or state.initial is None:
        return state.children
    return machine.named(state.initial)


def told_anyway(
    machine: MachineDraft,
    block: syntax.Block,
    readable: Readable,
    receives: int,
    problems: Iterable[Diagnostic],
) -> list[Diagnostic]:
    """All of it; see `unfired_anyway`."""
    known = list(problems)
    return [
        *unfired_anyway(machine, block, readable, receives, known),
        *unreached_anyway(machine, block, known),
    ]
