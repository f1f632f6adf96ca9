"""Reads a definition: texts in, a definition or every problem in them out."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import field, replace

from engine.config.conceal import without_range
from engine.diagnostics import Diagnostic, Severity, Span, errors_in, in_order
from engine.errors import expect
from engine.frozen import frozen
from engine.language import syntax
from engine.language.collection import paused
from engine.machine.canonical import hash_of, meaning_of_provisioner
from engine.machine.check_sensitive import check_sensitive
from engine.machine.consequences import Damage, worth_telling
from engine.machine.definition import Definition, Provisioner, Receive, covers
from engine.machine.drafts import Lost, MachineDraft
from engine.machine.expression import Expression, Names
from engine.machine.files import Files, Library, bundled, nothing_else, single, unbundled
from engine.machine.given import Values
from engine.machine.properties import Property
from engine.machine.read_aliases import read_aliases
from engine.machine.read_machine import machine_of, read_draft
from engine.machine.read_modules import Modules, Part, intact, names_of, places_of
from engine.machine.read_names import read_names
from engine.machine.read_property import read_properties
from engine.machine.read_receive import default_receives, heard_of, numbered, read_heard
from engine.machine.read_test import States, read_tests
from engine.machine.read_variables import read_variables, values_of
from engine.machine.readable import Call, Candidate, Readable, raised_in
from engine.machine.readable_context import given_in, set_in
from engine.machine.reading import FIRST, Reader
from engine.machine.reporting import settled
from engine.machine.sensitive import Sensitive
from engine.machine.shapes import FILE, SHAPES
from engine.machine.test_blocks import Test
from engine.model import AFTER, AWAIT, DONE_STATE, is_own_event

#: The block that says what comes in.
RECEIVE = "receive"


@frozen
class ReadResult:
    """A definition, if its files have no error, and every problem in them."""

    definition: Definition | None
    #: File by file, each in its order.
    diagnostics: tuple[Diagnostic, ...]
    #: The definition with only those provisioners that have no error; None if nothing could be read.
    whole: Definition | None = None
    #: What could be read of every provisioner, whole or not.
    readable: tuple[Readable, ...] = ()
    #: Warnings of what is there in vain, which say nothing about what the definition does: what is declared and used
    #: nowhere, and where an error stands in the way of proofs, what no event and no way leads to whatever that part means.
    unused: tuple[Diagnostic, ...] = ()
    #: Every text that was read, by file name, to be shown: defaults of sensitive variables are dots. A text that no file
    #: says where it stands is not among them.
    sources: Mapping[str, str] = field(default_factory=dict)
    #: The names of its variables; None where a broken text may hide some.
    declared: tuple[str, ...] | None = None

    @property
    def broken(self) -> tuple[Readable, ...]:
        """What could be read of the provisioners that have an error."""
        whole = () if self.whole is None else self.whole.provisioners
        return tuple(each for each in self.readable if each.name not in whole)


def read_definition(source: str, filename: str, variables: Values | None = None) -> ReadResult:
    """Read the text of a file that needs no other; see `read_files`. Raises TypeError for what is no text."""
    expect(source, "the text of a definition", str)
    expect(filename, "the name of a definition", str)
    if variables is not None:
        expect(variables, "the values of variables", Mapping)
    return read_files(single(source, filename), nothing_else, variables)


def read_again(source: str, filename: str, variables: Values) -> ReadResult:
    """Read `Definition.source`, whether it is one file or many; needs nothing else."""
    try:
        root, library = unbundled(source, filename)
    except ValueError as error:
        problem = Diagnostic(code="unreadable_file", summary=f"{filename} cannot be read: {error}")
        return ReadResult(definition=None, diagnostics=(problem,))
    with paused():
        return _read(root, library, variables, typed=False, again=True)


def read_files(
    files: Files, library: Library, variables: Values | None = None, *, typed: bool = True
) -> ReadResult:
    """Read a definition: the files of one module, and those of the modules that it uses, which `library` has.

    `variables` are values that come before the defaults of its `variable` blocks. Never raises and never stops at the
    first problem. Values for variables that it does not declare are ignored: they may be meant for another one. Without
    `typed` the types of expressions are not checked.
    """
    with paused():
        return _read(files, library, variables, typed=typed)


def _read(
    files: Files, library: Library, variables: Values | None, *, typed: bool, again: bool = False
) -> ReadResult:
    """Read a definition; one that is read `again` was sound by the checks of its time, and has decided."""
    modules = Modules(files, library)
    tree = modules.tree(files)
    if tree is None:
        return _result(modules, modules.said)
    reader = Reader(files.texts)
    reader.typed = typed
    reader.again = again
    reader.check_body(tree, FILE, "", None)
    declared = read_variables(reader, tree)
    read_names(reader, tree, declared, values_of(reader, declared, variables or {}))
    provisioners, readable = _provisioners(reader, tree, modules, files)
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
    found = [*modules.said, *worth_telling(reader.diagnostics, modules.damage.values())]
    meaning = {
        "provisioners": {name: meaning_of_provisioner(p) for name, p in provisioners.items()},
        "variables": reader.names.variables,
    }
    whole = Definition(
        filename=files.name,
        source=bundled(modules.used, files),
        hash=hash_of(meaning),
        provisioners=provisioners,
        variables=reader.names.variables,
        sensitive=reader.hidden,
    )
    return _result(modules, found, whole, readable, tuple(declared), veiled=reader.veiled)


def _result(
    modules: Modules,
    found: Sequence[Diagnostic],
    whole: Definition | None = None,
    readable: tuple[Readable, ...] = (),
    declared: tuple[str, ...] | None = None,
    *,
    veiled: Iterable[Span] = (),
) -> ReadResult:
    """Problems file by file; what is wrong in a module is told once, however often it is used."""
    sources = {name: text for files in modules.used.values() for name, text in files.texts.items()}
    for span in veiled:
        sources[span.filename] = without_range(sources[span.filename], span)
    once: dict[tuple[object, ...], Diagnostic] = {}
    for one in found:
        once.setdefault((one.code, one.summary, one.detail, one.subject), one)
    diagnostics = in_order(once.values(), sources)
    return ReadResult(
        definition=None if errors_in(found) else whole,
        diagnostics=diagnostics,
        whole=whole,
        readable=readable,
        unused=in_order(worth_telling(dict.fromkeys(modules.unused), modules.damage.values()), sources),
        sources=sources,
        declared=None if errors_in(modules.said) else declared,
    )


def _provisioners(
    reader: Reader, tree: syntax.Body, modules: Modules, root: Files
) -> tuple[dict[str, Provisioner], tuple[Readable, ...]]:
    """Those that are whole, by name; and what could be read of each."""
    found: dict[str, Provisioner] = {}
    readable: list[Readable] = []
    strays = tuple(block for block in tree.blocks if block.type in ("aliasmapper", "statemachine", RECEIVE))
    first: dict[str, syntax.Block] = {}
    for block in tree.blocks_of("provisioner"):
        labelled = reader.check_shape(block)
        name = _name_of(block)
        second = labelled and name in first
        if second:
            detail = f"The first one is at {first[name].header_span}: keep one of them."
            summary = f'Provisioner "{name}" is declared twice'
            place = first[name].header_span
            reader.report(
                "duplicate_provisioner", summary, detail, block.header_span, related=[(place, FIRST)]
            )
        first.setdefault(name, block)
        parts = modules.parts(reader, block, name, root)
        sound = labelled and not second and intact(parts, modules)
        provisioner, read = _provisioner(parts, name, strays, modules, sound=sound)
        reader.link = None
        readable.append(read)
        if provisioner is not None:
            found[name] = provisioner
    return found, tuple(readable)


def _name_of(block: syntax.Block) -> str:
    """The project; a block without a label goes by its machine's, so that its parts can still be checked."""
    labels = [*block.labels, *(label for b in block.body.blocks_of("statemachine") for label in b.labels)]
    return labels[0].value.lower() if labels else ""


