"""Moments: which of them are alike, how long until the next, and durations in words."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.machine.clocks import MOST_TICKS, alike, common_tick, next_moment
from engine.machine.durations import seconds_of, text_of

HOUR = timedelta(hours=1)
lefts = st.dictionaries(
    st.sampled_from("abcd"), st.integers(0, 6 * 3600).map(lambda s: timedelta(seconds=s)), max_size=4
)


def shape(left: dict[str, timedelta]) -> tuple[object, ...]:
    """All that tells one moment from another: whole ticks, and the order of the parts."""
    parts = sorted({time % HOUR for time in left.values()} | {timedelta()})
    return tuple((name, time // HOUR, parts.index(time % HOUR)) for name, time in left.items())


@given(lefts)
def test_the_moment_that_stands_for_one_is_like_it_and_stands_for_itself(left: dict[str, timedelta]) -> None:
    chosen = alike(left, HOUR)
    assert shape(chosen) == shape(left)
    assert list(chosen) == list(left)
    assert alike(chosen, HOUR) == chosen


@given(lefts)
def test_until_the_next_moment_nothing_can_be_told_apart(left: dict[str, timedelta]) -> None:
    left = alike(left, HOUR)
    wait = next_moment(left.values(), HOUR)
    if wait is None:
        assert not left or timedelta() in left.values()
        return
    after = {name: time - wait for name, time in left.items()}
    assert min(after.values()) >= timedelta()
    assert shape(after) != shape(left)
    if timedelta() not in {
        time % HOUR for time in left.values()
    }:  # not yet at the boundary: all alike before
        between = {name: time - wait / 2 for name, time in left.items()}
        assert shape(between) == shape(left)
    half = {name: time - wait / 2 for name, time in left.items()}
    assert shape(half) in {shape(left), shape(after)}


@given(lefts)
def test_time_comes_to_an_end(left: dict[str, timedelta]) -> None:
    moments = 0
    while (wait := next_moment(left.values(), HOUR)) is not None:
        left = alike({name: time - wait for name, time in left.items()}, HOUR)
        moments += 1
        assert moments <= 2 * 4 * 7 * 4


@pytest.mark.parametrize(
    ("lengths", "tick"),
    [
        ([], None),
        ([0], None),
        ([72, 24], 24),
        ([72, 0], 72),
        ([1.5, 1], 0.5),
        ([MOST_TICKS, 1], 1),
        ([MOST_TICKS + 1, 1], None),
    ],
)
def test_a_tick_divides_all_lengths_and_is_not_too_short(lengths: list[float], tick: float | None) -> None:
    found = common_tick(timedelta(hours=length) for length in lengths)
    assert found == (None if tick is None else timedelta(hours=tick))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (1, "1s"),
        (90, "1m30s"),
        (72 * 3600, "72h"),
        (7 * 86400, "7d"),
        (8 * 86400 + 1, "8d1s"),
        (0.25, "250ms"),
        (0.000001, "0.001ms"),
        (3600.5, "1h500ms"),
    ],
)
def test_a_duration_is_told_shortly(seconds: float, text: str) -> None:
    assert text_of(timedelta(seconds=seconds)) == text


@given(st.timedeltas(timedelta(), timedelta(days=3000)))
def test_a_duration_that_is_told_is_read_back(span: timedelta) -> None:
    assert timedelta(seconds=seconds_of(text_of(span))) == span
