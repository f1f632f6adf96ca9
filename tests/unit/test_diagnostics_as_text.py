"""Snippets that point at the right place, and reports that end."""

import json

import pytest

from engine.diagnostics import Diagnostic, Related, Severity, Span, most_telling, render
from engine.language import parse
from engine.language.source import Source


def problem(text: str, start: int, end: int, **more: object) -> Diagnostic:
    place = Source(text, "x").place(start, end).settled()
    return Diagnostic(code="c", summary="s", subject=place, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("length", [10, 100_000])
@pytest.mark.parametrize("letter", ["a", "é", "漢", "e\u0301"])
def test_a_long_line_is_cut_around_what_is_meant(letter: str, length: int) -> None:
    text = f"{letter * length}WRONG{letter * length}\nnext"
    start = len(letter) * length
    _, _, shown, marks = render([problem(text, start, start + 5)], {"x": text}).split("\n")
    assert len(shown) < 200
    width = {"漢": 2, "e\u0301": 1}.get(letter, 1)
    before = shown.removeprefix("1 | ").partition("WRONG")[0]
    cut = before.startswith("…")
    assert cut == (length > 10)
    cells = (before.count(letter) * width) + cut
    assert marks.removeprefix("  | ") == " " * cells + "^^^^^"


def test_tabs_stay_tabs() -> None:
    text = "\t\tx = é + WRONG"
    start = text.index("W")
    assert render([problem(text, start, start + 5)], {"x": text}).endswith("  | \t\t        ^^^^^")


def test_the_line_of_an_opening_takes_the_place_of_an_empty_one() -> None:
    text = "x = (1\n"
    [found] = parse(text, "x").diagnostics
    assert render([found], {"x": text}).split("\n")[2:4] == ["1 | x = (1", "  |     - it was opened here"]
    text = "x = [1\n\ny = 2\n"
    [found] = parse(text, "x").diagnostics
    assert render([found], {"x": text}).split("\n")[2:6] == [
        "1 | x = [1",
        "  |     - it was opened here",
        "3 | y = 2",
        "  | ^",
    ]


def test_of_too_many_problems_the_worst_are_shown_in_their_order_and_the_rest_is_counted() -> None:
    note = Diagnostic(code="note", summary="note", severity=Severity.NOTE)
    error = Diagnostic(code="error", summary="error")
    found = [note, error, note, error, note]
    assert most_telling(found, 3) == ((note, error, error), 2)
    assert most_telling(found, 5) == (tuple(found), 0)
    assert render(found, {}, most=2) == "error[error]: error\n\nerror[error]: error\n\n… and 3 more"


def test_a_problem_as_json_has_all_its_places() -> None:
    place = Span(filename="x", start=0, end=1, line=1, column=1, end_line=1, end_column=2)
    found = Diagnostic(
        code="c", summary="s", subject=place, context=place, related=(Related(span=place, message="m"),)
    )
    written = json.loads(json.dumps(found.as_json()))
    at = {"file": "x", "line": 1, "column": 1, "end_line": 1, "end_column": 2, "start": 0, "end": 1}
    assert written["context"] == at
    assert written["related"] == [{"message": "m", **at}]
    assert {name: written[name] for name in at} == at
