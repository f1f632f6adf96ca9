"""Definitions that a command is given by name, and what they are read with."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from engine.cli.environment import environment
from engine.cli.standard_input import STDIN_NAME
from engine.config.conceal import without_secrets
from engine.config.settings import read_settings
from engine.config.suggest import did_you_mean
from engine.config.workers import Worker, Workers, read_workers
from engine.diagnostics import Diagnostic, errors_in
from engine.errors import InvalidDefinitionError, SettingError
from engine.frozen import frozen
from engine.machine.definition import Definition, Provisioner
from engine.machine.files import Absent, Files, single
from engine.machine.read import ReadResult, read_files
from engine.machine.read_test_file import TEST_FILE_ENDING, read_test_file
from engine.run.belonging import folder_of, neighbour_with
from engine.run.files import read_text, text_of
from engine.run.library import MachinesFolder, is_inside, test_texts, tests_beside
from engine.run.variables import read_flags, values_for, without_values

_ENDING = ".hcl"


@frozen
class Surroundings:
    """What a definition is read with."""

    #: The folder with the machine definitions.
    machines: Path
    #: What workers.yaml says; None where there is none that can be read.
    workers: Workers | None
    environ: Mapping[str, str]
    #: Values of variables that the user gave by hand.
    flags: Mapping[str, str]
    #: The text of workers.yaml by its name, without secrets, to show lines of it.
    sources: Mapping[str, str]

    def worker_of(self, file: Path, project: str | None) -> Worker | None:
        """The worker whose definitions these are: the one that serves the project, else the first."""
        found = [
            worker
            for worker in ([] if self.workers is None else self.workers.workers)
            if worker.statefile is not None and _same(self.machines / worker.statefile, file)
        ]
        serving = [worker for worker in found if project is not None and project.lower() in worker.projects]
        return next(iter([*serving, *found]), None)


def surroundings(
    workers: Path | None = None, machines: Path | None = None, var: Sequence[str] = ()
) -> Surroundings:
    """What the flags, the environment and workers.yaml give to definitions; raises `SettingError`.

    A workers.yaml that is missing or broken gives nothing: `interlock check` says what is wrong with it.
    """
    environ = environment()
    settings = read_settings({"workers": workers, "machines": machines}, environ)
    text = read_text(settings.workers, "the file that maps projects to backends", [])
    try:
        flags = read_flags(var)
    except ValueError as error:
        raise SettingError(str(error)) from None
    found = None if text is None else read_workers(text, str(settings.workers)).workers
    shown = without_secrets(text or "") if found is None else without_values(text or "", found)
    return Surroundings(
        machines=settings.machines,
        workers=found,
        environ=environ,
        flags=flags,
        sources={} if text is None else {str(settings.workers): shown},
    )


def read_place(file: Path, around: Surroundings, project: str | None = None) -> ReadResult:
    """What a file or folder defines, with every problem in it."""
    file = whole_of(file, around)
    folder, files = _files(file, around.machines)
    if isinstance(files, Diagnostic):
        return ReadResult(definition=None, diagnostics=(files,))
    return _read(files, folder, around, around.worker_of(file, project), file)


def read_given(content: bytes, around: Surroundings) -> ReadResult:
    """What a definition on standard input says: as a file right in the machines directory would."""
    problems: list[Diagnostic] = []
    text = text_of(content, STDIN_NAME, problems)
    if text is None:
        return ReadResult(definition=None, diagnostics=tuple(problems))
    return _read(single(text, STDIN_NAME), around.machines, around, None, None)


def _read(
    files: Files, folder: Path, around: Surroundings, worker: Worker | None, file: Path | None
) -> ReadResult:
    values, problems = values_for(worker, around.environ, around.flags)
    read = read_files(files, MachinesFolder(folder), values)
    told = read.diagnostics
    if file is not None and not file.is_dir():
        told = tuple(_pointed(problem, file) for problem in told)
    return replace(
        read,
        definition=None if problems else read.definition,
        diagnostics=(*problems, *told),
        sources={**around.sources, **read.sources},
    )


def whole_of(file: Path, around: Surroundings) -> Path:
    """The folder whose files are one module with this one; a folder, or a file that stands for itself, as it is."""
    if file.is_dir() or file.name.endswith(TEST_FILE_ENDING):
        return file
    named = () if around.workers is None else around.workers.statefiles
    return folder_of(file, around.machines, [around.machines / name for name in named]) or file


def _pointed(problem: Diagnostic, file: Path) -> Diagnostic:
    """The problem that a name is not there, and where it is if all files of the folder are meant."""
    other = neighbour_with(problem, file)
    if other is None:
        return problem
    return replace(
        problem,
        detail=f"{other} declares it, but a file stands for itself: to take all files of the folder as one definition, "
        f"name the folder, {file.parent}.",
    )


def check_flags(flags: Iterable[str], declared: Iterable[Iterable[str] | None]) -> None:
    """Raise `SettingError` if a value was given by hand for a variable that no definition declares.

    `declared` has the names of each definition's variables, None where a broken text may hide some.
    """
    known = list(declared)
    names = {name for one in known for name in one or ()}
    for flag in flags:
        if flag not in names and None not in known:
            raise SettingError(
                f"there is no variable {flag!r} to give a value to. {did_you_mean(flag, names)}"
            )


def _files(file: Path, machines: Path) -> tuple[Path, Files | Diagnostic]:
    """The folder that modules may be in, and the files: below the machines directory, else by themselves."""
    folder, place = _placed(file, machines)
    if file.is_dir():
        found = MachinesFolder(folder)(place)
        return folder, found.as_diagnostic() if isinstance(found, Absent) else found
    problems: list[Diagnostic] = []
    text = read_text(file, "a definition", problems)
    if text is None:
        return folder, problems[0]
    name = str(file)
    files = Files(
        place=place,
        folder=place.rpartition("/")[0],
        name=name,
        texts={name: text},
        tests=test_texts(file),
    )
    return folder, files


def _placed(file: Path, machines: Path) -> tuple[Path, str]:
    """The folder to which a place belongs, as the user would call it, and the place in it."""
    if is_inside(file, machines):
        parts: list[str] = []
        folder = file
        while not _same(folder, machines) and folder.name not in ("", ".."):
            parts.insert(0, folder.name)
            folder = folder.parent
        if _same(folder, machines):
            return folder, "/".join(parts)
        return machines, file.resolve().relative_to(machines.resolve()).as_posix()
    return (file, "") if file.is_dir() else (file.parent, file.name)


def _same(one: Path, other: Path) -> bool:
    return is_inside(one, other) and is_inside(other, one)


def open_definition(file: Path, around: Surroundings, project: str | None = None) -> Definition:
    """The definition in a file or folder; raises `InvalidDefinitionError` with every problem if it has an error."""
    result = read_place(file, around, project)
    if result.definition is None:
        raise InvalidDefinitionError(result.diagnostics, result.sources)
    return result.definition


def open_only(file: Path, around: Surroundings, project: str | None = None) -> Definition:
    """The only definition that a command works on: values that were given by hand are for its variables.

    Raises `InvalidDefinitionError`, and `SettingError` for a variable that it does not have.
    """
    definition = open_definition(file, around, project)
    check_flags(around.flags, [definition.variables])
    return definition


def chosen(definition: Definition, project: str | None) -> tuple[Provisioner, ...]:
    """The provisioner of that project, or all of them; raises `SettingError` if there is none."""
    if project is None:
        return tuple(definition.provisioners.values())
    found = definition.provisioners.get(project.lower())
    if found is None:
        known = ", ".join(definition.provisioners) or "none"
        raise SettingError(f"{definition.filename} has no project {project!r}; it has: {known}")
    return (found,)


def open_with_tests(file: Path, around: Surroundings, project: str | None = None) -> Definition:
    """The definition in a file or folder, with the tests beside it; raises `InvalidDefinitionError` with every problem."""
    definition = open_definition(file, around, project)
    for beside in tests_beside(file):
        problems: list[Diagnostic] = []
        text = read_text(beside, "tests of a definition", problems)
        if text is None:
            raise InvalidDefinitionError(problems)
        joined, found = read_test_file(text, str(beside), definition)
        if joined is None or errors_in(found):
            raise InvalidDefinitionError(found, {str(beside): text})
        definition = joined
    return definition


def definitions_in(given: Iterable[Path], around: Surroundings) -> list[Path]:
    """The definitions that are meant: a file of tests stands for the one beside it, the machines directory for all in it."""
    found: dict[Path, None] = {}
    for place in given:
        if place.is_dir() and _same(place, around.machines) and around.worker_of(place, None) is None:
            found.update(dict.fromkeys(_all_in(place, around)))
        else:
            found[whole_of(definition_of(place, around), around)] = None
    return list(found)


def _all_in(folder: Path, around: Surroundings) -> Iterator[Path]:
    """The files right in the machines directory, each by itself, and what else workers.yaml names there."""
    for file in sorted(folder.glob(f"*{_ENDING}")):
        if not file.name.startswith("."):
            yield definition_of(file, around)
    for name in () if around.workers is None else around.workers.statefiles:
        if (folder / name).exists():
            yield folder / name


def definition_of(file: Path, around: Surroundings) -> Path:
    """The definition that a file of tests stands beside: a file of its name, or its folder; another file as it is."""
    if not file.name.endswith(TEST_FILE_ENDING):
        return file
    beside = file.with_name(file.name.removesuffix(TEST_FILE_ENDING) + _ENDING)
    if beside.exists() and around.worker_of(file.parent, None) is None:
        return beside
    if any(
        one.suffix == _ENDING and not one.name.endswith(TEST_FILE_ENDING) for one in file.parent.iterdir()
    ):
        return file.parent if not _same(file.parent, around.machines) else beside
    return beside
