from typing import Any

import pytest

from engine.practice.jira.documents import document, is_document, text


@pytest.mark.parametrize("words", ["one line", "two\nlines", "a blank\n\nbetween", "  spaces kept  "])
def test_text_survives_becoming_a_document(words: str) -> None:
    made = document(words)
    assert is_document(made)
    assert text(made) == words


@pytest.mark.parametrize(
    "value",
    [
        "text",
        None,
        [],
        {},
        {"type": "doc", "version": 1},
        {"type": "doc", "version": 2, "content": []},
        {"type": "paragraph", "version": 1, "content": []},
        {"type": "doc", "version": 1, "content": ["text"]},
        {"type": "doc", "version": 1, "content": [{"type": "text"}]},
        {"type": "doc", "version": 1, "content": [{"type": "text", "text": ""}]},
        {"type": "doc", "version": 1, "content": [{"type": "marquee"}]},
        {"type": "doc", "version": 1, "content": [{"type": ["text"]}]},
        {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": {}}]},
    ],
)
def test_what_is_no_document(value: Any) -> None:
    assert not is_document(value)


def test_marks_and_structure_become_lines() -> None:
    item = {
        "type": "listItem",
        "content": [{"type": "paragraph", "content": [{"type": "text", "text": "first"}]}],
    }
    strong = {"type": "text", "text": "bold", "marks": [{"type": "strong"}]}
    value = {
        "type": "doc",
        "version": 1,
        "content": [
            {
                "type": "paragraph",
                "content": [strong, {"type": "hardBreak"}, {"type": "text", "text": "next"}],
            },
            {"type": "bulletList", "content": [item]},
        ],
    }
    assert is_document(value)
    assert text(value) == "bold\nnext\nfirst"


def test_only_text_nodes_have_text() -> None:
    value = {"type": "doc", "version": 1, "text": 5, "content": [{"type": "rule", "text": ["odd"]}]}
    assert is_document(value)
    assert text(value) == ""


def test_a_deeply_nested_document_is_no_trouble() -> None:
    value: dict[str, Any] = {"type": "text", "text": "deep"}
    for _ in range(20_000):
        value = {"type": "blockquote", "content": [value]}
    whole = {"type": "doc", "version": 1, "content": [value]}
    assert is_document(whole)
    assert text(whole) == "deep"
