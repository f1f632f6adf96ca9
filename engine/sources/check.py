"""What can be said about a definition only by who knows the sources."""

from collections.abc import Collection, Iterable, Iterator

from engine.diagnostics import Diagnostic, Severity
from engine.language.suggest import did_you_mean
from engine.language.types import OBJECT
from engine.machine.atoms import Uses
from engine.machine.check_context import check_context
from engine.machine.definition import ALWAYS, covers
from engine.machine.evaluated import elsewhere
from engine.machine.expression import Expression
from engine.machine.read import ReadResult
from engine.machine.readable import Heard
from engine.machine.scope_types import context_type
from engine.machine.state_names import state_types
from engine.model import is_own_event
from engine.sources.catalog import SOURCES
from engine.sources.check_expressions import ExpressionCheck, Kind, check_local
from engine.sources.payloads import KNOWN_TYPES, OTHER_NAMES, is_known


def check_sources(read: ReadResult) -> tuple[Diagnostic, ...]:
    """Unknown sources, misspelled event types, fields that no payload of the deliveries concerned has, and misuse of others.

    Event types and payloads that are not known are taken as they come. What could not be read says nothing, and what
    was told when it was read is not told again.
    """
    told = {(problem.code, problem.subject) for problem in read.diagnostics}
    told |= {("attribute_missing", place) for code, place in told if code == "unknown_attribute"}
    found = dict.fromkeys(_problems(read))  # two provisioners may use one module
    return tuple(problem for problem in found if (problem.code, problem.subject) not in told)


def _problems(read: ReadResult) -> Iterator[Diagnostic]:
    everywhere: list[Heard] = []
    shared: dict[int, tuple[list[ExpressionCheck], Expression]] = {}
    for readable in read.readable:
        everywhere += readable.heard
        provisioner = None if read.whole is None else read.whole.provisioners.get(readable.name)
        # Of a machine that is not whole nobody knows what it remembers.
        remembered = OBJECT if provisioner is None else context_type(provisioner.machine)
        states = state_types(readable.states, readable.histories)
        of_machine = ExpressionCheck(readable.names, remembered, states)
        for heard in readable.heard:
            yield from _check_receive(heard, of_machine)
        named = Uses(names=readable.names)
        for candidate in readable.candidates:
            # What it sees may be what the machine made up itself.
            unknown = readable.deaf or any(covers(candidate.event, event) for event in readable.raised)
            firing = [] if unknown else _firing(readable.heard, candidate.event, named)
            for expression in candidate.expressions:
                yield from of_machine.check(expression, _kinds_of(firing))
        for expression in readable.elsewhere if provisioner is None else elsewhere(provisioner):
            yield from of_machine.check(expression, ())
        for local in readable.names.locals.values():
            shared.setdefault(id(local), ([], local))[0].append(of_machine)
    for users, local in shared.values():
        yield from check_local(users, local, _kinds_of(everywhere))
    yield from check_context(read)


def _check_receive(receive: Heard, of_machine: ExpressionCheck) -> Iterator[Diagnostic]:
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
    for expression in receive.expressions:
        yield from of_machine.check(expression, _kinds_of([receive]))


def _firing(heard: Collection[Heard], event: str, named: Uses) -> Collection[Heard]:
    """What an event may come of; where only what is broken would fire it, another block may be meant to."""
    firing = [one for one in heard if _may_fire(one, event, named)]
    return heard if firing and all(one.fire is None for one in firing) else firing


def _may_fire(receive: Heard, event: str, named: Uses) -> bool:
    if event == ALWAYS or is_own_event(event):
        return False  # a timer, or whatever came before: its payload is no delivery's for certain
    terms = None if receive.fire is None else named.terms(receive.fire)
    return terms is None or any(is_path or covers(event, str(value)) for is_path, value in terms)


def _kinds_of(receives: Iterable[Heard]) -> list[Kind]:
    """What may come in, if the payloads of all of it are known."""
    kinds = list(dict.fromkeys((r.source, r.type) for r in receives))
    return kinds if all(is_known(*kind) for kind in kinds) else []