def _provisioner(
    parts: list[Part], name: str, strays: Iterable[syntax.Block], modules: Modules, *, sound: bool
) -> tuple[Provisioner | None, Readable]:
    """The provisioner, if all of it that decides anything could be read, and what of it could be.

    It is `sound` if nothing is wrong with its header, and no syntax error hides a part of it.
    """
    own = parts[0]
    mapper = _only(parts, "aliasmapper", "duplicate_aliasmapper") or _stray(own, "aliasmapper", name, strays)
    aliases = None if mapper is None else read_aliases(mapper[0].reader, mapper[1], mapper[0].label)
    before = len(own.reader.diagnostics)
    machine_block = _only(parts, "statemachine", "duplicate_machine") or _stray(
        own, "statemachine", name, strays
    )
    one_machine = len(own.reader.diagnostics) == before
    read = [(part, read_heard(part.reader, part.block.body.blocks_of("receive"))) for part in parts]
    heard = tuple(h for _, found in read for _, h in found)
    written = len(places_of(parts, RECEIVE))
    deaf = len(heard) < written or any(stray.type == RECEIVE for stray in strays)
    deaf = deaf or any(part.reader.diagnostics and _may_listen(part.block.body) for part in parts)
    header = own.block.header_span
    all_parts = (
        len(places_of(parts, "module")) == len(parts) - 1
    )  # else one could not be used: that was reported
    if machine_block is None:
        if all_parts and own.block.labels:
            detail = f'Add statemachine "{name}" {{ … }} to it, or use a module that has one.'
            own.reader.report("missing_block", f'Provisioner "{name}" has no statemachine', detail, header)
        return None, Readable(name=name, heard=heard, deaf=deaf, names=names_of(parts))
    part, block = machine_block
    calls = len(part.reader.calls)
    marks = [len(one.reader.expressions) for one in parts]
    draft, whole = read_draft(part.reader, block, name, aliases, part.label)
    names = names_of(parts)
    if not written and not deaf:
        read = [(own, [(receive, heard_of(receive)) for receive in default_receives()])]
    for listening, found in read if all_parts and not draft.nameless and draft.transitions else ():
        _check_fired(listening.reader, draft, [r for r, _ in found if r is not None], header)
    states: States = {**dict.fromkeys(draft.lost, Lost()), **draft.states}
    properties = _properties(parts, states)
    stated = [e for one, mark in zip(parts, marks, strict=True) for e in one.reader.expressions[mark:]]
    test_blocks = own.block.body.blocks_of("test")
    tests = read_tests(own.reader, test_blocks, states)
    damages = modules.damage.values()
    unsure = any(damage.hides_part_of(block.span) for damage in damages) or _lacks_states(draft)
    readable = Readable(
        name=name,
        heard=tuple(h for _, found in read for _, h in found),
        deaf=deaf,
        candidates=tuple(Candidate(event=t.event, expressions=t.expressions) for t in draft.transitions)
        if all_parts
        else (),
        states=() if unsure else tuple(draft.states),
        histories=() if unsure else tuple(draft.histories),
        raised=frozenset(raised_in(block.body)),
        names=names,
        calls=_calls(part.reader.calls[calls:], damages),
        given_names=_given(tests, test_blocks, names),
    )
    receives = [receive for _, found in read for receive, _ in found]
    understood = None not in receives and not deaf and all(h.sound for h in readable.heard)
    if not (sound and whole and all_parts and one_machine and understood):
        if all_parts and one_machine:
            from engine.machine.told_anyway import told_anyway  # only a mistake needs it

            modules.unused += told_anyway(draft, block, readable, written, part.reader.diagnostics)
            hidden = any(damage.hides_part_of(one.block.span) for one in parts for damage in damages)
            return None, _beside_errors(readable, stated, None if hidden else set_in(block, names))
        return None, readable
    machine = machine_of(draft, name, names)
    heard_whole = numbered(receive for receive in receives if receive is not None)
    claims = [claimed.condition for claimed in properties if claimed.condition is not None]
    sensitive = Sensitive.of(machine, heard_whole, claims)
    check_sensitive(own.reader, machine, heard_whole, sensitive)
    provisioner = Provisioner(
        name=name,
        machine=replace(machine, names=machine.names.hiding(sensitive)),
        receives=heard_whole,
        properties=properties,
        tests=tests,
        span=settled(header),
    )
    return provisioner, readable


