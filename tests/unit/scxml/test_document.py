"""XML documents: places, limits, and what is refused."""

import pytest

from engine.scxml import document
from engine.scxml.convert import convert
from engine.scxml.document import NAMESPACE, read_document

HEAD = f'<scxml xmlns="{NAMESPACE}">'


def codes(text: str) -> list[str]:
    return [d.code for d in read_document(text, "x.scxml")[1]]


def test_an_element_knows_its_tag_in_lines_and_columns_of_characters() -> None:
    root, _ = read_document(
        f'{HEAD}\n  <!-- äöü --> <p:state xmlns:p="{NAMESPACE}" id="ü"/>\n</scxml>', "x.scxml"
    )
    assert root is not None
    (state,) = root.children
    assert (state.name, state.namespace, state.get("id")) == ("state", NAMESPACE, "ü")
    assert (str(state.place), state.place.end_column) == ("x.scxml:2:16", 24)


def test_a_byte_order_mark_is_no_part_of_the_document() -> None:
    assert codes(f"\ufeff{HEAD}<state/></scxml>") == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "scxml_unreadable"),
        ("hello", "scxml_unreadable"),
        (HEAD, "scxml_unreadable"),
        (f"{HEAD}</scxml>trailing", "scxml_unreadable"),
        (f"{HEAD}&undefined;</scxml>", "scxml_unreadable"),
        (f"{HEAD}\0</scxml>", "scxml_unreadable"),
        ("\ud800", "scxml_unreadable"),
        (f"<!DOCTYPE scxml>{HEAD}</scxml>", "scxml_doctype"),
        (f'<!DOCTYPE scxml SYSTEM "http://127.0.0.1:1/x.dtd">{HEAD}</scxml>', "scxml_doctype"),
        (HEAD + "<state>" * 70 + "</state>" * 70 + "</scxml>", "scxml_too_large"),
        (HEAD + "<state/>" * (document.MOST_ELEMENTS + 1) + "</scxml>", "scxml_too_large"),
        (HEAD + " " * (document.MOST_CHARACTERS + 1) + "</scxml>", "scxml_too_large"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_one_problem(text: str, code: str) -> None:
    assert codes(text) == [code]
    done = convert(text, "x.scxml")
    assert (done.text, [d.code for d in done.diagnostics]) == (None, [code])


def test_the_declared_encoding_does_not_matter_any_more() -> None:
    assert codes(f'<?xml version="1.0" encoding="ISO-8859-1"?>{HEAD}<state id="ü"/></scxml>') == []


def test_very_many_problems_end_with_their_number() -> None:
    text = HEAD + '<state id="a"/>' + "<script/>" * 1000 + "</scxml>"
    found = convert(text, "x.scxml").diagnostics
    assert len(found) == 201
    assert found[-1].summary == "There are 800 more problems"
