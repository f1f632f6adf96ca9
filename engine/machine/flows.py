"""What instances remember that matters: which parts of the context decide anything, and which values flow into them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.language import syntax
from engine.language.binary import add
from engine.language.values import UnfitError, number
from engine.machine import asking
from engine.machine.atoms import Uses
from engine.machine.counters import counters
from engine.machine.definition import Machine, Raise, Transition
from engine.machine.expression import Expression
from engine.machine.use import Path, Use
from engine.machine.written import written_out
from engine.model import DONE_STATE

#: Events that are raised inside themselves are looked into no deeper.
_DEEPEST = 12


@dataclass(slots=True, kw_only=True)
class Flows:
    """The context of one machine."""

    machine: Machine
    #: What guards and claims ask of the context.
    asked: Uses
    #: Paths whose values decide something.
    values: set[Path] = field(default_factory=set)
    #: Paths of which only the kind decides something: they stand in the arguments of a call.
    kinds: set[Path] = field(default_factory=set)
    #: Those of `values` that are held against constants alone: only on which side they are decides anything.
    classed: frozenset[Path] = frozenset()
    #: Those of them that are only counted, and which way (`engine.machine.counters`).
    counted: Mapping[Path, int] = field(default_factory=dict)

    def into(self, transition: Transition) -> Iterator[tuple[Path, syntax.Expression | None]]:
        """Each relevant path that a transition sets, and what to; None where that is not written out."""
        if transition.set is None:
            return
        items = written_out(self.asked, transition.set)
        for path in sorted(self.values | self.kinds):
            if items is None:
                yield path, None
            elif len(path) > 1 and path[1] in items:
                if path not in self.counted or self.asked.constant(items[path[1]]) is not None:
                    yield path, items[path[1]]
            elif len(path) == 1:
                yield from ((path, item) for item in items.values())


def flows(machine: Machine, claims: Iterable[Expression]) -> Flows:
    """Find out what of the context matters to the machine and to these claims."""
    claims = tuple(claims)
    counted = counters(Uses(names=machine.names), (*machine.transitions, *reactions_of(machine)))
    while True:
        found = _flows(machine, claims, counted)
        kept = {path: way for path, way in counted.items() if path in found.classed}
        if kept.keys() == counted.keys() & found.values:
            found.counted = kept
            return found
        counted = kept  # more is made of the others than a comparison with constants


def _flows(machine: Machine, claims: tuple[Expression, ...], counted: Mapping[Path, int]) -> Flows:
    found = Flows(machine=machine, asked=Uses(names=machine.names), counted=counted)
    raised = [r for t in (*machine.transitions, *reactions_of(machine)) for r in t.raises if not r.cancels]
    conditions = [t.guard for t in machine.transitions if t.guard is not None]
    conditions += [r.when for r in raised if r.when is not None]
    for expression in (*claims, *conditions):
        found.asked.condition(expression.node)
        found.values.update(_context(found.asked, expression))
    _carries(found, raised)
    carry(found.asked, raised)
    sets = [t.set for t in (*machine.transitions, *reactions_of(machine)) if t.set is not None]
    found.values |= asking.meet(found.asked, machine, (*claims, *conditions, *sets))
    for transition in (*machine.transitions, *reactions_of(machine)):
        for argument in arguments_of(transition):
            found.kinds.update(_context(found.asked, argument))
        _evaluated(found, transition)
    while _spread(found) or carry(found.asked, raised):
        pass
    found.kinds -= found.values
    found.classed = frozenset(
        path for path in found.values - _whole(found, raised) if _is_classed(found, path)
    )
    return found


def _evaluated(found: Flows, transition: Transition) -> None:
    """Add what it depends on whether that can be evaluated which a transition sets, though nobody asks for it."""
    if transition.set is None:
        return
    items = written_out(found.asked, transition.set)
    for name, item in ({"": transition.set.node} if items is None else items).items():
        read = {p for p in found.asked.read_by(item) if p[0] == "context"}
        found.kinds |= read
        if read and ("context", name) not in found.counted and found.asked.terms(item) is None:
            found.asked.value(item)


def _carries(found: Flows, raised: Iterable[Raise]) -> None:
    """Add what raised events are made of: the guards that wait for them see it."""
    for one in raised:
        for given in (one.payload, one.delay):
            if given is not None:
                found.asked.value(given.node)
                found.values.update(_context(found.asked, given))
        for path, node in carried(found.asked, one):
            if found.asked.terms(node) is None and any(_meets(asked, path) for asked in found.asked.of):
                _not_taken_apart(found, (p for p in found.asked.read_by(node) if p[0] == "context"))


def _is_classed(found: Flows, path: Path) -> bool:
    """Whether all that is asked of a path of the context is asked with constants, and of nothing inside or around it."""
    use = found.asked.of.get(path)
    if use is None or use.opaque or use.joined or use.ordered or use.samples or use.asks:
        return False
    every = (*found.values, *found.kinds)
    return not any(p != path and (p[: len(path)] == path or path[: len(p)] == p) for p in every)


def _whole(found: Flows, raised: Iterable[Raise]) -> set[Path]:
    """The paths of the context of which values are made: every difference may matter."""
    read: set[Path] = set()
    for transition in (*found.machine.transitions, *reactions_of(found.machine)):
        for _, item in found.into(transition):
            node = transition.set.node if item is None and transition.set is not None else item
            if node is not None and found.asked.terms(node) is None:
                read |= {p for p in found.asked.read_by(node) if p[0] == "context"}
    carries = [given for one in raised for given in (one.payload, one.delay) if given is not None]
    waits = [timer.delay for state in found.machine.states.values() for timer in state.timers]
    asks = [state.awaits.people for state in found.machine.states.values() if state.awaits is not None]
    for expression in (*carries, *waits, *asks):
        read |= _context(found.asked, expression)
    return read


def reactions_of(machine: Machine) -> tuple[Transition, ...]:
    """What is done when states are entered and left, in the form of transitions that lead nowhere."""
    done_by = tuple(
        Transition(
            event="",
            source=state.name,
            target=None,
            set=done.set,
            actions=done.actions,
            raises=done.raises,
            span=done.span,
        )
        for state in machine.states.values()
        for done in (state.on_enter, state.on_exit)
        if done is not None
    )
    ends = tuple(
        Transition(
            event="",
            source=state.name,
            target=None,
            raises=(Raise(event=f"{DONE_STATE}{state.parent}", payload=state.payload, span=state.span),),
            span=state.span,
        )
        for state in machine.states.values()
        if state.payload is not None
    )
    return (*done_by, *ends)


def arguments_of(transition: Transition) -> Iterator[Expression]:
    """Every argument of what a transition calls, and of what is called in its place."""
    yield from transition.request.values()
    todo = list(transition.actions)
    while todo:
        action = todo.pop(0)
        yield from action.arguments.values()
        todo += action.fallbacks


def _context(uses: Uses, expression: Expression) -> set[Path]:
    return {path for path in uses.read_by(expression.node) if path[0] == "context"}


def _spread(found: Flows) -> bool:
    """Add what flows into what matters; whether that was anything new."""
    before = (len(found.values), len(found.kinds), found.asked.extent)
    for transition in (*found.machine.transitions, *reactions_of(found.machine)):
        for path, item in list(found.into(transition)):
            into = found.values if path in found.values else found.kinds
            node = transition.set.node if item is None and transition.set is not None else item
            if node is None:
                continue
            terms = found.asked.terms(node)
            read = {p for p in found.asked.read_by(node) if p[0] == "context"}
            into |= {(*p, *path[2:]) for p in read} if terms is not None else read
            if terms is None and path in found.values:
                found.asked.value(node)  # what it is made of is looked at in a way that cannot be taken apart
                _not_taken_apart(found, read)
            for is_path, term in terms or ():
                if path not in found.asked.of:
                    continue
                if is_path and term[0] in ("context", "event"):
                    found.asked.use((*term, *path[2:])).merge(found.asked.of[path])
                elif not is_path:
                    _meets_constant(found.asked.of[path], term)
    _compared(found)
    asking.spread(found.asked)
    return before != (len(found.values), len(found.kinds), found.asked.extent)


def _not_taken_apart(found: Flows, paths: Iterable[Path]) -> None:
    """Something that decides is made of these, so that a few values do not stand for all."""
    for path in paths:
        found.asked.use(path).opaque = True


def _meets(asked: Path, path: Path) -> bool:
    return asked[: len(path)] == path or path[: len(asked)] == asked


def _meets_constant(use: Use, value: Any) -> None:
    """Let what is held against a path of the context be tried with a constant that is written there."""
    if use.ordered:
        use.sample(*_beside(value))
    if use.others or use.asks:
        use.compare(value)


def _compared(found: Flows) -> None:
    """Let what is remembered be asked what is asked of that which it is compared with: it has to be the same then."""
    asked = found.asked.of
    for path in found.values & asked.keys():
        for other in sorted(asked[path].joined - {path}):
            if other in asked and other[0] in ("event", "delivery", "context"):
                asked[path].meet(asked[other])


def carry(uses: Uses, raises: Iterable[Raise]) -> bool:
    """Let what a raised event is made of be asked what is asked of that event; whether that was anything new."""
    raises = tuple(raises)
    copied = [
        (path, source)
        for one in raises
        for path, node in carried(uses, one)
        for is_path, source in uses.terms(node) or ()
        if is_path and source[0] in ("event", "delivery", "context")
    ]
    before, extent = uses.extent, -1
    for path, value in _constants(uses, raises):
        uses.of[path].compare(value)
    while extent != uses.extent:
        extent = uses.extent
        for path, source in copied:
            _pass_on(uses, path, source)
    return before != extent


def _constants(uses: Uses, raises: Iterable[Raise]) -> Iterator[tuple[Path, Any]]:
    """The constants that raised events carry where they are compared with what is not known beforehand."""
    for one in raises:
        for path, node in carried(uses, one):
            if path in uses.of and uses.of[path].others:
                yield from ((path, value) for is_path, value in uses.terms(node) or () if not is_path)


def _beside(value: Any) -> tuple[Any, ...]:
    """A number, one below it and two above, each more than the last; nothing if it is none."""
    try:
        exact = number(value)
    except UnfitError:
        return ()
    near = [add(exact, by) for by in (-1, 0, 1, 2)]
    return tuple(one if isinstance(one, int) else float(one) for one in near)


def carried(uses: Uses, raised: Raise) -> Iterator[tuple[Path, syntax.Expression]]:
    """Each part of a raised event, as those that wait for it name it, and what it is made of."""
    if raised.payload is None:
        return
    items = written_out(uses, raised.payload)
    if items is None:
        yield ("event",), raised.payload.node
    else:
        yield from ((("event", name), node) for name, node in items.items())


def _pass_on(uses: Uses, path: Path, source: Path) -> None:
    for asked in [p for p in uses.of if p[: len(path)] == path]:
        into = (*source, *asked[len(path) :])
        if into != asked and len(into) <= _DEEPEST:
            uses.use(into).merge(uses.of[asked])