def _may_listen(body: syntax.Body) -> bool:
    """Whether a block in a provisioner is one that listens, under a wrong name or in a wrong place."""
    if any(block.type not in SHAPES for block in body.blocks):
        return True
    waiting = list(body.blocks)
    while waiting:
        inner = waiting.pop().body.blocks
        if any(block.type == RECEIVE for block in inner):
            return True
        waiting += inner
    return False


def _lacks_states(draft: MachineDraft) -> bool:
    """Whether a state or a history may be missing: only what waits for an event has no name at most."""
    return bool(draft.lost) or not draft.nameless <= {"on"}


def _given(tests: Collection[Test], blocks: Collection[syntax.Block], names: Names) -> Collection[str] | None:
    """The names that tests give to the context, those included that could not be read; None if these hide some."""
    given = {key for test in tests for key in test.given.context}
    more = given_in(blocks, names) if len(tests) < len(blocks) else ()
    return None if more is None else {*given, *more}


def _beside_errors(
    readable: Readable, stated: Iterable[Expression], set_names: Collection[str] | None
) -> Readable:
    """The parts of a provisioner that is not whole, with all that a machine and claims state, and what is set."""
    apart = {id(e) for candidate in readable.candidates for e in candidate.expressions}
    others = tuple(expression for expression in stated if id(expression) not in apart)
    return replace(readable, elsewhere=others, set_names=set_names)


