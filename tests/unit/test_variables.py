"""Variables: their types, and values from outside."""

from collections.abc import Mapping
from typing import Any

import pytest

from engine.diagnostics import Diagnostic, Span
from engine.machine.given import Given
from engine.machine.read import ReadResult, read_again, read_definition

MACHINE = """
provisioner "soc" {
  statemachine "soc" {
    initial = "a"
    state "a" "next" {
      when       = %s
      transition = "a"
    }
  }
}
"""


def read(block: str, values: Mapping[str, Any] | None = None, guard: str = "true") -> ReadResult:
    return read_definition(f"{block}\n{MACHINE % guard}", "soc.hcl", values)


def value(block: str, **values: Any) -> Any:
    result = read(block, values)
    assert result.definition is not None, result.diagnostics
    return result.definition.variables["x"]


def problem(block: str, **values: Any) -> Diagnostic:
    result = read(block, values)
    assert result.definition is None
    [found] = result.diagnostics
    return found


def env(text: str) -> Given:
    return Given(value=text, origin="INTERLOCK_VAR_x", written=True)


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("string", ["", "a"], [1, True, ["a"], {"a": 1}, None]),
        ("number", [1, -2, 1.5], ["1", True, None]),
        ("bool", [True, False], ["true", 0, None]),
        ("any", [None, 1, "a", [1, "a"], {"a": [None]}], []),
        ("list(string)", [[], ["a", "b"]], [["a", 1], "a", {"a": "b"}]),
        ("map(number)", [{}, {"a": 1}], [{"a": "b"}, [1]]),
        ("list(map(bool))", [[{"a": True}], [{}]], [[{"a": 1}], {"a": True}]),
        (
            "object({ name = string, size = optional(number) })",
            [{"name": "a", "size": 2}, {"name": "a", "size": None}],
            [{}, {"name": 1}, {"name": "a", "size": "b"}, {"name": "a", "other": 1}, "a"],
        ),
    ],
)
def test_a_value_is_of_the_type_or_refused(kind: str, good: list[Any], bad: list[Any]) -> None:
    block = f'variable "x" {{ type = {kind} }}'
    for one in good:
        assert value(block, x=one) == one
    for one in bad:
        found = problem(block, x=one)
        assert (found.code, str(found.subject)) == ("wrong_type", "soc.hcl:1:1")
        assert repr(one) not in found.summary


def test_members_that_are_left_out_are_filled_in_at_any_depth() -> None:
    kind = "list(object({ a = string, b = optional(number, 3), c = optional(map(object({ d = optional(bool) }))) }))"
    block = f'variable "x" {{\n  type    = {kind}\n  default = [{{ a = "d" }}]\n}}'
    assert value(block) == [{"a": "d", "b": 3, "c": None}]
    assert value(block, x=[{"a": "e", "b": 4, "c": {"k": {}}}]) == [
        {"a": "e", "b": 4, "c": {"k": {"d": None}}}
    ]
    assert value(block, x=env('[{"a": "f"}]')) == [{"a": "f", "b": 3, "c": None}]


def test_the_default_of_a_member_is_of_its_type() -> None:
    found = problem('variable "x" {\n  type = object({ a = optional(number, "b") })\n  default = {}\n}')
    assert (found.code, str(found.subject)) == ("wrong_type", "soc.hcl:2:40")
    assert value('variable "x" {\n  type    = object({ a = optional(number, null) })\n  default = {}\n}') == {
        "a": None
    }


@pytest.mark.parametrize(
    ("default", "good", "bad"),
    [
        ('"72h"', ["1h"], [5, True, None]),
        ("3", [5, 1.5], ["5", None]),
        ("true", [False], ["false", None]),
        ("[1]", [[], ["a", 1]], [{}, "a"]),
        ("{ a = 1 }", [{}, {"b": "c"}], [[]]),
        ("null", [None, 1, "a", []], []),
    ],
)
def test_without_a_type_the_default_shows_it(default: str, good: list[Any], bad: list[Any]) -> None:
    block = f'variable "x" {{ default = {default} }}'
    for one in good:
        assert value(block, x=one) == one
    for one in bad:
        assert problem(block, x=one).code == "wrong_type"


