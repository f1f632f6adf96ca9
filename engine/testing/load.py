"""Definitions for tests, by file name or from text."""

from pathlib import Path

from engine.diagnostics import render
from engine.errors import InvalidDefinitionError
from engine.machine.definition import Definition, Provisioner
from engine.machine.read import read_definition
from engine.machine.read_test_file import TEST_FILE_ENDING, read_test_file


def load_definition(source: Path | str) -> Definition:
    """The definition in a file, with the tests and properties beside it, or in a text of several lines.

    Raises `InvalidDefinitionError`; pytest shows every problem with its place.
    """
    if isinstance(source, str) and "\n" in source:
        return _read(source, "a text", None)
    file = Path(source)
    beside = file.with_name(file.name.removesuffix(".hcl") + TEST_FILE_ENDING)
    return _read(file.read_text(encoding="utf-8"), str(file), beside if beside.exists() else None)


def load_provisioner(source: Path | str, project: str | None = None) -> Provisioner:
    """One project of it; `project` may be left out where there is only one."""
    definition = load_definition(source)
    if project is None and len(definition.provisioners) == 1:
        return next(iter(definition.provisioners.values()))
    if project is None or project not in definition.provisioners:
        raise ValueError(f"name one of the projects {', '.join(definition.provisioners)}, not {project!r}")
    return definition.provisioners[project]


def _read(text: str, name: str, beside: Path | None) -> Definition:
    result = read_definition(text, name)
    if result.definition is None:
        raise _invalid(result.diagnostics, {name: text})
    if beside is None:
        return result.definition
    more = beside.read_text(encoding="utf-8")
    joined, problems = read_test_file(more, str(beside), result.definition)
    if joined is None:
        raise _invalid(problems, {str(beside): more})
    return joined


def _invalid(diagnostics: tuple[object, ...], sources: dict[str, str]) -> InvalidDefinitionError:
    error = InvalidDefinitionError(diagnostics, sources)  # type: ignore[arg-type]
    error.add_note(render(error.diagnostics, sources))
    return error
