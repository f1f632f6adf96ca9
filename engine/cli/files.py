"""Definitions that a command is given by name."""

from pathlib import Path

from engine.diagnostics import Diagnostic
from engine.errors import InvalidDefinitionError, SettingError
from engine.machine.definition import Definition, Provisioner
from engine.machine.read import read_definition
from engine.run.load import read_text


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
