"""The http processor: one call to any URL, with the effect's idempotency key. It cannot read back."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from engine.model import Attempt, Entity, Observation, Outcome
from engine.processors.http_answers import NoAnswer, outcome_of, retry_after, text_of
from engine.processors.http_request import (
    ARGUMENTS,
    UnusableError,
    headers_of,
    make_request,
    method_of,
    seconds_of,
    url_of,
)
from engine.processors.processor import Argument, Call, Processor, Settings

if TYPE_CHECKING:
    from engine.processors.http_transport import HttpTransport

#: Parts of header names whose values are not for logs.
_SENSITIVE = ("auth", "token", "key", "secret", "cookie", "signature", "password")


class HttpProcessor:
    """Calls URLs. A status outside 200 to 299 is no success; what it means instead is a table in `http_answers`."""

    observes = False

    def __init__(self, settings: Settings, transport: "HttpTransport") -> None:
        self._settings = settings.values
        self._transport = transport

    async def observe(self, entity: Entity) -> Observation:
        """Always refused: nothing is known of how this backend shows a status."""
        return Observation(
            outcome=Outcome.REFUSED, detail=f"an http backend cannot be asked for {entity}'s status"
        )

    async def perform(self, call: Call) -> Attempt:
        """Make the call; a repeated one carries the same ``Idempotency-Key``, for the backend to recognise."""
        try:
            request = make_request(call, self._settings)
        except UnusableError as error:
            detail = self._transport.said(f"{call.effect.name}: {error}")
            return Attempt(outcome=Outcome.REFUSED, detail=detail)
        answer = await self._transport.exchange(
            request.method, request.url, request.headers, request.content, request.timeout
        )
        if isinstance(answer, NoAnswer):
            return Attempt(outcome=answer.outcome, detail=answer.detail, exchanges=(answer.exchange,))
        outcome = outcome_of(answer.status)
        detail = f"{answer.exchange.method} {answer.exchange.url} answered {answer.status}"
        words = "" if outcome is Outcome.DONE else text_of(answer.content)
        if words:
            detail = f"{detail}: {self._transport.said(words, _sensitive(request.headers))}"
        return Attempt(
            outcome=outcome,
            detail=detail,
            retry_after=None if outcome is Outcome.DONE else retry_after(answer.headers, datetime.now(UTC)),
            exchanges=(answer.exchange,),
        )

    async def close(self) -> None:
        """Release the connections."""
        await self._transport.close()


def _sensitive(headers: Mapping[str, str]) -> list[str]:
    return [value for name, value in headers.items() if any(part in name.lower() for part in _SENSITIVE)]


class HttpMaker:
    """Registers `HttpProcessor`."""

    name = "http"
    worker_names: Sequence[str] = ()
    settings: Mapping[str, str] = {
        "url": "Where to, or the base of a definition's path; absolute URLs of the definition must share its origin.",
        "method": "The method; POST if missing.",
        "headers": "Headers of every call, name to text; a value may be env://NAME.",
        "timeout": 'Seconds for a whole call, as a number or "10s"; 10 if missing.',
    }
    defaults: Mapping[str, str] = {}
    arguments: Mapping[str, Argument] = ARGUMENTS

    def check(self, settings: Settings) -> Sequence[str]:
        """What is wrong in the settings."""
        values = {name: value for name, value in settings.values.items() if value is not None}
        checks: Mapping[str, Callable[[Any], object]] = {
            "url": lambda url: url_of(None, url),
            "method": method_of,
            "headers": headers_of,
            "timeout": seconds_of,
        }
        wrong = []
        for name, check in checks.items():
            try:
                if name in values:
                    check(values[name])
            except UnusableError as error:
                said = str(error)
                wrong.append(said if said.startswith(name) else f"{name}: {said}")
        return wrong

    def connect(self, settings: Settings) -> Processor:
        """Make the processor; the HTTP library is loaded now."""
        from engine.processors.http_transport import HttpTransport

        return HttpProcessor(settings, HttpTransport(secrets=_secrets(settings)))


def _secrets(settings: Settings) -> set[str]:
    """Of an address that came from the environment only the host may show: paths of chat hooks are secrets."""
    headers = settings.values.get("headers")
    secrets = set(_sensitive(headers)) if isinstance(headers, Mapping) else set()
    for secret in settings.secrets:
        if secret.startswith(("http://", "https://")):
            parts = urlsplit(secret)
            secrets |= {part for part in (parts.path, parts.query, parts.password) if part}
        else:
            secrets.add(secret)
    return secrets
