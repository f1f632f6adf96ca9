"""The evaluator against an interpreter of a few lines that knows nothing of it: collections, loops, paths, templates.

A program is generated as Python tuples of one type each (number, string, bool, tuple, object), so that most have a
value. It is written down as HCL for the engine, and run by `value_of` on Python's own data.
"""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.language import parse
from engine.language.expressions import compile_expression
from tests.properties.rounding import exact

Program = tuple[Any, ...]
Programs = st.SearchStrategy[Program]

SCOPE: dict[str, Any] = {
    "n": 3,
    "s": "tree",
    "yes": True,
    "xs": [1, 2, 3],
    "words": ["a", "b", "a"],
    "point": {"x": 1, "y": 2},
    "people": [{"name": "ada", "age": 36}, {"name": "alan", "age": 41}],
}

#: How each form is written, from the written forms of its parts.
FORMS = {
    "conditional": "({0} ? {1} : {2})",
    "+": "({0} + {1})",
    "-": "({0} - {1})",
    "*": "({0} * {1})",
    "<": "({0} < {1})",
    "==": "({0} == {1})",
    "&&": "({0} && {1})",
    "||": "({0} || {1})",
    "!": "!({0})",
    "negated": "-({0})",
    "template": '"<${{{0}}}|${{{1}}}>"',
    "if": '"%{{ if {0} }}${{{1}}}%{{ else }}${{{2}}}%{{ endif }}"',
    "join": '"%{{ for e in {0} }}[${{e}}]%{{ endfor }}"',
    "doubled": "[for e in {0} : [e, e]]",
    "chosen": "[for i, e in {0} : e if i != {1}]",
    "named": '{{for k, v in {0} : "${{k}}!" => v}}',
    "grouped": "{{for i, e in {0} : e => i...}}",
    "ages": "{0}[*].age",
    "names": "{0}.*.name",
    "member": '{{a = {0}, ("b") = {1}}}.{2}',
    "element": "[{0}, {1}][{2}]",
}  # fmt: skip

numbers: Programs = st.deferred(
    lambda: (
        st.integers(0, 99).map(lambda n: ("literal", n))
        | st.sampled_from([("name", "n"), ("path", "point.y"), ("path", "xs[1]"), ("path", "people[1].age")])
        | st.tuples(st.sampled_from(["+", "-", "*"]), numbers, numbers)
        | st.tuples(st.just("negated"), numbers)
        | st.tuples(st.just("conditional"), bools, numbers, numbers)
        | st.tuples(st.just("element"), numbers, numbers, st.integers(0, 1))
        | st.tuples(st.just("member"), numbers, numbers, st.sampled_from("ab"))
    )
)
bools: Programs = st.deferred(
    lambda: (
        st.booleans().map(lambda b: ("literal", b))
        | st.just(("name", "yes"))
        | st.tuples(st.sampled_from(["<", "=="]), numbers, numbers)
        | st.tuples(st.just("=="), strings, strings)
        | st.tuples(st.just("=="), tuples, tuples)
        | st.tuples(st.sampled_from(["&&", "||"]), bools, bools)
        | st.tuples(st.just("!"), bools)
    )
)
strings: Programs = st.deferred(
    lambda: (
        st.text("ab ${%", max_size=4).map(lambda s: ("literal", s))
        | st.just(("name", "s"))
        | st.tuples(st.just("template"), strings | numbers | bools, strings | numbers)
        | st.tuples(st.just("if"), bools, strings, strings)
        | st.tuples(st.just("join"), flat)
        | st.tuples(st.just("conditional"), bools, strings, strings)
    )
)
#: Tuples of strings.
flat: Programs = st.deferred(
    lambda: (
        st.just(("name", "words"))
        | st.just(("names", ("name", "people")))
        | st.lists(strings, max_size=3).map(lambda items: ("tuple", *items))
        | st.tuples(st.just("chosen"), flat, st.integers(0, 2).map(lambda n: ("literal", n)))
    )
)
tuples: Programs = st.deferred(
    lambda: (
        flat
        | st.just(("name", "xs"))
        | st.just(("ages", ("name", "people")))
        | st.lists(numbers | bools | strings, max_size=3).map(lambda items: ("tuple", *items))
        | st.tuples(st.just("doubled"), flat)
    )
)
objects: Programs = st.deferred(
    lambda: (
        st.just(("name", "point"))
        | st.tuples(st.just("named"), objects)
        | st.tuples(st.just("grouped"), flat)
        | st.lists(
            st.tuples(st.sampled_from("abc"), numbers | strings), max_size=3, unique_by=lambda i: i[0]
        ).map(lambda items: ("object", *items))
    )
)


