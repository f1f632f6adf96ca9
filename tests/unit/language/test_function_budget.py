"""What a function would make is paid for before it is made: a few characters never make a giant."""

from typing import Any

import pytest

from engine.errors import EvaluationError
from engine.language import parse
from engine.language.expressions import compile_expression

LONG = "x" * 1_000_000
SCOPE: dict[str, Any] = {
    "long": LONG,
    "lines": "\n" * 1_000_000,
    "wide": "é" * 1_000_000,
    "less": "<" * 1_000_000,
    "commas": "," * 1_000_001,
    "brackets": "[" * 1_000_001,
    "number": 10**1200,
}
GROUPS = "(" * 400 + ".*" + ")" * 400


def refusal(text: str) -> str:
    tree = parse(f"x = {text}\n", "giant.hcl").tree
    assert tree is not None
    with pytest.raises(EvaluationError) as caught:
        compile_expression(tree.attributes[0].value).evaluate(SCOPE)
    return caught.value.diagnostic.code


@pytest.mark.parametrize(
    "text",
    [
        "indent(1000000000, lines)", "indent(9223372036854775807, lines)", "[for i in range(1000) : indent(100, lines)]", "range(1e15)", "range(0, 1, 1e-9)",
        "range(0, 1e300, 1e-300)", "setproduct(range(1000), range(1000), range(1000))", f"setproduct({', '.join(['[1, 2]'] * 60)})",
        'formatlist("%s", range(900000))', '[for i in range(100000) : format("%1000s", "a")]',
        'formatlist("%s%d", long, range(1000))', "[for i in range(1000) : strrev(long)]", "[for i in range(1000) : strrev(wide)]", "[for i in range(1000) : length(wide)]",
        "[for i in range(1000) : substr(wide, 1, 1)]", "[for i in range(1000) : upper(wide)]", "[for i in range(1000) : title(long)]", "jsonencode([for i in range(100) : less])",
        "jsonencode([for i in range(100) : {(long) = 1}])", "[for i in range(100) : base64encode(long)]",
        "[for i in range(100) : urlencode(wide)]", "jsondecode(brackets)", "csvdecode(commas)", "csvdecode(lines)", 'split(",", commas)',
        'regexreplace(long, "x", long)', 'regexreplace(long, ".*", join("", [for i in range(1000) : "$0"]))', f'regexall("{GROUPS}", long)', f'regex("{GROUPS}", long)',
        '[for i in range(100000) : templatestring("$${x}", {x = i})]',
        'templatestring("%%{ for a in l }%%{ for b in l }%%{ for c in l }$${t}%%{ endfor }%%{ endfor }%%{ endfor }", {l = range(1000), t = long})',
        'templatestring("%%{ for a in range(1000) }$${join(\\"\\", [for i in range(1000) : t])}%%{ endfor }", {t = long})',
        'transpose({for i in range(900) : "a${i}" => range(2000)})', '[for i in range(100000) : formatdate(lines, "2026-01-30T00:00:00Z")]',
    ],
)  # fmt: skip
def test_giants_are_refused(text: str) -> None:
    assert refusal(f'try({text}, "not even so")') == "evaluation_too_large"


@pytest.mark.parametrize(
    "text",
    [
        "pow(10, 1e9)", "pow(2, 1e300)", "pow(-7, 1e300)", "log(0, 2)", "templatestring(long, {})", 'format("%99999s", 1)', 'format("%.99999f", 1)', 'format("%[99999]s", 1)',
        f'parseint("{"z" * 401}", 36)', f'templatestring("$${{{"(" * 60}1{")" * 60}}}", {{}})', f'templatestring("$${{{"(" * 120}1{")" * 120}}}", {{}})',
    ],
)  # fmt: skip
def test_what_is_too_large_is_a_problem_of_the_call(text: str) -> None:
    assert refusal(text) == "function_failed"
