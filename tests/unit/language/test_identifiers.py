"""Names are made of the characters that HCL's reference takes, whatever Python's own Unicode knows."""

import unicodedata

import pytest

from engine.language import parse
from engine.language.format import format_text
from engine.language.identifiers import begins_name, continues_name

#: What Python takes out of names because of what it becomes when it is normalized.
ODD = {
    0x37A,
    0xE33,
    0xEB3,
    0x309B,
    0x309C,
    0xFF9E,
    0xFF9F,
    *range(0xFC5E, 0xFC64),
    0xFDFA,
    0xFDFB,
    *range(0xFE70, 0xFE80, 2),
}
#: What Unicode lets names go on with since 15.1.
JOINERS = {0x200C, 0x200D, 0x30FB, 0xFF65}


def test_what_python_knows_is_taken_alike() -> None:
    known = [
        chr(point)
        for point in range(0x110000)
        if unicodedata.category(chr(point)) not in ("Cn", "Cs")
        and point not in ODD | JOINERS
        and chr(point) != "-"
    ]
    assert [c for c in known if begins_name(c) is not c.isidentifier()] == []
    assert [c for c in known if continues_name(c) is not f"_{c}".isidentifier()] == []


@pytest.mark.parametrize(
    "name", ["é", "a\u309b", "\u309b", "a\u200db", "\U0002ebf0", "\U000323af", "_é", "a-é", "日本", "x゛y"]
)
def test_a_name_of_the_reference_is_a_name(name: str) -> None:
    text = f"{name} = b.{name}\n{name} {{\n}}\n"
    result = parse(text, "f.hcl")
    assert result.diagnostics == ()
    assert result.tree is not None
    assert (result.tree.attributes[0].name, result.tree.blocks[0].type) == (name, name)
    assert format_text(text, "f.hcl").text == text


@pytest.mark.parametrize("name", ["\u200da", "€", "²", "a€", "\u0301a", "٣a", "a\u2060"])
def test_what_is_none_of_the_reference_is_none(name: str) -> None:
    assert parse(f"{name} = 1\n", "f.hcl").diagnostics
