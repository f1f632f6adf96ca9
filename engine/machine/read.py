"""Reads a definition: texts in, a definition or every problem in them out."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from engine.config.conceal import without_range
from engine.diagnostics import Diagnostic, Severity, Span, errors_in
from engine.language import syntax
from engine.machine.canonical import hash_of, meaning_of_provisioner
from engine.machine.check_sensitive import check_sensitive
from engine.machine.definition import Definition, Machine, Provisioner, Receive, covers
from engine.machine.files import Files, Library, bundled, nothing_else, single, unbundled
from engine.machine.given import Values
from engine.machine.properties import Property
from engine.machine.read_aliases import read_aliases
from engine.machine.read_machine import read_machine
from engine.machine.read_modules import Modules, Part, names_of, places_of
from engine.machine.read_names import read_names
from engine.machine.read_property import read_properties
from engine.machine.read_receive import default_receives, numbered, read_receives
from engine.machine.read_test import read_tests
from engine.machine.read_variables import read_variables, values_of
from engine.machine.reading import Reader, settled
from engine.machine.sensitive import Sensitive
from engine.machine.shapes import FILE
from engine.model import AFTER, AWAIT, DONE_STATE, is_own_event

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
    """A definition, if its files have no error, and every problem in them."""

    definition: Definition | None
    #: File by file, each in its order.
    diagnostics: tuple[Diagnostic, ...]
    #: Every text that was read, by file name, to be shown: defaults of sensitive variables are dots. A text that no file
    #: says where it stands is not among them.
    sources: Mapping[str, str] = field(default_factory=dict)
    #: The names of its variables; None where a broken text may hide some.
    declared: tuple[str, ...] | None = None


def read_definition(source: str, filename: str, variables: Values | None = None) -> ReadResult:
    """Read the text of a file that needs no other; see `read_files`."""
    return read_files(single(source, filename), nothing_else, variables)


def read_again(source: str, filename: str, variables: Values) -> ReadResult:
    """Read `Definition.source`, whether it is one file or many; needs nothing else."""
    try:
        root, library = unbundled(source, filename)
    except ValueError as error:
        problem = Diagnostic(code="unreadable_file", summary=f"{filename} cannot be read: {error}")
        return ReadResult(definition=None, diagnostics=(problem,))
    return _read(root, library, variables, again=True)


def read_files(files: Files, library: Library, variables: Values | None = None) -> ReadResult:
    """Read a definition: the files of one module, and those of the modules that it uses, which `library` has.

    `variables` are values that come before the defaults of its `variable` blocks. Never raises and never stops at the
    first problem. Values for variables that it does not declare are ignored: they may be meant for another one.
    """
    return _read(files, library, variables or {}, again=False)


def _read(files: Files, library: Library, variables: Values, *, again: bool) -> ReadResult:
    """Read a definition; one that is read `again` may have been sound before there was a check, and decided."""
    modules = Modules(files, library)
    tree = modules.tree(files)
    if tree is None:
        return _result(None, modules, modules.said, veiled=())
    reader = Reader(files.texts)
    reader.again = again
    reader.check_body(tree, FILE, "", None)
    declared = read_variables(reader, tree)
    read_names(reader, tree, declared, values_of(reader, declared, variables))
    provisioners = _provisioners(reader, tree, modules, files)
    if not tree.blocks_of("provisioner"):
        detail = 'Add provisioner "PROJECT" { … }, named after the project it serves.'
        what = "The file" if files.name in files.texts else "The folder"
        reader.report(
            "empty_definition",
            f"{what} has no provisioner",
            detail,
            tree.span,
            severity=Severity.WARNING,
        )
    found = [*modules.said, *_worth_telling(reader.diagnostics, broken=errors_in(modules.said))]
    known = None if errors_in(modules.said) else tuple(declared)
    if errors_in(found):
        return _result(None, modules, found, known, veiled=reader.veiled)
    meaning = {
        "provisioners": {name: meaning_of_provisioner(p) for name, p in provisioners.items()},
        "variables": reader.names.variables,
    }
    definition = Definition(
        filename=files.name,
        source=bundled(modules.used, files),
        hash=hash_of(meaning),
        provisioners=provisioners,
        variables=reader.names.variables,
        sensitive=reader.hidden,
    )
    return _result(definition, modules, found, known, veiled=reader.veiled)


def _result(
    definition: Definition | None,
    modules: Modules,
    found: Iterable[Diagnostic],
    declared: tuple[str, ...] | None = None,
    *,
    veiled: Iterable[Span],
) -> ReadResult:
    """Problems file by file; what is wrong in a module is told once, however often it is used."""
    sources = {name: text for files in modules.used.values() for name, text in files.texts.items()}
    for span in veiled:
        sources[span.filename] = without_range(sources[span.filename], span)
    order = {name: position for position, name in enumerate(sources)}
    once: dict[tuple[object, ...], Diagnostic] = {}
    for one in found:
        once.setdefault((one.code, one.summary, one.detail, one.subject), one)

    def place(problem: Diagnostic) -> tuple[int, int]:
        at = problem.subject
        return (-1, 0) if at is None else (order.get(at.filename, len(order)), at.start)

    diagnostics = tuple(sorted(once.values(), key=place))
    return ReadResult(definition=definition, diagnostics=diagnostics, sources=sources, declared=declared)


def _worth_telling(found: Iterable[Diagnostic], *, broken: bool) -> Iterator[Diagnostic]:
    """The problems without those that only follow from a syntax error: it hides what stands in the broken place."""
    return (d for d in found if not broken or d.code not in _ABSENCES)


def _provisioners(reader: Reader, tree: syntax.Body, modules: Modules, root: Files) -> dict[str, Provisioner]:
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
        provisioner = _provisioner(modules.parts(reader, block, name, root), name, strays)
        reader.link = None
        if provisioner is not None:
            found[name] = provisioner
    return found


def _name_of(block: syntax.Block) -> str:
    """The project; a block without a label goes by its machine's, so that its parts can still be checked."""
    labels = [*block.labels, *(label for b in block.body.blocks_of("statemachine") for label in b.labels)]
    return labels[0].value.lower() if labels else ""


