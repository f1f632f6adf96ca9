"""What can be said about a definition only by who knows the sources."""

from collections.abc import Iterable, Iterator

from engine.diagnostics import Diagnostic, Severity
from engine.language import syntax
from engine.language.depth import children
from engine.language.suggest import did_you_mean
from engine.machine.definition import ALWAYS, covers
from engine.machine.expression import Expression
from engine.machine.read import ReadResult
from engine.machine.readable import Heard
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


def check_sources(read: ReadResult) -> tuple[Diagnostic, ...]:
    """Unknown sources, misspelled event types, and fields that no payload of the deliveries concerned has.

    Event types and payloads that are not known are taken as they come. What could not be read says nothing.
    """
    return tuple(dict.fromkeys(_problems(read)))  # two provisioners may use one module


def _problems(read: ReadResult) -> Iterator[Diagnostic]:
    everywhere: list[Heard] = []
    for provisioner in read.readable:
        everywhere += provisioner.heard
        for heard in provisioner.heard:
            yield from _check_receive(heard)
        for candidate in provisioner.candidates:
            if any(covers(candidate.event, event) for event in provisioner.raised):
                continue  # what it sees may be what the machine made up itself
            firing = [h for h in provisioner.heard if _may_fire(h, candidate.event)]
            yield from _check_paths(candidate.expressions, firing)
    shared = {id(e): e for provisioner in read.readable for e in provisioner.locals}
    yield from _check_paths(shared.values(), everywhere)


def _check_receive(receive: Heard) -> Iterator[Diagnostic]:
    if receive.source not in SOURCES:
        yield Diagnostic(
            code="unknown_source",
            summary=f'There is no source "{receive.source}"',
            detail=did_you_mean(receive.source, SOURCES) or f"The sources are {', '.join(sorted(SOURCES))}.",
            subject=receive.span,
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
    yield from _check_paths(receive.expressions, [receive])


def _may_fire(receive: Heard, event: str) -> bool:
    if event == ALWAYS or is_own_event(event):
        return False  # a timer, or whatever came before: its payload is no delivery's for certain
    node = receive.fire
    return not isinstance(node, syntax.Literal) or covers(event, str(node.value))


def _check_paths(expressions: Iterable[Expression], receives: list[Heard]) -> Iterator[Diagnostic]:
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
                    yield _missing_field(expression, reference, kind, fault)


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


def _missing_field(expression: Expression, reference: Reference, event_type: str, fault: Fault) -> Diagnostic:
    name = str(reference.steps[fault.at])
    advice = did_you_mean(name, fault.known)
    listed = ", ".join(sorted(fault.known)[:_SHOWN]) + (", …" if len(fault.known) > _SHOWN else "")
    path = ".".join(["event", *map(str, reference.steps[: fault.at])])
    return Diagnostic(
        code="unknown_payload_field",
        summary=f'{path} of a "{event_type}" delivery has no field "{name}"',
        detail=advice or f"It has {listed}. If it is new, keep it: this is a warning.",
        subject=settled(reference.node.span),
        context=settled(expression.node.span),
        # A near miss is a slip of the pen. What is far from everything may be newer than our table; and where the sender
        # adds fields freely, what is not very near to one may be another.
        severity=Severity.ERROR if advice and (not fault.open or _is_slip(name, fault)) else Severity.WARNING,
    )
