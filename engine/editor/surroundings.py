"""What a buffer is checked with: the files of its module as their buffers have them, its modules, and given values."""

import os
from dataclasses import field, replace
from pathlib import Path

from engine.config.env_file import read_environment
from engine.editor.check import Buffer
from engine.editor.folder import Folder
from engine.errors import SettingError
from engine.frozen import frozen
from engine.machine.files import Absent, Files, Library, nothing_else, single
from engine.machine.given import Values
from engine.machine.read_test_file import TEST_FILE_ENDING
from engine.run.variables import values_for


@frozen
class Surroundings:
    """What `interlock check` would read with a buffer's file."""

    #: The definition that the buffer is, is a part of, or has the tests of; or why it cannot be read.
    files: Files | Absent
    library: Library = nothing_else
    values: Values = field(default_factory=dict)


def surroundings_of(path: Path, folder: Folder, directory: Path) -> Surroundings:
    """Look around a file in the machines directory. Files are called by their way from the file's folder.

    `directory` is the one that holds app.env.
    """
    library = folder.library_of(path)

    def named(found: Files | Absent) -> Files | Absent:
        return found if isinstance(found, Absent) else _named(found, path.parent)

    return Surroundings(
        files=named(folder.files_of(path)),
        library=lambda place: named(library(place)),
        values=_values(folder, path, directory),
    )


def without_folder(buffer: Buffer) -> Surroundings:
    """Of a buffer that is no file yet."""
    return Surroundings(files=_single(buffer))


def _values(folder: Folder, path: Path, directory: Path) -> Values:
    """What workers.yaml, the environment and app.env give to the variables of a file's definition."""
    try:
        environ = read_environment(os.environ, directory).values
    except SettingError:
        environ = os.environ
    return values_for(folder.worker_of(path), environ, {})[0]


def _single(buffer: Buffer) -> Files | Absent:
    """A buffer that is no file yet, or the one beside it that it has the tests of."""
    if not buffer.filename.endswith(TEST_FILE_ENDING):
        return single(buffer.source, buffer.filename)
    if buffer.beside is None:
        return Absent(
            code="unreadable_file",
            summary="The definition that these tests stand beside cannot be read",
            detail=f"They belong to {buffer.filename.removesuffix(TEST_FILE_ENDING)}.hcl in the same folder.",
        )
    return single(*buffer.beside)


def _named(files: Files, folder: Path) -> Files:
    def shown(name: str) -> str:
        return Path(os.path.relpath(name, folder)).as_posix()

    return replace(
        files,
        name=shown(files.name),
        texts={shown(name): text for name, text in files.texts.items()},
        tests={shown(name): text for name, text in files.tests.items()},
    )
