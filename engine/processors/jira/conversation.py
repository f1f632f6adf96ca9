"""What one attempt says to Jira and hears back: three requests, and every exchange kept."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from engine.model import Attempt, Exchange, Observation, Outcome
from engine.processors.http_answers import Answer, NoAnswer, retry_after
from engine.processors.http_request import to_json
from engine.processors.http_transport import HttpTransport
from engine.processors.jira.answers import HINTS, meaning, status_of, words_of
from engine.processors.jira.choose import Offer, read_offers
from engine.processors.jira.site import Site

#: Jira's answer to a transition that was made.
_MOVED = 204


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """An answer that is no success."""

    outcome: Outcome
    detail: str
    #: The answer's status code; None if there was no answer.
    code: int | None = None
    retry_after: float | None = None


class Conversation:
    """One attempt or observation, for one issue."""

    def __init__(self, site: Site, transport: HttpTransport, key: str) -> None:
        self._site = site
        self._transport = transport
        self._key = key
        self._exchanges: list[Exchange] = []

    async def status(self) -> str | Trouble:
        """The issue's status name, read now."""
        answer = await self._ask("GET", self._site.issue(self._key, "?fields=status"))
        if isinstance(answer, Trouble):
            return answer
        return status_of(answer.json()) or self._unreadable(answer, "an issue with a status")

    async def offers(self) -> tuple[Offer, ...] | Trouble:
        """The transitions that this account may use on this issue now."""
        answer = await self._ask("GET", self._site.issue(self._key, "/transitions?expand=transitions.fields"))
        if isinstance(answer, Trouble):
            return answer
        offers = read_offers(answer.json())
        return self._unreadable(answer, "a list of transitions") if offers is None else offers

    async def move(self, offer: Offer, edits: Mapping[str, Any], idempotency_key: str) -> Trouble | None:
        """Use the transition; None if Jira says that it did."""
        content = to_json({"transition": {"id": offer.id}, **edits})
        headers = {"content-type": "application/json", "idempotency-key": idempotency_key}
        answer = await self._ask("POST", self._site.issue(self._key, "/transitions"), headers, content)
        if isinstance(answer, Trouble):
            return answer
        if answer.status == _MOVED:
            return None
        trouble = self._unreadable(answer, f"the {_MOVED} that says it was done")
        return replace(
            trouble, outcome=Outcome.UNKNOWN
        )  # a login page in between, or a proxy that changes answers

    def attempt(self, outcome: Outcome, detail: str, observed: str | None = None) -> Attempt:
        """The attempt, with what was exchanged so far."""
        return Attempt(
            outcome=outcome,
            detail=self._transport.said(detail),
            observed=observed,
            exchanges=tuple(self._exchanges),
        )

    def failed(self, trouble: Trouble, observed: str | None = None) -> Attempt:
        """The attempt that ended with this trouble."""
        return Attempt(
            outcome=trouble.outcome,
            detail=trouble.detail,
            observed=observed,
            retry_after=trouble.retry_after,
            exchanges=tuple(self._exchanges),
        )

    def observation(self, found: str | Trouble) -> Observation:
        """What was seen."""
        if isinstance(found, str):
            return Observation(outcome=Outcome.DONE, status=found, exchanges=tuple(self._exchanges))
        return Observation(
            outcome=found.outcome,
            detail=found.detail,
            retry_after=found.retry_after,
            exchanges=tuple(self._exchanges),
            missing=found.code == 404,  # noqa: PLR2004
        )

    async def _ask(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, content: bytes = b""
    ) -> Answer | Trouble:
        sent = {**self._site.headers, **(headers or {})}
        answer = await self._transport.exchange(method, url, sent, content, self._site.timeout)
        self._exchanges.append(answer.exchange)
        if isinstance(answer, NoAnswer):
            harmless = method == "GET" and answer.outcome is Outcome.UNKNOWN
            return Trouble(outcome=Outcome.RETRY if harmless else answer.outcome, detail=answer.detail)
        outcome = meaning(method, answer.status)
        if outcome is Outcome.DONE:
            return answer
        said, hint = self._transport.said(words_of(answer)), HINTS.get(answer.status, "")
        detail = f"Jira answered {answer.status} to {method} {answer.exchange.url}"
        detail = f"{detail}: {said}" if said else detail
        return Trouble(
            outcome=outcome,
            detail=f"{detail} ({hint})" if hint else detail,
            code=answer.status,
            retry_after=retry_after(answer.headers, datetime.now(UTC)),
        )

    def _unreadable(self, answer: Answer, expected: str) -> Trouble:
        said = self._transport.said(words_of(answer))
        place = f"{answer.exchange.method} {answer.exchange.url}"
        return Trouble(
            # A login or maintenance page in between: it passes, or the budget of attempts ends it.
            outcome=Outcome.RETRY,
            detail=f"{place} answered {answer.status} without {expected}; is the url Jira's address? It said: {said}",
        )
