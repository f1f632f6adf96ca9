"""The files around the open buffers, by their addresses: which belong together, and what they are read as."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from engine.diagnostics import Diagnostic
from engine.editor.addresses import address_of, path_of
from engine.editor.buffers import Gathered
from engine.editor.folder import Folder, WorkersFile
from engine.editor.positions import Text
from engine.editor.rename import Read, read_with_tests
from engine.editor.surroundings import surroundings_of
from engine.machine.definition import Definition
from engine.machine.files import Absent, Files, Library, normal
from engine.machine.read_modules import wrong_source

#: The open files: address and text by path.
Opened = Callable[[], Mapping[str, tuple[str, str]]]


class Disk:
    """The machines directory, with the buffers as they are in the place of their files."""

    def __init__(self, machines: Path, workers: Path, directory: Path, opened: Opened) -> None:
        """Take the folder with the machine definitions, workers.yaml, and the directory that holds app.env."""
        self._machines = machines
        self._workers = workers
        self._directory = directory
        self._opened = opened
        self._read_workers = WorkersFile(workers)

    def gather(self, address: str) -> Gathered | None:
        """The files of the definition that a buffer is a part of, or has the tests of."""
        path = path_of(address)
        if path is None:
            return None
        folder, addresses = self._folder()
        files = folder.files_of(path)
        return None if isinstance(files, Absent) else _gathered(files, folder.library_of(path), addresses)

    def all(self) -> Iterable[Gathered]:
        """Every definition and every module in the machines directory."""
        folder, addresses = self._folder()
        paths = {path for path in self._machines.rglob("*.hcl") if not path.name.startswith(".")}
        found: dict[str, Gathered] = {}
        for path in sorted(paths | {Path(p) for p in addresses if Path(p).is_relative_to(self._machines)}):
            if str(path) in {name for one in found.values() for name in one.definitions}:
                continue
            files = folder.files_of(path)
            if not isinstance(files, Absent):
                found[files.place] = _gathered(files, folder.library_of(path), addresses)
        return found.values()

    def text_of(self, address: str) -> Text | None:
        """The text of a file as its buffer has it, or the disk; None if it cannot be read."""
        path = path_of(address)
        if path is None:
            return None
        text = self._folder()[0].text_of(path)
        return None if text is None else Text(text)

    def reader_of(self, address: str) -> Read | None:
        """What reads the definition that a file is a part of; None for what is no file yet."""
        path = path_of(address)
        if path is None:
            return None

        def read(changed: Mapping[str, str]) -> tuple[Definition | None, tuple[Diagnostic, ...]]:
            texts = {name: text for name, (_, text) in self._opened().items()}
            texts.update({str(path_of(a) or a): text for a, text in changed.items()})
            folder = Folder(self._machines, self._read_workers.read(), texts)
            around = surroundings_of(path, folder, self._directory)
            if isinstance(around.files, Absent):
                return None, (around.files.as_diagnostic(),)
            return read_with_tests(around.files, around.library, around.values)

        return read

    def _folder(self) -> tuple[Folder, dict[str, str]]:
        """The folder as it is now, and the addresses of open files by their paths."""
        opened = self._opened()
        texts = {path: text for path, (_, text) in opened.items()}
        folder = Folder(self._machines, self._read_workers.read(), texts)
        return folder, {path: address for path, (address, _) in opened.items()}


def _gathered(files: Files, library: Library, addresses: Mapping[str, str]) -> Gathered:
    def addressed(texts: Mapping[str, str]) -> dict[str, str]:
        return {addresses.get(name) or address_of(Path(name)): text for name, text in texts.items()}

    def used(source: str) -> Gathered | None:
        place = normal(f"{files.folder}/{source}".lstrip("/"))
        if wrong_source(source) is not None or place == ".." or place.startswith("../"):
            return None
        found = library(place)
        return None if isinstance(found, Absent) else _gathered(found, library, addresses)

    return Gathered(
        place=files.place, definitions=addressed(files.texts), tests=addressed(files.tests), used=used
    )
