"""Gives a state another name, everywhere it is named; refused where the machine would not be the same afterwards."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from engine.diagnostics import Diagnostic, Severity
from engine.editor.document import Document
from engine.editor.navigate import Files, brought
from engine.editor.occurrences import Names, Thing, at, occurrences
from engine.editor.otherwise import Otherwise, said_otherwise, written_otherwise
from engine.editor.renaming import NOTHING, Renaming
from engine.frozen import frozen
from engine.machine import files as texts_of
from engine.machine.definition import TOGETHER, Definition, Provisioner
from engine.machine.given import Values
from engine.machine.read import read_files
from engine.machine.read_test_file import read_test_file
from engine.machine.test_blocks import Advance, Then, When
from engine.machine.values import composed
from engine.machine.writing import key, text
from engine.model import END

_LONGEST = 128
#: What tests expect that is a state, or is a word of the backend that a state's name may be.
_MAY_NAME = ("state", "status", "effects")
_RESERVED = frozenset({END, "*", "=", "<always>"})


class CannotRenameError(Exception):
    """Why a name stays as it is; the message is for the author."""


@frozen
class Edit:
    """A range of a file, and what is to stand there."""

    start: int
    end: int
    text: str


def renameable(document: Document, offset: int) -> tuple[int, int] | None:
    """The range of the state's name at an offset; None if there is none."""
    found = at(document, offset)
    if found is None or found.thing.kind is not Names.STATE:
        return None
    return found.start, found.end


#: Reads a definition, with its tests, as it is and with other texts for some of its files: the definition, None if it has
#: an error, and what is wrong with it.
Read = Callable[[Mapping[str, str]], tuple[Definition | None, tuple[Diagnostic, ...]]]


@frozen
class Namer:
    """A definition that may name a state: the one that has it, or one that uses its module."""

    #: Its files, or those of them that may name it.
    files: Files
    #: The projects in it whose state it is.
    projects: frozenset[str]
    read: Read

    def things(self, name: str) -> frozenset[Thing]:
        """What the state is here."""
        return frozenset(Thing(Names.STATE, project, name) for project in self.projects)


#: Gives the definitions that use the module that some files are.
Users = Callable[[Files], Iterable[Namer]]


def rename(
    files: Files, file: str, offset: int, name: str, read: Read | None = None, users: Users | None = None
) -> Mapping[str, tuple[Edit, ...]]:
    """The edits of each file that give the state at an offset another name; raises `CannotRenameError`.

    `read` reads the definition that the files are. `users` gives those that use it as a module, with the projects that do:
    they are changed with it.
    """
    found = at(files[file], offset)
    if found is None or found.thing.kind is not Names.STATE:
        raise CannotRenameError("Only states can be renamed here.")
    thing = found.thing
    for used, inner in brought(files, thing):
        if _declares(used, inner):
            raise CannotRenameError(
                f"The state is declared in the module {_listed(used)}: rename it there, and its uses here follow."
            )
    own = Namer(
        files=files,
        projects=frozenset({thing.project}),
        read=read or (lambda changed: _alone(files, changed)),
    )
    namers = [own, *(() if users is None else users(files))]
    name = composed(name)
    edits = _edits_of(namers, thing, name)
    documents = {f: document for namer in namers for f, document in namer.files.items()}
    changed = {f: apply(documents[f].source, e) for f, e in edits.items() if e}
    for namer in namers:
        aliased = any(_aliased(namer.files, project) for project in namer.projects)
        _check_same(namer, changed, Renaming(namer.projects, thing.name, name, aliased=aliased))
    return {f: found_edits for f, found_edits in edits.items() if found_edits}


def _edits_of(namers: Iterable[Namer], thing: Thing, name: str) -> dict[str, tuple[Edit, ...]]:
    edits: dict[str, dict[tuple[int, int], Edit]] = {}
    for namer in namers:
        if all(document.is_tests for document in namer.files.values()):
            raise CannotRenameError("The definition beside these tests cannot be read.")
        for document in namer.files.values():
            if document.parsed.diagnostics:
                where = "" if len(namer.files) == 1 else f" in {document.filename}"
                raise CannotRenameError(
                    f"Mend the syntax error{where} first: what it hides cannot be renamed."
                )
        things = namer.things(thing.name)
        for one in things:
            _check_name(namer.files, one, name)
        for f, document in namer.files.items():
            own = edits.setdefault(f, {})
            own.update({(e.start, e.end): e for e in _edits(document, things, name)})
    return {f: tuple(own.values()) for f, own in edits.items()}


def _declares(files: Files, thing: Thing) -> bool:
    named = (
        project for document in files.values() for project in [document.names.projects.get(thing.project)]
    )
    return any(project is not None and thing.name in project.states for project in named)


def _listed(files: Files) -> str:
    return ", ".join(document.filename for document in files.values() if not document.is_tests)


def _aliased(files: Files, name: str) -> bool:
    projects = [document.names.projects.get(name) for document in files.values()]
    return any(project.aliases for project in projects if project is not None)


def apply(source: str, edits: tuple[Edit, ...]) -> str:
    """The text after the edits."""
    for edit in sorted(edits, key=lambda e: e.start, reverse=True):
        source = source[: edit.start] + edit.text + source[edit.end :]
    return source


