from datetime import UTC, datetime, timedelta

import pytest

from engine.decide.retry import DEFAULT, DeadLetter, Done, RetryAt, RetryPolicy, after
from engine.model import Attempt, Observation, Outcome

NOW = datetime(2024, 1, 31, 12, 0, tzinfo=UTC)


def attempt(outcome: Outcome, retry_after: float | None = None) -> Attempt:
    return Attempt(outcome=outcome, detail="Jira said: no", retry_after=retry_after)


@pytest.mark.parametrize("outcome", [Outcome.DONE, Outcome.ALREADY_THERE])
def test_what_is_done_is_done(outcome: Outcome) -> None:
    assert after(100, attempt(outcome), NOW, DEFAULT, "k") == Done()


def test_a_refusal_is_a_dead_letter_at_once_with_the_backends_words() -> None:
    decision = after(1, attempt(Outcome.REFUSED), NOW, DEFAULT, "k")
    assert decision == DeadLetter(reason="the backend refused: Jira said: no")


def test_a_missing_entity_is_an_answer() -> None:
    assert after(1, Observation(outcome=Outcome.REFUSED, missing=True), NOW, DEFAULT, "k") == Done()


def test_after_an_unknown_outcome_the_backend_is_asked_first() -> None:
    decision = after(1, attempt(Outcome.UNKNOWN), NOW, DEFAULT, "k")
    assert isinstance(decision, RetryAt)
    assert decision.read_back


def test_a_plain_retry_does_not_read_back_unless_the_question_is_still_open() -> None:
    first = after(1, attempt(Outcome.RETRY), NOW, DEFAULT, "k")
    assert isinstance(first, RetryAt)
    assert not first.read_back
    later = after(2, attempt(Outcome.RETRY), NOW, DEFAULT, "k", read_back=True)
    assert isinstance(later, RetryAt)
    assert later.read_back


def test_the_default_policy_gives_up_after_32_attempts() -> None:
    assert isinstance(after(31, attempt(Outcome.RETRY), NOW, DEFAULT, "k"), RetryAt)
    gone = after(32, attempt(Outcome.RETRY), NOW, DEFAULT, "k")
    assert gone == DeadLetter(reason="given up after 32 attempts; the last one said: Jira said: no")


@pytest.mark.parametrize("key", ["a", "b", "c", "0c041fdf3aa81c3e09c2b507db616793"])
def test_a_backend_that_is_down_for_an_hour_leaves_no_dead_letters(key: str) -> None:
    now = NOW
    for number in range(1, DEFAULT.attempts):
        decision = after(number, attempt(Outcome.RETRY), now, DEFAULT, key, since=NOW)
        assert isinstance(decision, RetryAt)
        now = decision.at
    assert now - NOW > timedelta(hours=1)


def test_being_told_to_wait_has_a_budget_of_its_own() -> None:
    policy = RetryPolicy(attempts=8)
    told = attempt(Outcome.RETRY, retry_after=30)
    assert isinstance(after(8, told, NOW, policy, "k"), RetryAt)
    assert isinstance(after(31, told, NOW, policy, "k"), RetryAt)
    assert isinstance(after(32, told, NOW, policy, "k"), DeadLetter)


@pytest.mark.parametrize(
    ("told", "seconds"),
    [(120.0, 120.0), (3600.0, 3600.0), (86400.0, 3600.0), (float("inf"), 3600.0)],
)
def test_the_backends_wait_is_honoured_and_capped(told: float, seconds: float) -> None:
    decision = after(1, attempt(Outcome.RETRY, retry_after=told), NOW, DEFAULT, "k")
    assert decision == RetryAt(at=NOW + timedelta(seconds=seconds), read_back=False)


@pytest.mark.parametrize("told", [0.0, 0.001, 1.5, -5.0, float("-inf"), float("nan")])
def test_a_useless_wait_leaves_our_own(told: float) -> None:
    own = after(3, attempt(Outcome.RETRY), NOW, DEFAULT, "k")
    assert after(3, attempt(Outcome.RETRY, retry_after=told), NOW, DEFAULT, "k") == own


def test_the_total_time_is_bounded() -> None:
    policy = RetryPolicy(total=3600, fewest=2)
    told = attempt(Outcome.RETRY, retry_after=1800)
    since = NOW - timedelta(seconds=1801)
    assert isinstance(after(2, told, NOW, policy, "k", since=NOW), RetryAt)
    gone = after(2, told, NOW, policy, "k", since=since)
    assert isinstance(gone, DeadLetter)
    assert "more than 1 h after the first" in gone.reason


def test_time_in_which_nothing_was_tried_uses_up_no_patience() -> None:
    two_days_ago = NOW - timedelta(days=2)
    busy = attempt(Outcome.RETRY, retry_after=60)
    for number in range(1, DEFAULT.fewest):
        assert isinstance(after(number, busy, NOW, DEFAULT, "k", since=two_days_ago), RetryAt)
    assert isinstance(after(DEFAULT.fewest, busy, NOW, DEFAULT, "k", since=two_days_ago), DeadLetter)


def test_the_first_wait_is_between_half_a_second_and_one() -> None:
    decision = after(1, attempt(Outcome.RETRY), NOW, DEFAULT, "k")
    assert isinstance(decision, RetryAt)
    assert timedelta(seconds=0.5) <= decision.at - NOW <= timedelta(seconds=1)