def _provisioner(parts: list[Part], name: str, strays: Iterable[syntax.Block]) -> Provisioner | None:
    own = parts[0]
    mapper = _only(parts, "aliasmapper", "duplicate_aliasmapper") or _stray(own, "aliasmapper", name, strays)
    aliases = None if mapper is None else read_aliases(mapper[0].reader, mapper[1], mapper[0].label)
    machine_block = _only(parts, "statemachine", "duplicate_machine") or _stray(
        own, "statemachine", name, strays
    )
    heard = [(part, read_receives(part.reader, part.block.body.blocks_of("receive"))) for part in parts]
    header = own.block.header_span
    if machine_block is None:
        if (
            len(places_of(parts, "module")) == len(parts) - 1
        ):  # else one could not be used, which was reported
            detail = f'Add statemachine "{name}" {{ … }} to it, or use a module that has one.'
            own.reader.report("missing_block", f'Provisioner "{name}" has no statemachine', detail, header)
        return None
    part, block = machine_block
    machine = read_machine(part.reader, block, name, aliases, label=part.label, names=names_of(parts))
    if machine is None:
        return None
    if not any(receives for _, receives in heard):
        heard = [(own, default_receives())]
    for part, receives in heard:
        _check_fired(part.reader, machine, receives, header)
    receives = numbered(receive for _, found in heard for receive in found)
    properties = _properties(parts, machine)
    claims = [claimed.condition for claimed in properties if claimed.condition is not None]
    sensitive = Sensitive.of(machine, receives, claims)
    check_sensitive(own.reader, machine, receives, sensitive)
    return Provisioner(
        name=name,
        machine=replace(machine, names=machine.names.hiding(sensitive)),
        receives=receives,
        properties=properties,
        tests=read_tests(own.reader, own.block.body.blocks_of("test"), machine.states),
        span=settled(header),
    )


def _properties(parts: list[Part], machine: Machine) -> tuple[Property, ...]:
    """The claims of a provisioner and its modules; where two have one name, both are kept, each with its place."""
    return tuple(
        claimed
        for part in parts
        for claimed in read_properties(part.reader, part.block.body.blocks_of("property"), machine.states)
    )


def _only(parts: list[Part], kind: str, code: str) -> tuple[Part, syntax.Block] | None:
    blocks = places_of(parts, kind)
    for part, later in blocks[1:]:
        detail = f"The first one is at {blocks[0][1].header_span}: keep one of them."
        part.reader.report(code, f"A provisioner has one {kind}", detail, later.header_span)
    return blocks[0] if blocks else None


def _stray(
    own: Part, kind: str, name: str, strays: Iterable[syntax.Block]
) -> tuple[Part, syntax.Block] | None:
    """A block that is plainly meant for a provisioner, but stands beside it; that it is misplaced was reported."""
    labelled = ((b, [label.value.lower() for label in b.labels]) for b in strays if b.type == kind)
    return next(((own, block) for block, labels in labelled if labels == [name]), None)


def _check_fired(reader: Reader, machine: Machine, receives: tuple[Receive, ...], header: Span) -> None:
    """Warn about an event that is fired for nothing."""
    known = {transition.event for transition in machine.transitions}
    for receive in receives:
        fired = receive.fire.node
        if not isinstance(fired, syntax.Literal):
            continue
        if is_own_event(str(fired.value)):
            detail = (
                f'Choose another name: one that does not begin with "{AFTER}", "{AWAIT}" or "{DONE_STATE}".'
            )
            summary = f'The event "{fired.value}" is one that only the engine sends'
            reader.report("own_event_fired", summary, detail, fired.span)
            continue
        if any(covers(event, str(fired.value)) for event in known):
            continue
        written = receives is not default_receives()
        who = f"The receive block {receive.key}" if written else "Without a receive block a published release"
        reader.report(
            "event_never_handled",
            f'{who} fires "{fired.value}", which no transition of {machine.name} knows',
            reader.suggest(str(fired.value), known)
            or "Add a transition on this event, or a receive block that fires another.",
            fired.span if written else header,
            severity=Severity.WARNING,
        )
