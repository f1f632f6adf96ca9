"""What is posted with a transition."""

import pytest

from engine.processors.http_request import UnusableError
from engine.processors.jira.request import document, make_edits


def test_nothing_said_nothing_sent() -> None:
    assert make_edits({}, 3) == {}
    assert make_edits({"resolution": None, "comment": "", "fields": {}}, 3) == {}


def test_a_resolution_is_a_name_or_an_object() -> None:
    assert make_edits({"resolution": "Done"}, 3) == {"fields": {"resolution": {"name": "Done"}}}
    assert make_edits({"resolution": {"id": "1"}, "fields": {"a": 1}}, 3) == {
        "fields": {"a": 1, "resolution": {"id": "1"}}
    }


def test_a_comment_is_text_in_version_2_and_a_document_in_version_3() -> None:
    assert make_edits({"comment": "hi"}, 2) == {"update": {"comment": [{"add": {"body": "hi"}}]}}
    edits = make_edits({"comment": "hi", "update": {"comment": [{"x": 1}], "y": []}}, 3)
    assert edits["update"]["comment"] == [{"x": 1}, {"add": {"body": document("hi")}}]
    ready = {"type": "doc", "version": 1, "content": []}
    assert make_edits({"comment": ready}, 3)["update"]["comment"][0]["add"]["body"] == ready


def test_a_document_has_paragraphs_breaks_and_links() -> None:
    assert document("See https://x.example/a?b=1.\nok\r\n\r\n\nend\n") == {
        "version": 1,
        "type": "doc",
        "content": [
            {
                "type": "paragraph",
                "content": [
                    {"type": "text", "text": "See "},
                    {
                        "type": "text",
                        "text": "https://x.example/a?b=1",
                        "marks": [{"type": "link", "attrs": {"href": "https://x.example/a?b=1"}}],
                    },
                    {"type": "text", "text": "."},
                    {"type": "hardBreak"},
                    {"type": "text", "text": "ok"},
                ],
            },
            {"type": "paragraph", "content": [{"type": "text", "text": "end"}]},
        ],
    }


@pytest.mark.parametrize(
    "arguments",
    [
        {"comments": "x"},
        {"comment": 1},
        {"fields": []},
        {"resolution": 1},
        {"update": {"comment": 1}, "comment": "x"},
    ],
)
def test_what_cannot_be_sent(arguments: dict[str, object]) -> None:
    with pytest.raises(UnusableError):
        make_edits(arguments, 3)
