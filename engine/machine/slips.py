"""Which findings of a proof only follow from a slip of the pen that is told at its own place."""

from collections.abc import Iterable, Iterator

from engine.diagnostics import Diagnostic, Span
from engine.machine.definition import Kind, Machine, Provisioner, Transition, covers
from engine.machine.evaluated import heard
from engine.machine.expression import Expression, Names
from engine.machine.fires import may_fire
from engine.machine.flows import arguments_of

#: Problems of a name or a text that nothing else is called by, after which a guard does not mean what it says.
_SLIPS = frozenset(("context_never_set", "unknown_payload_field", "unknown_payload_value", "unknown_state"))
#: What they make of a guard.
_OF_GUARDS = frozenset(("guard_always_true", "guard_never_true", "guards_overlap", "transition_shadowed"))
#: What an earlier guard makes of a later transition.
_OF_LATER = frozenset(("guards_overlap", "transition_shadowed"))
_OF_TRANSITION = "transition_hindered"
_OF_STATE = "unreachable_state"
_OF_MACHINE = "no_end_reachable"


def without_consequences(
    provisioner: Provisioner, found: Iterable[Diagnostic], told: Iterable[Diagnostic]
) -> list[Diagnostic]:
    """What a proof found without what follows from slips among the problems that are told already."""
    places = [p.subject for p in told if p.code in _SLIPS and p.subject is not None]
    kept = list(found)
    if not places:
        return kept
    machine = provisioner.machine
    wrong = [t for t in machine.transitions if _has(_parts(t), places, machine.names)]
    guards = [t for t in wrong if t.guard is not None and _has([t.guard], places, machine.names)]
    blocked = [t for t in wrong if any(_blames(problem, t, guards) for problem in kept)]
    unheard = [r for r in provisioner.receives if _has(list(heard([r])), places, machine.names)]
    blocked += [t for t in machine.transitions if any(may_fire(machine, r, t.event) for r in unheard)]
    lost = {span for transition in blocked for span in _behind(provisioner, transition)}
    return [
        p
        for p in kept
        if not any(_blames(p, t, guards) for t in wrong)
        and not _shadowed(p, machine.transitions, guards)
        and not (p.code == _OF_STATE and p.subject in lost)
        and not (p.code == _OF_MACHINE and blocked)
    ]


def _blames(problem: Diagnostic, transition: Transition, guards: list[Transition]) -> bool:
    """Whether a finding is about this transition, in a way that a slip in it explains."""
    if problem.code == _OF_TRANSITION:
        return problem.subject == transition.span
    return problem.code in _OF_GUARDS and transition in guards and _is_guard_of(problem, transition)


def _shadowed(problem: Diagnostic, every: Iterable[Transition], guards: list[Transition]) -> bool:
    """Whether a finding is that a transition comes after one whose guard is wrong."""
    if problem.code not in _OF_LATER:
        return False
    later = [t for t in every if _is_guard_of(problem, t) or problem.subject == t.span]
    return any(covers(first.event, t.event) for t in later for first in guards)


def _is_guard_of(problem: Diagnostic, transition: Transition) -> bool:
    guard, at = transition.guard, problem.subject
    return guard is not None and at is not None and guard.node.span.holds(at)


def _behind(provisioner: Provisioner, transition: Transition) -> Iterator[Span]:
    """The states that a transition leads to, and those that are left from there on."""
    machine = provisioner.machine
    todo = [transition]
    seen: set[str] = set()
    while todo:
        for name in _entered(machine, todo.pop()) - seen:
            seen.add(name)
            yield machine.states[name].span
            todo += (t for t in machine.transitions if t.source == name)


def _entered(machine: Machine, transition: Transition) -> set[str]:
    """The states that a transition may enter, but for those in which it begins: they are reached without it.

    What it sets or raises may be what is waited for anywhere in the states around, so then all in these are counted too.
    """
    if transition.target is None:
        return set()
    waited_for = bool(transition.set or transition.raises)
    begins = set() if waited_for else {transition.source, *_around(machine, transition.source)}
    found: set[str] = set()
    for named in machine.named(transition.target):
        target = machine.histories[named].parent if named in machine.histories else named
        around = [name for name in _around(machine, target) if name not in begins]
        whole = [name for name in around if waited_for or machine.states[name].kind is Kind.PARALLEL]
        found.update(around, *(_within(machine, name) for name in (target, *whole)))
    return found & machine.states.keys() - begins


def _around(machine: Machine, name: str) -> Iterator[str]:
    """The states around a state, innermost first."""
    state = machine.states.get(name)
    while state is not None and state.parent is not None:
        yield state.parent
        state = machine.states[state.parent]


def _within(machine: Machine, name: str) -> set[str]:
    """A state and all in it."""
    return {name, *(inner for inner in machine.states if name in _around(machine, inner))}


def _parts(transition: Transition) -> list[Expression]:
    """All that is evaluated for a transition."""
    own = [e for e in (transition.guard, transition.set) if e is not None]
    raised = [e for one in transition.raises for e in one.expressions()]
    return [*own, *arguments_of(transition), *raised]


def _has(expressions: list[Expression], places: list[Span], names: Names) -> bool:
    """Whether one of the places is in one of the expressions, or in a local that they need."""
    needed = names.used_by(expressions)[0]
    every = [*expressions, *(names.locals[name] for name in needed)]
    return any(e.node.span.holds(place) for e in every for place in places)
