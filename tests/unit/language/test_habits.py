"""What other languages have taught people to write is told by what stands for it here."""

import pytest

from engine.language import parse
from engine.language.expressions import check_names


@pytest.mark.parametrize(
    ("written", "code", "advice"),
    [
        ("a and b", "line_break_missing", "&&"),
        ("a or b", "line_break_missing", "||"),
        ("not a", "line_break_missing", '"!"'),
        ("a && not b", "line_break_missing", '"!"'),
        ('"x" in ["x"]', "line_break_missing", "contains(list, value)"),
        ("a not in b", "line_break_missing", "!contains(list, value)"),
        ("a is not null", "line_break_missing", "!="),
        ("1 if a else 2", "line_break_missing", "condition ? value : other value"),
        ("if a then b", "line_break_missing", "condition ? value : other value"),
        ("(a and b)", "separator_missing", "&&"),
        ('"${a or b}"', "separator_missing", "||"),
        ("a ?? b", "operator_unknown", "coalesce(a, b)"),
        ("a?.b", "unexpected", "try(a.b, null)"),
        ("a === b", "operator_unknown", '"=="'),
        ("a <> b", "operator_unknown", '"!="'),
        ("a ** 2", "operator_unknown", "pow"),
        ("a++", "operator_unknown", "calculation"),
        ('a =~ "x"', "operator_unknown", "regex"),
        ('"a" . "b"', "name_missing", "${a}${b}"),
    ],
)
def test_an_operator_of_another_language(written: str, code: str, advice: str) -> None:
    problem = parse(f"x {{\n  y = {written}\n  z = 1\n}}\n", "f.hcl").told[0]
    assert problem.code == code
    assert advice in problem.detail


@pytest.mark.parametrize("name", ["and", "in", "if", "contains", "is", "not"])
def test_an_attribute_of_that_name_is_one(name: str) -> None:
    problem = parse(f"x = 1 {name} = 2\n", "f.hcl").told[0]
    assert problem.summary == "A line break is missing before this"


def told(text: str) -> str:
    tree = parse(f"x = {text}\n", "f.hcl").tree
    assert tree is not None
    (problem,) = check_names(tree.attributes[0].value, {"event": None})
    return problem.detail


@pytest.mark.parametrize(
    ("written", "meant"), [("True", "true"), ("FALSE", "false"), ("None", "null"), ("nil", "null"), ("undefined", "null")]
)  # fmt: skip
def test_a_value_of_another_language(written: str, meant: str) -> None:
    assert told(written) == f'Write {meant}, or "{written}" in quotes if you meant the text.'


@pytest.mark.parametrize(
    ("called", "meant"),
    [
        ("len(event)", "length(value)"),
        ("str(1)", "tostring(value)"),
        ("print(1)", "prints nothing"),
        ("isset(event)", "can("),
        ("filter(event)", "[for item in list : item if condition]"),
        ("uper(event)", 'Did you mean "upper"?'),
    ],
)
def test_a_function_of_another_language(called: str, meant: str) -> None:
    assert meant in told(called)


def test_not_every_function_is_listed_where_none_is_alike() -> None:
    assert "interlock explain --functions" in told("zzz(1)")
    assert len(told("zzz(1)")) < 120
