"""The fields that the practice Jira's issues have, and the values that a caller may set."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.practice.jira.documents import is_document


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field, as ``/field`` lists it."""

    id: str
    name: str
    #: Jira's ``schema.type``.
    type: str
    #: Whether `create` and `edit` take it.
    editable: bool = False
    #: What the items of an array are.
    items: str | None = None


FIELDS = {
    field.id: field
    for field in (
        Field(id="summary", name="Summary", type="string", editable=True),
        Field(id="description", name="Description", type="string", editable=True),
        Field(id="labels", name="Labels", type="array", items="string", editable=True),
        Field(id="issuetype", name="Issue Type", type="issuetype"),
        Field(id="project", name="Project", type="project"),
        Field(id="status", name="Status", type="status"),
        Field(id="resolution", name="Resolution", type="resolution"),
        Field(id="resolutiondate", name="Resolved", type="datetime"),
        Field(id="created", name="Created", type="datetime"),
        Field(id="updated", name="Updated", type="datetime"),
        Field(id="creator", name="Creator", type="user"),
        Field(id="reporter", name="Reporter", type="user"),
        Field(id="assignee", name="Assignee", type="user"),
        Field(id="comment", name="Comment", type="comments-page"),
    )
}

#: Jira's resolutions: id -> name.
RESOLUTIONS = {"10000": "Done", "10001": "Won't Do", "10002": "Duplicate", "10003": "Cannot Reproduce"}
#: The one issue type: id and name.
TASK = ("10001", "Task")
_LONGEST_SUMMARY = 255


def problem(field_id: str, value: Any, version: int) -> str | None:
    """What Jira says against `value` for the field, None if nothing."""
    checks = {"summary": _summary, "description": _description, "labels": _labels, "resolution": _resolution}
    return checks[field_id](value, version)


def stored(field_id: str, value: Any) -> Any:
    """What is kept of a value that `problem` let pass: of a resolution its name."""
    if field_id == "resolution" and value is not None:
        return _resolution_name(value)
    return value


def _summary(value: Any, _version: int) -> str | None:
    if not isinstance(value, str):
        return "Operation value must be a string"
    if not value.strip():
        return "You must specify a summary of the issue."
    if "\n" in value:
        return "The summary is invalid because it contains newline characters."
    if len(value) > _LONGEST_SUMMARY:
        return f"Summary can't exceed {_LONGEST_SUMMARY} characters."
    return None


def _description(value: Any, version: int) -> str | None:
    if value is None:
        return None
    if version == 3:  # noqa: PLR2004  the two versions of the API
        return (
            None
            if is_document(value)
            else "Operation value must be an Atlassian Document (see the Atlassian Document Format)"
        )
    return None if isinstance(value, str) else "Operation value must be a string"


def _labels(value: Any, _version: int) -> str | None:
    if not isinstance(value, list) or not all(isinstance(label, str) for label in value):
        return "data was not an array"
    if spaced := next((label for label in value if " " in label), None):
        return f"The label '{spaced}' contains spaces which is invalid."
    return None


def _resolution(value: Any, _version: int) -> str | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        return "data was not an object"
    if "id" not in value and "name" not in value:
        return "Could not find valid 'id' or 'name' in resolution object."
    if _resolution_name(value) is None:
        word = "id" if "id" in value else "name"
        return f"Resolution {word} '{value[word]}' is not valid"
    return None


def _resolution_name(value: Mapping[str, Any]) -> str | None:
    if "id" in value:
        return RESOLUTIONS.get(str(value["id"]))
    return next(
        (name for name in RESOLUTIONS.values() if name.casefold() == str(value["name"]).casefold()), None
    )