@pytest.mark.parametrize(
    ("declared", "text", "wanted"),
    [
        ('default = "72h"', "5", "5"),
        ("type = string", "true", "true"),
        ("type = any", "[1]", "[1]"),
        ("default = 3", "5", 5),
        ("default = 3", " 1.50 ", 1.5),
        ("default = false", "true", True),
        ("type = list(string)", '["a", "b"]', ["a", "b"]),
        ("default = []", '["a", 1]', ["a", 1]),
        ("default = {}", '{"a": {"b": null}}', {"a": {"b": None}}),
        ("default = {}", "{ a = 1, b: [true] }", {"a": 1, "b": [True]}),
    ],
)
def test_a_text_from_the_environment_is_read_as_the_type_says(declared: str, text: str, wanted: Any) -> None:
    assert value(f'variable "x" {{ {declared} }}', x=env(text)) == wanted


@pytest.mark.parametrize(
    ("declared", "text"),
    [
        ("default = 3", "five"),
        ("default = 3", ""),
        ("default = false", "yes"),
        ("default = []", "a, b"),
        ("default = []", '{"a": 1}'),
        ("default = []", "[1]\nx = 2"),
        ("default = []", "[1]\nx {}"),
        ("default = []", "["),
        ("default = []", "[event]"),
        ("default = []", "[1 / 0]"),
        ("default = []", "[" * 5000),
        ("default = {}", ""),
        ("type = list(string)", "[1]"),
    ],
)
def test_a_text_that_is_not_of_the_type_is_refused_without_being_shown(declared: str, text: str) -> None:
    found = problem(f'variable "x" {{ {declared} }}', x=env(text))
    assert found.code == "wrong_type"
    assert found.summary.startswith('INTERLOCK_VAR_x gives variable "x" a wrong value: ')
    assert text == "" or text not in found.summary + found.detail


def test_null_is_taken_where_it_is_the_default() -> None:
    assert value('variable "x" {\n  type    = string\n  default = null\n}', x=None) is None
    assert value('variable "x" {\n  type    = string\n  default = null\n}') is None
    assert problem('variable "x" {\n  type    = string\n  default = "a"\n}', x=None).code == "wrong_type"


def test_a_default_that_is_not_of_the_type_is_told_at_its_place() -> None:
    found = problem('variable "x" {\n  type    = number\n  default = "a"\n}')
    assert (found.code, str(found.subject)) == ("wrong_type", "soc.hcl:3:13")
    assert found.detail == "It is a string, not a number."


def test_every_fault_of_a_value_is_told() -> None:
    found = problem(
        'variable "x" {\n  type = object({ a = number, b = list(string), c = optional(bool) })\n'
        '  default = { b = ["x", 1, true], c = "no", d = 1 }\n}'
    )
    assert found.detail == (
        'It has no member "a"; its part b[1] is a number, not a string; its part b[2] is a bool, not a string; '
        'its part c is a string, not a bool; it has a member "d", which the type does not name.'
    )


def test_of_many_faults_a_few_are_told() -> None:
    found = problem('variable "x" {\n  type    = list(string)\n  default = range(100000)\n}')
    assert found.detail.count("is a number, not a string; ") == 8
    assert found.detail.endswith("its part [7] is a number, not a string; and so on.")


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ('"string"', "Write it without quotes: type = string."),
        ("strin", 'Did you mean "string"?'),
        ("lst(string)", 'Did you mean "list"?'),
        ("set(string)", 'Did you mean "list(TYPE)"?'),
        ("list()", 'Did you mean "list"?'),
        ("list(text)", 'Did you mean "string"?'),
        ("object(string)", 'Did you mean "object"?'),
        ("object({ (1) = string })", "Write a name."),
        ("object({ a = text })", 'Did you mean "string"?'),
        ("optional(string)", "The types are"),
        ("object({ a = optional() })", "The types are"),
        ("object({ a = optional(text, 1) })", 'Did you mean "string"?'),
        ("5", "The types are"),
        ("event.x", "The types are"),
    ],
)
def test_a_type_that_is_none(written: str, words: str) -> None:
    found = problem(f'variable "x" {{\n  type    = {written}\n  default = null\n}}')
    assert found.code == "unknown_type"
    assert found.detail.startswith(words)


