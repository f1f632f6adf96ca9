"""Definitions that people write, damaged as people and editors do it: the parser says what is wrong, and never breaks."""

import itertools
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.diagnostics import render
from engine.language import parse
from engine.language.format import format_text
from engine.language.pieces import cut

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted([
    *ROOT.glob("statemachines/*.hcl"),
    *ROOT.glob("tests/golden/definitions/*.hcl"),
    ROOT / "tests/unit/language/whole_language.hcl",
])  # fmt: skip
#: What slips into a file: each by itself, and between two words of it.
SLIPS = (
    "=", "==", "{", "}", "[", "]", "(", ")", '"', "\n", ",", ".", ":", "?", "!", "-", "*", "...", "=>", "::", "~}",
    '"${x}"', '"a${b}c"', '"%{ if x }y%{ endif }"', '"%{ for x in y }"', "${", "%{", "<<EOT\n", "<<-EOT\n x\n EOT\n", "#", "/*", "*/",
    "x", '"x"', "1", "x { ", "for", "in", "if", "\\", "$${", "\u309b", "\0", ";", "'",
)  # fmt: skip


def words(path: Path) -> list[str]:
    """A file cut into its words, each with the spaces before it."""
    text = path.read_text(encoding="utf-8")
    return (
        [" " * piece.spaces + piece.text for piece in cut(text)]
        if not parse(text, "f").diagnostics
        else [text]
    )


WORDS = [found for found in map(words, FILES) if len(found) > 1]


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A file of which some words are gone, doubled, swapped, or beside something that has slipped in."""
    found = list(draw(st.sampled_from(WORDS)))
    begin = draw(st.integers(0, len(found) - 1))
    found = found[begin if draw(st.booleans()) else 0 : begin + draw(st.integers(10, 200))]
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(found) - 1))
        kind = draw(st.sampled_from(("delete", "double", "swap", "insert", "insert", "replace")))
        if kind == "delete" and len(found) > 1:
            del found[at]
        elif kind == "double":
            found.insert(at, found[at])
        elif kind == "swap":
            there = draw(st.integers(0, len(found) - 1))
            found[at], found[there] = found[there], found[at]
        elif kind == "insert":
            found.insert(at, draw(st.sampled_from((" ", ""))) + draw(st.sampled_from(SLIPS)))
        else:
            found[at] = " " + draw(st.sampled_from(SLIPS))
    return "".join(found)


@settings(deadline=None)
@given(damaged())
@example('a { b "${x}" }')
@example('a { b "${x}" = 1 }')
@example('a { b "${x}"\n}')
@example('variable "x" { type "a${b}c" }')
@example('on "x" { set "${event.x}" }')
def test_the_parser_says_what_is_wrong_and_never_breaks(text: str) -> None:
    result = parse(text, "damaged.hcl")
    length = len(text.encode())
    for problem in (*result.diagnostics, *result.mistakes):
        assert problem.subject is not None
        assert 0 <= problem.subject.start <= problem.subject.end <= length
    assert render(result.diagnostics, {"damaged.hcl": text}) or not result.diagnostics
    if not result.diagnostics:
        formatted = format_text(text, "damaged.hcl").text
        assert formatted is not None
        assert format_text(formatted, "damaged.hcl").text == formatted


#: What stands in a body where no grammar allows it, at each length up to three.
SHORT = ('"${x}"', '"x"', '"', "x", "=", "1", "{", "}", "\n", "<<E\nx\nE\n", ".", "[", ",")


@pytest.mark.parametrize(
    "before", ["", "a {", "a {\n", "a = ", "a = [", "a = {", 'a "b" ', 'a = "${', "a = f("]
)
def test_every_short_row_of_words_is_parsed(before: str) -> None:
    for count in (1, 2, 3):
        for row in itertools.product(SHORT, repeat=count):
            parse(before + " ".join(row), "short.hcl")
