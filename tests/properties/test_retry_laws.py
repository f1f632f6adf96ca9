from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from engine.decide.retry import DeadLetter, RetryAt, RetryPolicy, after, ceiling, wait
from engine.model import Attempt, Outcome

NOW = datetime(2024, 1, 31, 12, 0, tzinfo=UTC)
seconds = st.floats(min_value=0.001, max_value=1e6)
policies = st.builds(
    RetryPolicy,
    attempts=st.integers(1, 50),
    attempts_when_told=st.integers(1, 100),
    total=seconds,
    fewest=st.integers(1, 10),
    first=seconds,
    factor=st.floats(min_value=1, max_value=100),
    longest=seconds,
    longest_told=seconds,
)
numbers = st.integers(1, 10_000)
unhappy = st.builds(
    Attempt,
    outcome=st.sampled_from([Outcome.RETRY, Outcome.UNKNOWN]),
    detail=st.text(max_size=5),
    retry_after=st.none() | st.floats(),
)


@given(numbers, policies, st.text())
def test_a_wait_is_bounded_by_its_ceiling_and_by_the_longest(
    number: int, policy: RetryPolicy, key: str
) -> None:
    assert (
        ceiling(number, policy) / 2 <= wait(number, policy, key) <= ceiling(number, policy) <= policy.longest
    )


@given(numbers, policies)
def test_ceilings_never_shrink(number: int, policy: RetryPolicy) -> None:
    assert ceiling(number, policy) <= ceiling(number + 1, policy)


@given(st.integers(1, 8), st.text())
def test_while_ceilings_double_waits_never_shrink(number: int, key: str) -> None:
    policy = RetryPolicy()
    assert wait(number, policy, key) <= wait(number + 1, policy, key)


@given(numbers, unhappy, policies, st.text())
def test_the_same_attempt_always_has_the_same_next_try(
    number: int, attempt: Attempt, policy: RetryPolicy, key: str
) -> None:
    assert after(number, attempt, NOW, policy, key) == after(number, attempt, NOW, policy, key)


@given(numbers, unhappy, policies, st.text())
def test_a_retry_is_later_and_within_every_cap(
    number: int, attempt: Attempt, policy: RetryPolicy, key: str
) -> None:
    decision = after(number, attempt, NOW, policy, key, since=NOW)
    if isinstance(decision, RetryAt):
        delay = (decision.at - NOW).total_seconds()
        assert 0 <= delay <= max(policy.longest, policy.longest_told) + 1e-6
        assert delay <= policy.total + 1e-6 or number < policy.fewest
        assert number < max(policy.attempts, policy.attempts_when_told)


@given(unhappy, policies, st.text())
def test_retrying_ends(attempt: Attempt, policy: RetryPolicy, key: str) -> None:
    last = max(policy.attempts, policy.attempts_when_told)
    assert isinstance(after(last, attempt, NOW, policy, key), DeadLetter)


@given(st.integers(1, 7), st.floats(min_value=0, max_value=3600), st.text())
def test_a_told_wait_is_never_cut_short(number: int, told: float, key: str) -> None:
    attempt = Attempt(outcome=Outcome.RETRY, detail="", retry_after=told)
    decision = after(number, attempt, NOW, RetryPolicy(), key)
    assert isinstance(decision, RetryAt)
    assert decision.at - NOW >= timedelta(seconds=told)
