"""What HTTP answers mean."""

from datetime import UTC, datetime

import pytest

from engine.model import Outcome
from engine.processors.http_answers import (
    LONGEST_WAIT,
    forms_of,
    one_line,
    outcome_of,
    redact,
    retry_after,
    text_of,
)
from engine.processors.jira.answers import meaning

NOW = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (101, Outcome.UNKNOWN),
        (200, Outcome.DONE),
        (204, Outcome.DONE),
        (299, Outcome.DONE),
        (301, Outcome.REFUSED),
        (304, Outcome.REFUSED),
        (400, Outcome.REFUSED),
        (404, Outcome.REFUSED),
        (408, Outcome.RETRY),
        (409, Outcome.UNKNOWN),
        (410, Outcome.REFUSED),
        (425, Outcome.RETRY),
        (429, Outcome.RETRY),
        (500, Outcome.RETRY),
        (503, Outcome.RETRY),
        (999, Outcome.UNKNOWN),
    ],
)
def test_the_table(status: int, outcome: Outcome) -> None:
    assert outcome_of(status) is outcome


@pytest.mark.parametrize(
    ("method", "status", "outcome"),
    [
        ("POST", 409, Outcome.UNKNOWN),
        ("GET", 409, Outcome.RETRY),
        ("POST", 500, Outcome.UNKNOWN),
        ("GET", 500, Outcome.RETRY),
        ("POST", 429, Outcome.RETRY),
        ("POST", 400, Outcome.REFUSED),
        ("GET", 401, Outcome.REFUSED),
    ],
)
def test_what_it_means_for_jira(method: str, status: int, outcome: Outcome) -> None:
    assert meaning(method, status) is outcome


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7),
        ({"retry-after": " 0.5 "}, 0.5),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "999999999999"}, LONGEST_WAIT),
        ({"retry-after": "1" * 5000}, LONGEST_WAIT),
        ({"retry-after": "Thu, 01 Jan 2026 12:01:00 GMT"}, 60),
        ({"retry-after": "Thu, 01 Jan 2026 11:00:00 GMT"}, 0),
        ({"retry-after": "Thu, 01 Jan 2026 12:01:00 GMT", "date": "Thu, 01 Jan 2026 12:00:50 GMT"}, 10),
        ({"x-ratelimit-reset": "2026-01-01T12:00Z"}, 0),
        ({"x-ratelimit-reset": "2026-01-01T12:05:00Z"}, 300),
        ({"x-ratelimit-reset": "2026-01-01T12:05"}, 300),
        ({"x-ratelimit-reset": "1700000000"}, None),
        ({"retry-after": "3", "x-ratelimit-reset": "2026-01-01T12:05:00Z"}, 3),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, NOW) == seconds


def test_words_fit_one_line_of_a_terminal() -> None:
    assert one_line("a\r\n\tb \x1b[31mc\u202e") == "a b [31mc"
    assert len(one_line("x" * 10_000)) == 500
    assert one_line(text_of(b"<!DOCTYPE html><style>p{}</style><h1>No</h1><p>way</p>")) == "No way"
    assert one_line(text_of(b"\xff\xfe")) == "��"


def test_secrets_are_hidden_in_every_form() -> None:
    secrets = forms_of(['p/ss+w"rd', "abc"])
    assert redact('a p/ss+w"rd p%2Fss%2Bw%22rd p/ss%2Bw%22rd {"t": "p/ss+w\\"rd"} abc', secrets) == (
        'a (sensitive) (sensitive) (sensitive) {"t": "(sensitive)"} abc'
    )
