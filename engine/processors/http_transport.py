"""The one import of httpx: a request goes out, a value comes back, and nothing is raised for what a backend does."""

import asyncio
import logging
import ssl
import time
import zlib
from collections.abc import Iterable, Mapping
from functools import cache
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

from engine import __version__
from engine.model import Exchange, Outcome
from engine.processors.http_answers import Answer, NoAnswer, forms_of, one_line, redact
from engine.processors.processor import on_exchange

#: As much of a body as is read; Jira's answers are far below.
LARGEST_BODY = 1024 * 1024
#: A connection that is not there by now will not come.
CONNECT_SECONDS = 5.0
_LIMITS = httpx.Limits(max_connections=20, max_keepalive_connections=5, keepalive_expiry=120)
#: A backend on this machine is never behind the proxy that the environment names.
_NEVER_PROXIED = {"all://127.0.0.1": None, "all://localhost": None, "all://[::1]": None}


@cache
def _tls() -> ssl.SSLContext:
    """One set of trusted roots for all workers; it takes time and memory to load."""
    return httpx.create_ssl_context()


@cache
def _hush() -> None:
    """Keep the library from logging whole URLs: paths of chat hooks and queries are secrets."""
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)


class HttpTransport:
    """Connections to one backend. `secrets` never show in what it returns."""

    def __init__(self, *, secrets: Iterable[str] = ()) -> None:
        _hush()
        self._secrets = forms_of(secrets)
        self._client = httpx.AsyncClient(
            verify=_tls(),
            limits=_LIMITS,
            mounts=_NEVER_PROXIED,
            follow_redirects=False,
            headers={"User-Agent": f"interlock/{__version__}", "Accept-Encoding": "gzip"},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, place: TracebackType | None
    ) -> None:
        await self.close()

    async def exchange(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes, seconds: float
    ) -> Answer | NoAnswer:
        """Send one request and read its answer, within `seconds` altogether. Redirects are not followed."""
        sent = _Sent()
        started = time.monotonic()
        try:
            request = self._client.build_request(
                method,
                url,
                headers=[(name.encode("ascii"), value.encode()) for name, value in headers.items()],
                content=content,
                timeout=httpx.Timeout(seconds, connect=min(seconds, CONNECT_SECONDS)),
                extensions={"trace": sent.trace},
            )
            async with asyncio.timeout(seconds):
                response = await self._client.send(request, stream=True)
                try:
                    body = await _bounded_body(response)
                finally:
                    await response.aclose()
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, TypeError) as error:
            return self._no_answer(error, sent, self._exchange(method, url, None, started), seconds)
        return Answer(
            status=response.status_code,
            headers={name.lower(): value for name, value in response.headers.items()},
            content=body,
            exchange=self._exchange(method, url, response.status_code, started),
        )

    def said(self, text: str, hidden: Iterable[str] = ()) -> str:
        """Words from outside as one line without any secret, this worker's or `hidden`."""
        return one_line(redact(text, self._secrets | forms_of(hidden)))

    async def close(self) -> None:
        """Release the connections."""
        await self._client.aclose()

    def _exchange(self, method: str, url: str, status: int | None, started: float) -> Exchange:
        shown = redact(shown_url(url), self._secrets)
        seconds = round(time.monotonic() - started, 6)
        exchange = Exchange(method=method, url=shown, status=status, seconds=seconds)
        on_exchange.get()(exchange)
        return exchange

    def _no_answer(self, error: Exception, sent: "_Sent", exchange: Exchange, seconds: float) -> NoAnswer:
        place = f"{exchange.method} {exchange.url}"
        late = isinstance(error, TimeoutError | httpx.TimeoutException)
        why = f"no answer within {seconds:g} s" if late else self.said(str(error)) or type(error).__name__
        if isinstance(error, _NEVER) or not (sent.yes or isinstance(error, _NETWORK)):
            # The library's own words may quote a header, so they are not repeated.
            outcome, detail = Outcome.REFUSED, f"{place} cannot be sent: its URL or a header is malformed"
        elif sent.yes:
            outcome, detail = Outcome.UNKNOWN, f"{place} was sent and nobody knows whether it happened: {why}"
        else:
            outcome, detail = Outcome.RETRY, f"{place} did not reach the backend: {why}"
        return NoAnswer(outcome=outcome, detail=detail, exchange=exchange)


#: Errors of the wire: the next try may meet none.
_NETWORK = (httpx.TransportError, OSError)
#: Errors that the same request meets every time.
_NEVER = (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.InvalidURL, UnicodeError)


class _Sent:
    """Whether the first byte of the request may have left."""

    def __init__(self) -> None:
        self.yes = False

    async def trace(self, event: str, _: Mapping[str, Any]) -> None:
        self.yes = self.yes or event.endswith("send_request_headers.started")


async def _bounded_body(response: httpx.Response) -> bytes:
    """The body up to the limit, unpacked here: a small packed body may unpack to gigabytes."""
    raw = bytearray()
    async for chunk in response.aiter_raw():
        raw += chunk
        if len(raw) >= LARGEST_BODY:
            break
    packed = response.headers.get("content-encoding", "").strip().lower()
    if packed in {"gzip", "x-gzip", "deflate"}:
        try:
            return zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(bytes(raw), LARGEST_BODY)
        except zlib.error:  # the status counts, whatever became of the body
            return b""
    return bytes(raw[:LARGEST_BODY])


def shown_url(url: str) -> str:
    """The URL without user, password, fragment and the values of its query."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "(an unreadable URL)"
    if ":" in host:
        host = f"[{host}]"
    names = "&".join(f"{pair.split('=', 1)[0]}=…" for pair in parts.query.split("&") if pair)
    place = f"{host}:{port}" if port is not None else host
    return one_line(f"{parts.scheme}://{place}{parts.path}{'?' if names else ''}{names}")
