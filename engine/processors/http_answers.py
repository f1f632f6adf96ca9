"""What an HTTP answer means: values, a table of status codes, and how long to wait. Pure; Jira shares it."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

from engine.config.redaction import HIDDEN
from engine.model import Exchange, Outcome

#: How much of a backend's words goes into a detail.
WORDS = 500
#: No backend makes an effect wait longer than a day, whatever it asks for.
LONGEST_WAIT = 86_400.0
#: A shorter string cannot be a secret.
SHORTEST_SECRET = 4

#: Status codes that are not like the rest of their class.
STATUS: Mapping[int, Outcome] = {
    408: Outcome.RETRY,  # request timeout: it was not read
    409: Outcome.UNKNOWN,  # conflict: another call was faster, perhaps our own
    425: Outcome.RETRY,  # too early
    429: Outcome.RETRY,  # too many requests
}
#: The rest, by the first digit.
STATUS_CLASS: Mapping[int, Outcome] = {
    1: Outcome.UNKNOWN,  # never a final answer
    2: Outcome.DONE,
    3: Outcome.REFUSED,  # redirects are not followed: they would carry secrets elsewhere
    4: Outcome.REFUSED,
    5: Outcome.RETRY,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a backend answered."""

    status: int
    #: Names in lower case.
    headers: Mapping[str, str] = field(repr=False)
    #: The beginning of it, at most 1 MiB, unpacked.
    content: bytes = field(repr=False)
    exchange: Exchange

    def json(self) -> Any:
        """The body as JSON; None if it is not."""
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError):
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoAnswer:
    """Why there is no answer."""

    #: `RETRY` if nothing was sent, `UNKNOWN` if the backend may have heard it, `REFUSED` if it can never be sent.
    outcome: Outcome
    #: One sentence, without any secret.
    detail: str
    exchange: Exchange


def outcome_of(status: int) -> Outcome:
    """What a status code means for a call that carries an idempotency key."""
    return STATUS.get(status) or STATUS_CLASS.get(status // 100, Outcome.UNKNOWN)


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """How many seconds the backend asks to wait: ``Retry-After`` (seconds or a date), else ``X-RateLimit-Reset`` (ISO).

    A date counts from the backend's own ``Date`` where it sends one, so that clocks need not agree.
    """
    asked = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", asked):  # however many digits: more than can be is for ever
        return min(float(asked), LONGEST_WAIT)
    moment = _http_date(asked) or _iso_date(headers.get("x-ratelimit-reset", "").strip())
    if moment is None:
        return None
    start = _http_date(headers.get("date", "")) or now
    return min(max((moment - start).total_seconds(), 0.0), LONGEST_WAIT)


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _iso_date(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def text_of(content: bytes) -> str:
    """The beginning of a body as text, without the tags of a web page."""
    text = content[: WORDS * 8].decode(errors="replace")
    if re.match(r"\s*<(!doctype|html)", text, re.IGNORECASE):
        text = re.sub(r"<(script|style)\b.*?</\1\s*>|<[^>]*>", " ", text, flags=re.IGNORECASE | re.DOTALL)
    return text


def one_line(text: str) -> str:
    """Text from outside as one printable line of at most `WORDS` characters."""
    flat = " ".join("".join(c if c.isprintable() else " " for c in text[: WORDS * 8]).split())
    return flat if len(flat) <= WORDS else flat[: WORDS - 1] + "…"


def forms_of(secrets: Iterable[str]) -> frozenset[str]:
    """The secrets as they may come back: as they are, quoted for a URL, escaped in JSON.

    Shorter ones than four characters are words; hiding them would garble every sentence.
    """
    return frozenset(
        form
        for secret in secrets
        if len(secret) >= SHORTEST_SECRET
        for form in (secret, quote(secret, safe=""), quote(secret), json.dumps(secret)[1:-1])
    )


def redact(text: str, secrets: Iterable[str]) -> str:
    """The text without any of the secrets, longest first."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return text
