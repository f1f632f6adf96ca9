"""What is posted with a transition: the definition's ``request`` block as Jira wants it. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from engine.processors.http_request import UnusableError
from engine.processors.processor import Argument

#: What a `request` block may say to Jira.
ARGUMENTS: Mapping[str, Argument] = {
    "resolution": Argument(purpose="The resolution's name.", types=("string", "object")),
    "comment": Argument(purpose="A comment, as plain text.", types=("string", "object")),
    "fields": Argument(
        purpose="Further fields of the transition's screen, as Jira's API takes them.",
        types=("object",),
    ),
    "update": Argument(purpose="Operations on fields, as Jira's API takes them.", types=("object",)),
}

_LINK = re.compile(r"(https?://[^\s<>\"]+[^\s<>\".,;:!?)\]'])")


def make_edits(arguments: Mapping[str, Any], version: int) -> dict[str, Any]:
    """``fields`` and ``update`` of the body, each only if there is something in it. Raises `UnusableError`."""
    unknown = sorted(set(map(str, arguments)) - set(ARGUMENTS))
    if unknown:
        raise UnusableError(f"a request to jira takes {', '.join(ARGUMENTS)}, not {', '.join(unknown)}")
    fields = _mapping("fields", arguments)
    update = _mapping("update", arguments)
    resolution = arguments.get("resolution")
    if resolution not in (None, ""):
        fields["resolution"] = (
            {"name": resolution} if isinstance(resolution, str) else _object("resolution", resolution)
        )
    comment = arguments.get("comment")
    if comment not in (None, ""):
        others = update.get("comment", [])
        if not isinstance(others, list | tuple):
            raise UnusableError("update.comment must be a list")
        update["comment"] = [*others, {"add": {"body": _comment(comment, version)}}]
    return {name: value for name, value in (("fields", fields), ("update", update)) if value}


def _mapping(name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    value = arguments.get(name)
    return {} if value is None else _object(name, value)


def _object(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise UnusableError(f"{name} must be a mapping")
    return dict(value)


def _comment(comment: Any, version: int) -> Any:
    if isinstance(comment, str):
        return document(comment) if version > 2 else comment  # noqa: PLR2004
    if version > 2 and isinstance(comment, Mapping):  # noqa: PLR2004
        return dict(comment)
    raise UnusableError("comment must be text")


def document(text: str) -> dict[str, Any]:
    """Plain text as a document of version 3 (Atlassian Document Format): paragraphs, line breaks and links."""
    paragraphs = [p.strip("\n") for p in re.split(r"\n\s*\n", text.replace("\r\n", "\n"))]
    return {
        "version": 1,
        "type": "doc",
        "content": [{"type": "paragraph", "content": _inline(p)} for p in paragraphs if p.strip()],
    }


def _inline(paragraph: str) -> list[dict[str, Any]]:
    nodes: list[dict[str, Any]] = []
    for number, line in enumerate(paragraph.split("\n")):
        if number:
            nodes.append({"type": "hardBreak"})
        for index, part in enumerate(_LINK.split(line)):
            if not part:
                continue
            node: dict[str, Any] = {"type": "text", "text": part}
            if index % 2:
                node["marks"] = [{"type": "link", "attrs": {"href": part}}]
            nodes.append(node)
    return nodes
