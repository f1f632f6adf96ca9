"""The machines directory as an editor has it: which files are one module, with the texts of open buffers in their place."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from engine.config.workers import Worker, Workers, read_workers
from engine.language import parse
from engine.machine.files import Absent, Files, Library, normal
from engine.machine.read_test_file import TEST_FILE_ENDING
from engine.run.files import read_text
from engine.run.library import MachinesFolder, definitions_beside

_ENDING = ".hcl"


class WorkersFile:
    """workers.yaml, read again only when it has changed."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._text: str | None = None
        self._workers: Workers | None = None

    def read(self) -> Workers | None:
        """What it says; None where there is none that can be read."""
        text = read_text(self._file, "the file that maps projects to backends", [])
        if text != self._text:
            self._text = text
            self._workers = None if text is None else read_workers(text, str(self._file)).workers
        return self._workers


class Folder:
    """What `interlock check` would read with a file, were every open buffer saved. Names of files are their paths."""

    def __init__(self, machines: Path, workers: Workers | None, opened: Mapping[str, str]) -> None:
        """Take the folder with the machine definitions, and the texts of the files that are open, by their paths."""
        self._machines = machines
        self._workers = workers
        self._opened = opened

    def files_of(self, path: Path) -> Files | Absent:
        """The files of the definition that a file is, is a part of, or has the tests of."""
        module = self.module_of(path)
        root = self._root(path)
        if module == path.parent:
            return self._folder(module, root)
        place = module.relative_to(root).as_posix()
        text = self.text_of(module)
        if text is None:
            return Absent(
                code="unreadable_file",
                summary="The definition that these tests stand beside cannot be read",
                detail=f"They belong to {module.name} in the same folder.",
            )
        tests = module.with_name(module.name.removesuffix(_ENDING) + TEST_FILE_ENDING)
        written = self.text_of(tests)
        return Files(
            place=place,
            folder=place.rpartition("/")[0],
            name=str(module),
            texts={str(module): text},
            tests={} if written is None else {str(tests): written},
        )

    def library_of(self, path: Path) -> Library:
        """The modules that a file may use: below the machines directory, or else below its own folder."""
        root = self._root(path)

        def library(place: str) -> Files | Absent:
            path = root / place
            return self._folder(path, root) if path.is_dir() else self._overlaid(MachinesFolder(root)(place))

        return library

    def worker_of(self, path: Path) -> Worker | None:
        """The first worker that names the definition of a file."""
        real = os.path.realpath(self.module_of(path))
        workers = () if self._workers is None else self._workers.workers
        return next(
            (
                worker
                for worker in workers
                if worker.statefile is not None
                and os.path.realpath(self._machines / worker.statefile) == real
            ),
            None,
        )

    def module_of(self, path: Path) -> Path:
        """The file or folder that is one definition or module.

        What workers.yaml names is; otherwise a folder below is, if not more than one of its files has a provisioner.
        """
        folder = path.parent
        file = path
        if path.name.endswith(TEST_FILE_ENDING):
            file = path.with_name(path.name.removesuffix(TEST_FILE_ENDING) + _ENDING)
        named = [] if self._workers is None else self._workers.statefiles
        places = [Path(os.path.realpath(self._machines / name)) for name in named]
        real = Path(os.path.realpath(folder))
        if real in places:
            return folder
        if real in [place.parent for place in places] or real == Path(os.path.realpath(self._machines)):
            return file
        beside = sorted({*definitions_beside(folder), *self._unsaved(folder)})
        return folder if len(beside) > 1 and not self._several_provisioners(beside) else file

    def _root(self, path: Path) -> Path:
        return self._machines if path.is_relative_to(self._machines) else path.parent

    def _folder(self, folder: Path, root: Path) -> Files | Absent:
        """All files of a folder; those that are open need not be on disk."""
        place = normal(folder.relative_to(root).as_posix())
        found = self._overlaid(MachinesFolder(root)(place))
        unsaved = self._unsaved(folder)
        if isinstance(found, Absent):
            if found.code != "module_missing" or not unsaved:
                return found
            found = Files(place=place, folder=place, name=str(folder), texts={})
        texts = {**found.texts, **{str(path): self._opened[str(path)] for path in unsaved}}
        tests = {**found.tests, **self._unsaved_tests(folder)}
        return replace(found, texts=dict(sorted(texts.items())), tests=dict(sorted(tests.items())))

    def _overlaid(self, found: Files | Absent) -> Files | Absent:
        if isinstance(found, Absent):
            return found
        texts = {name: self._opened.get(name, text) for name, text in found.texts.items()}
        tests = {name: self._opened.get(name, text) for name, text in found.tests.items()}
        return replace(found, texts=texts, tests=tests)

    def _unsaved(self, folder: Path) -> list[Path]:
        """The definitions of a folder that are open, on disk already or not."""
        return [
            path
            for path in map(Path, self._opened)
            if path.parent == folder
            and path.suffix == _ENDING
            and not path.name.endswith(TEST_FILE_ENDING)
            and not path.name.startswith(".")
        ]

    def _unsaved_tests(self, folder: Path) -> dict[str, str]:
        return {
            name: text
            for name, text in self._opened.items()
            if Path(name).parent == folder and name.endswith(TEST_FILE_ENDING)
        }

    def text_of(self, path: Path) -> str | None:
        """What is in a file as its buffer has it, or the disk; None if it cannot be read."""
        known = self._opened.get(str(path))
        return read_text(path, "a definition", []) if known is None and path.exists() else known

    def _several_provisioners(self, files: Iterable[Path]) -> bool:
        found = 0
        for file in files:
            text = self.text_of(file)
            # A text without the word has none, and need not be parsed.
            tree = None if text is None or "provisioner" not in text else parse(text, file.name).tree
            found += tree is not None and bool(tree.blocks_of("provisioner"))
            if found > 1:
                return True
        return False
