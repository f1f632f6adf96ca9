"""Reads `module` blocks: finds the files that they name, and gives them their arguments."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from engine.diagnostics import Diagnostic
from engine.frozen import frozen
from engine.language import parse, syntax
from engine.machine.consequences import Damage, mistaken
from engine.machine.files import Absent, Files, Library, normal
from engine.machine.link import MODULE, Link, whole
from engine.machine.read_names import read_names
from engine.machine.read_variables import Declared, read_variables, value_of
from engine.machine.reading import FIRST, Reader, Roots
from engine.machine.references import references
from engine.machine.shapes import FILE
from engine.machine.unused import unused
from engine.machine.value_types import UnfitValueError

#: What an argument can be made of.
ARGUMENT_ROOTS: Roots = {"var": None, "local": None}

#: How many modules deep a module may use others, and how many there may be in one provisioner.
_DEEPEST = 10
_MOST = 100

_REMOTE = r"(?i:[a-z][a-z0-9+.-]*::|[a-z][a-z0-9+.-]*://|git@|[\w.-]+\.[a-z]{2,}/)"
_ABSOLUTE = r"[/\\~]|[A-Za-z]:[/\\]"


@frozen
class Part:
    """The blocks of a provisioner that stand in one place: in itself, or in a module that it uses."""

    reader: Reader
    #: The provisioner block, of the definition or of the module.
    block: syntax.Block
    #: What its blocks are labelled with.
    label: str
    #: Where it is written, and by which modules it came.
    trail: tuple[Files, ...]
    #: What stands before its names; empty for the definition's own.
    prefix: str = ""
    #: The reader of the file that uses it, and the `module` block there; None for the definition's own.
    caller: tuple[Reader, syntax.Block] | None = None


class Modules:
    """All modules of one definition, each parsed once."""

    def __init__(self, root: Files, library: Library) -> None:
        """Start with the definition's own files."""
        self.used: dict[str, Files] = {root.place: root}
        #: Every syntax error and mistake in the texts, file by file.
        self.said: list[Diagnostic] = []
        #: What is there in vain, file by file.
        self.unused: list[Diagnostic] = []
        #: What syntax errors leave in doubt, by the place of the files.
        self.damage: dict[str, Damage] = {}
        self._library = library
        self._trees: dict[str, syntax.Body | None] = {}

    def tree(self, files: Files) -> syntax.Body | None:
        """The blocks of all files of a module as one body; None if a text could not be read at all."""
        if files.place not in self._trees:
            parsed = [parse(text, name) for name, text in files.texts.items()]
            said = [d for one in parsed for d in (*one.told, *one.mistakes)]
            self.said += mistaken(said, files.texts)
            bodies = [one.tree for one in parsed if one.tree is not None]
            tree = joined(bodies) if len(bodies) == len(parsed) else None
            self._trees[files.place] = tree
            if tree is not None:
                self.damage[files.place] = Damage(said, tree, files.texts)
                self.unused += unused(tree, files.tests)
        return self._trees[files.place]

    def parts(self, reader: Reader, block: syntax.Block, label: str, root: Files) -> list[Part]:
        """What a provisioner is made of: its own block first, then the modules that it uses, in their order."""
        found = [Part(reader=reader, block=block, label=label, trail=(root,))]
        for part in found:  # grows while it is walked: modules may use others
            found += self._used_by(part, len(found))
        links = [Link(prefix=part.prefix, names=part.reader.names) for part in found]
        for part, link in zip(found, links, strict=True):
            part.reader.link = link if len(found) > 1 else None
        return found

    def _used_by(self, part: Part, already: int) -> Iterator[Part]:
        first: dict[str, syntax.Block] = {}
        for use in part.block.body.blocks_of("module"):
            if not part.reader.check_shape(use):
                continue
            name = use.labels[0].value
            if "." in name:
                detail = "Its name has no dots."
                part.reader.report("bad_name", f'"{name}" cannot name a module', detail, use.labels[0].span)
                continue
            if name in first:
                detail = f"The first one is at {first[name].header_span}: give this one another name."
                summary = f'Module "{name}" is used twice under one name'
                place = first[name].header_span
                part.reader.report(
                    "duplicate_module", summary, detail, use.header_span, related=[(place, FIRST)]
                )
                continue
            first[name] = use
            files = self._files(part, use)
            if files is None:
                continue
            if already + len(first) > _MOST or len(part.trail) > _DEEPEST:
                summary = f"More than {_MOST} modules, or modules more than {_DEEPEST} deep"
                detail = "Write some of them out, or put the blocks of several into one."
                part.reader.report("module_cycle", summary, detail, use.header_span)
                return
            used = self._used(part, use, files)
            if used is not None:
                yield used

    def _files(self, part: Part, use: syntax.Block) -> Files | None:
        attribute = use.body.attribute("source")
        if attribute is None:
            return None
        place = attribute.value.span
        if any(references(attribute.value)):
            detail = "Which files a definition is made of is known before anything is evaluated: write the path itself."
            part.reader.report("module_source", "A source is written out, without names", detail, place)
            return None
        fine, source = part.reader.constant(attribute.value, roots={})
        if not fine:
            return None
        problem = wrong_source(source)
        if problem is not None:
            part.reader.report("module_source", *problem, place)
            return None
        found = self._found(normal(f"{part.trail[-1].folder}/{source}".lstrip("/")), source)
        if isinstance(found, Absent):
            if found.subject is None:
                part.reader.report(found.code, found.summary, found.detail, place)
            else:  # it is told where it is, like any other problem in the module
                asked = [(place, "the module is used here")]
                part.reader.report(found.code, found.summary, found.detail, found.subject, related=asked)
            return None
        if found.place in [files.place for files in part.trail]:
            way = ", which uses ".join([*(files.name for files in part.trail), found.name])
            detail = "Take what both need out into a module of its own."
            part.reader.report("module_cycle", f"A module uses itself: {way}", detail, place)
            return None
        return found

    def _found(self, place: str, source: str) -> Files | Absent:
        if place == ".." or place.startswith("../"):
            return Absent(
                code="module_outside",
                summary=f"{source} leads out of the machines directory",
                detail="Move the module into it, or name a directory above both with --machines.",
            )
        if place not in self.used:
            found = self._library(place)
            if isinstance(found, Absent):
                return found
            self.used[place] = found
        return self.used[place]

    def _used(self, caller: Part, use: syntax.Block, files: Files) -> Part | None:
        """The part that a module adds; None if it was reported to add none."""
        tree = self.tree(files)
        if tree is None:
            return None
        name = use.labels[0].value
        prefix = f"{caller.prefix}.{MODULE}{name}" if caller.prefix else f"{MODULE}{name}"
        story = f'It is in module "{name}", which is used at {use.header_span}.'
        reader = Reader(files.texts, above=caller.reader, story=story)
        reader.check_body(tree, FILE, "", None)
        declared = read_variables(reader, tree)
        if "source" in declared:
            detail = "In a module block it says where the module is: choose another name."
            summary = '"source" cannot name a variable of a module'
            reader.report("bad_name", summary, detail, declared.pop("source").span)
        arguments = _arguments(caller.reader, use, declared)
        reader.unvalued = frozenset(arguments.unvalued)
        read_names(reader, tree, declared, arguments.values, arguments.secret)
        blocks = tree.blocks_of("provisioner")
        if len(blocks) != 1:
            many = f"has {len(blocks)} provisioners" if blocks else "has no provisioner"
            detail = (
                f"A module has one, whose blocks are used here{': name a file with one' if blocks else ''}."
            )
            source = use.body.attribute("source")
            place = use.header_span if source is None else source.value.span
            caller.reader.report("module_provisioner", f"{files.name} {many}", detail, place)
            return None
        [block] = blocks
        label = block.labels[0].value.lower() if reader.check_shape(block) else ""
        return Part(
            reader=reader,
            block=block,
            label=label,
            trail=(*caller.trail, files),
            prefix=prefix,
            caller=(caller.reader, use),
        )


