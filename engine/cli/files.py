"""Definitions that a command is given by name."""

from collections.abc import Iterable
from pathlib import Path

from engine.diagnostics import Diagnostic
from engine.errors import InvalidDefinitionError, SettingError
from engine.machine.definition import Definition, Provisioner
from engine.machine.read import read_definition
from engine.machine.read_test_file import TEST_FILE_ENDING, read_test_file
from engine.run.files import read_text


def open_definition(file: Path) -> Definition:
    """The definition in a file; raises `InvalidDefinitionError` with every problem if it has an error."""
    problems: list[Diagnostic] = []
    text = read_text(file, "a definition", problems)
    if text is None:
        raise InvalidDefinitionError(problems)
    result = read_definition(text, str(file))
    if result.definition is None:
        raise InvalidDefinitionError(result.diagnostics, {str(file): text})
    return result.definition


def chosen(definition: Definition, project: str | None) -> tuple[Provisioner, ...]:
    """The provisioner of that project, or all of them; raises `SettingError` if there is none."""
    if project is None:
        return tuple(definition.provisioners.values())
    found = definition.provisioners.get(project.lower())
    if found is None:
        known = ", ".join(definition.provisioners) or "none"
        raise SettingError(f"{definition.filename} has no project {project!r}; it has: {known}")
    return (found,)


def open_with_tests(file: Path) -> Definition:
    """The definition in a file, with the tests beside it; raises `InvalidDefinitionError` with every problem."""
    definition = open_definition(file)
    beside = file.with_name(file.name.removesuffix(".hcl") + TEST_FILE_ENDING)
    if not beside.exists():
        return definition
    problems: list[Diagnostic] = []
    text = read_text(beside, "tests of a definition", problems)
    if text is None:
        raise InvalidDefinitionError(problems)
    joined, found = read_test_file(text, str(beside), definition)
    if joined is None:
        raise InvalidDefinitionError(found, {str(beside): text})
    return joined


def tested_files(given: Iterable[Path]) -> list[Path]:
    """The definitions that are meant: folders stand for all in them, a file of tests for the one beside it."""
    found: dict[Path, None] = {}
    for place in given:
        inside = sorted(place.glob("*.hcl")) if place.is_dir() else [place]
        for file in inside:
            found[definition_of(file)] = None
    return list(found)


def definition_of(file: Path) -> Path:
    """The definition that a file of tests stands beside; another file as it is."""
    if not file.name.endswith(TEST_FILE_ENDING):
        return file
    return file.with_name(file.name.removesuffix(TEST_FILE_ENDING) + ".hcl")
