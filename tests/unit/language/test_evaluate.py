"""What expressions are worth, and what is said when they are worth nothing."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from engine.diagnostics import Diagnostic
from engine.errors import EvaluationError
from engine.language import parse
from engine.language.expressions import Compiled, check_names, compile_expression
from engine.language.meter import MAX_STEPS
from engine.language.values import number

EVENT = {
    "action": "closed",
    "number": 7,
    "ratio": 0.1,
    "nothing": None,
    "decomposed": "an\u0303os",
    "merged": True,
    "labels": [{"name": "bug"}, {"name": "urgent"}],
    "by_name": {"b": 2, "a": 1},
}
SCOPE = {"event": EVENT, "state": "to_do", "previous": None}


def compiled(text: str) -> Compiled:
    result = parse(f"x = {text}\n", "test.hcl")
    assert result.diagnostics == ()
    assert result.tree is not None
    return compile_expression(result.tree.attributes[0].value)


def value(text: str, scope: Mapping[str, Any] = SCOPE) -> Any:
    return compiled(text).evaluate(scope)


def problem(text: str, scope: Mapping[str, Any] = SCOPE) -> Diagnostic:
    with pytest.raises(EvaluationError) as caught:
        value(text, scope)
    return caught.value.diagnostic


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3 - 4", 3),
        ("0.1 + 0.2 == 0.3", True),
        ("event.ratio + 0.2 == 0.3", True),
        ("event.ratio == 0.1", True),
        ("10 / 4", number("2.5")),
        ("10 / 5", 2),
        ("-7 % 3", -1),
        ("7 % -3", 1),
        ("11 % 5.1 == 0.8", False),
        ("3.14159265358979323846264338327950288419716939937510582097494459 + 1", number("4.14159265358979323846264338327950288419716939937510582097494459")),
        ("-3.14159265358979323846264338327950288419716939937510582097494459", number("-3.14159265358979323846264338327950288419716939937510582097494459")),
        ("9007199254740993 + 0", 9007199254740993),
        ('"5" + 1', 6),
        ('"1" == 1', False),
        ("true == 1", False),
        ("1.0 == 1", True),
        ("null == null", True),
        ("event.nothing == null", True),
        ("event != null", True),
        ("[1, [2.0, {a = 3}]] == [1.0, [2, {a = 3}]]", True),
        ("{a = 1} == {a = 1, b = 2}", False),
        ('"años" == "años"', True),
        ('event.decomposed == "años"', True),
        ('event.decomposed != "anos"', True),
        ("1 < 2 && 2 <= 2 && 3 > 2 && 2 >= 2", True),
        ("false && event.typo", False),
        ("true || event.typo", True),
        ("!event.merged", False),
        ('event.merged ? "a" : event.typo', "a"),
        ('"${event.number}"', 7),
        ('"n${event.number}-${event.ratio}-${event.merged}"', "n7-0.1-true"),
        ('"%{ for l in event.labels ~} ${l.name}, %{ endfor }"', "bug, urgent, "),
        ('"%{ for k, v in event.by_name }${k}${v}%{ endfor }"', "a1b2"),
        ('"%{ if event.merged }m%{ else }n%{ endif }"', "m"),
        ("event.labels[*].name", ["bug", "urgent"]),
        ("event.labels.*.name", ["bug", "urgent"]),
        ("event.labels.*.name[1]", "urgent"),
        ("event.labels[1].name", "urgent"),
        ('event["labels"].0["name"]', "bug"),
        ('event.labels["1"].name', "urgent"),
        ("event.nothing[*].name", []),
        ("event.by_name[*].a", [1]),
        ("[[1], [2]][*][0]", [1, 2]),
        ('[for l in event.labels : upper(l.name) if l.name != "bug"]', ["URGENT"]),
        ('[for k, v in event.by_name : "${k}${v}"]', ["a1", "b2"]),
        ("{for i, l in event.labels : l.name => i}", {"bug": 0, "urgent": 1}),
        ("{for n in [1, 2, 3] : n % 2 => n...}", {"1": [1, 3], "0": [2]}),
        ("[for event in [1] : event]", [1]),
        ("[for x in [1, 2] : [for y in [x] : x * y]]", [[1], [4]]),
        ('{ "${state}" = 1, (event.action) = 2, plain = 3 }', {"to_do": 1, "closed": 2, "plain": 3}),
        ("try(event.typo, event.action)", "closed"),
        ("can(event.typo.more)", False),
        ("can(event.action)", True),
        ('coalesce(event.nothing, "", "x")', "x"),
        ("max([3, 5, 4]...)", 5),
    ],
)  # fmt: skip
def test_values(text: str, expected: Any) -> None:
    found = value(text)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("text", "code", "place", "words"),
    [
        ("event.acton == 1", "attribute_missing", (5, 16), 'Did you mean "action"?'),
        ("true && event.action", "not_a_bool", (13, 25), 'event.action is "closed"'),
        ("event.number && true", "not_a_bool", (5, 17), "event.number is 7"),
        ("!event.nothing", "not_a_bool", (6, 19), "event.nothing is null"),
        ("event.action ? 1 : 2", "not_a_bool", (5, 17), 'event.action is "closed"'),
        ("event.nothing.x", "no_attributes", (5, 20), "event.nothing != null"),
        ("event.labels.name", "no_attributes", (5, 22), "event.labels[*].name"),
        ("event.labels[2]", "index_out_of_range", (5, 20), "2 elements"),
        ("event.labels[-1]", "index_out_of_range", (5, 21), "2 elements"),
        ("event.number[0]", "not_indexable", (5, 20), "lists and objects"),
        ("event.labels[event]", "index_unfit", (18, 23), "counted from 0"),
        ('event["x"]', "attribute_missing", (5, 15), "lookup"),
        ("event.action + 1", "not_a_number", (5, 17), 'event.action is "closed"'),
        ("event.merged > 1", "not_a_number", (5, 17), "event.merged is true"),
        ("event.number / 0", "arithmetic", (5, 21), "event.number is 7"),
        ('"a${event.nothing}"', "no_text", (9, 22), "event.nothing is null"),
        ('"a${event.labels}"', "no_text", (9, 21), "a list of 2"),
        ("[for x in event.action : x]", "not_a_collection", (15, 27), 'event.action is "closed"'),
        ("[for x in [1] : x if x]", "not_a_bool", (26, 27), ""),
        ('{for l in event.labels : "k" => l}', "key_twice", (30, 33), '"..."'),
        ("{(event.nothing) = 1}", "key_not_text", (6, 21), "event.nothing is null"),
        ("upper(event.labels)", "function_failed", (11, 23), "upper(text: string)"),
        ("upper()", "function_failed", (5, 12), "upper(text: string)"),
        ("nope(1)", "unknown_function", (5, 12), ""),
        ("nope", "unknown_name", (5, 9), "event, previous, state"),
        ("try(event.a, event.b)", "attribute_missing", (18, 25), "It has"),
        ("range(100000000000000000000000)", "evaluation_too_large", (5, 36), ""),
    ],
)  # fmt: skip
def test_problems_say_what_and_where(text: str, code: str, place: tuple[int, int], words: str) -> None:
    found = problem(text)
    assert found.code == code
    assert found.subject is not None
    assert (found.subject.column, found.subject.end_column) == place
    assert words in found.detail
    assert len(found.detail) <= 400


def test_a_huge_value_is_shown_short() -> None:
    found = problem("event.body && true", {"event": {"body": "x" * 1_000_000}})
    assert len(found.detail) < 400
    assert "…" in found.detail


@pytest.mark.parametrize(
    "text",
    [
        "[for a in range(0, 2000) : [for b in range(0, 2000) : b]]",
        "{for a in range(0, 2000) : a => [for b in range(0, 2000) : b]}",
        "[for a in range(0, 200000) : contains(range(0, 100), a)]",
        'join("${big}", range(0, 100000))',
        'replace(big, "x", big)',
        '"${big}${big}${big}${big}${big}${big}${big}"',
        "[for a in range(0, 1000000) : a][*]",
        'regexreplace(big, "x", big)',
        "try(range(0, 10000000), 1)",
        "can(range(0, 10000000))",
        "[for a in range(0, 500000) : a] == [for a in range(0, 500000) : a]",
        "flatten([for a in range(0, 1000) : range(0, 1000)])",
    ],
)
def test_too_much_work_is_stopped(text: str) -> None:
    assert problem(text, {"big": "x" * 10_000_000}).code == "evaluation_too_large"


def test_numbers_stay_bounded() -> None:
    assert problem("huge * huge * huge * huge", {"huge": 10**400}).code == "arithmetic"
    assert problem("huge * huge * huge * huge * 0.5", {"huge": 10**400}).code == "arithmetic"
    assert problem("x + 1", {"x": float("inf")}).code == "not_a_number"


def test_lazy_mappings_are_asked_only_for_what_is_used() -> None:
    asked = []

    class Lazy(Mapping[str, Any]):
        def __getitem__(self, name: str) -> Any:
            asked.append(name)
            return {"merged": True}[name]

        def __iter__(self) -> Iterator[str]:
            return iter(("merged", "other"))

        def __len__(self) -> int:
            return 2

    scope = {"local": Lazy()}
    assert value("true || local.merged", scope) is True
    assert asked == []
    assert value("local.merged && !false", scope) is True
    assert asked == ["merged"]


def test_roots_are_the_free_names() -> None:
    assert compiled("event.a && [for x in state : x == context.y] == local.z[var.i]").roots == {
        "event",
        "state",
        "context",
        "local",
        "var",
    }
    assert compiled("[for event in event : event]").roots == {"event"}
    assert compiled('"a"').roots == frozenset()


def test_values_tell_a_trace_why() -> None:
    guard = compiled('event.action == "opened" && event.labels[0].name == state && event.typo')
    assert guard.values(SCOPE) == 'event.action is "closed", event.labels[0].name is "bug", state is "to_do"'


@pytest.mark.parametrize(
    ("text", "code", "column", "words"),
    [
        ("evnt.action", "unknown_name", 5, 'Did you mean "event"?'),
        ("event.x == done", "unknown_name", 16, 'write "done" in quotes'),
        ("uper(event)", "unknown_function", 5, 'Did you mean "upper"?'),
        ("upper(event, 1)", "wrong_arguments", 5, "upper(text: string)"),
        ("replace(event)", "wrong_arguments", 5, "replace(text: string"),
        ("[for a in event : b]", "unknown_name", 23, "a, delivery, event"),
        ("try(evnt, 1)", "unknown_name", 9, "event"),
        ("delivery.tipe", "unknown_attribute", 5, 'Did you mean "type"?'),
        ("try(event...)", "wrong_arguments", 5, "try"),
        ('"%{ for x in event }${y}%{ endfor }"', "unknown_name", 27, ""),
    ],
)
def test_names_are_checked_before_anything_runs(text: str, code: str, column: int, words: str) -> None:
    roots = {"event": None, "delivery": ("type", "id")}
    (found,) = check_names(compiled(text).node, roots)
    assert found.code == code
    assert found.subject is not None
    assert found.subject.column == column
    assert words in found.detail


def test_correct_names_pass() -> None:
    for text in ("[for a, b in event : a == b]", "max(event...)", "delivery.type", '"${upper(event)}"'):
        assert check_names(compiled(text).node, {"event": None, "delivery": ("type",)}) == ()
        assert check_names(compiled(text).node, ["event", "delivery"]) == ()


def test_an_expression_over_the_steps_of_one_evaluation_can_run_again() -> None:
    loop = compiled(f"length(range(0, {MAX_STEPS // 2 - 10}))")
    assert [loop.evaluate({}) for _ in range(3)] == [MAX_STEPS // 2 - 10] * 3
