"""An example of each function, and the page of the reference that is made of them and of `STANDARD`."""

from engine.language import parse
from engine.language.expressions import compile_expression
from engine.language.functions import HOMES, STANDARD
from engine.language.functions.apart import DIFFERENCES, LEFT_OUT

#: A function's name -> a call of it.
EXAMPLES = {
    "abs": "abs(-3)",
    "alltrue": "alltrue([true, 1 < 2])",
    "anytrue": "anytrue([false, 1 < 2])",
    "base64decode": 'base64decode("U09DLTEy")',
    "base64encode": 'base64encode("SOC-12")',
    "base64sha256": 'base64sha256("SOC-12")',
    "base64sha512": 'base64sha512("SOC-12")',
    "basename": 'basename("docs/reference/functions.md")',
    "can": "can({ a = 1 }.b)",
    "ceil": "ceil(1.2)",
    "chomp": r'chomp("a line\n")',
    "chunklist": 'chunklist(["a", "b", "c"], 2)',
    "coalesce": 'coalesce(null, "", "none")',
    "coalescelist": 'coalescelist([], ["a"])',
    "compact": 'compact(["a", "", null])',
    "concat": "concat([1], [2, 3])",
    "contains": 'contains(["bug", "task"], "bug")',
    "csvdecode": r'csvdecode("key,title\nSOC-1,\"Door, front\"\n")',
    "dirname": 'dirname("docs/reference/functions.md")',
    "distinct": "distinct([1, 2, 1])",
    "element": 'element(["a", "b"], 3)',
    "endswith": 'endswith("SOC-12", "-12")',
    "flatten": "flatten([[1], [2, [3]]])",
    "floor": "floor(1.8)",
    "format": 'format("%s has %d", "SOC-12", 3)',
    "formatdate": "formatdate(\"EEE, D MMM YYYY, hh:mm 'o''clock'\", \"2026-01-30T12:05:00Z\")",
    "formatlist": 'formatlist("%s (%d)", ["a", "b"], 2)',
    "indent": r'indent(2, "a:\nb\nc")',
    "index": 'index(["a", "b"], "b")',
    "int": "int(-1.8)",
    "issue_keys": 'issue_keys("SOC-12: mend the door", null, "see DEV-3")',
    "join": 'join(", ", ["a", "b"])',
    "jsondecode": r'jsondecode("{\"a\": [1, 2]}")',
    "jsonencode": "jsonencode({ a = [1, 2] })",
    "keys": "keys({ b = 1, a = 2 })",
    "length": 'length("SOC-12")',
    "log": "log(16, 2)",
    "lookup": 'lookup({ a = 1 }, "b", 0)',
    "lower": 'lower("SOC-12")',
    "matchkeys": 'matchkeys(["ada", "bob"], ["dev", "ops"], ["ops"])',
    "max": "max(1, 3, 2)",
    "md5": 'md5("SOC-12")',
    "merge": "merge({ a = 1, b = 1 }, { b = 2 })",
    "min": "min(1, 3, 2)",
    "nonsensitive": 'nonsensitive(length("a token"))',
    "one": "one([7])",
    "parseint": 'parseint("ff", 16)',
    "pow": "pow(2, 10)",
    "range": "range(1, 7, 2)",
    "regex": 'regex("[A-Z]+-[0-9]+", "see SOC-12")',
    "regexall": 'regexall("[0-9]+", "1 and 22")',
    "regexreplace": 'regexreplace("v1.2", "v([0-9]+)", "release $1")',
    "replace": 'replace("feature/soc-12", "/", " ")',
    "reverse": "reverse([1, 2, 3])",
    "sensitive": 'sensitive("a token")',
    "setintersection": 'setintersection(["b", "a"], ["b", "c"])',
    "setproduct": 'setproduct(["dev", "ops"], [1, 2])',
    "setsubtract": 'setsubtract(["c", "b", "a"], ["b"])',
    "setsymmetricdifference": 'setsymmetricdifference(["b", "a"], ["b", "c"])',
    "setunion": 'setunion(["b", "a"], ["b", "c"])',
    "sha1": 'sha1("SOC-12")',
    "sha256": 'sha256("SOC-12")',
    "sha512": 'sha512("SOC-12")',
    "signum": "signum(-3)",
    "slice": 'slice(["a", "b", "c"], 1, 3)',
    "sort": 'sort(["b", "a"])',
    "split": 'split("/", "refs/heads/main")',
    "startswith": 'startswith("refs/heads/main", "refs/heads/")',
    "strcontains": 'strcontains("mend the door", "door")',
    "strrev": 'strrev("noël")',
    "substr": 'substr("SOC-12", 0, 3)',
    "sum": "sum([0.1, 0.2])",
    "templatestring": 'templatestring("$${key} is done", { key = "SOC-12" })',
    "timeadd": 'timeadd("2026-01-30T12:00:00Z", "72h")',
    "timecmp": 'timecmp("2026-01-30T12:00:00Z", "2026-01-30T13:00:00+02:00")',
    "title": 'title("in progress")',
    "tobool": 'tobool("true")',
    "tolist": 'tolist(["b", "a"])',
    "tomap": "tomap({ a = 1 })",
    "tonumber": 'tonumber("12")',
    "toset": 'toset(["b", "a", "b"])',
    "tostring": "tostring(12)",
    "transpose": 'transpose({ ada = ["dev"], bob = ["dev", "ops"] })',
    "trim": 'trim("--a--", "-")',
    "trimprefix": 'trimprefix("refs/heads/main", "refs/heads/")',
    "trimspace": 'trimspace("  a ")',
    "trimsuffix": 'trimsuffix("main.git", ".git")',
    "try": 'try({ a = 1 }.b, "none")',
    "upper": 'upper("soc-12")',
    "urldecode": 'urldecode("status+%3D+done")',
    "urlencode": 'urlencode("status = done")',
    "uuidv5": 'uuidv5("url", "https://chat.example/hooks/dev")',
    "values": "values({ b = 1, a = 2 })",
    "zipmap": 'zipmap(["a", "b"], [1, 2])',
}

