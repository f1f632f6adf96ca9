"""What ``?:`` gives: both sides have a type in common, as the reference finds it."""

from typing import Any

import pytest

from engine.errors import EvaluationError
from engine.language import parse
from engine.language.expressions import compile_expression


def value(source: str, **names: Any) -> Any:
    result = parse(f"x = {source}\n", "x.hcl")
    assert result.diagnostics == ()
    assert result.tree is not None
    return compile_expression(result.tree.attributes[0].value).evaluate(names)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('true ? 1 : "a"', "1"),
        ('false ? 1 : "a"', "a"),
        ('true ? true : "a"', "true"),
        ("true ? 1 : null", 1),
        ("true ? null : 1", None),
        ("true ? null : [1]", None),
        ('true ? [1, true] : ["a", false]', ["1", True]),
        ('true ? [1, true] : ["a"]', ["1", "true"]),
        ('true ? [] : ["a"]', []),
        ('true ? { a = 1 } : { a = "x" }', {"a": "1"}),
        ('true ? { a = 1, b = true } : { c = "x" }', {"a": "1", "b": "true"}),
        ('true ? { a = [1] } : { a = ["x"] }', {"a": ["1"]}),
        ('true ? [1, null] : ["a", "b"]', ["1", None]),
        ('true ? [[1], []] : [["a"], ["b"]]', [["1"], []]),
        ('false ? "a" : 2.50', "2.5"),
        ("true ? 1 : nowhere.at.all", 1),
        ('"true" ? 1 : 2', 1),
        ('"0" ? 1 : 2', 2),
        ('"%{ if "false" }a%{ else }b%{ endif }"', "b"),
        ('!"true" || "1" && true', True),
        ('[for v in [1, 2] : v if "1"]', [1, 2]),
        ('alltrue([for v in ["x"] : tobool("true")])', True),
    ],
)  # fmt: skip
def test_both_sides_have_a_say(source: str, expected: Any) -> None:
    found = value(source)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("true ? 1 : true", "The sides of ?: are a number and a bool"),
        ("true ? [1] : 1", "The sides of ?: are a list and a number"),
        ("true ? {} : []", "The sides of ?: are an object and a list"),
        ("true ? [1, [2]] : []", "The sides of ?: are each a list, of parts that are not of one type"),
        ("true ? { a = 1 } : { a = true }", "The sides of ?: are each an object, of parts that are not of one type"),
    ],
)  # fmt: skip
def test_sides_without_a_common_type_are_an_error(source: str, told: str) -> None:
    with pytest.raises(EvaluationError) as caught:
        value(source)
    assert caught.value.diagnostic.code == "sides_differ"
    assert caught.value.diagnostic.summary == told


def test_the_side_not_taken_may_fail_and_counts_by_its_value() -> None:
    assert value("x.a == null ? 1 : x.b", x={"a": None}) == 1
    assert value("x.on ? x.a : x.b", x={"on": True, "a": 5, "b": "n"}) == "5"
    assert value("x.on ? x.a : x.b", x={"on": True, "a": 5, "b": 6}) == 5


@pytest.mark.parametrize(
    ("source", "digits"),
    [
        ("1 / 3", "0." + "3" * 154 + "5"),
        ("2 / 3", "0." + "6" * 153 + "7"),
        ("-1 / 3", "-0." + "3" * 154 + "5"),
        ("1e50", "1" + "0" * 50),
        ("1e-30", "0." + "0" * 29 + "1"),
        ("1 / 3 * 3", "1"),
        ("0.1 + 0.2", "0.3"),
        ("1e200 + 1", "1" + "0" * 200),
        ("1e150 + 1", "1" + "0" * 149 + "1"),
        ("12.50", "12.5"),
    ],
)
def test_numbers_are_printed_as_the_reference_prints_them(source: str, digits: str) -> None:
    assert value(f'"${{{source}}}!"') == f"{digits}!"
    assert value(f"jsonencode([{source}])") == f"[{digits}]"
    assert value(f"tostring({source})") == digits