def _check_name(files: Files, thing: Thing, name: str) -> None:
    if not name or name != name.strip() or len(name) > _LONGEST or not name.isprintable():
        raise CannotRenameError(f"A name has 1 to {_LONGEST} printable characters and no spaces around it.")
    if name in _RESERVED:
        raise CannotRenameError(f'"{name}" means something else where a state is named.')
    if "." in name or TOGETHER in name:
        raise CannotRenameError(f'A name holds neither "." nor "{TOGETHER}": full names are made with them.')
    for document in files.values():
        project = document.names.projects.get(thing.project)
        if project is not None:
            parent = project.parents.get(thing.name)
            full = name if parent is None else f"{parent}.{name}"
            if full in project.states:
                raise CannotRenameError(f'There is a state "{full}" already.')


def _edits(document: Document, things: frozenset[Thing], name: str) -> Iterator[Edit]:
    for one in occurrences(document):
        if one.thing in things:
            written = key(name) if one.bare else text(one.before + name + one.behind)[1:-1]
            yield Edit(start=one.start, end=one.end, text=written)


def _check_same(namer: Namer, changed: Mapping[str, str], renaming: Renaming) -> None:
    """Refuse if a definition means something else afterwards, or can be read no more."""
    before, problems = namer.read({})
    if before is None:
        _check_known(problems)
        _refuse(written_otherwise(namer.files, changed, renaming))
        return
    after, _problems = namer.read(changed)
    if after is None:
        raise CannotRenameError(
            f"{before.filename} would not be right afterwards: a name is computed, or means something else then."
        )
    for name, provisioner in before.provisioners.items():
        mapped = renaming if name in renaming.projects else NOTHING
        _refuse(said_otherwise(provisioner, after.provisioners[name], mapped))
        if _meaning(provisioner, mapped) != _meaning(after.provisioners[name], NOTHING):
            raise CannotRenameError(
                f"The machine of {before.filename} would not be the same afterwards: a name is computed, or means "
                "something else then."
            )


def _refuse(found: Otherwise | None) -> None:
    if found is not None:
        place = found.node.span
        raise CannotRenameError(f"Line {place.line} of {place.filename} {found.because}: change that first.")


def _check_known(problems: Iterable[Diagnostic]) -> None:
    """Refuse where an error stands in the way of a proof; that a value comes from outside is none."""
    for problem in problems:
        if problem.severity is Severity.ERROR and problem.code != "variable_without_value":
            where = "" if problem.subject is None else f" ({problem.subject})"
            raise CannotRenameError(f"Mend this first, so that nothing is missed: {problem.summary}{where}.")


def _alone(files: Files, changed: Mapping[str, str]) -> tuple[Definition | None, tuple[Diagnostic, ...]]:
    """Read files without anything around them."""
    texts = {f: changed.get(f, document.source) for f, document in files.items()}
    written = {files[f].filename: source for f, source in texts.items() if not files[f].is_tests}
    name = next(iter(written))
    tests = {files[f].filename: source for f, source in texts.items() if files[f].is_tests}
    return read_with_tests(
        texts_of.Files(place=name, folder="", name=name, texts=written, tests=tests),
        texts_of.nothing_else,
        None,
    )


def read_with_tests(
    files: texts_of.Files, library: texts_of.Library, values: Values | None
) -> tuple[Definition | None, tuple[Diagnostic, ...]]:
    """A definition with the tests beside it, None if one of them has an error; and what is wrong with it."""
    read = read_files(files, library, values)
    definition, problems = read.definition, read.diagnostics
    for name, source in files.tests.items():
        if definition is not None:
            definition, problems = read_test_file(source, name, definition)
    return definition, problems


def _meaning(provisioner: Provisioner, renaming: Renaming) -> list[Any]:
    """Everything of a project that names states, but for its expressions; and of its tests what they give and expect."""
    machine = provisioner.machine
    state: Callable[[str | None], str | None] = renaming.state
    target: Callable[[str | None], str | None] = renaming.target
    return [
        target(machine.initial),
        [
            (state(s.name), state(s.parent), target(s.initial), renaming.status(s.name, s.alias), s.kind)
            for s in machine.states.values()
        ],
        [(state(h.name), state(h.parent), target(h.target), h.deep) for h in machine.histories.values()],
        [(renaming.event(t.event), state(t.source), target(t.target)) for t in machine.transitions],
        {state(name): renaming.status(name, status) for name, status in machine.aliases.items()},
        {state(name): state(shown) for name, shown in machine.shown.items()},
        [(p.name, [*map(state, p.states)], [*map(state, p.starts)]) for p in provisioner.properties],
        [(t.name, target(t.given.state), t.given.context) for t in provisioner.tests],
        [_expected(part, renaming) for t in provisioner.tests for part in t.course],
    ]


def _expected(part: When | Advance | Then, renaming: Renaming) -> Any:
    if isinstance(part, Advance):
        return None if part.before is None else renaming.event(part.before)
    if isinstance(part, When):
        return renaming.event(part.name), part.payload
    expected = {name: value for name, (value, _) in part.expected.items() if name not in _MAY_NAME}
    return {**expected, "state": renaming.target(part.expected.get("state", (None,))[0])}
