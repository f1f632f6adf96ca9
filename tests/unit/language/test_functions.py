"""Each function of the table."""

from importlib import import_module
from typing import Any

import pytest

from engine.errors import EvaluationError
from engine.language import parse
from engine.language.expressions import compile_expression
from engine.language.functions import HOMES, STANDARD
from engine.language.functions.issue_keys import KEY, find_issue_keys
from engine.language.meter import Meter
from engine.language.values import number
from tests.unit.language.library_cases import LIBRARY_CASES, LIBRARY_REFUSALS

CASES: list[tuple[str, Any]] = [
    ('upper("aé")', "AÉ"), ('lower("AÉ")', "aé"), ('title("to do it")', "To Do It"), ('trimspace(" a ")', "a"),
    ('trim("xxaxx", "x")', "a"), ('trimprefix("v1.0", "v")', "1.0"), ('trimsuffix("a.git", ".git")', "a"), ('chomp("a\\r\\n\\n")', "a"),
    ('startswith("refs/heads/x", "refs/")', True), ('endswith("x.md", ".txt")', False), ('strcontains("abc", "bc")', True),
    ('substr("hello", 1, 3)', "ell"), ('substr("hello", -2, -1)', "lo"), ('replace("a-b-c", "-", "+")', "a+b+c"),
    ('split(",", "a,b,")', ["a", "b", ""]), ('split("", "ab")', ["a", "b"]), ('join("-", ["a", 1, true])', "a-1-true"),
    ('format("%s %q %v %d %05.1f %t %x %% %-4s| %+d", "a", "b", [1], 3, 2.25, true, 255, "c", 4)', 'a "b" [1] 3 002.2 true ff % c   | +4'),
    ('length("e\u0301a")', 2), ("length([1, 2])", 2), ("length({a = 1})", 1), ("contains([1, {a = 2.0}], {a = 2})", True),
    ('contains(["a"], "b")', False), ("tostring(1.50)", "1.5"), ("tostring(null)", None), ('tonumber("1e2")', 100), ("tonumber(null)", None),
    ('tobool("true")', True), ("tobool(false)", False), ('jsonencode({b = [1, 0.1, null, true], a = "x\\"é"})', '{"a":"x\\"é","b":[1,0.1,null,true]}'),
    ('jsondecode("{\\"a\\": [0.1, 2]}")', {"a": [number("0.1"), 2]}),
    ('regex("[a-z]+", "12ab")', "ab"), ('regex("(\\\\d)(\\\\w)", "1a")', ["1", "a"]), ('regex("(?P<n>\\\\d+)", "a12")', {"n": "12"}),
    ('regexall("\\\\d", "a1b2")', ["1", "2"]), ('regexreplace("a1b2", "(\\\\d)", "<$1$$>")', "a<1$>b<2$>"), ('regexreplace("éxé", "x", "ü")', "éüé"),
    ("abs(-1.5)", number("1.5")), ("ceil(1.2)", 2), ("floor(-1.2)", -2), ("max(1, 2.5)", number("2.5")), ("min(3, 2)", 2), ("signum(-3)", -1),
    ("sum([1, 0.5])", number("1.5")), ('parseint("ff", 16)', 255), ('parseint("-10", 2)', -2),
    ("keys({b = 1, a = 2})", ["a", "b"]), ("values({b = 1, a = 2})", [2, 1]), ("merge({a = 1}, null, {a = 2, b = 3})", {"a": 2, "b": 3}),
    ('lookup({a = 1}, "a", 2)', 1), ('lookup({a = 1}, "b", null)', None), ("concat([1], [], [2])", [1, 2]), ("flatten([1, [2, [3]], []])", [1, 2, 3]),
    ('distinct([1, 1.0, "1", [2], [2]])', [1, "1", [2]]), ('compact(["a", "", null])', ["a"]), ("reverse([1, 2])", [2, 1]), ('sort(["b", "a", 1])', ["1", "a", "b"]),
    ("element([1, 2, 3], 4)", 2), ("slice([1, 2, 3], 1, 3)", [2, 3]), ("range(3)", [0, 1, 2]), ("range(3, 0, -2)", [3, 1]), ("range(0)", []),
    ('zipmap(["a", "b"], [1, 2])', {"a": 1, "b": 2}), ("alltrue([])", True), ("alltrue([true, false])", False), ("anytrue([false, true])", True),
    ("one([])", None), ("one([1])", 1), ('coalesce("", null, 2)', "2"), ("try(nope, 1)", 1), ("can(1 / 0)", False),
    ('timeadd("2025-01-31T12:00:00Z", "1h30m")', "2025-01-31T13:30:00Z"), ('timeadd("2025-01-31T12:00:00+02:00", "-24h")', "2025-01-30T12:00:00+02:00"),
    ('timecmp("2025-01-01T01:00:00+01:00", "2025-01-01T00:00:00Z")', 0), ('timecmp("2025-01-01T00:00:00Z", "2025-01-02T00:00:00Z")', -1),
    ('sensitive("a")', "a"), ("nonsensitive([1, null])", [1, None]),
    ('issue_keys("Fixes SOC-12, dev-1", null, "ABC2-7 SOC-12")', ["SOC-12", "ABC2-7"]),
    *LIBRARY_CASES,
]  # fmt: skip


