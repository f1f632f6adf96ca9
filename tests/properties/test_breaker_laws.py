"""The circuit breaker: what it lets through, whatever happens and however time passes."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from engine.decide.breaker import Breaker, BreakerPolicy, Circuit, admit, is_well, pause, told
from engine.model import Exchange, Outcome

NOW = datetime(2026, 1, 1, tzinfo=UTC)
policies = st.builds(
    BreakerPolicy,
    failures=st.integers(1, 6),
    first=st.floats(0.5, 60),
    factor=st.floats(1, 1000),
    longest=st.floats(0.5, 600),
    probe=st.floats(1, 600),
)
#: Let time pass, ask to be let through, or tell what came of a call.
steps = st.lists(
    st.floats(0, 400).map(lambda s: ("pass", s))
    | st.just(("ask", 0.0))
    | st.sampled_from([True, False, None]).map(lambda w: ("tell", w)),
    max_size=60,
)


@given(policies, steps)
def test_it_opens_after_so_many_failures_and_lets_one_probe_through(
    policy: BreakerPolicy, taken: list[tuple[str, float | bool | None]]
) -> None:
    breaker, now, in_a_row = Breaker(), NOW, 0
    for kind, value in taken:
        before = breaker
        if kind == "pass":
            now += timedelta(seconds=float(value or 0))
        elif kind == "ask":
            breaker, until = admit(breaker, now, policy)
            if before.circuit is Circuit.CLOSED:
                assert (breaker, until) == (before, None)
            elif until is not None:
                assert breaker == before
                assert until > now
            else:
                assert breaker.circuit is Circuit.HALF_OPEN
                _, second = admit(breaker, now, policy)
                assert second is not None, "one probe at a time"
        else:
            assert value is None or isinstance(value, bool)
            breaker = told(breaker, well=value, now=now, policy=policy)
            in_a_row = 0 if value else in_a_row + (value is False)
            if value:
                assert breaker == Breaker()
            if before.circuit is Circuit.CLOSED:
                assert (breaker.circuit is Circuit.OPEN) == (value is False and in_a_row >= policy.failures)
            if breaker.circuit is Circuit.OPEN and before.circuit is not Circuit.OPEN:
                assert breaker.until is not None
                assert timedelta(0) < breaker.until - now <= timedelta(seconds=policy.longest, microseconds=1)
        assert breaker.failures == in_a_row
        assert (breaker.until is None) == (breaker.circuit is Circuit.CLOSED)


@given(policies, st.integers(0, 100_000))
def test_pauses_grow_and_are_bounded(policy: BreakerPolicy, openings: int) -> None:
    assert 0 < pause(openings, policy) <= pause(openings + 1, policy) <= policy.longest


@given(policies, steps)
def test_nothing_waits_for_ever(policy: BreakerPolicy, taken: list[tuple[str, float | bool | None]]) -> None:
    breaker, now = Breaker(), NOW
    for kind, value in taken:
        if kind == "pass":
            now += timedelta(seconds=float(value or 0))
        elif kind == "ask":
            breaker, _ = admit(breaker, now, policy)
        else:
            assert value is None or isinstance(value, bool)
            breaker = told(breaker, well=value, now=now, policy=policy)
    later = now + timedelta(seconds=max(policy.longest, policy.probe) + 1)
    assert admit(breaker, later, policy)[1] is None


exchanges = st.builds(
    Exchange,
    method=st.just("GET"),
    url=st.just("u"),
    status=st.none() | st.integers(100, 599),
    seconds=st.just(0.1),
)


@given(st.sampled_from(Outcome), st.lists(exchanges, max_size=3), st.none() | st.floats(0, 9))
def test_only_a_backend_that_is_not_well_counts(
    outcome: Outcome, seen: list[Exchange], retry_after: float | None
) -> None:
    well = is_well(outcome, seen, retry_after)
    last = seen[-1].status if seen else None
    if outcome in {Outcome.DONE, Outcome.ALREADY_THERE}:
        expected: bool | None = True
    elif last is None:
        expected = None if outcome is Outcome.REFUSED else False
    elif last == 503:
        expected = retry_after is not None
    else:
        expected = last not in {500, 502, 504}
    assert well is expected
