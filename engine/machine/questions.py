"""Finds out what has to be asked about what comes in, from all that may look at it now or later."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from engine.machine import fires
from engine.machine.asking import ask
from engine.machine.atoms import Uses
from engine.machine.definition import ALWAYS, Machine, Raise, Receive, State, Transition, covers, is_pattern
from engine.machine.domains import MOST_FRESH, is_crowded, numbers_of
from engine.machine.expression import Expression
from engine.machine.flows import Flows, arguments_of, carried, carry
from engine.machine.payload_values import (
    Payloads,
    nothing_known,
)
from engine.machine.question import Question
from engine.machine.use import Path, Use


def make_question(
    machine: Machine,
    receives: tuple[Receive, ...],
    event: str,
    candidates: tuple[Transition, ...],
    claims: tuple[Expression, ...],
    flows: Flows,
    payloads: Payloads = nothing_known,
    asking: Iterable[State] = (),
) -> Question:
    """Find out what has to be asked about the payload of `event` where these candidates are, which may lead to states `asking`."""
    uses = Uses(names=machine.names)
    sources = tuple(r for r in receives if fires.may_fire(machine, r, event, payloads))
    named = {t.event: None for t in machine.transitions if not is_pattern(t.event)}
    for receive in sources:
        if receive.when is not None:
            uses.condition(receive.when.node)
        fires.ask(uses, receive.fire.node, event, named)
    reasons = [_asked_by(uses, flows, transition) for transition in candidates]
    unnamed = [ask(uses, flows.asked, machine, state) for state in asking]
    opaque = uses.opaque
    raised = [one for transition in candidates for one in transition.raises]
    carry(uses, raised)
    reasons += [_made_of(uses, flows, one, candidates) for one in raised]
    reasons += [_claimed(uses, claim) for claim in claims]
    _held_against(uses, flows)
    _join(uses)
    for use in uses.of.values():
        _settle(use, machine)
        if use.others >= MOST_FRESH:
            reasons.append("more values are compared with each other than are kept apart")
        if is_crowded(use):
            unnamed.append("more people may be asked than are tried together")
    return Question(
        event=event,
        uses=uses,
        known=frozenset(p for p in uses.of if p[0] in ("event", "delivery", "context")),
        receives=sources or (None,),
        opaque=opaque,
        sampled=next(filter(None, reasons), ""),
        payloads=payloads,
        unnamed=next(filter(None, unnamed), ""),
    )


def _asked_by(uses: Uses, flows: Flows, transition: Transition) -> str:
    """Add what one candidate asks; why that is not all that matters later."""
    if transition.guard is not None:
        uses.condition(transition.guard.node)
    for argument in arguments_of(transition):
        uses.value(argument.node)
    _raised(uses, transition)
    sampled = _named(uses, transition)
    if transition.set is None:
        return sampled
    uses.value(transition.set.node)
    return _flow(uses, flows, transition) or sampled


def _named(uses: Uses, transition: Transition) -> str:
    """Why not every event is tried that a guard may tell from others."""
    guard = transition.guard
    if guard is None or not is_pattern(transition.event):
        return ""
    looks = any(path[0] == "fired" for path in uses.read_by(guard.node))
    return (
        f'the guard of "{transition.event}" looks at which event it is, of which only samples are tried'
        if looks
        else ""
    )


def _raised(uses: Uses, transition: Transition) -> None:
    """Add what the events ask that a transition raises."""
    for one in transition.raises:
        if one.when is not None:
            uses.condition(one.when.node)
        if one.delay is not None:
            uses.value(one.delay.node)
        for _, node in carried(uses, one):
            if uses.terms(node) is None:
                uses.value(node)


def _made_of(uses: Uses, flows: Flows, raised: Raise, candidates: tuple[Transition, ...]) -> str:
    """Why not all of a raised event is tried that those ask who wait for it: it is made of values, not one of them."""
    waiting = [t for t in candidates if t.event == ALWAYS or covers(t.event, raised.event)]
    for path, node in carried(uses, raised):
        read = [p for p in uses.read_by(node) if p[0] in ("event", "delivery")]
        if not read or uses.terms(node) is not None:
            continue
        if any(_meets(p, path) for t in waiting for p in _looks(uses, flows, t)):
            what = ".".join(path) if len(path) > 1 else "what it carries"
            return f'"{raised.event}" is raised with {what} made of {".".join(read[0])}, of which only samples are tried'
    return ""


def _meets(asked: Path, path: Path) -> bool:
    return asked[: len(path)] == path or path[: len(asked)] == asked


def _looks(uses: Uses, flows: Flows, transition: Transition) -> Iterator[Path]:
    """What a transition reads that decides anything, now or later."""
    conditions = [transition.guard, *(r.when for r in transition.raises)]
    carries = [e for r in transition.raises for e in (r.payload, r.delay)]
    for expression in (*conditions, *carries):
        if expression is not None:
            yield from uses.read_by(expression.node)
    if transition.set is not None:
        for _, item in flows.into(transition):
            yield from uses.read_by(transition.set.node if item is None else item)


def _claimed(uses: Uses, claim: Expression) -> str:
    """Add what a claim asks; why that cannot be answered in full."""
    before, uses.opaque = uses.opaque, False
    uses.done.clear()  # what is opaque has to be noted anew
    uses.condition(claim.node)
    opaque, uses.opaque = uses.opaque, before
    return f"the property looks at {claim.text}, of which only samples can be tried" if opaque else ""


def _held_against(uses: Uses, flows: Flows) -> None:
    """Let what is held against the memory be tried with what is written into that."""
    for use in list(uses.of.values()):
        for other in sorted(use.ordered):
            if other[0] == "context" and other in flows.asked.of:
                use.sample(*flows.asked.of[other].samples)


def _join(uses: Uses) -> None:
    """Whatever is asked of one path is asked of those that it is compared with, and of those that they are.

    Of paths that are in order and nothing else, only the numbers matter to each other.
    """
    for together in _parts(uses, lambda use: use.joined):
        first, *rest = (uses.of[path] for path in together)
        for use in rest:
            first.meet(use)
        for use in rest:
            use.meet(first)
    for together in _parts(uses, lambda use: use.joined | use.ordered):
        if not any(uses.of[path].ordered for path in together):
            continue
        bounds: list[Any] = []
        for path in together:
            bounds += [bound for bound in numbers_of(uses.of[path]) if bound not in bounds]
        for path in together:
            use = uses.of[path]
            use.bounds = list(bounds)
            for other in together:
                use.ordered |= uses.of[other].ordered
                use.sample(*uses.of[other].samples)
            use.ordered.update(together)
    for path, use in uses.of.items():
        use.joined.discard(path)
        use.ordered.discard(path)


def _parts(uses: Uses, links: Callable[[Use], set[Path]]) -> list[list[Path]]:
    """The paths that hang together, by what each is linked to."""
    found: list[list[Path]] = []
    done: set[Path] = set()
    for path in uses.of:
        if path in done:
            continue
        together = [path]
        for member in together:
            together += [p for p in sorted(links(uses.of[member])) if p not in together and p in uses.of]
        done.update(together)
        found.append(together)
    return found


def _settle(use: Use, machine: Machine) -> None:
    """A path that is compared with a state is compared with all of them."""
    roots = {path[0] for path in use.joined}
    if roots & {"state", "previous"}:
        use.compare(*machine.states)


def _mixed(transition: Transition, path: Path, read: Path, *, written: bool) -> str:
    """Why not every value is tried that a transition sets; where that is not `written` out, it may set none there."""
    if written:
        return f"{'.'.join(path)} is made of {'.'.join(read)}"
    return f"{'.'.join(path)} may be among what the set at {transition.span} gives, which is not written out"


def _flow(uses: Uses, flows: Flows, transition: Transition) -> str:
    """Let values that will be remembered be asked what the memory will be asked; why that is not all of it."""
    sampled = ""
    for path, item in flows.into(transition):
        node = transition.set.node if item is None and transition.set is not None else item
        terms = None if node is None else uses.terms(node)
        if terms is None:
            reads = [] if node is None else [p for p in uses.read_by(node) if p[0] in ("event", "delivery")]
            if reads and path in flows.values:
                sampled = _mixed(transition, path, reads[0], written=item is not None)
            continue
        for is_path, source in terms:
            if not is_path or source[0] not in ("event", "delivery"):
                continue
            use = uses.use((*source, *path[2:]))
            asked = flows.asked.of.get(path)
            if asked is not None:
                use.merge(asked)
                if asked.others:  # it has to be told from what that is compared with
                    use.joined.add(path)
                use.compare(None)  # null deletes what is remembered
                if asked.opaque:
                    sampled = f"{'.'.join(path)} is used in a way of which only samples can be tried"
            elif path in flows.kinds:
                use.compare(None, [])
    return sampled
