"""Definitions for tests, by file name or from text."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.diagnostics import render
from engine.errors import InvalidDefinitionError, expect
from engine.machine.definition import Definition, Provisioner
from engine.machine.files import Absent
from engine.machine.read import ReadResult, read_definition, read_files
from engine.machine.read_test_file import TEST_FILE_ENDING, read_test_file
from engine.run.library import MachinesFolder, tests_in


def load_definition(
    source: Path | str, *, machines: Path | str | None = None, variables: Mapping[str, Any] | None = None
) -> Definition:
    """The definition in a file or folder, with the tests and properties beside it, or in a text of several lines.

    `machines` is the machines directory, in which its modules are; without it, the folder itself or that of the file.
    `variables` are values for its variables. Raises `InvalidDefinitionError`; pytest shows every problem with its place.
    """
    expect(source, "the definition to load", Path, str)
    if variables is not None:
        expect(variables, "the values of variables", Mapping)
    if isinstance(source, str) and "\n" in source:
        return _definition(read_definition(source, "a text", variables))
    file = Path(source)
    folder = Path(machines) if machines is not None else file if file.is_dir() else file.parent
    library = MachinesFolder(folder)
    files = library(file.relative_to(folder).as_posix())
    if isinstance(files, Absent):
        raise _invalid((files.as_diagnostic(),), {})
    definition = _definition(read_files(files, library, variables))
    beside = file.with_name(file.name.removesuffix(".hcl") + TEST_FILE_ENDING)
    for tests in tests_in(file) if file.is_dir() else [beside] if beside.exists() else []:
        definition = _with_tests(definition, tests)
    return definition


def load_provisioner(
    source: Path | str,
    project: str | None = None,
    *,
    machines: Path | str | None = None,
    variables: Mapping[str, Any] | None = None,
) -> Provisioner:
    """One project of it; `project` may be left out where there is only one."""
    definition = load_definition(source, machines=machines, variables=variables)
    if project is None and len(definition.provisioners) == 1:
        return next(iter(definition.provisioners.values()))
    if project is None or project not in definition.provisioners:
        raise ValueError(f"name one of the projects {', '.join(definition.provisioners)}, not {project!r}")
    return definition.provisioners[project]


def _definition(result: ReadResult) -> Definition:
    if result.definition is None:
        raise _invalid(result.diagnostics, dict(result.sources))
    return result.definition


def _with_tests(definition: Definition, file: Path) -> Definition:
    text = file.read_text(encoding="utf-8")
    joined, problems = read_test_file(text, str(file), definition)
    if joined is None:
        raise _invalid(problems, {str(file): text})
    return joined


def _invalid(diagnostics: tuple[object, ...], sources: dict[str, str]) -> InvalidDefinitionError:
    error = InvalidDefinitionError(diagnostics, sources)  # type: ignore[arg-type]
    error.add_note(render(error.diagnostics, sources))
    return error
