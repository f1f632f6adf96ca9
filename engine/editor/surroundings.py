"""What a buffer is checked with: the files of its module as their buffers have them, its modules, and given values."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from pathlib import Path

from engine.config.env_file import read_environment
from engine.config.workers import Workers, read_workers
from engine.editor.check import Buffer
from engine.errors import SettingError
from engine.frozen import frozen
from engine.language import parse
from engine.machine.files import Absent, Files, Library, nothing_else
from engine.machine.given import Values
from engine.machine.read_test_file import TEST_FILE_ENDING
from engine.run.files import read_text
from engine.run.library import MachinesFolder, definitions_beside, test_texts
from engine.run.variables import values_for

_ENDING = ".hcl"


@frozen
class Surroundings:
    """What `interlock check` would read with a buffer's file."""

    #: The definition that the buffer is, is a part of, or has the tests of; None if it cannot be read.
    files: Files | None
    library: Library = nothing_else
    values: Values = field(default_factory=dict)


def surroundings_of(
    buffer: Buffer, *, machines: Path, workers: Path, directory: Path, opened: Mapping[str, str]
) -> Surroundings:
    """Look around in the folder of a buffer, where `opened` has the texts of buffers by their paths.

    `directory` is the one that holds app.env.
    """
    if buffer.path is None:
        return Surroundings(files=_single(buffer))
    path = Path(buffer.path)
    known = _workers(workers)
    module = _module(path, machines, known, opened)
    root = machines if path.is_relative_to(machines) else path.parent
    library = _Folder(root, opened)
    files = (
        _folder(buffer, module, root, library, opened) if module == path.parent else _file(buffer, path, root)
    )
    return Surroundings(files=files, library=library, values=_values(module, machines, known, directory))


def _single(buffer: Buffer) -> Files | None:
    """A buffer that is no file yet, or the one beside it that it has the tests of."""
    own = (buffer.source, buffer.filename)
    named = buffer.beside if buffer.filename.endswith(TEST_FILE_ENDING) else own
    if named is None:
        return None
    source, name = named
    return Files(place=name, folder="", name=name, texts={name: source})


def _file(buffer: Buffer, path: Path, root: Path) -> Files | None:
    alone = _single(buffer)
    if alone is None:
        return None
    place = path.with_name(alone.name).relative_to(root).as_posix()
    tests = {buffer.filename: buffer.source} if alone.name != buffer.filename else _tests(path)
    return replace(alone, place=place, folder=place.rpartition("/")[0], tests=tests)


def _tests(path: Path) -> dict[str, str]:
    return {Path(name).name: text for name, text in test_texts(path).items()}


def _folder(
    buffer: Buffer, folder: Path, root: Path, library: Library, opened: Mapping[str, str]
) -> Files | None:
    place = folder.relative_to(root).as_posix()
    found = library("" if place == "." else place)
    texts = {} if isinstance(found, Absent) else {Path(name).name: text for name, text in found.texts.items()}
    texts.update({path.name: opened[str(path)] for path in _unsaved(folder, opened)})
    tests = _tests(folder)
    (tests if buffer.filename.endswith(TEST_FILE_ENDING) else texts)[buffer.filename] = buffer.source
    place = "" if place == "." else place
    sorted_texts = dict(sorted(texts.items()))
    return (
        Files(place=place, folder=place, name=folder.name, texts=sorted_texts, tests=tests) if texts else None
    )


def _workers(file: Path) -> Workers | None:
    text = read_text(file, "the file that maps projects to backends", [])
    return None if text is None else read_workers(text, str(file)).workers


def _module(path: Path, machines: Path, workers: Workers | None, opened: Mapping[str, str]) -> Path:
    """The file or folder that is one definition or module.

    What workers.yaml names is; otherwise a folder below is, if not more than one of its files has a provisioner.
    """
    folder = path.parent
    file = path
    if path.name.endswith(TEST_FILE_ENDING):
        file = path.with_name(path.name.removesuffix(TEST_FILE_ENDING) + _ENDING)
    named = [] if workers is None else [Path(os.path.realpath(machines / f)) for f in workers.statefiles]
    real = Path(os.path.realpath(folder))
    if real in named:
        return folder
    if real in [one.parent for one in named] or real == Path(os.path.realpath(machines)):
        return file
    beside = sorted({*definitions_beside(folder), *_unsaved(folder, opened)})
    return folder if len(beside) > 1 and len(_with_provisioner(beside, opened)) <= 1 else file


def _unsaved(folder: Path, opened: Mapping[str, str]) -> list[Path]:
    """The definitions of a folder that are open, on disk already or not."""
    return [
        path
        for path in map(Path, opened)
        if path.parent == folder and path.suffix == _ENDING and not path.name.endswith(TEST_FILE_ENDING)
    ]


def _with_provisioner(files: Iterable[Path], opened: Mapping[str, str]) -> list[Path]:
    found = []
    for file in files:
        text = opened.get(str(file)) or read_text(file, "a definition", [])
        tree = None if text is None else parse(text, file.name).tree
        if tree is not None and tree.blocks_of("provisioner"):
            found.append(file)
    return found


def _values(module: Path, machines: Path, workers: Workers | None, directory: Path) -> Values:
    real = os.path.realpath(module)
    serving = (
        worker
        for worker in (() if workers is None else workers.workers)
        if worker.statefile is not None and os.path.realpath(machines / worker.statefile) == real
    )
    try:
        environ = read_environment(os.environ, directory).values
    except SettingError:
        environ = os.environ
    return values_for(next(serving, None), environ, {})[0]


class _Folder:
    """The modules below a folder, as their buffers say where they are open."""

    def __init__(self, folder: Path, opened: Mapping[str, str]) -> None:
        self._folder = folder
        self._files = MachinesFolder(folder)
        self._opened = opened

    def __call__(self, place: str) -> Files | Absent:
        found = self._files(place)
        if isinstance(found, Absent):
            return found
        texts = {self._shown(name): self._opened.get(name, text) for name, text in found.texts.items()}
        tests = {name: self._opened.get(name, text) for name, text in found.tests.items()}
        return replace(found, name=self._shown(found.name), texts=texts, tests=tests)

    def _shown(self, name: str) -> str:
        return Path(name).relative_to(self._folder).as_posix()
