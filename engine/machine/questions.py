"""What may come in for a state and an event: the payloads that make a difference, as few as there can be."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field
from functools import partial
from typing import Any

from engine.errors import EvaluationError
from engine.frozen import frozen
from engine.language import syntax
from engine.language.types import ANY, Type, holds
from engine.language.values import truth
from engine.machine import fires
from engine.machine.asking import ask
from engine.machine.atoms import Uses
from engine.machine.definition import ALWAYS, Machine, Raise, Receive, State, Transition, covers, is_pattern
from engine.machine.domains import MISSING, MOST_FRESH, is_crowded, numbers_of, representatives
from engine.machine.expression import Expression
from engine.machine.facts import Chooser
from engine.machine.flows import Flows, arguments_of, carried, carry
from engine.machine.own_events import own_payload
from engine.machine.payload_values import (
    Payloads,
    fitting,
    goes_along,
    is_nowhere,
    is_there,
    nothing_known,
    shared,
    type_at,
)
from engine.machine.use import Path, Use
from engine.model import is_own_event


@frozen
class Question:
    """All that is asked about the payload of one event in one state."""

    event: str
    uses: Uses
    #: Every path that may be asked for.
    known: frozenset[Path]
    #: The `receive` blocks that may fire it; `None` alone if it comes from elsewhere.
    receives: tuple[Receive | None, ...]
    #: Some guard or argument cannot be taken apart: a transition that no payload takes may still be taken.
    opaque: bool
    #: Why not all values that matter later are known to be tried; empty if they are.
    sampled: str = ""
    #: What is known of what comes in.
    payloads: Payloads = nothing_known
    #: Why not everybody is tried whom it may come to ask; empty if all are, as far as they make a difference.
    unnamed: str = ""
    _cache: dict[tuple[Path, bool], tuple[Any, ...]] = field(default_factory=dict)
    #: The same for payloads of one event type.
    _fitting: dict[tuple[str, str, Path], tuple[Any, ...]] = field(default_factory=dict)

    def runs(
        self, names: Callable[..., dict[str, Any]], context: Mapping[str, Any]
    ) -> Iterator[tuple[Chooser, Receive | None]]:
        """One chooser after the other, each run a payload that some `receive` block lets through.

        `names` makes a scope, and `context` is what the instance remembers. Between two runs the caller asks the
        chooser's facts whatever it wants to know.
        """
        for receive in self.receives:
            nowhere = partial(self._is_nowhere, receive)
            chooser = Chooser(partial(self._domain, context, receive), self.known, nowhere)
            while True:
                if receive is None or self.lets_through(receive, _scope(chooser, names)):
                    yield chooser, receive
                if not chooser.next():
                    break

    def named(self, chooser: Chooser, receive: Receive | None, names: Callable[..., dict[str, Any]]) -> str:
        """What the event of a run is called: a pattern means many, and a `receive` block may say which it is."""
        if receive is None or not is_pattern(self.event):
            return self.event
        return _fired(receive, self.event, _scope(chooser, names)) or self.event

    def lets_through(self, receive: Receive, scope: Mapping[str, Any]) -> bool:
        """Whether a block fires this very event, or one that its pattern means, for what its expressions see as `scope`."""
        try:
            if receive.when is not None and not truth(receive.when.evaluate(scope)):
                return False
        except EvaluationError:
            return False
        return _fired(receive, self.event, scope) is not None

    def values_of(
        self, path: Path, context: Mapping[str, Any] | None = None, receive: Receive | None = None
    ) -> tuple[Any, ...]:
        """The values that make a difference at a path; `MISSING` among them where it may be absent.

        `context` is what the instance remembers, and `receive` the block that it comes through: None = nothing, none.
        """
        return self._domain(context or {}, receive, path)

    def may_be(self, receive: Receive | None, path: Path, value: Any) -> bool:
        """Whether the sender of what this block receives may write a value at a path."""
        payload = self._payload(receive, path)
        if payload is None:
            return True
        return holds(type_at(payload, path[1:]), value) and not (
            value is None and goes_along(payload, path[1:])
        )

    def _domain(self, context: Mapping[str, Any], receive: Receive | None, path: Path) -> tuple[Any, ...]:
        if receive is not None and path == ("delivery", "source"):
            return (receive.source,)
        if receive is not None and path == ("delivery", "type"):
            return (receive.type,)
        if path == ("delivery", "received_at"):
            return ("2024-01-01T00:00:00Z",)
        use = self.uses.of.get(path)
        nobody = receive is None and self._payload(None, path) is None
        options = self._all(path) if nobody else self._of_sender(receive, path)
        for other in () if use is None else sorted(use.joined):
            value = look_up(context, other[1:]) if other[0] == "context" else MISSING
            if value is MISSING or not holds(self._type(receive, path), value):
                continue
            if not any(type(value) is type(o) and value == o for o in options):
                options = (value, *options)
        return options

    def _all(self, path: Path, *, whole: bool = False) -> tuple[Any, ...]:
        """The values of a path of which nothing is known but perhaps that its numbers are `whole`."""
        key = (path, whole)
        if key not in self._cache:
            self._cache[key] = representatives(path, self.uses.of.get(path), whole=whole)
        return self._cache[key]

    def _type(self, receive: Receive | None, path: Path) -> Type:
        """What a path can be in a payload which this block receives."""
        payload = self._payload(receive, path)
        return ANY if payload is None else type_at(payload, path[1:])

    def _payload(self, receive: Receive | None, path: Path) -> Type | None:
        if path[0] != "event":
            return None
        return own_payload(self.event) if receive is None else self.payloads(receive.source, receive.type)

    def _is_nowhere(self, receive: Receive | None, path: Path) -> bool:
        payload = self._payload(receive, path)
        return payload is not None and is_nowhere(payload, path[1:])

    def _of_sender(self, receive: Receive | None, path: Path) -> tuple[Any, ...]:
        """The values that a payload may have there which this block receives, those included that it is compared with."""
        key = ("", "", path) if receive is None else (receive.source, receive.type, path)
        payload = self._payload(receive, path)
        if self._is_nowhere(receive, path):
            return (MISSING,)
        if key not in self._fitting:
            use, found, inner = self.uses.of.get(path), self._type(receive, path), self._inner(path)
            options = fitting(self._all(path, whole=found.whole), found, use, inner=inner)
            for other in () if use is None else sorted((use.joined | use.ordered) & self.known):
                of_other = self._type(receive, other)
                all_other = self._all(other, whole=of_other.whole)
                values = fitting(all_other, of_other, self.uses.of[other], inner=self._inner(other))
                options = shared(options, values, found, inner=inner)
            if payload is not None and goes_along(payload, path[1:]):
                # What is missing with its object is told by that, where it is asked for.
                sure = path[:-1] in self.known or is_there(payload, path[1:])
                options = tuple(v for v in options if v is not None and not (sure and v is MISSING))
            self._fitting[key] = options
        return self._fitting[key]

    def _inner(self, path: Path) -> bool:
        """Whether it has parts that are asked for."""
        return any(len(p) > len(path) and p[: len(path)] == path for p in self.known)


def look_up(context: Any, steps: Path) -> Any:
    """What stands at a path of the context; `MISSING` if nothing does."""
    for step in steps:
        if not isinstance(context, Mapping) or step not in context:
            return MISSING
        context = context[step]
    return context


def _scope(chooser: Chooser, names: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    return names(event=chooser.facts("event"), delivery=chooser.facts("delivery"))


def _fired(receive: Receive, event: str, scope: Mapping[str, Any]) -> str | None:
    """The name of what a block fires, if that is the event or one that a pattern means; else None."""
    try:
        fired = receive.fire.evaluate(scope)
    except EvaluationError:
        return None
    if fired == event:
        return event
    return fired if isinstance(fired, str) and is_pattern(event) and covers(event, fired) else None


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
    sources = tuple(r for r in receives if may_fire(machine, r, event, payloads))
    for receive in sources:
        if receive.when is not None:
            uses.condition(receive.when.node)
        fires.ask(uses, receive.fire.node, event)
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


def may_fire(machine: Machine, receive: Receive, event: str, payloads: Payloads = nothing_known) -> bool:
    """Whether an event can come of a delivery that this block receives."""
    known = payloads(receive.source, receive.type)
    return may_name(Uses(names=machine.names), receive.fire.node, event, known)


def may_name(uses: Uses, fire: syntax.Expression, event: str, payload: Type | None = None) -> bool:
    """Whether what a `receive` block fires can be an event of that name, with what is known of the payload."""
    if event == ALWAYS or is_own_event(event):
        return False
    names = fires.names_of(uses, fire, payload)
    if names is not None:
        return any(covers(event, name) for name in names)
    made = fires.made_of(uses, fire)
    if made is not None:
        return fires.may_be(made, event)
    terms = uses.terms(fire)
    return terms is None or any(is_path or covers(event, str(value)) for is_path, value in terms)


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
