"""Where a name is made, and everywhere it is used: in the files of a module and their tests, and in modules they use."""

from collections.abc import Iterator, Mapping

from engine.editor.document import Document
from engine.editor.occurrences import Names, Occurrence, Thing, at, occurrences
from engine.editor.uses import Use, use_at
from engine.frozen import frozen

#: Files that share their names, by whatever the caller knows them by.
Files = Mapping[str, Document]


@frozen
class Place:
    """A range of one of the files."""

    file: str
    document: Document
    start: int
    end: int


def definition(files: Files, file: str, offset: int) -> tuple[Place, ...]:
    """Where the name at an offset is made; of an event: where it is fired, and from there where it is waited for.

    Of a module it is its provisioner, and of what a module is given its variable.
    """
    use = use_at(files[file], offset)
    if use is not None:
        return tuple(_of_module(use))
    found = at(files[file], offset)
    if found is None:
        return ()
    forth = found.thing.kind is Names.EVENT and found.definition
    return tuple(place for place, one in everywhere(files, found.thing) if one.definition is not forth)


def references(files: Files, file: str, offset: int, *, declared: bool) -> tuple[Place, ...]:
    """Every use of the name at an offset; with `declared` also where it is made."""
    use = use_at(files[file], offset)
    if use is not None and use.argument:
        named = _all(use.files, Thing(Names.VARIABLE, "", use.argument))
        return tuple(place for place, one in named if declared or not one.definition)
    found = at(files[file], offset)
    if found is None:
        return ()
    return tuple(place for place, one in everywhere(files, found.thing) if declared or not one.definition)


def everywhere(files: Files, thing: Thing) -> Iterator[tuple[Place, Occurrence]]:
    """Every occurrence in the files, and in the modules that the project uses."""
    done: set[tuple[str, int, int]] = set()
    for place, one in _with_modules(files, thing):
        where = (place.file, place.start, place.end)
        if where not in done:  # one module may be used twice
            done.add(where)
            yield place, one


def _with_modules(files: Files, thing: Thing) -> Iterator[tuple[Place, Occurrence]]:
    yield from _all(files, thing)
    for used, inner in brought(files, thing):
        yield from _with_modules(used, inner)


def brought(files: Files, thing: Thing) -> Iterator[tuple[Files, Thing]]:
    """The modules of a thing's project, and what the thing is there: their blocks count as the project's own."""
    if thing.kind not in (Names.STATE, Names.EVENT):
        return
    for document in files.values():
        project = document.own.projects.get(thing.project)
        for source in () if project is None else project.modules.values():
            used = document.used(source)
            names = [name for d in used.values() if not d.is_tests for name in d.own.projects]
            if len(names) == 1:
                yield used, thing._replace(project=names[0])


def _all(files: Files, thing: Thing) -> Iterator[tuple[Place, Occurrence]]:
    for name, document in files.items():
        for one in occurrences(document):
            if one.thing == thing:
                yield Place(file=name, document=document, start=one.start, end=one.end), one


def _of_module(use: Use) -> Iterator[Place]:
    if use.argument:
        thing = Thing(Names.VARIABLE, "", use.argument)
        yield from (place for place, one in _all(use.files, thing) if one.definition)
        return
    for name, document in use.files.items():
        tree = None if document.is_tests else document.tree
        for block in () if tree is None else tree.blocks_of("provisioner"):
            start, end = document.range(block.header_span)
            yield Place(file=name, document=document, start=start, end=end)
