"""Where a name is made, and everywhere it is used, in one file and in the file of tests beside it."""

from collections.abc import Iterator, Mapping

from engine.editor.document import Document
from engine.editor.occurrences import Names, Occurrence, Thing, at, occurrences
from engine.frozen import frozen

#: Files that share their names, by whatever the caller knows them by.
Files = Mapping[str, Document]


@frozen
class Place:
    """A range of one of the files."""

    file: str
    start: int
    end: int


def definition(files: Files, file: str, offset: int) -> tuple[Place, ...]:
    """Where the name at an offset is made; of an event: where it is fired, and from there where it is waited for."""
    found = at(files[file], offset)
    if found is None:
        return ()
    forth = found.thing.kind is Names.EVENT and found.definition
    return tuple(place for place, one in _all(files, found.thing) if one.definition is not forth)


def references(files: Files, file: str, offset: int, *, declared: bool) -> tuple[Place, ...]:
    """Every use of the name at an offset; with `declared` also where it is made."""
    found = at(files[file], offset)
    if found is None:
        return ()
    return tuple(place for place, one in _all(files, found.thing) if declared or not one.definition)


def _all(files: Files, thing: Thing) -> Iterator[tuple[Place, Occurrence]]:
    for name, document in files.items():
        for one in occurrences(document):
            if one.thing == thing:
                yield Place(file=name, start=one.start, end=one.end), one
