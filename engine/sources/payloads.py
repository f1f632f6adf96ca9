"""What a payload of a known event type holds, and whether a path leads anywhere in it.

The tables of the sources are texts. ``name`` is a field that can be anything, ``name:shape`` an object of that shape,
``name:[shape]`` a list of such objects; ``name_*`` stands for every name that begins so, and ``*`` says that the sender
adds fields freely: then a name that is near a known one is suspicious, and any other is fine.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from engine.frozen import frozen
from engine.sources import bitbucket_payloads, github_payloads, gitlab_payloads, jira_payloads

_TABLES = {
    "github": github_payloads,
    "gitlab": gitlab_payloads,
    "bitbucket": bitbucket_payloads,
    "jira": jira_payloads,
}
#: The event types of the sources whose types are known.
KNOWN_TYPES: Mapping[str, frozenset[str]] = {name: table.EVENT_TYPES for name, table in _TABLES.items()}
_PAYLOADS: Mapping[str, Mapping[str, str]] = {name: table.PAYLOADS for name, table in _TABLES.items()}
_SHAPES: Mapping[str, Mapping[str, str]] = {name: table.SHAPES for name, table in _TABLES.items()}

#: What a sender's own pages, its headers or habit call an event type, and what its deliveries call it.
OTHER_NAMES: Mapping[str, Mapping[str, str]] = {
    "gitlab": {
        "comment": "note",
        "job": "build",
        "pull_request": "merge_request",
        "tag": "tag_push",
        "Job Hook": "build",
        "Issue Hook": "issue",
        "Merge Request Hook": "merge_request",
        "Note Hook": "note",
        "Pipeline Hook": "pipeline",
        "Push Hook": "push",
        "Tag Push Hook": "tag_push",
    },
    "bitbucket": {
        "pull_request": "pullrequest:created",
        "pullrequest:declined": "pullrequest:rejected",
        "pullrequest:merged": "pullrequest:fulfilled",
        "push": "repo:push",
    },
    "jira": {
        f"{what}_{done}": f"jira:{what}_{done}"
        for what, every in (
            ("issue", ("created", "updated", "deleted")),
            ("version", ("created", "updated", "deleted", "released", "unreleased", "moved", "merged")),
        )
        for done in every
    },
}

_ANY = "*"


@frozen
class Fault:
    """The step of a path at which a payload has no such field."""

    #: Its position among the steps.
    at: int
    #: The fields there are.
    known: tuple[str, ...]
    #: The sender adds fields freely: only a name that is near a known one is a fault.
    open: bool = False


@frozen
class Field:
    """One field of a payload: any value, an object, or a list of objects."""

    #: The shape of the object, or of those in the list; empty where anything may be.
    shape: str = ""
    #: Whether it is a list.
    many: bool = False


def is_known(source: str, event_type: str) -> bool:
    """Whether the fields of that type's payloads are known."""
    return event_type in _PAYLOADS.get(source, {})


def known_payloads(source: str) -> tuple[str, ...]:
    """The event types of a source whose fields are known."""
    return tuple(_PAYLOADS.get(source, {}))


def payload_fields(source: str, event_type: str) -> Mapping[str, Field]:
    """The fields of a known payload; ``*`` and ``name_*`` stand for others."""
    return _fields(_PAYLOADS[source][event_type])


def shape_fields(source: str, shape: str) -> Mapping[str, Field]:
    """The fields of an object in a payload; ``*`` and ``name_*`` stand for others."""
    return _fields(_SHAPES[source][shape])


def fault_in(source: str, event_type: str, steps: Sequence[Any]) -> Fault | None:
    """Where a path from the payload leads to nothing; None if it may lead to something."""
    fields = payload_fields(source, event_type)
    at = 0
    while at < len(steps):
        found = found_field(fields, steps[at])
        if found is None:
            names = tuple(name for name in fields if not name.endswith(_ANY))
            return Fault(at=at, known=names, open=_ANY in fields)
        at += 1
        if found.many:
            if at == len(steps) or not isinstance(steps[at], int):
                return None  # the list itself
            at += 1
        if not found.shape:
            return None
        fields = shape_fields(source, found.shape)
    return None


def found_field(fields: Mapping[str, Field], step: Any) -> Field | None:
    """The field of that name, itself or by a pattern; None if there is none."""
    if step in fields:
        return fields[step]
    patterns = (name for name in fields if name.endswith(_ANY) and name != _ANY)
    if any(isinstance(step, str) and step.startswith(name.removesuffix(_ANY)) for name in patterns):
        return Field()
    # Nothing is known of an object that has only the star.
    return Field() if set(fields) == {_ANY} else None


@cache
def _fields(written: str) -> Mapping[str, Field]:
    found = {}
    for word in written.split():
        name, _, shape = word.partition(":")
        many = shape.startswith("[")
        found[name] = Field(shape=shape.strip("[]"), many=many)
    return found
