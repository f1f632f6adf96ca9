"""An example of each function, and the page of the reference that is made of them and of `STANDARD`."""

from engine.language import parse
from engine.language.expressions import compile_expression
from engine.language.functions import STANDARD
from engine.language.functions.attempts import ATTEMPTS
from engine.language.functions.issue_keys import ISSUE_KEYS
from engine.language.functions.lists import LISTS
from engine.language.functions.numbers import NUMBERS
from engine.language.functions.patterns import PATTERNS
from engine.language.functions.sensitivity import SENSITIVITY
from engine.language.functions.strings import STRINGS
from engine.language.functions.times import TIMES

#: A function's name -> a call of it.
EXAMPLES = {
    "abs": "abs(-3)",
    "alltrue": "alltrue([true, 1 < 2])",
    "anytrue": "anytrue([false, 1 < 2])",
    "can": "can({ a = 1 }.b)",
    "ceil": "ceil(1.2)",
    "chomp": r'chomp("a line\n")',
    "coalesce": 'coalesce(null, "", "none")',
    "compact": 'compact(["a", "", null])',
    "concat": "concat([1], [2, 3])",
    "contains": 'contains(["bug", "task"], "bug")',
    "distinct": "distinct([1, 2, 1])",
    "element": 'element(["a", "b"], 3)',
    "endswith": 'endswith("SOC-12", "-12")',
    "flatten": "flatten([[1], [2, [3]]])",
    "floor": "floor(1.8)",
    "format": 'format("%s has %d", "SOC-12", 3)',
    "issue_keys": 'issue_keys("SOC-12: mend the door", null, "see DEV-3")',
    "join": 'join(", ", ["a", "b"])',
    "jsondecode": r'jsondecode("{\"a\": [1, 2]}")',
    "jsonencode": "jsonencode({ a = [1, 2] })",
    "keys": "keys({ b = 1, a = 2 })",
    "length": 'length("SOC-12")',
    "lookup": 'lookup({ a = 1 }, "b", 0)',
    "lower": 'lower("SOC-12")',
    "max": "max(1, 3, 2)",
    "merge": "merge({ a = 1, b = 1 }, { b = 2 })",
    "min": "min(1, 3, 2)",
    "nonsensitive": 'nonsensitive(length("a token"))',
    "one": "one([7])",
    "parseint": 'parseint("ff", 16)',
    "range": "range(1, 7, 2)",
    "regex": 'regex("[A-Z]+-[0-9]+", "see SOC-12")',
    "regexall": 'regexall("[0-9]+", "1 and 22")',
    "regexreplace": 'regexreplace("v1.2", "v([0-9]+)", "release $1")',
    "replace": 'replace("feature/soc-12", "/", " ")',
    "reverse": "reverse([1, 2, 3])",
    "sensitive": 'sensitive("a token")',
    "signum": "signum(-3)",
    "slice": 'slice(["a", "b", "c"], 1, 3)',
    "sort": 'sort(["b", "a"])',
    "split": 'split("/", "refs/heads/main")',
    "startswith": 'startswith("refs/heads/main", "refs/heads/")',
    "strcontains": 'strcontains("mend the door", "door")',
    "substr": 'substr("SOC-12", 0, 3)',
    "sum": "sum([0.1, 0.2])",
    "timeadd": 'timeadd("2026-01-30T12:00:00Z", "72h")',
    "timecmp": 'timecmp("2026-01-30T12:00:00Z", "2026-01-30T13:00:00+02:00")',
    "title": 'title("in progress")',
    "tobool": 'tobool("true")',
    "tonumber": 'tonumber("12")',
    "tostring": "tostring(12)",
    "trim": 'trim("--a--", "-")',
    "trimprefix": 'trimprefix("refs/heads/main", "refs/heads/")',
    "trimspace": 'trimspace("  a ")',
    "trimsuffix": 'trimsuffix("main.git", ".git")',
    "try": 'try({ a = 1 }.b, "none")',
    "upper": 'upper("soc-12")',
    "values": "values({ b = 1, a = 2 })",
    "zipmap": 'zipmap(["a", "b"], [1, 2])',
}

_GROUPS = {
    "Text": STRINGS,
    "Patterns": PATTERNS,
    "Numbers": NUMBERS,
    "Lists and objects": LISTS,
    "What may fail": ATTEMPTS,
    "Time": TIMES,
    "Issues": ISSUE_KEYS,
    "What may be shown": SENSITIVITY,
}
_INTRODUCTION = """# Functions

What an expression may call. A parameter `name: kind` takes a string, a number, a bool, a list, an object, a collection (a list
or an object) or anything; `?` lets null in, `=` may be left out, `...` takes any number. Patterns are
[RE2](https://github.com/google/re2/wiki/Syntax). All functions are pure: same arguments, same value.

<!-- Made by `interlock explain --functions` from engine/language/functions. -->
"""
_HEAD = ("| function | what it gives | for instance |", "|---|---|---|")


def page() -> str:
    """The whole of docs/reference/functions.md; every example is evaluated for it."""
    parts = [_INTRODUCTION]
    for title, functions in _GROUPS.items():
        rows = [_row(name) for name in sorted(f.name for f in functions)]
        parts.append("\n".join([f"## {title}", "", *_HEAD, *rows, ""]))
    return "\n".join(parts)


def value_of(call: str) -> str:
    """What a call gives, as JSON."""
    tree = parse(f"x = jsonencode({call})\n", "example.hcl").tree
    assert tree is not None  # noqa: S101 - a test evaluates them all
    return str(compile_expression(tree.attributes[0].value).evaluate({}))


def _row(name: str) -> str:
    function = STANDARD[name]
    example = f"`{EXAMPLES[name]}` is `{value_of(EXAMPLES[name])}`"
    cells = (f"`{function.signature}`", function.doc.removesuffix("."), example)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
