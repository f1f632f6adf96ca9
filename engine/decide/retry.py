"""What to do after an attempt: done, try again at a time, or give up. Pure; the loops in `run` obey.

Waits grow by a factor and vary a little, by a hash of the effect's key and the attempt's number: a thousand effects
that fail together do not come back together, and the same attempt always waits the same time. A backend that names a
time to wait (``Retry-After``) is alive and busy, so such answers have a budget of their own.
"""

import hashlib
import math
from datetime import datetime, timedelta

from engine.frozen import frozen
from engine.model import Attempt, Observation, Outcome


@frozen
class RetryPolicy:
    """How patient to be. Times are seconds."""

    #: Attempts before an effect is a dead letter: with these waits, two hours; a backend may be down for one.
    attempts: int = 32
    #: The same, where the last answer named a time to wait: told to wait, patience costs the backend nothing.
    attempts_when_told: int = 32
    #: No attempt starts later than this after the first one,
    total: float = 24 * 3600.0
    #: once there were so many: a daemon that was off, a pause, a clock that was set forward are no patience of the backend's.
    fewest: int = 8
    #: The wait after the first attempt.
    first: float = 1.0
    #: Each wait is this many times the one before.
    factor: float = 2.0
    #: The longest wait of our own choosing.
    longest: float = 300.0
    #: The longest wait that a backend may ask for.
    longest_told: float = 3600.0


#: What the hub uses where nothing else is said.
DEFAULT = RetryPolicy()


@frozen
class Done:
    """Nothing is left to do."""


@frozen
class RetryAt:
    """Try again."""

    #: Not before this time.
    at: datetime
    #: An earlier attempt may have happened unseen: ask the backend before calling.
    read_back: bool


@frozen
class DeadLetter:
    """Give up: an operator has to look."""

    #: Why, in one sentence.
    reason: str


NextTry = Done | RetryAt | DeadLetter


def after(
    attempt_number: int,
    attempt: Attempt | Observation,
    now: datetime,
    policy: RetryPolicy,
    key: str,
    *,
    since: datetime | None = None,
    read_back: bool = False,
) -> NextTry:
    """What to do after attempt number `attempt_number` (from 1) of the effect or observation named by `key`.

    `since` is when the first attempt was made; without it the total time is not bounded. `read_back` says that this
    attempt was to read back first: as long as nobody knows what happened, the next one is too.
    """
    if isinstance(attempt, Observation) and attempt.missing:
        return Done()  # that the backend does not know the entity is an answer, to be decided about
    match attempt.outcome:
        case Outcome.DONE | Outcome.ALREADY_THERE:
            return Done()
        case Outcome.REFUSED:
            return DeadLetter(reason=f"the backend refused: {attempt.detail}")
        case Outcome.RETRY | Outcome.UNKNOWN:
            return _again(attempt_number, attempt, now, policy, key, since=since, read_back=read_back)


def _again(
    number: int,
    attempt: Attempt | Observation,
    now: datetime,
    policy: RetryPolicy,
    key: str,
    *,
    since: datetime | None,
    read_back: bool,
) -> NextTry:
    told = _told(attempt.retry_after, policy)
    budget = policy.attempts if told is None else max(policy.attempts, policy.attempts_when_told)
    if number >= budget:
        return DeadLetter(reason=f"given up after {number} attempts; the last one said: {attempt.detail}")
    at = now + timedelta(seconds=max(told or 0.0, wait(number, policy, key)))
    if since is not None and number >= policy.fewest and at - since > timedelta(seconds=policy.total):
        hours = policy.total / 3600
        return DeadLetter(
            reason=f"given up: the next attempt would start more than {hours:g} h after the first; "
            f"the last one said: {attempt.detail}"
        )
    return RetryAt(at=at, read_back=read_back or attempt.outcome is Outcome.UNKNOWN)


def wait(number: int, policy: RetryPolicy, key: str) -> float:
    """Seconds to wait after attempt `number`: between half of the attempt's ceiling and the whole of it."""
    return ceiling(number, policy) * (1 + _fraction(key, number)) / 2


def ceiling(number: int, policy: RetryPolicy) -> float:
    """The longest that `wait` can be for attempt `number`."""
    try:
        grown = policy.first * policy.factor ** (max(number, 1) - 1)
    except OverflowError:
        return policy.longest
    return min(grown, policy.longest)


def _told(retry_after: float | None, policy: RetryPolicy) -> float | None:
    if retry_after is None or math.isnan(retry_after):
        return None
    return min(max(retry_after, 0.0), policy.longest_told)


def _fraction(key: str, number: int) -> float:
    """A number in [0, 1) that depends on nothing but its arguments."""
    digest = hashlib.blake2b(f"{number}:{key}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64
