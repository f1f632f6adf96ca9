"""What is inferred against what is evaluated: a failure is one for all values of the names, a type has every value."""

from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.errors import EvaluationError
from engine.language import parse
from engine.language.expressions import Compiled, compile_expression
from engine.language.functions import STANDARD
from engine.language.infer import Inferred, infer
from engine.language.types import (  # fmt: skip
    ANY,
    BOOL,
    LIST,
    NUMBER,
    STRING,
    Type,
    holds,
    join,
    list_of,
    map_of,
    object_of,
    perhaps,
    tuple_of,
    type_of,
)

_POINT = object_of({"a": NUMBER, "b": STRING})
NAMES: dict[str, Type] = {
    "x": ANY,
    "s": STRING,
    "n": NUMBER,
    "t": BOOL,
    "xs": list_of(STRING),
    "ys": list_of(_POINT),
    "pair": tuple_of([NUMBER, STRING]),
    "o": _POINT,
    "m": map_of(NUMBER),
    "q": perhaps(_POINT),
    "u": join(BOOL, LIST),
}

scalars = st.sampled_from([True, False, 0, 1, -2, 2.5, "", "a", "1", "true", "0.5"])
strings = st.sampled_from(["", "a", "b", "1", "true", "12.5"])
numbers = st.sampled_from([0, 1, -1, 3, 2.5])
points = st.fixed_dictionaries({"a": numbers, "b": strings})
anything = st.recursive(
    st.none() | scalars,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=2),
    max_leaves=4,
)
scopes = st.fixed_dictionaries(
    {
        "x": anything,
        "s": strings,
        "n": numbers,
        "t": st.booleans(),
        "xs": st.lists(strings, max_size=2),
        "ys": st.lists(points, max_size=2),
        "pair": st.tuples(numbers, strings).map(list),
        "o": points,
        "m": st.dictionaries(st.sampled_from("abc"), numbers, max_size=2),
        "q": st.none() | points,
        "u": st.booleans() | st.lists(scalars, max_size=2),
    }
)

_FORMS = (
    "({0} + {1})", "({0} / {1})", "({0} % {1})", "({0} < {1})", "({0} == {1})", "({0} && {1})", "({0} || {1})", "!{0}", "-{0}",
    "({0} ? {1} : {2})", "[{0}, {1}]", "[{0}, {1}, {2}]", "{{ a = {0}, b = {1} }}", "{{ ({0}) = {1} }}", "{0}.a", "{0}.b", "{0}[{1}]", "{0}[0]", '{0}["a"]',
    "{0}[*].a", "{0}[*]", "{0}.*.b", "[for v in {0} : {1}]", "[for k, v in {0} : v.a if {1}]", "[for k, v in {0} : [k, v]]", "{{for k, v in {0} : k => v}}",
    "{{for v in {0} : v => {1}...}}", '"-${{{0}}}"', '"${{{0}}}"', '"%{{ if {0} }}${{{1}}}%{{ else }}b%{{ endif }}"', '"%{{ for v in {0} }}${{v}}%{{ endfor }}"',
    "upper({0})", "join({0}, {1})", "length({0})", "try({0}, {1})", "can({0})", "merge({0}, {1})", "concat({0}...)", "max({0}, {1}...)", "coalesce({0}, {1})",
    "alltrue({0})", "regex({0}, {1})", 'regex("(?P<a>1)|a", {0})', 'regex("(1)|(.)", {0})', 'regexall("(t)(r)?", {0})', "timecmp({0}, {1})", "regexall({0}, {1})", "keys({0})", "values({0})", "split({0}, {1})", "tonumber({0})", "reverse({0})", "element({0}, {1})",
    "one({0})", "distinct({0})", "slice({0}, 0, {1})", "lookup({0}, {1}, {2})", 'lookup({0}, "a")', "coalescelist({0}, {1})", "compact({0})", "setunion({0}, {1})",
    "setintersection({0}, {1})", "concat({0}, {1})", "chunklist({0}, 1)", "matchkeys({0}, {1}, {2})", "element({0}, 0).a", "one({0}).b", "merge({0}, {1}).a",
)  # fmt: skip
_LEAVES = (
    "1",
    "0",
    "5",
    '"a"',
    '"1"',
    '"true"',
    '"("',
    "null",
    "true",
    "false",
    "[]",
    "{}",
    "[1]",
    "v",
    *NAMES,
)
programs = st.recursive(
    st.sampled_from(_LEAVES),
    lambda inner: st.builds(
        lambda form, *parts: form.format(*parts), st.sampled_from(_FORMS), inner, inner, inner
    ),
    max_leaves=8,
)


def read(source: str, names: dict[str, Type]) -> tuple[Inferred, Compiled]:
    result = parse(f"x = {source}\n", "generated.hcl")
    assert result.diagnostics == ()
    assert result.tree is not None
    node = result.tree.attributes[0].value
    return infer(node, names), compile_expression(node)


@settings(deadline=None, max_examples=500)
@example("(t ? [1, true] : [s])", [])
@example("(x ? n : s)", [])
@example("[for v in [x] : v + u]", [])
@given(programs, st.lists(scopes, min_size=1, max_size=6))
def test_what_fails_always_fails_and_what_comes_is_of_the_type(source: str, given_scopes: list[Any]) -> None:
    inferred, compiled = read(source, {**NAMES, "v": ANY})
    for scope in given_scopes:
        try:
            value = compiled.evaluate({**scope, "v": scope["x"]})
        except EvaluationError:
            continue
        assert not inferred.problems, (source, scope, value)
        assert holds(inferred.type, value), (source, scope, value, inferred.type)


@settings(deadline=None, max_examples=500)
@example("==", "n", "s", [])
@example("contains", "ys", "s", [])
@given(st.sampled_from(["==", "contains"]), programs, programs, st.lists(scopes, min_size=1, max_size=6))
def test_what_is_never_equal_by_its_types_is_never_equal(
    how: str, left: str, right: str, given_scopes: list[Any]
) -> None:
    source = f"contains({left}, {right})" if how == "contains" else f"({left}) == ({right})"
    inferred, compiled = read(source, {**NAMES, "v": ANY})
    whole = [doubt for doubt in inferred.doubts if doubt.subject == compiled.node.span]
    for scope in given_scopes if whole else ():
        try:
            value = compiled.evaluate({**scope, "v": scope["x"]})
        except EvaluationError:
            continue
        assert value is False, (source, scope)


@settings(deadline=None, max_examples=500)
@given(st.sampled_from(sorted(STANDARD)), st.lists(anything, max_size=4))
def test_a_function_gives_what_it_is_registered_to_give(name: str, arguments: list[Any]) -> None:
    scope = {f"a{i}": value for i, value in enumerate(arguments)}
    inferred, compiled = read(f"{name}({', '.join(scope)})", {n: type_of(v) for n, v in scope.items()})
    try:
        value = compiled.evaluate(scope)
    except EvaluationError:
        return
    assert not inferred.problems
    assert holds(inferred.type, value)


@settings(deadline=None)
@given(anything, anything)
def test_a_type_made_of_two_has_the_values_of_both(left: Any, right: Any) -> None:
    both = join(type_of(left), type_of(right))
    assert holds(both, left)
    assert holds(both, right)
    assert holds(type_of(left), left)
