"""Arithmetic against an independent model: Python's fractions, rounded to 512 bits."""

import operator
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.language import binary, parse
from engine.language.binary import (
    NEGATIVE_ZERO,
    BinaryFraction,
    Number,
    add,
    divide,
    multiply,
    negate,
    rounded,
    subtract,
)
from engine.language.expressions import compile_expression
from engine.language.printing import all_digits, printed, printed_double
from engine.language.values import number, parse_number, text
from engine.machine.values import canonical, plain
from tests.properties.rounding import exact, nearest, remainder

mantissas = (
    st.integers(-(2**520), 2**520) | st.integers(-1000, 1000) | st.sampled_from([2**512 - 1, 2**512 + 1])
)
numbers = st.builds(rounded, mantissas, st.integers(-300, 900))
decimals = st.builds(
    "{}{}.{}".format, st.sampled_from(["", "-"]), st.integers(0, 10**30), st.integers(0, 10**30)
)


def value_of(source: str, **scope: Any) -> Any:
    tree = parse(f"x = {source}\n", "law.hcl").tree
    assert tree is not None
    return compile_expression(tree.attributes[0].value).evaluate(scope)


@pytest.mark.parametrize(
    ("ours", "model"),
    [(add, operator.add), (subtract, operator.sub), (multiply, operator.mul), (divide, operator.truediv)],
)
@given(left=numbers, right=numbers)
def test_a_result_is_the_nearest_float(
    ours: Callable[[Number, Number], Number],
    model: Callable[[Fraction, Fraction], Fraction],
    left: Number,
    right: Number,
) -> None:
    assume(right or ours is not divide)
    made = ours(left, right)
    assert exact(made) == nearest(model(exact(left), exact(right)))
    assert isinstance(made, int) == (made == exact(made).numerator and made is not NEGATIVE_ZERO)


@given(left=numbers, right=numbers)
def test_what_is_left_is_beside_the_whole_times_of_the_rounded_quotient(left: Number, right: Number) -> None:
    assume(right)
    assert exact(binary.remainder(left, right)) == remainder(exact(left), exact(right))


@given(left=numbers, right=numbers)
def test_numbers_are_in_the_order_of_their_values(left: Number, right: Number) -> None:
    for compare in (operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne):
        assert compare(left, right) is compare(exact(left), exact(right))
    if left == right:
        assert hash(left) == hash(right)
    assert hash(left) == hash(exact(left))
    assert float(left) == float(exact(left))


@given(numbers)
def test_a_number_in_parts(value: Number) -> None:
    model = exact(value)
    assert (int(value), exact(abs(value)), bool(value)) == (int(model), abs(model), bool(model))
    assert value_of("[floor(x), ceil(x), int(x), -x, signum(x)]", x=value) == [
        model.__floor__(),
        model.__ceil__(),
        int(model),
        negate(value),
        (model > 0) - (model < 0),
    ]


@given(numbers)
def test_what_is_printed_is_the_number_again(value: Number) -> None:
    written = printed(value)
    assert "e" not in written.lower()
    assert Fraction(all_digits(value)) == exact(value)
    # Below a power of two numbers are closer together than the reference thinks.
    if exact(value) and abs(value_mantissa(value)) != 1:
        assert nearest(Fraction(written)) == exact(value)


def value_mantissa(value: Number) -> int:
    mantissa = value.mantissa if isinstance(value, BinaryFraction) else value
    return mantissa // (mantissa & -mantissa)


@given(decimals)
def test_a_literal_is_the_nearest_float(written: str) -> None:
    found = parse_number(written)
    assert found is not None
    assert exact(found) == nearest(Fraction(written))
    assert value_of(written) == value_of(f'tonumber("{written}")') == found
    assert value_of(f'jsondecode("{written}")') == found or written.lstrip("-").startswith("0")


@given(decimals)
def test_few_digits_are_printed_as_they_were_written(written: str) -> None:
    found = parse_number(written)
    assert found is not None
    assert Decimal(printed(found)) == Decimal(written)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_double_is_what_its_digits_say(value: float) -> None:
    found = number(value)
    assert float(found) == value
    assert text(value) == text(found) == printed_double(value)
    assert value_of("event.x == y", event={"x": value}, y=found) is True
    assert float(plain(found)) == value
    # What is stored reads back as the same number, and the same text.
    assert canonical(plain(found)) == canonical(found)


@given(st.integers(-(2**63), 2**64 - 1))
def test_whole_numbers_of_payloads_stay_whole(value: int) -> None:
    assert number(value) == value
    assert canonical(number(value)) == str(value)
    assert value_of("event.x * 1 + 0 == event.x", event={"x": value}) is True
