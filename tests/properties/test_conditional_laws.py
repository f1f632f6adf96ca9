"""What making both sides of ``?:`` alike must do and must not do, whatever the values."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from engine.language.meter import Meter
from engine.language.unify import unified
from engine.language.values import UnfitError, text

scalars = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a", "1", "true"])
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


def both(left: Any, right: Any) -> tuple[Any, Any] | None:
    """What either side becomes beside the other; None if one of them cannot."""
    try:
        return unified(left, right, Meter()), unified(right, left, Meter())
    except UnfitError:
        return None


def spelled(value: Any) -> Any:
    """The value with text in place of every scalar: what must not change."""
    if isinstance(value, list):
        return [spelled(item) for item in value]
    if isinstance(value, dict):
        return {name: spelled(item) for name, item in value.items()}
    return None if value is None else text(value)


def identical(left: Any, right: Any) -> bool:
    """Whether two values are one, kinds included."""
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(identical, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(identical(left[name], right[name]) for name in left)
    return type(left) is type(right) and bool(left == right)


@given(values, values)
def test_nothing_changes_but_scalars_into_their_text(left: Any, right: Any) -> None:
    made = both(left, right)
    if made is not None:
        assert spelled(made[0]) == spelled(left)
        assert spelled(made[1]) == spelled(right)


@given(values, values)
def test_what_was_made_alike_stays_as_it_is(left: Any, right: Any) -> None:
    made = both(left, right)
    if made is not None:
        again = both(*made)
        assert again is not None
        assert identical(list(again), list(made))


@given(values)
def test_a_value_beside_itself_or_null_stays_as_it_is(value: Any) -> None:
    assert identical(unified(value, value, Meter()), value)
    assert identical(unified(value, None, Meter()), value)


@given(st.lists(st.integers(-3, 3) | st.text("ab", max_size=2), min_size=1, max_size=4), st.data())
def test_lists_of_scalars_have_one_kind_at_each_place(left: list[Any], data: st.DataObject) -> None:
    right = data.draw(st.lists(st.integers(-3, 3) | st.text("ab", max_size=2), max_size=4))
    made = both(left, right)
    assert made is not None
    columns = zip(*made, strict=True) if len(left) == len(right) else [[*made[0], *made[1]]]
    assert all(len({type(item) for item in column}) <= 1 for column in columns)


@given(st.integers() | st.booleans() | st.text(), st.lists(scalars) | st.dictionaries(st.text(), scalars))
def test_a_scalar_and_a_collection_are_never_alike(scalar: Any, collection: Any) -> None:
    assert both(scalar, collection) is None
