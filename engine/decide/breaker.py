"""A circuit breaker for each worker: after many failures in a row its backend is left alone for a while. Pure.

Closed: everything goes through. Open: nothing does until a time; what waits costs no attempt. Half open: one call goes
through as a probe; its outcome closes the breaker, or opens it again for longer. Only what says that the backend itself is
not well counts: no answer, a broken connection, an error of the server's own. A refusal, or "come back later", is an answer.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from engine.frozen import frozen
from engine.model import Exchange, Outcome


@frozen
class BreakerPolicy:
    """When to stop calling, and for how long. Times are seconds."""

    #: Failures in a row that open it.
    failures: int = 5
    #: How long it is open the first time.
    first: float = 5.0
    #: Each failed probe keeps it open this many times longer.
    factor: float = 2.0
    #: The longest that it is open without a probe.
    longest: float = 120.0
    #: A probe of which nothing was heard for so long is given up, and another is let through.
    probe: float = 300.0


class Circuit(StrEnum):
    """What the breaker lets through. The values are stable: they are logged."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@frozen
class Breaker:
    """What is known of one worker's backend: a value."""

    circuit: Circuit = Circuit.CLOSED
    #: Failures in a row.
    failures: int = 0
    #: How often in a row it was opened.
    openings: int = 0
    #: Open: not before this moment. Half open: when the probe is given up. Closed: None.
    until: datetime | None = None


def admit(breaker: Breaker, now: datetime, policy: BreakerPolicy) -> tuple[Breaker, datetime | None]:
    """Whether a call may be made now: None if so, else when to ask again. Who is let through must tell the outcome.

    A moment that is further away than any pause was set by a clock that has been set back since: it is not waited for.
    """
    if breaker.until is None:
        return breaker, None
    if now < breaker.until <= now + timedelta(seconds=max(policy.longest, policy.probe)):
        return breaker, breaker.until
    probing = now + timedelta(seconds=policy.probe)
    return replace(breaker, circuit=Circuit.HALF_OPEN, until=probing), None


def told(breaker: Breaker, *, well: bool | None, now: datetime, policy: BreakerPolicy) -> Breaker:
    """The breaker after an outcome; `well` is None where the outcome says nothing about the backend."""
    if well:
        return Breaker()
    if well is None:
        # A probe that was never sent: let the next one be it.
        return replace(breaker, until=now) if breaker.circuit is Circuit.HALF_OPEN else breaker
    failures = breaker.failures + 1
    if breaker.circuit is Circuit.OPEN or failures < policy.failures:
        return replace(breaker, failures=failures)  # open: a call that began before it was
    return Breaker(
        circuit=Circuit.OPEN,
        failures=failures,
        openings=breaker.openings + 1,
        until=now + timedelta(seconds=pause(breaker.openings, policy)),
    )


def pause(openings: int, policy: BreakerPolicy) -> float:
    """How many seconds it is open, after it was opened so often before."""
    try:
        return min(policy.longest, policy.first * policy.factor**openings)
    except OverflowError:
        return policy.longest


#: Statuses by which a server says that it is not well itself; 503 and 429 with a time to wait are answers.
_ILL = frozenset({500, 502, 504})
_BUSY = 503


def is_well(outcome: Outcome, exchanges: Sequence[Exchange], retry_after: float | None) -> bool | None:
    """What an outcome says about its backend: well, not well, or nothing (None: it was never reached for)."""
    if outcome in {Outcome.DONE, Outcome.ALREADY_THERE}:
        return True
    status = exchanges[-1].status if exchanges else None
    if status is None:
        return None if outcome is Outcome.REFUSED else False
    return status not in _ILL and (status != _BUSY or retry_after is not None)
