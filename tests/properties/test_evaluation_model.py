"""The evaluator against a plain model that shares nothing with it: rounded fractions and Python's own booleans."""

import re
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import EvaluationError
from engine.language import parse
from engine.language.expressions import compile_expression
from engine.language.functions import STANDARD
from engine.language.meter import Meter
from engine.language.values import equal
from tests.properties.rounding import exact, nearest, remainder

PRECEDENCE = [["||"], ["&&"], ["==", "!="], ["<", "<=", ">", ">="], ["+", "-"], ["*", "%"]]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from([0.5, 1.0, -0.1]) | st.sampled_from(["", "a", "b", "1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


class Refused(Exception):  # noqa: N818 - it is an outcome here
    pass


def model(tokens: list[Any], level: int = 0) -> Any:
    """Evaluate a flat chain by splitting at the last operator of the loosest precedence."""
    if len(tokens) == 1:
        return tokens[0]
    if level == len(PRECEDENCE):
        raise AssertionError(tokens)
    for i in range(len(tokens) - 2, 0, -2):
        if tokens[i] in PRECEDENCE[level]:
            return apply(tokens[i], tokens[:i], tokens[i + 1 :], level)
    return model(tokens, level + 1)


def apply(operator: str, left_tokens: list[Any], right_tokens: list[Any], level: int) -> Any:
    left = model(left_tokens, level)
    if operator in ("&&", "||"):
        if not isinstance(left, bool):
            raise Refused
        if left is (operator == "||"):
            return left
        right = model(right_tokens, level + 1)
        if not isinstance(right, bool):
            raise Refused
        return right
    right = model(right_tokens, level + 1)
    if operator in ("==", "!="):
        same = isinstance(left, bool) == isinstance(right, bool) and left == right
        return same == (operator == "==")
    if isinstance(left, bool) or isinstance(right, bool):
        raise Refused
    return arithmetic(operator, left, right)


def arithmetic(operator: str, left: Fraction, right: Fraction) -> Any:
    if operator == "%":
        if right == 0:
            raise Refused
        return remainder(left, right)
    table: dict[str, Any] = {
        "+": nearest(left + right),
        "-": nearest(left - right),
        "*": nearest(left * right),
        "<": left < right,
        "<=": left <= right,
        ">": left > right,
        ">=": left >= right,
    }
    return table[operator]


operands = (
    st.booleans()
    | st.integers(0, 9).map(Fraction)
    | st.integers(0, 99).map(lambda n: nearest(Fraction(n, 10)))
)
operators = st.sampled_from([op for level in PRECEDENCE for op in level])


def written(token: Any) -> str:
    if isinstance(token, bool):
        return "true" if token else "false"
    return str(token) if isinstance(token, str) else f"{float(token):g}"


def compiled(text: str) -> Any:
    result = parse(f"x = {text}\n", "generated.hcl")
    assert result.diagnostics == ()
    assert result.tree is not None
    return compile_expression(result.tree.attributes[0].value)


@settings(deadline=None)
@given(operands, st.lists(st.tuples(operators, operands), max_size=6))
def test_chains_of_operators(first: Any, rest: list[tuple[str, Any]]) -> None:
    tokens = [first, *(token for pair in rest for token in pair)]
    expression = compiled(" ".join(map(written, tokens)))
    try:
        expected = model(tokens)
    except Refused:
        with pytest.raises(EvaluationError):
            expression.evaluate({})
    else:
        found = expression.evaluate({})
        assert isinstance(found, bool) == isinstance(expected, bool)
        assert (found if isinstance(found, bool) else exact(found)) == expected


@settings(deadline=None)
@given(json_values, json_values)
def test_equality_is_that_of_json(left: Any, right: Any) -> None:
    def canonical(value: Any) -> Any:
        if isinstance(value, list):
            return ["list", *map(canonical, value)]
        if isinstance(value, dict):
            return {name: canonical(item) for name, item in value.items()}
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return (type(value).__name__, value) if not number else ("number", Fraction(str(value)))

    assert equal(left, right, Meter()) == (canonical(left) == canonical(right))
    assert compiled("a == b").evaluate({"a": left, "b": right}) == (canonical(left) == canonical(right))
    assert compiled("jsondecode(jsonencode(a)) == a").evaluate({"a": left}) is True


@settings(deadline=None)
@given(
    json_values,
    st.lists(
        st.sampled_from([".a", ".b", "[0]", "[1]", '["a"]', "[*]", ".*", "[*].a", ".*.b"]), max_size=4
    ).filter(lambda steps: re.search(r"\.\*[.\w]*\.\*", "".join(steps)) is None),  # HCL refuses ".*.a.*"
)
def test_paths_into_any_payload_give_a_value_or_a_problem(payload: Any, steps: list[str]) -> None:
    text = "event" + "".join(steps)
    if ".*.*" in text or ".*[*]" in text:
        return
    expression = compiled(text)
    try:
        first = expression.evaluate({"event": payload})
    except EvaluationError as error:
        assert error.diagnostic.subject is not None  # noqa: PT017 - both outcomes are fine
        assert len(error.diagnostic.detail) <= 400  # noqa: PT017
    else:
        assert expression.evaluate({"event": payload}) == first


arguments = st.lists(json_values | st.text(max_size=6), max_size=4)


@settings(deadline=None)
@given(st.sampled_from(sorted(STANDARD)), arguments)
def test_functions_of_anything_give_a_value_or_a_problem(name: str, given_arguments: list[Any]) -> None:
    scope = {f"a{i}": value for i, value in enumerate(given_arguments)}
    expression = compiled(f"{name}({', '.join(scope)})")
    try:
        expression.evaluate(scope)
    except EvaluationError as error:
        assert error.diagnostic.summary  # noqa: PT017