def test_a_missing_value_names_the_three_ways_and_what_it_is_for() -> None:
    found = problem('variable "x" {\n  description = "How long a review may wait."\n}')
    assert found.code == "variable_without_value"
    assert found.detail == (
        "How long a review may wait. There are three ways to give it one: default = … here, "
        "`variables: {x: …}` for its worker in workers.yaml, or INTERLOCK_VAR_x in the environment."
    )


def test_a_wrong_value_is_told_where_it_stands_unless_that_line_is_secret() -> None:
    place = Span(filename="w.yaml", start=0, end=1, line=1, column=1, end_line=1, end_column=2)
    wrong = Given(value=5, origin="workers.yaml", span=place)
    assert problem('variable "x" { type = string }', x=wrong).subject == place
    hidden = problem('variable "x" {\n  type      = string\n  sensitive = true\n}', x=wrong)
    assert str(hidden.subject) == "soc.hcl:1:1"


def looks(block: str, guard: str) -> str:
    definition = read(block, guard=guard).definition
    assert definition is not None
    machine = definition.provisioners["soc"].machine
    found = machine.transitions[0].guard
    assert found is not None
    return found.seen(machine.names.scope(event={"a": 1}))


def test_a_trace_does_not_show_what_is_sensitive() -> None:
    assert (
        looks('variable "x" { default = "sesame" }', "var.x != event.a") == 'var.x is "sesame", event.a is 1'
    )
    secret = 'variable "x" {\n  default   = "sesame"\n  sensitive = true\n}\n'
    assert looks(secret, "var.x != event.a") == "var.x is (sensitive: var.x), event.a is 1"
    assert (
        looks(secret + 'locals {\n  y = "Bearer ${var.x}"\n}', "local.y != event.a")
        == "local.y is (sensitive: var.x), event.a is 1, var.x is (sensitive: var.x)"
    )
    assert looks(secret, "length(var) != event.a") == "var is (sensitive: var.x), event.a is 1"
    token = 'variable "api_token" { default = "sesame" }'
    assert looks(token, "var.api_token != event.a").startswith("var.api_token is (sensitive: var.api_token)")


def test_sensitive_is_a_bool() -> None:
    found = problem('variable "x" {\n  default   = 1\n  sensitive = "yes"\n}')
    assert (found.code, found.summary) == ("wrong_type", '"sensitive" is neither true nor false')


def test_aliases_may_come_from_a_variable() -> None:
    text = """
variable "statuses" { default = { a = "A" } }
provisioner "soc" {
  aliasmapper "soc" {
    aliases = %s
  }
  statemachine "soc" {
    initial = "a"
    state "a" "next" { transition = "a" }
  }
}
"""
    definition = read_definition(text % "var.statuses", "soc.hcl").definition
    assert definition is not None
    assert definition.provisioners["soc"].machine.aliases == {"a": "A"}
    for wrong in ("[1]", '"A"', "{ for k, v in var.statuses : k => 1 }", "var.nothing"):
        result = read_definition(text % wrong, "soc.hcl")
        assert next(d.code for d in result.diagnostics) in {"wrong_type", "unknown_name"}, wrong


def test_what_was_once_accepted_is_read_again_whatever_its_types() -> None:
    text = 'provisioner "p" {\n  statemachine "p" {\n    initial = "a"\n    state "a" "go" {\n      when       = 5\n      transition = "a"\n    }\n  }\n}\n'
    assert "wrong_type" in [d.code for d in read_definition(text, "p.hcl").diagnostics]
    assert read_again(text, "p.hcl", {}).definition is not None
