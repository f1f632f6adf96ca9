"""What can be said about a definition only by who knows the sources."""

from collections.abc import Iterable, Iterator

from engine.diagnostics import Diagnostic, Severity
from engine.language import syntax
from engine.language.depth import children
from engine.language.suggest import did_you_mean
from engine.machine.definition import ALWAYS, Definition, Provisioner, Receive, Transition, covers
from engine.machine.expression import Expression
from engine.machine.reading import settled
from engine.machine.references import Reference
from engine.model import is_own_event
from engine.sources.catalog import SOURCES
from engine.sources.payloads import KNOWN_TYPES, OTHER_NAMES, Fault, fault_in, is_known

#: A missing field is what these are for.
_FORGIVING = frozenset({"try", "can"})
_SHOWN = 8
#: How much of two names is the same if one is a slip of the pen: a letter of eight may differ.
_SLIP = 0.88


def check_sources(definition: Definition) -> tuple[Diagnostic, ...]:
    """Unknown sources, misspelled event types, and fields that no payload of the deliveries concerned has.

    Event types and payloads that are not known are taken as they come.
    """
    return tuple(_problems(definition))


def _problems(definition: Definition) -> Iterator[Diagnostic]:
    everywhere: list[Receive] = []
    for provisioner in definition.provisioners.values():
        everywhere += provisioner.receives
        for receive in provisioner.receives:
            yield from _check_receive(receive)
        raised = [r.event for r in provisioner.machine.raises() if not r.cancels]
        for transition in provisioner.machine.transitions:
            if any(covers(transition.event, event) for event in raised):
                continue  # what it sees may be what the machine made up itself
            firing = [r for r in provisioner.receives if _may_fire(r, transition.event)]
            yield from _check_paths(_expressions_of(transition), firing)
    shared = {
        id(expression): expression
        for provisioner in definition.provisioners.values()
        for expression in _locals_of(provisioner)
    }
    yield from _check_paths(shared.values(), everywhere)


def _check_receive(receive: Receive) -> Iterator[Diagnostic]:
    if receive.source not in SOURCES:
        yield Diagnostic(
            code="unknown_source",
            summary=f'There is no source "{receive.source}"',
            detail=did_you_mean(receive.source, SOURCES) or f"The sources are {', '.join(sorted(SOURCES))}.",
            subject=receive.span,
        )
        return
    if "*" in receive.type:
        yield Diagnostic(
            code="unknown_event_type",
            summary=f'A receive block listens to one type of delivery, and none is called "{receive.type}"',
            detail="Write a block for each type: a pattern has no meaning here.",
            subject=receive.span,
            severity=Severity.WARNING,
        )
        return
    types = KNOWN_TYPES.get(receive.source)
    if types is not None and receive.type not in types:
        other = OTHER_NAMES.get(receive.source, {}).get(receive.type)
        advice = f'Did you mean "{other}"?' if other is not None else did_you_mean(receive.type, types)
        if advice:
            yield Diagnostic(
                code="unknown_event_type",
                summary=f'{receive.source} is not known to send "{receive.type}"',
                detail=f"{advice} A block for a type that is never sent does nothing.",
                subject=receive.span,
                severity=Severity.WARNING,
            )
    expressions = (receive.when, receive.entity, receive.fire, receive.once_per)
    yield from _check_paths([e for e in expressions if e is not None], [receive])


def _may_fire(receive: Receive, event: str) -> bool:
    if event == ALWAYS or is_own_event(event):
        return False  # a timer, or whatever came before: its payload is no delivery's for certain
    node = receive.fire.node
    return not isinstance(node, syntax.Literal) or covers(event, str(node.value))


def _expressions_of(transition: Transition) -> list[Expression]:
    single = [e for e in (transition.guard, transition.set) if e is not None]
    blocks = [transition.request, *(action.arguments for action in transition.actions)]
    raised = [e for r in transition.raises for e in r.expressions()]
    return [*single, *(e for block in blocks for e in block.values()), *raised]


def _locals_of(provisioner: Provisioner) -> Iterable[Expression]:
    return provisioner.machine.names.locals.values()


def _check_paths(expressions: Iterable[Expression], receives: list[Receive]) -> Iterator[Diagnostic]:
    """A field that none of the deliveries has which the expressions may see; nothing if any of them is unknown."""
    if not receives or not all(is_known(r.source, r.type) for r in receives):
        return
    kinds = list(dict.fromkeys((r.source, r.type) for r in receives))
    for expression in expressions:
        forgiven = _forgiven(expression.node)
        for reference in expression.references:
            if reference.root != "event" or any(a <= reference.node.span.start < b for a, b in forgiven):
                continue
            faults = [fault_in(source, kind, reference.steps) for source, kind in kinds]
            told = [
                (kind, fault) for (_, kind), fault in zip(kinds, faults, strict=True) if fault is not None
            ]
            if len(told) == len(kinds):
                kind, fault = max(told, key=lambda pair: pair[1].at)
                if _is_suspicious(reference, fault):
                    yield _missing_field(reference, kind, fault)


def _forgiven(node: syntax.Expression) -> list[tuple[int, int]]:
    """The bytes of calls that deal with missing fields themselves."""
    found = []
    waiting: list[syntax.Node] = [node]
    while waiting:
        at = waiting.pop()
        if isinstance(at, syntax.Call) and at.name in _FORGIVING:
            found.append((at.span.start, at.span.end))
        waiting += children(at)
    return found


def _is_suspicious(reference: Reference, fault: Fault) -> bool:
    """Where a sender adds fields freely, only what looks like a known one is."""
    return not fault.open or bool(did_you_mean(str(reference.steps[fault.at]), fault.known))


def _is_slip(name: str, fault: Fault) -> bool:
    """Whether hardly a letter is wrong."""
    from difflib import get_close_matches

    return bool(get_close_matches(name, fault.known, n=1, cutoff=_SLIP))


def _missing_field(reference: Reference, event_type: str, fault: Fault) -> Diagnostic:
    name = str(reference.steps[fault.at])
    advice = did_you_mean(name, fault.known)
    listed = ", ".join(sorted(fault.known)[:_SHOWN]) + (", …" if len(fault.known) > _SHOWN else "")
    path = ".".join(["event", *map(str, reference.steps[: fault.at])])
    return Diagnostic(
        code="unknown_payload_field",
        summary=f'{path} of a "{event_type}" delivery has no field "{name}"',
        detail=advice or f"It has {listed}. If it is new, keep it: this is a warning.",
        subject=settled(reference.node.span),
        # A near miss is a slip of the pen. What is far from everything may be newer than our table; and where the sender
        # adds fields freely, what is not very near to one may be another.
        severity=Severity.ERROR if advice and (not fault.open or _is_slip(name, fault)) else Severity.WARNING,
    )