_INTRODUCTION = """# Functions

What an expression may call. A parameter `name: kind` takes a string, a number, a bool, a list, an object, a collection (a list
or an object), a text that spells a pattern, a timestamp, a duration or the format of a date, or anything; `?` lets null in, `=` may be left out, `...` takes any number. Patterns are
[RE2](https://github.com/google/re2/wiki/Syntax). All functions are pure: same arguments, same value.
After `→` stands what the value is, where it is always of one type.

<!-- Made by `interlock explain --functions` from engine/language/functions. -->
"""
_DIFFERENCES = """## Where they differ from HCL's own

Conversions, errors and the last digit are those of HCL's own function library, which `make conformance` compares over
thousands of calls, but for what this table has, and for the last digit of `log` and `pow`: here both logarithms, and a
power, are rounded to the nearest double on every machine, there it is the processor that decides. Text is also compared, and sorted, as what it looks like; it is not rewritten.

| for instance | is here | why |
|---|---|---|
"""
_LEFT_OUT = """
## What is left out

| function | why, and what to do |
|---|---|
"""
_HEAD = ("| function | what it gives | for instance |", "|---|---|---|")


def page() -> str:
    """The whole of docs/reference/functions.md; every example is evaluated for it."""
    parts = [_INTRODUCTION]
    for title in dict.fromkeys(title for title, _, _ in HOMES):
        names = [name for heading, _, names in HOMES for name in names.split() if heading == title]
        rows = [_row(name) for name in sorted(names)]
        parts.append("\n".join([f"## {title}", "", *_HEAD, *rows, ""]))
    differences = [_cells(f"`{call}`", f"`{value_of(call)}`", why) for call, why in DIFFERENCES.items()]
    reasons = dict.fromkeys(LEFT_OUT.values())
    left_out = [
        _cells(", ".join(f"`{name}`" for name in LEFT_OUT if LEFT_OUT[name] == why), why) for why in reasons
    ]
    return (
        "\n".join(parts)
        + "\n"
        + _DIFFERENCES
        + "\n".join(differences)
        + "\n"
        + _LEFT_OUT
        + "\n".join(left_out)
        + "\n"
    )


def explained(name: str) -> str:
    """One function: how it is written, what it gives, and an example with its value."""
    found = STANDARD[name]
    return f"{found.signature}: {found.doc}\n\n  for instance: {EXAMPLES[name]} is {value_of(EXAMPLES[name])}"


def value_of(call: str) -> str:
    """What a call gives, as JSON."""
    tree = parse(f"x = jsonencode({call})\n", "example.hcl").tree
    assert tree is not None  # noqa: S101 - a test evaluates them all
    return str(compile_expression(tree.attributes[0].value).evaluate({}))


def _row(name: str) -> str:
    function = STANDARD[name]
    example = f"`{EXAMPLES[name]}` is `{value_of(EXAMPLES[name])}`"
    gives = "" if function.returns == "any" else f" → {function.returns}"
    return _cells(f"`{function.signature}`{gives}", function.doc.removesuffix("."), example)


def _cells(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