def intact(parts: list[Part], modules: Modules) -> bool:
    """Whether no syntax error hides anything of a provisioner that is made of these parts."""
    return all(modules.damage[part.trail[-1].place].spares(part.block) for part in parts)


def names_of(parts: list[Part]) -> Any:
    """What ``var`` and ``local`` mean in a provisioner that is made of these parts."""
    links = [part.reader.link for part in parts]
    return parts[0].reader.names if None in links else whole(link for link in links if link is not None)


def joined(bodies: list[syntax.Body]) -> syntax.Body:
    """Several files as one body; they have one namespace."""
    return syntax.Body(
        span=bodies[0].span,
        attributes=tuple(a for body in bodies for a in body.attributes),
        blocks=tuple(b for body in bodies for b in body.blocks),
    )


def wrong_source(source: Any) -> tuple[str, str] | None:
    """Why a source names no local module, and what to do; None if it may."""
    example = 'Write it as in source = "./lib/review", relative to the folder of this file.'
    if not isinstance(source, str) or not source or not source.isprintable():
        return "A source is the path of a folder or file", example
    if re.match(_REMOTE, source) and not source.startswith("."):
        detail = "Copy the module into the machines directory (a git submodule will do), and name it by ./ or ../ there."
        return f"Modules are not fetched from elsewhere: {source}", detail
    if re.match(_ABSOLUTE, source):
        return f"{source} is an absolute path", example
    if "\\" in source:
        return f"{source} has backslashes", "Write / between folders, on every system."
    if source in (".", "..") or source.startswith(("./", "../")):
        return None
    return f"{source} does not begin with ./ or ../", f'Did you mean "./{source}"? Modules are local.'


