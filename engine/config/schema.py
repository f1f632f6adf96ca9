"""The JSON Schema of ``workers.yaml``, for editors: made from the table that the reader reads by."""

from collections.abc import Callable, Mapping
from typing import Any

from engine.config.workers import MEMBERS

_SCHEMA_OF: Mapping[str, Callable[[], dict[str, Any]]] = {
    "string": lambda: {"type": "string", "minLength": 1},
    "array": lambda: {"type": "array", "items": {"type": "string", "minLength": 1}},
    "object": lambda: {"type": "object"},
}


def workers_schema(settings: Mapping[str, Mapping[str, str]] | None = None) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of ``workers.yaml``, for editors.

    `settings` gives the settings of each processor, name to purpose; with it the schema knows processors and settings too.
    """
    members = {
        name: {**_SCHEMA_OF[member.type](), "description": member.purpose} for name, member in MEMBERS.items()
    }
    worker: dict[str, Any] = {
        "type": ["object", "null"],
        "properties": members,
        "additionalProperties": False,
        "dependentRequired": {"projects": ["statefile"], "variables": ["statefile"]},
    }
    if settings:
        members["processor"]["enum"] = sorted(settings)
        worker["allOf"] = [_only_settings(name, known) for name, known in sorted(settings.items())]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Interlock workers",
        "type": "object",
        "required": ["workers"],
        "additionalProperties": False,
        "properties": {
            "workers": {
                "type": "object",
                "description": "Which backend serves which projects, by the worker's name.",
                "minProperties": 1,
                "additionalProperties": worker,
            }
        },
    }


def _only_settings(processor: str, known: Mapping[str, str]) -> dict[str, Any]:
    properties = {name: {"description": purpose} for name, purpose in sorted(known.items())}
    return {
        "if": {"properties": {"processor": {"const": processor}}, "required": ["processor"]},
        "then": {"properties": {"settings": {"properties": properties, "additionalProperties": False}}},
    }
