"""The machines directory: files and folders that definitions are made of."""

import os
from collections.abc import Iterable
from pathlib import Path

from engine.diagnostics import Diagnostic
from engine.language.suggest import did_you_mean
from engine.machine.files import Absent, Files, normal
from engine.machine.read_test_file import TEST_FILE_ENDING
from engine.run.files import read_text

_ENDING = ".hcl"


class MachinesFolder:
    """Gives the files of places below a folder, and of no other: not by a symbolic link either."""

    def __init__(self, folder: Path) -> None:
        """Take the folder, as the user calls it: names of files begin with it."""
        self._folder = folder

    def __call__(self, place: str) -> Files | Absent:
        """The files of a module, or why there are none."""
        place = normal(place)
        path = self._folder / place
        try:
            return self._files(place, path)
        except OSError as error:
            detail = "Make it readable, or name another place."
            return _missing(f"{path} cannot be read: {error.strerror or error}", detail)

    def _files(self, place: str, path: Path) -> Files | Absent:
        if not path.exists():
            return _missing(f"{path} is not there", _instead(path))
        outside = [p for p in (path, *definitions_beside(path)) if not self._is_inside(p)]
        if outside:
            return Absent(
                code="module_outside",
                summary=f"{outside[0]} leads out of the machines directory {self._folder}",
                detail="Put a copy in the place of the symbolic link, or name a directory above both with --machines.",
            )
        if path.is_dir():
            return self._of_folder(place, path)
        return self._of_files(place, path, [path], place.rpartition("/")[0])

    def _of_folder(self, place: str, path: Path) -> Files | Absent:
        found = definitions_beside(path)
        if not found:
            return _missing(
                f"{path} has no definitions", f"Its files end with {_ENDING}; those of tests do not count."
            )
        return self._of_files(place, path, found, place)

    def _of_files(self, place: str, path: Path, files: Iterable[Path], folder: str) -> Files | Absent:
        texts: dict[str, str] = {}
        problems: list[Diagnostic] = []
        for file in files:
            text = read_text(file, "part of a module", problems)
            if text is not None:
                texts[str(file)] = text
        for problem in problems:
            return Absent(
                code=problem.code, summary=problem.summary, detail=problem.detail, subject=problem.subject
            )
        return Files(place=place, folder=normal(folder), name=str(path), texts=texts, tests=test_texts(path))

    def _is_inside(self, path: Path) -> bool:
        return is_inside(path, self._folder)


def is_inside(path: Path, folder: Path) -> bool:
    """Whether a path is in a folder, or is the folder, with all symbolic links followed."""
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def definitions_beside(path: Path) -> list[Path]:
    """The definitions right in a folder, sorted by name: no tests, and nothing hidden. None in a file."""
    if not path.is_dir():
        return []
    return [
        file
        for file in sorted(path.iterdir())
        if file.suffix == _ENDING
        and not file.name.endswith(TEST_FILE_ENDING)
        and not file.name.startswith(".")
        and not file.is_dir()
    ]


def tests_in(folder: Path) -> list[Path]:
    """The files of tests beside the definitions of a folder."""
    return sorted(p for p in folder.glob(f"*{TEST_FILE_ENDING}") if not p.name.startswith("."))


def tests_beside(definition: Path) -> list[Path]:
    """The files of tests of a definition, which is a file or a folder."""
    if definition.is_dir():
        return tests_in(definition)
    beside = definition.with_name(definition.name.removesuffix(_ENDING) + TEST_FILE_ENDING)
    return [beside] if beside.exists() else []


def test_texts(definition: Path) -> dict[str, str]:
    """The texts of those that can be read."""
    texts = {str(file): read_text(file, "tests of a definition", []) for file in tests_beside(definition)}
    return {name: text for name, text in texts.items() if text is not None}


def _instead(path: Path) -> str:
    if path.with_name(path.name + _ENDING).exists():
        return f"There is a file {path.name}{_ENDING}: name it with its ending."
    try:
        beside = [p.name for p in path.parent.iterdir() if p.is_dir() or p.suffix == _ENDING]
    except OSError:
        beside = []
    return did_you_mean(path.name, beside) or "Name a folder of definitions, or one of them."


def _missing(summary: str, detail: str) -> Absent:
    return Absent(code="module_missing", summary=summary, detail=detail)
