"""Expressions of ECMAScript mean the same when they are written in the language."""

from typing import Any

import pytest

from engine.language import syntax
from engine.language.expressions import compile_expression
from engine.language.parse import parse
from engine.language.values import number
from engine.scxml.ecmascript import InvalidError, UnreadableError, read_expression
from engine.scxml.expressions import Kind, Scope, Type

TYPES = {
    "n": Type(Kind.NUMBER),
    "t": Type(Kind.TEXT),
    "b": Type(Kind.BOOL),
    "l": Type(Kind.LIST),
    "gone": Type(Kind.ANY, missing=True),
    "maybe": Type(Kind.NUMBER, missing=True),
    "word": Type(Kind.TEXT, missing=True),
}
SCOPE = Scope(
    types=TYPES, document="doc", active=lambda name: f'contains(active, "{name}")', unsent=("sendid",)
)
VALUES: dict[str, Any] = {
    "context": {"n": 7, "t": "x", "b": True, "l": [1, 2]},
    "event": {"a": {"b": 3}, "list": [4, 5]},
    "fired": "go",
    "active": ["s"],
    "entity": {"id": "P-1"},
}


def evaluated(text: str) -> Any:
    tree = parse(f"x = {text}\n", "x.hcl").tree
    assert isinstance(tree, syntax.Body), text
    (attribute,) = tree.attributes
    return compile_expression(attribute.value).evaluate(VALUES)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3", 7), ("(1 + 2) * 3", 9), ("1 - (2 - 3)", 2), ("2 - 3 - 4", -5), ("7 % 4", 3), ("-n", -7), ("n / 2", number("3.5")),
        ("'a' + 'b'", "ab"), ("t + 1", "x1"), ("'n is ' + (n + 1)", "n is 8"), ("'${x}' + \"\\u0041\\n\"", "${x}A\n"),
        ("n > 3 ? 'big' : 'small'", "big"), ("[1, 'a', [true]]", [1, "a", [True]]), ("{a: 1, 'b c': {}}", {"a": 1, "b c": {}}),
        ("_event.data.a.b", 3), ("_event.data.no.such", None), ("_event.data.list[1]", 5), ("_event.data['a'].b", 3),
        ("_event.name", "go"), ("_name", "doc"), ("_sessionid", "P-1"), ("_event.sendid", None), ("gone", None), ("undefined", None),
        ("l.length", 2), ("t.length", 1), ("Math.max(1, n)", 7), ("Math.floor(1.5)", 1), ("Math.pow(n, 2) + 1", 50), ("1.5e2", 150),
        ("n > 1 && b", True), ("!(n > 1)", False), (".5 + 1", number("1.5")), ("1 ? 2 : 3", 2),
    ],
)  # fmt: skip
def test_a_value_is_the_same(text: str, value: Any) -> None:
    assert evaluated(SCOPE.value(read_expression(text))) == value


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("n == 7", True), ("n === 8", False), ("n != 7 || t == 'x'", True), ("n > 1 && n < 9 && n >= 7 && n <= 7", True),
        ("!b", False), ("b", True), ("n", True), ("n - 7", False), ("t", True), ("''", False), ("0", False), ("'0'", True), ("l", True),
        ("gone", False), ("!gone", True), ("maybe", False), ("word", False), ("gone == undefined", True), ("gone == null", True),
        ("typeof gone === 'undefined'", True), ("typeof n !== 'undefined'", True), ("In('s')", True), ("!In('u')", True),
        ("_event.data.a", True), ("_event.data.no", False), ("_event.data.a.b == 3", True), ("b | false", True), ("b & false", False),
        ("n == 7 ? b : false", True), ("(n == 1 || b) && t == 'x'", True), ("n == 1 || b && t == 'y'", False),
        ("null", False), ("true && true", True),
    ],
)  # fmt: skip
def test_a_condition_holds_alike(text: str, holds: bool) -> None:  # noqa: FBT001
    assert evaluated(SCOPE.condition(read_expression(text))) is holds


@pytest.mark.parametrize(
    "text",
    [
        "new Date()", "f(1)", "n++", "++n", "n = 1", "x => 1", "/a/", "'a' in l", "l instanceof Array", "void 0", "this", "`a`",
        "typeof n", "typeof n == 'number'", "n == 't'", "t < 1", "t * 2", "gone + gone", "n && t", "Math.pow(n, n)", "Math.random()",
        "_event", "_event.type", "_x.y", "JSON", "[1].length.x()", "1 +", "'a", "#", "((1)", "'\\ud800'", "!" * 60 + "n", "(" * 60,
        "n." + "x." * 60 + "y", "_event.data[", "a b", "{a}", "{1: 2}", "n ? 1",
    ],
)  # fmt: skip
def test_what_has_no_counterpart_is_told(text: str) -> None:
    with pytest.raises(UnreadableError):
        SCOPE.value(read_expression(text))


@pytest.mark.parametrize("text", ["return", "nothing", "nothing.x", "n +", "(n", "[1, 2"])
def test_what_nobody_can_evaluate_is_told_apart(text: str) -> None:
    with pytest.raises(InvalidError):
        SCOPE.value(read_expression(text))
