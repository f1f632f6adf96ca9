"""Reads a definition: text in, a definition or every problem in it out."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.diagnostics import Diagnostic, Severity, Span, errors_in
from engine.language import parse, syntax
from engine.machine.canonical import hash_of, meaning_of_provisioner
from engine.machine.definition import Definition, Machine, Provisioner, Receive, covers
from engine.machine.read_aliases import read_aliases
from engine.machine.read_machine import read_machine
from engine.machine.read_names import read_names
from engine.machine.read_property import read_properties
from engine.machine.read_receive import read_receives
from engine.machine.read_test import read_tests
from engine.machine.reading import Reader, settled
from engine.machine.shapes import FILE
from engine.model import AFTER, DONE_STATE, is_own_event

#: Problems that say that something is not there.
_ABSENCES = frozenset(
    {
        "alias_without_state",
        "empty_definition",
        "event_never_handled",
        "initial_state_unregistered",
        "missing_attribute",
        "missing_block",
        "state_id_alias_mapping_not_found",
        "transition_state_unregistered",
        "unknown_name",
        "variable_without_value",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadResult:
    """A definition, if the file has no error, and every problem in it."""

    definition: Definition | None
    #: In the order of the file.
    diagnostics: tuple[Diagnostic, ...]


def read_definition(source: str, filename: str, variables: Mapping[str, Any] | None = None) -> ReadResult:
    """Read the text of a file; `variables` are values that come before the defaults of its `variable` blocks.

    Never raises and never stops at the first problem. Values for variables that the file does not declare are ignored:
    they may be meant for another file.
    """
    parsed = parse(source, filename)
    if parsed.tree is None:
        return ReadResult(definition=None, diagnostics=parsed.diagnostics)
    reader = Reader(source, filename)
    reader.check_body(parsed.tree, FILE, "", None)
    read_names(reader, parsed.tree, variables or {})
    provisioners = _provisioners(reader, parsed.tree)
    if not parsed.tree.blocks_of("provisioner"):
        detail = 'Add provisioner "PROJECT" { … }, named after the project it serves.'
        reader.report(
            "empty_definition",
            "The file has no provisioner",
            detail,
            parsed.tree.span,
            severity=Severity.WARNING,
        )
    said = (*parsed.diagnostics, *parsed.mistakes)
    found = (*said, *_worth_telling(reader.diagnostics, broken=errors_in(said)))
    ordered = tuple(sorted(found, key=lambda d: d.subject.start if d.subject is not None else 0))
    if errors_in(ordered):
        return ReadResult(definition=None, diagnostics=ordered)
    meaning = {
        "provisioners": {name: meaning_of_provisioner(p) for name, p in provisioners.items()},
        "variables": reader.names.variables,
    }
    definition = Definition(
        filename=filename,
        source=source,
        hash=hash_of(meaning),
        provisioners=provisioners,
        variables=reader.names.variables,
    )
    return ReadResult(definition=definition, diagnostics=ordered)


def _worth_telling(found: Iterable[Diagnostic], *, broken: bool) -> Iterator[Diagnostic]:
    """The problems without those that only follow from a syntax error: it hides what stands in the broken place."""
    return (d for d in found if not broken or d.code not in _ABSENCES)


def _provisioners(reader: Reader, tree: syntax.Body) -> dict[str, Provisioner]:
    found: dict[str, Provisioner] = {}
    strays = tuple(block for block in tree.blocks if block.type in ("aliasmapper", "statemachine"))
    first: dict[str, syntax.Block] = {}
    for block in tree.blocks_of("provisioner"):
        labelled = reader.check_shape(block)
        name = _name_of(block)
        if labelled and name in first:
            detail = f"The first one is at {first[name].header_span}: keep one of them."
            summary = f'Provisioner "{name}" is declared twice'
            reader.report("duplicate_provisioner", summary, detail, block.header_span)
        first.setdefault(name, block)
        provisioner = _provisioner(reader, block, name, strays)
        if provisioner is not None:
            found[name] = provisioner
    return found


def _name_of(block: syntax.Block) -> str:
    """The project; a block without a label goes by its machine's, so that its parts can still be checked."""
    labels = [*block.labels, *(label for b in block.body.blocks_of("statemachine") for label in b.labels)]
    return labels[0].value.lower() if labels else ""


def _provisioner(
    reader: Reader, block: syntax.Block, name: str, strays: Iterable[syntax.Block]
) -> Provisioner | None:
    mapper = _only(reader, block, "aliasmapper", "duplicate_aliasmapper") or _stray(
        "aliasmapper", name, strays
    )
    aliases = None if mapper is None else read_aliases(reader, mapper, name)
    machine_block = _only(reader, block, "statemachine", "duplicate_machine") or _stray(
        "statemachine", name, strays
    )
    receives = read_receives(reader, block.body.blocks_of("receive"))
    if machine_block is None:
        detail = f'Add statemachine "{name}" {{ … }} to it.'
        reader.report("missing_block", f'Provisioner "{name}" has no statemachine', detail, block.header_span)
        return None
    machine = read_machine(reader, machine_block, name, aliases)
    if machine is None:
        return None
    _check_fired(reader, machine, receives, block.header_span)
    return Provisioner(
        name=name,
        machine=machine,
        receives=receives,
        properties=read_properties(reader, block.body.blocks_of("property"), machine.states),
        tests=read_tests(reader, block.body.blocks_of("test"), machine.states),
        span=settled(block.header_span),
    )


def _only(reader: Reader, block: syntax.Block, kind: str, code: str) -> syntax.Block | None:
    blocks = block.body.blocks_of(kind)
    for later in blocks[1:]:
        detail = f"The first one is at {blocks[0].header_span}: keep one of them."
        reader.report(code, f"A provisioner has one {kind}", detail, later.header_span)
    return blocks[0] if blocks else None


def _stray(kind: str, name: str, strays: Iterable[syntax.Block]) -> syntax.Block | None:
    """A block that is plainly meant for a provisioner, but stands beside it; that it is misplaced was reported."""
    labelled = ((b, [label.value.lower() for label in b.labels]) for b in strays if b.type == kind)
    return next((block for block, labels in labelled if labels == [name]), None)


def _check_fired(reader: Reader, machine: Machine, receives: tuple[Receive, ...], header: Span) -> None:
    """Warn about an event that is fired for nothing."""
    known = {transition.event for transition in machine.transitions}
    for receive in receives:
        fired = receive.fire.node
        if not isinstance(fired, syntax.Literal):
            continue
        if is_own_event(str(fired.value)):
            detail = f'Choose another name: one that does not begin with "{AFTER}" or "{DONE_STATE}".'
            summary = f'The event "{fired.value}" is one that only the engine sends'
            reader.report("own_event_fired", summary, detail, fired.span)
            continue
        if any(covers(event, str(fired.value)) for event in known):
            continue
        written = receive.span.filename == reader.filename
        who = f"The receive block {receive.key}" if written else "Without a receive block a published release"
        reader.report(
            "event_never_handled",
            f'{who} fires "{fired.value}", which no transition of {machine.name} knows',
            reader.suggest(str(fired.value), known)
            or "Add a transition on this event, or a receive block that fires another.",
            fired.span if written else header,
            severity=Severity.WARNING,
        )