def written(program: Any) -> str:
    """The program as HCL."""
    if not isinstance(program, tuple):
        return str(program)
    form, *parts = program
    if form == "literal":
        return literal(parts[0])
    if form in ("name", "path"):
        return str(parts[0])
    if form == "tuple":
        return "[" + ", ".join(map(written, parts)) + "]"
    if form == "object":
        return "{" + ", ".join(f"{key} = {written(value)}" for key, value in parts) + "}"
    return FORMS[form].format(*map(written, parts))


def literal(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    return '"' + str(value).replace("$", "\\u0024").replace("%", "\\u0025") + '"'


def text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def same(left: Any, right: Any) -> bool:
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)


def value_of(program: Any) -> Any:
    """The program's value."""
    if not isinstance(program, tuple):
        return program
    form, *parts = program
    if form in ("conditional", "if"):
        return value_of(parts[1] if value_of(parts[0]) else parts[2])
    if form == "literal":
        return parts[0]
    if form == "name":
        return SCOPE[parts[0]]
    if form == "path":
        return {"point.y": 2, "xs[1]": 2, "people[1].age": 41}[parts[0]]
    if form == "object":
        return {key: value_of(value) for key, value in parts}
    return OPERATIONS[form](*map(value_of, parts))


def grouped(items: list[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for place, item in enumerate(items):
        found.setdefault(item, []).append(place)
    return found


OPERATIONS: dict[str, Any] = {
    "tuple": lambda *items: list(items),
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "<": lambda a, b: a < b,
    "==": lambda a, b: len(a) == len(b) and all(map(same, a, b)) if isinstance(a, list) else same(a, b),
    "&&": lambda a, b: a and b,
    "||": lambda a, b: a or b,
    "!": lambda a: not a,
    "negated": lambda a: -a,
    "template": lambda a, b: f"<{text(a)}|{text(b)}>",
    "join": lambda items: "".join(f"[{item}]" for item in items),
    "doubled": lambda items: [[item, item] for item in items],
    "chosen": lambda items, n: [item for place, item in enumerate(items) if place != n],
    "named": lambda fields: {f"{key}!": value for key, value in fields.items()},
    "grouped": grouped,
    "ages": lambda people: [person["age"] for person in people],
    "names": lambda people: [person["name"] for person in people],
    "member": lambda a, b, name: {"a": a, "b": b}[name],
    "element": lambda a, b, place: [a, b][place],
}


def plain(value: Any) -> Any:
    """A value without the engine's own kinds of numbers and collections."""
    if isinstance(value, bool | str) or value is None:
        return value
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if hasattr(value, "items"):
        return {key: plain(item) for key, item in value.items()}
    return exact(value)


@settings(deadline=None)
@given(numbers | bools | strings | tuples | objects)
def test_a_program_has_the_value_that_the_model_gives_it(program: Program) -> None:
    source = written(program)
    result = parse(f"x = {source}\n", "generated.hcl")
    assert result.diagnostics == ()
    assert result.tree is not None
    found = plain(compile_expression(result.tree.attributes[0].value).evaluate(SCOPE))
    expected = plain(value_of(program))
    assert type(found) is type(expected)
    assert found == expected