def _calls(found: Iterable[Call], damages: Collection[Damage]) -> tuple[Call, ...]:
    """What actions and requests give, noting where a syntax error may hide some of it."""
    return tuple(
        replace(call, whole=False) if any(damage.hides_part_of(call.block) for damage in damages) else call
        for call in found
    )


def _properties(parts: list[Part], states: Collection[str]) -> tuple[Property, ...]:
    """The claims of a provisioner and its modules; where two have one name, both are kept, each with its place."""
    return tuple(
        claimed
        for part in parts
        for claimed in read_properties(part.reader, part.block.body.blocks_of("property"), states)
    )


def _only(parts: list[Part], kind: str, code: str) -> tuple[Part, syntax.Block] | None:
    blocks = places_of(parts, kind)
    for part, later in blocks[1:]:
        _report_second(kind, code, blocks[0], part, later)
    return blocks[0] if blocks else None


def _report_second(
    kind: str, code: str, first: tuple[Part, syntax.Block], part: Part, later: syntax.Block
) -> None:
    """Report a block of which there is one already: where it is written, or where the module is used that has it."""
    one, place = first[0], first[1].header_span
    related = [(place, FIRST)]
    if part.caller is None:
        detail = f"The first one is at {place}: keep one of them."
        part.reader.report(code, f"A provisioner has one {kind}", detail, later.header_span, related=related)
        return
    reader, use = part.caller
    if one.caller is not None:
        user = one.caller[1]
        related = [(user.header_span, "the first one comes from here"), *related]
        detail = f'Module "{user.labels[0].value}" at {user.header_span} has one already: use one of the two.'
    else:
        detail = f"The provisioner's own is at {place}: keep one of them."
    if later.header_span != place:
        related.append((later.header_span, "the second one is here"))
    summary = f'A provisioner has one {kind}, and module "{use.labels[0].value}" adds a second one'
    reader.report(code, summary, detail, use.header_span, related=related)


def _stray(
    own: Part, kind: str, name: str, strays: Iterable[syntax.Block]
) -> tuple[Part, syntax.Block] | None:
    """A block that is plainly meant for a provisioner, but stands beside it; that it is misplaced was reported."""
    labelled = ((b, [label.value.lower() for label in b.labels]) for b in strays if b.type == kind)
    return next(((own, block) for block, labels in labelled if labels == [name]), None)


def _check_fired(reader: Reader, machine: MachineDraft, receives: Iterable[Receive], header: Span) -> None:
    """Warn about an event that is fired for nothing."""
    known = {t.event for t in machine.transitions} | machine.lost
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
        written = receive not in default_receives()
        who = f"The receive block {receive.key}" if written else "Without a receive block a published release"
        reader.report(
            "event_never_handled",
            f'{who} fires "{fired.value}", which no transition of {machine.name} knows',
            reader.suggest(str(fired.value), known)
            or "Add a transition on this event, or a receive block that fires another.",
            fired.span if written else header,
            severity=Severity.WARNING,
        )
