"""Texts that somebody made to be a nuisance: read to their end, or refused with a problem, and laid out."""

import pytest

from engine.language import parse
from engine.language.format import format_text

MANY = 20_000
CHAINS = {
    "names": "a" + ".b" * MANY,
    "indexes": "a" + "[0]" * MANY,
    "splats": "a" + "[*]" * MANY,
    "legacy splats": "a" + ".*" * MANY,
    "not": "!" * MANY + "a",
    "minus": "-" * MANY + "1",
    "conditionals": "a ? b : " * MANY + "c",
    "sums": "1" + " + 1" * MANY,
    "conjunctions": "true" + " && true" * MANY,
    "brackets": "(" * MANY + "1" + ")" * MANY,
    "open brackets": "[" * MANY,
    "interpolations": '"${' * MANY + "1" + '}"' * MANY,
    "a row of interpolations": '"' + "${é}" * MANY + '"',
    "for": "[for a in " * MANY + "1" + " : a]" * MANY,
    "keys": "{" + "é = 1, " * MANY + "}",
    "wrong characters": "§" * MANY,
    "wrong escapes": '"' + "\\q" * MANY + '"',
    "a long text": '"' + "é" * MANY + '"',
    "a long number": "1" * MANY,
}


@pytest.mark.parametrize("name", CHAINS)
def test_a_chain(name: str) -> None:
    text = f"x = {CHAINS[name]}\n"
    result = parse(text, "x.hcl")
    assert result.tree is not None
    assert result.tree.attributes or result.diagnostics
    assert (format_text(text, "x.hcl").text is None) == bool(result.diagnostics)


@pytest.mark.parametrize(
    "item",
    ["b {\n}\n", "b {\n", "= 1\n", "x = (\n", "x = 1 x = 1\n", "x = <<E\n", "/* */ ", "/*", "}\n", "é "],
)
@pytest.mark.parametrize("before", ["", "# é\n"])
def test_a_row_of_items(item: str, before: str) -> None:
    result = parse(before + item * MANY, "x.hcl")
    assert result.tree is not None
    assert all(problem.subject is not None for problem in result.diagnostics)


def test_places_in_a_long_line_are_those_of_a_short_one() -> None:
    for letters in ("é", "e\u0301", "👩‍💻", "漢a"):
        long = letters * 1_000
        [found] = parse(f'x = "{long}" y', "x.hcl").diagnostics
        assert found.subject is not None
        seen = 1_000 * (2 if letters == "漢a" else 1)
        assert found.subject.column == 8 + seen
        assert found.subject.start == 7 + len(long.encode())
