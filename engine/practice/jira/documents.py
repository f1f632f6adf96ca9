"""Atlassian documents (v3) and text (v2): which values are documents, and one as the other."""

from typing import Any

#: Every node type that a comment may hold (the comment subset of the Atlassian Document Format).
_NODES = frozenset(
    {
        *(
            "doc",
            "paragraph",
            "text",
            "hardBreak",
            "bulletList",
            "orderedList",
            "listItem",
            "heading",
            "codeBlock",
        ),
        *(
            "blockquote",
            "rule",
            "panel",
            "mention",
            "emoji",
            "inlineCard",
            "blockCard",
            "date",
            "status",
            "table",
        ),
        *(
            "tableRow",
            "tableHeader",
            "tableCell",
            "expand",
            "mediaSingle",
            "mediaGroup",
            "media",
            "mediaInline",
        ),
        *("taskList", "taskItem", "decisionList", "decisionItem", "nestedExpand"),
    }
)
_BREAKS_AFTER = frozenset(
    {"paragraph", "heading", "codeBlock", "listItem", "blockquote", "hardBreak", "rule"}
)


def is_document(value: Any) -> bool:
    """Whether v3 accepts `value` as a document."""
    if not isinstance(value, dict) or value.get("type") != "doc" or value.get("version") != 1:
        return False
    if not isinstance(value.get("content"), list):
        return False
    waiting: list[Any] = [value]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, dict) or not isinstance(node.get("type"), str) or node["type"] not in _NODES:
            return False
        if node["type"] == "text" and not (isinstance(node.get("text"), str) and node["text"]):
            return False
        content = node.get("content", [])
        if not isinstance(content, list):
            return False
        waiting.extend(content)
    return True


def document(text: str) -> dict[str, Any]:
    """The document that shows `text`, one paragraph a line."""
    return {
        "type": "doc",
        "version": 1,
        "content": [
            {"type": "paragraph", "content": [{"type": "text", "text": line}] if line else []}
            for line in text.split("\n")
        ],
    }


def text(value: dict[str, Any]) -> str:
    """The text of a document, as v2 shows it; its marks are lost."""
    parts: list[str] = []
    waiting: list[Any] = [value]
    while waiting:
        node = waiting.pop()
        if isinstance(node, str):
            parts.append(node)
            continue
        if node["type"] == "text":
            parts.append(node["text"])
        if node["type"] in _BREAKS_AFTER:
            waiting.append("\n")
        waiting.extend(reversed(node.get("content", [])))
    return "".join(parts).rstrip("\n")