def value(text: str) -> Any:
    tree = parse(f"x = {text}\n", "test.hcl").tree
    assert tree is not None
    return compile_expression(tree.attributes[0].value).evaluate({})


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_functions(text: str, expected: Any) -> None:
    found = value(text)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(("module", "names"), [(module, names) for _, module, names in HOMES])
def test_a_module_has_the_functions_that_the_table_says(module: str, names: str) -> None:
    found = getattr(import_module(f"engine.language.functions.{module}"), module.upper())
    assert sorted(each.name for each in found) == names.split()


def test_every_function_has_a_case_and_documentation() -> None:
    assert {text.partition("(")[0] for text, _ in CASES} == set(STANDARD)
    for name, function in STANDARD.items():
        assert function.signature.startswith(f"{name}(")
        assert function.doc.endswith(".")


@pytest.mark.parametrize(
    "text",
    [
        "upper(null)", "upper([])", 'substr("a", 0.5, 1)', 'format("%d", "x")', 'format("%z", 1)', 'format("%s")', 'format("a", 1)',
        'format("%9999999999d", 1)', 'tonumber("x")', "tonumber(true)", 'tobool("yes")', 'jsondecode("{")', 'jsondecode("[NaN]")', "length(1)",
        'regex("x", "y")', 'regex("(", "y")', 'regex("(?=x)", "y")', 'regexall("a{1001}", "a")', "sum([true])", 'parseint("9", 8)', 'parseint("1", 99)',
        'lookup({}, "a")', "concat(1)", "merge([])", "sort([[]])", "element([], 0)", "slice([1], 1, 9)", "range(1, 2, 0)", 'zipmap(["a"], [])',
        "alltrue([1])", "one([1, 2])", "coalesce(null, null)", 'timeadd("x", "1h")', 'timeadd("2025-01-01T00:00:00Z", "1 day")',
        *LIBRARY_REFUSALS,
        'timeadd("9999-12-31T00:00:00Z", "999999h")', 'issue_keys(["SOC-1"])', "max()", 'join(",", [null])', 'parseint("1_0", 10)',
    ],
)  # fmt: skip
def test_wrong_arguments_are_problems(text: str) -> None:
    with pytest.raises(EvaluationError) as caught:
        value(text)
    assert caught.value.diagnostic.code == "function_failed"
    assert caught.value.diagnostic.subject is not None


@pytest.mark.parametrize(
    "call", ['regex("a", x)', 'regexall("a", x)', 'regexreplace(x, "a", "")', 'regexall(x, "a")']
)
def test_half_a_surrogate_pair_is_no_character_to_a_pattern(call: str) -> None:
    tree = parse(f"x = {call}\n", "test.hcl").tree
    assert tree is not None
    with pytest.raises(EvaluationError, match="surrogate"):
        compile_expression(tree.attributes[0].value).evaluate({"x": "\ud800"})


def test_halves_of_surrogate_pairs_are_digested_as_what_they_are_read_as() -> None:
    tree = parse("x = sha256(x) == sha256(y) && base64decode(base64encode(x)) == y\n", "test.hcl").tree
    assert tree is not None
    assert compile_expression(tree.attributes[0].value).evaluate({"x": "a\ud800", "y": "a\ufffd"}) is True


def test_deep_json_is_a_problem_not_a_crash() -> None:
    with pytest.raises(EvaluationError):
        value('jsondecode(join("", [for i in range(0, 100000) : "["]))')
    deep: Any = 1
    for _ in range(900):
        deep = [deep]
    tree = parse("x = jsonencode(v)\ny = v == v\n", "test.hcl").tree
    assert tree is not None
    with pytest.raises(EvaluationError):
        compile_expression(tree.attributes[0].value).evaluate({"v": deep})
    assert compile_expression(tree.attributes[1].value).evaluate({"v": deep}) is True


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SOC-1", ["SOC-1"]),
        ("DEV_OPS-12 ABC2-7 R2D2-9", ["DEV_OPS-12", "ABC2-7", "R2D2-9"]),
        ("feature/SOC-3-fix", ["SOC-3"]),
        ("(SOC-1), SOC-2; SOC-1: [SOC-4]", ["SOC-1", "SOC-2", "SOC-4"]),
        ("soc-1 S-1 SOC-0 SOC-01 SOC_-", []),
        ("xSOC-1 1SOC-1 _SOC-1 -SOC-1 SOC-1x SOC-1_", []),
        ("SOC-1-DEV-2", ["SOC-1"]),
        ("éSOC-1é", ["SOC-1"]),
        ("CVE-2024-12345", ["CVE-2024"]),
    ],
)
def test_issue_keys(text: str, expected: list[str]) -> None:
    assert find_issue_keys(Meter(), text) == expected


def test_the_key_pattern_means_what_the_contract_says() -> None:
    import re

    contract = re.compile(r"(?<![A-Za-z0-9_-])([A-Z][A-Z0-9_]+)-([1-9][0-9]*)(?![A-Za-z0-9_])")
    for text in (
        "AB-1",
        "AB-1 AB-12x AB-120 A_-1 AB--1 A1-9-9",
        "AB-10AB-10",
        "-AB-1 AB-1-",
        "ABCD_9-900 Z9-1.",
    ):
        assert [m[0] for m in KEY.finditer(text)] == [m[0] for m in contract.finditer(text)]
