from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from engine.language.values import number
from engine.machine.values import NotPlainError, canonical, plain, printable, timestamp


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (number("1.50"), 1.5),
        (number("2E+3"), 2000),
        (number("-0"), 0),
        (number("1180591620717411303424"), float(2**70)),
        (2**64 - 1, 2**64 - 1),
        (-(2**63) - 1, float(-(2**63))),
        (("a", [True, None]), ["a", [True, None]]),
        ({"b": ({},)}, {"b": [{}]}),
    ],
)
def test_values_become_plain_json(value: Any, expected: Any) -> None:
    made = plain(value)
    assert made == expected
    assert type(made) is type(expected)


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), number("1e400"), 10**400, "\ud800", {1, 2}, b"x"],
    ids=repr,
)
def test_what_json_cannot_hold_is_refused(value: Any) -> None:
    with pytest.raises(NotPlainError):
        plain([value])


def test_a_bottomless_value_is_refused() -> None:
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(NotPlainError):
        plain(loop)


def test_equal_values_have_one_canonical_text() -> None:
    assert (
        canonical({"b": number("1.0"), "a": (1, "ü")})
        == canonical({"a": [1, "ü"], "b": 1})
        == '{"a":[1,"ü"],"b":1}'
    )


def test_what_disturbs_a_terminal_is_escaped() -> None:
    assert printable("a\x1b[2Jü\u202e\n") == "a\\x1b[2Jü\\u202e\\n"


def test_a_time_is_shown_in_utc() -> None:
    assert timestamp(datetime(2024, 1, 31, 13, tzinfo=timezone(timedelta(hours=1)))) == "2024-01-31T12:00:00Z"
    assert timestamp(datetime(2024, 1, 31, 12, 0, 0, 5, tzinfo=UTC)) == "2024-01-31T12:00:00.000005Z"


def test_a_value_that_stands_in_another_without_end_is_refused() -> None:
    value: object = "x"
    for _ in range(60):
        value = {"a": value, "b": value}
    with pytest.raises(NotPlainError, match="more than 2,000,000 parts"):
        plain(value)
