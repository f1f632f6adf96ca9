"""Encoding never refuses what a definition can make, gives equal texts for equal values, and settles at once."""

import json
from collections import UserDict
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.language.values import number
from engine.model import Candidate, Snapshot, Trace, Verdict
from engine.store.encoding import decode, encode, settled, written

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False).map(number)
#: What expressions can make beyond plain JSON: numbers of its own, integers of any length, broken surrogates, odd keys.
ANYTHING = st.recursive(
    SCALARS | st.integers() | NUMBERS | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(max_size=5) | st.integers() | st.booleans(), inner, max_size=4)
        | st.dictionaries(st.text(max_size=5), inner, max_size=4).map(MappingProxyType)
        | inner.map(lambda value: Snapshot(state="s", context={"x": value}))
    ),
    max_leaves=8,
)


@given(
    st.recursive(
        SCALARS.filter(lambda v: not isinstance(v, float)),
        lambda i: st.lists(i) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), i),
        max_leaves=8,
    )
)
def test_json_comes_back_as_it_was(value: Any) -> None:
    assert decode(encode(value)) == value
    assert json.loads(encode(value)) == value


@given(ANYTHING)
def test_anything_settles_at_once(value: Any) -> None:
    once = settled(value)
    assert encode(once) == encode(value)
    assert settled(once) == once


@given(ANYTHING)
def test_what_is_written_once_is_the_same_text_wherever_it_stands(value: Any) -> None:
    assert encode(written(value)) == encode(value)
    for beside in (1, 2**70):  # the second one orjson itself refuses
        assert encode([beside, written(value)]) == encode([beside, settled(value)])


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), SCALARS))
def test_the_order_of_members_does_not_matter(value: dict[str, Any]) -> None:
    assert encode(dict(reversed(value.items()))) == encode(value) == encode(UserDict(value))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (number("1.50"), "1.5"),
        (number("-0"), "0"),
        (10**30, "1e+30"),
        (10**400, "null"),
        (float("inf"), "null"),
        ({"b": 1, "a": (1, 2)}, '{"a":[1,2],"b":1}'),
        ({1: "x", None: "y"}, '{"1":"x","null":"y"}'),
        ("\ud800", '"?"'),
        ("Grüße\n", '"Grüße\\n"'),
    ],
)
def test_values_that_json_has_no_words_for(value: Any, text: str) -> None:
    assert encode(value) == text


def test_a_frozen_value_becomes_an_object_with_sorted_members() -> None:
    trace = Trace(
        verdict=Verdict.ENDED,
        before=None,
        event="e",
        after=None,
        candidates=(Candidate(source="a", target="b", taken=False, reason="r"),),
    )
    assert encode(trace) == (
        '{"after":null,"because":"","before":null,"candidates":'
        '[{"place":"","reason":"r","source":"a","taken":false,"target":"b"}],'
        '"drift_from":null,"event":"e","verdict":"ended"}'
    )


@pytest.mark.parametrize("value", [object(), Verdict, b"bytes", {3}, [object(), 2**70]])
def test_what_is_no_value_is_a_mistake_of_the_caller(value: Any) -> None:
    with pytest.raises(TypeError, match="has no place in JSON"):
        encode(value)
