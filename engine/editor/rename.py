"""Gives a state another name, everywhere it is named; refused where the machine would not be the same afterwards."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from engine.diagnostics import Diagnostic, Severity
from engine.editor.document import Document
from engine.editor.navigate import Files
from engine.editor.occurrences import Names, Thing, at, occurrences
from engine.frozen import frozen
from engine.language import syntax
from engine.language.depth import children
from engine.machine.definition import TOGETHER, Definition, Provisioner
from engine.machine.read import read_definition
from engine.machine.read_test_file import TEST_FILE_ENDING, read_test_file
from engine.machine.references import references
from engine.machine.test_blocks import Then
from engine.machine.values import composed
from engine.machine.writing import key, text
from engine.model import AFTER, AWAIT, DONE_STATE, END

_LONGEST = 128
_RESERVED = frozenset({END, "*", "=", "<always>"})
_STATES = frozenset({"state", "previous", "active"})


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


def rename(files: Files, file: str, offset: int, name: str) -> Mapping[str, tuple[Edit, ...]]:
    """The edits of each file that give the state at an offset another name; raises `CannotRenameError`."""
    found = at(files[file], offset)
    if found is None or found.thing.kind is not Names.STATE:
        raise CannotRenameError("Only states can be renamed here.")
    if all(document.filename.endswith(TEST_FILE_ENDING) for document in files.values()):
        raise CannotRenameError("The definition beside these tests cannot be read.")
    name = composed(name)
    thing = found.thing
    for document in files.values():
        if document.parsed.diagnostics:
            raise CannotRenameError("Mend the syntax error first: what it hides cannot be renamed.")
    _check_name(files, thing, name)
    edits = {f: tuple(_edits(document, thing, name)) for f, document in files.items()}
    for f, document in files.items():
        _check_hidden(document, thing, {(e.start, e.end) for e in edits[f]})
    changed = {f: apply(files[f].source, e) for f, e in edits.items()}
    _check_same(files, changed, _Renaming(thing, name, aliased=_aliased(files, thing.project)))
    return {f: found_edits for f, found_edits in edits.items() if found_edits}


def _aliased(files: Files, name: str) -> bool:
    projects = [document.own.projects.get(name) for document in files.values()]
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


def _edits(document: Document, thing: Thing, name: str) -> Iterator[Edit]:
    done: set[tuple[int, int]] = set()
    for one in occurrences(document):
        if one.thing == thing and (one.start, one.end) not in done:
            done.add((one.start, one.end))
            written = key(name) if one.bare else text(one.before + name + one.behind)[1:-1]
            yield Edit(start=one.start, end=one.end, text=written)


def _check_hidden(document: Document, thing: Thing, edited: set[tuple[int, int]]) -> None:
    """Refuse where an expression about states has the name in a text of which nobody knows what it is for."""
    for body in _bodies(document.tree):
        for attribute in body.attributes:
            if not {reference.root for reference in references(attribute.value)} & _STATES:
                continue
            for literal in _texts(attribute.value):
                first, last = document.range(literal.span)
                names = composed(literal.value).split(TOGETHER)
                if thing.name in names and not any(first <= start and end <= last for start, end in edited):
                    line = document.text.line_at(first) + 1
                    raise CannotRenameError(
                        f'Line {line} of {document.filename} has "{literal.value}" in an expression about states: '
                        "change that first."
                    )


def _bodies(tree: syntax.Body | None) -> Iterator[syntax.Body]:
    todo = [] if tree is None else [tree]
    while todo:
        body = todo.pop()
        yield body
        todo += [block.body for block in body.blocks]


def _texts(node: syntax.Expression) -> Iterator[syntax.Literal]:
    todo: list[syntax.Node] = [node]
    while todo:
        current = todo.pop()
        if isinstance(current, syntax.Literal) and isinstance(current.value, str):
            yield current
        todo += children(current)


class _Renaming:
    """The old name of a state, or of what is in it, to the new one."""

    def __init__(self, thing: Thing, name: str, *, aliased: bool) -> None:
        self.aliased = aliased
        self.project = thing.project
        self.old = thing.name
        around = thing.name.rpartition(".")[0]
        self.new = f"{around}.{name}" if around else name

    def state(self, name: str | None) -> str | None:
        if name is None:
            return None
        return TOGETHER.join(self._one(part) for part in name.split(TOGETHER))

    def target(self, name: str | None) -> str | None:
        """A target, of which several states are sorted by their names."""
        new = self.state(name)
        return None if new is None else TOGETHER.join(sorted(new.split(TOGETHER)))

    def _one(self, name: str) -> str:
        return (
            self.new + name[len(self.old) :] if name == self.old or name.startswith(f"{self.old}.") else name
        )

    def status(self, name: str, status: str | None) -> str | None:
        """Without an `aliasmapper` the backend calls a state what it is called here."""
        return self.state(status) if status == name and not self.aliased else status

    def event(self, name: str) -> str:
        if name.startswith(DONE_STATE):
            return DONE_STATE + self._one(name.removeprefix(DONE_STATE))
        for kind in (AFTER, AWAIT):
            if name.startswith(kind):
                full, dot, last = name.removeprefix(kind).rpartition(".")
                return kind + self._one(full) + dot + last
        return name


#: Renames nothing: no state is called so.
_NOT = _Renaming(Thing(Names.STATE, "", "\0"), "\0", aliased=True)


def _check_same(files: Files, changed: Mapping[str, str], renaming: _Renaming) -> None:
    """Refuse if a definition that could be read means something else afterwards, or can be read no more."""
    before, problems = _read({f: document.source for f, document in files.items()}, files)
    if before is None:
        _check_known(problems)
        return
    after, _problems = _read(changed, files)
    if after is None:
        raise CannotRenameError(
            "The definition would not be right afterwards: a name is computed, or means something else then."
        )
    for name, provisioner in before.provisioners.items():
        mapped = renaming if name == renaming.project else _NOT
        if _meaning(provisioner, mapped) != _meaning(after.provisioners[name], _NOT):
            raise CannotRenameError(
                "The machine would not be the same afterwards: a name is computed, or means something else then."
            )


def _check_known(problems: Iterable[Diagnostic]) -> None:
    """Refuse where an error stands in the way of a proof; that a value comes from outside is none."""
    for problem in problems:
        if problem.severity is Severity.ERROR and problem.code != "variable_without_value":
            raise CannotRenameError(f"Mend this first, so that nothing is missed: {problem.summary}.")


def _read(sources: Mapping[str, str], files: Files) -> tuple[Definition | None, tuple[Diagnostic, ...]]:
    """The definition, with the tests beside it, None if it has an error; and what is wrong with it."""
    definition: Definition | None = None
    problems: tuple[Diagnostic, ...] = ()
    for f, document in files.items():
        if not document.filename.endswith(TEST_FILE_ENDING):
            read = read_definition(sources[f], document.filename)
            definition, problems = read.definition, read.diagnostics
    for f, document in files.items():
        if definition is not None and document.filename.endswith(TEST_FILE_ENDING):
            definition, problems = read_test_file(sources[f], document.filename, definition)
    return definition, problems


def _meaning(provisioner: Provisioner, renaming: _Renaming) -> list[Any]:
    """Everything of a project that names states."""
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
        [(t.name, state(t.given.state)) for t in provisioner.tests],
        [
            state(part.expected["state"][0]) if "state" in part.expected else None
            for t in provisioner.tests
            for part in t.course
            if isinstance(part, Then)
        ],
    ]