@frozen
class _Arguments:
    """What a module is given."""

    #: The values of all its variables.
    values: dict[str, Any]
    #: The names of those that are made of what is not to be shown.
    secret: set[str]
    #: The names of those that got no value, or a wrong one.
    unvalued: set[str]


def _arguments(caller: Reader, use: syntax.Block, declared: Mapping[str, Declared]) -> _Arguments:
    found = _Arguments(
        values={name: variable.default for name, variable in declared.items()},
        secret=set(),
        unvalued={name for name, variable in declared.items() if variable.required or variable.unread},
    )
    missing = [name for name, variable in declared.items() if variable.required]
    for attribute in use.body.attributes:
        name = attribute.name
        if name == "source":
            continue
        variable = declared.get(name)
        if variable is None:
            _unknown(caller, attribute, declared, missing)
            continue
        if name in missing:
            missing.remove(name)
        if caller.is_sensitive(attribute.value):
            found.secret.add(name)
        found.unvalued.add(name)
        fine, value = caller.constant(attribute.value, ARGUMENT_ROOTS, shown=False)
        if fine and _fits(caller, attribute, variable, value):
            found.values[name] = value_of(variable, value)
            found.unvalued.remove(name)
    for name in missing:
        variable = declared[name]
        purpose = f" ({variable.description.rstrip('.')})" if variable.description else ""
        summary = f'Module "{use.labels[0].value}" needs "{name}"{purpose}'
        detail = f"Add {name} = … to this block: {variable.type.told}, which {variable.span} asks for."
        asked = [(variable.span, "the variable")]
        caller.report("missing_attribute", summary, detail, use.header_span, related=asked)
    return found


def _unknown(
    caller: Reader, attribute: syntax.Attribute, declared: Mapping[str, Declared], missing: list[str]
) -> None:
    name = attribute.name
    choices = ", ".join(sorted(declared)) or "no arguments"
    near = caller.suggest(name, declared)
    for meant in list(missing):
        if near and meant in near:
            missing.remove(meant)  # it is there, under a wrong name
    detail = near or f"It takes {choices}."
    caller.report("unknown_attribute", f'The module has no variable "{name}"', detail, attribute.name_span)


def _fits(caller: Reader, attribute: syntax.Attribute, variable: Declared, value: Any) -> bool:
    try:
        value_of(variable, value)
    except UnfitValueError as problem:
        summary = f'The module takes {variable.type.told} as "{attribute.name}": {problem}'
        detail = f"Its variable is declared at {variable.span}."
        declared = [(variable.span, "the variable")]
        caller.report("wrong_type", summary, detail, attribute.value.span, related=declared)
        return False
    return True


def places_of(parts: list[Part], kind: str) -> list[tuple[Part, syntax.Block]]:
    """Every block of a kind in a provisioner, its modules' included, and the part that it stands in."""
    return [(part, block) for part in parts for block in part.block.body.blocks_of(kind)]
