"""The one import of aiohttp: a request goes out, a value comes back, and nothing is raised for what a backend does."""

import asyncio
import re
import ssl
import time
import zlib
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from functools import cache, lru_cache
from os import environ
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import certifi
from aiohttp.connector import Connection

from engine import __version__
from engine.config.redaction import Fragments
from engine.model import Exchange, Outcome
from engine.processors.http_answers import Answer, NoAnswer, forms_of, one_line, redact
from engine.processors.processor import on_exchange

#: As much of a body as is read; Jira's answers are far below.
LARGEST_BODY = 1024 * 1024
#: A connection that is not there by now will not come.
CONNECT_SECONDS = 5.0
#: How many calls one backend gets at once, and how long a connection that nobody uses is kept.
CONNECTIONS = 32
_KEPT_SECONDS = 120.0
#: A backend on this machine is never behind the proxy that the environment names.
_NEVER_PROXIED = frozenset({"127.0.0.1", "localhost", "::1"})
#: What methods and the names of headers are made of (RFC 9110, 5.6.2), and what no header may hold.
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f]")
_TOKEN = frozenset("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")


@cache
def _tls() -> ssl.SSLContext:
    """One set of trusted roots for all workers: it takes time and memory to load.

    The roots that SSL_CERT_FILE or SSL_CERT_DIR name, else the machine's own and those that certifi brings.
    """
    context = ssl.create_default_context()
    if not ("SSL_CERT_FILE" in environ or "SSL_CERT_DIR" in environ):
        context.load_verify_locations(cafile=certifi.where())
    return context


class HttpTransport:
    """Connections to one backend. `secrets` never show in what it returns. Made anywhere, used in one event loop."""

    def __init__(self, *, secrets: Iterable[str] = ()) -> None:
        self._secrets = forms_of(secrets)
        # A worker calls few URLs many times.
        self._shown = lru_cache(maxsize=256)(lambda url: redact(shown_url(url), self._secrets))
        self._proxies = {scheme: url for scheme, url in getproxies().items() if scheme in {"http", "https"}}
        self._session: aiohttp.ClientSession | None = None
        self._places = asyncio.Semaphore(CONNECTIONS)

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
        # Whoever waits for one of the connections is not late yet.
        async with self._places:
            return await self._exchanged(method, url, headers, content, seconds)

    async def _exchanged(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes, seconds: float
    ) -> Answer | NoAnswer:
        sent = _Sent()
        _SENT.set(sent)
        started = time.monotonic()
        try:
            _check(method, url, headers)
            if self._session is None:
                self._session = _session()
            async with (
                asyncio.timeout(seconds),
                self._session.request(
                    method,
                    url,
                    headers=headers,
                    data=content or None,
                    allow_redirects=False,
                    proxy=self._proxy(url),
                    timeout=_timeout(seconds),
                ) as response,
            ):
                body = await _bounded_body(response)
        except (aiohttp.ClientError, OSError, ValueError, TypeError) as error:
            return self._no_answer(error, sent, self._exchange(method, url, None, started), seconds)
        return Answer(
            status=response.status,
            headers={name.lower(): value for name, value in response.headers.items()},
            content=body,
            exchange=self._exchange(method, url, response.status, started),
        )

    def said(self, text: str, hidden: Iterable[str] = ()) -> str:
        """Words from outside as one line without any secret, this worker's or `hidden`, and without pieces of one."""
        shown = redact(text, self._secrets | forms_of(hidden))
        return one_line(Fragments([*self._secrets, *hidden]).hide(shown))

    async def close(self) -> None:
        """Release the connections."""
        if self._session is not None:
            await self._session.close()

    def _proxy(self, url: str) -> str | None:
        """The proxy that the environment names for this URL."""
        if not self._proxies:
            return None
        parts = urlsplit(url)
        host = parts.hostname or ""
        bypassed = host in _NEVER_PROXIED or proxy_bypass(host)
        return None if bypassed else self._proxies.get(parts.scheme)

    def _exchange(self, method: str, url: str, status: int | None, started: float) -> Exchange:
        seconds = round(time.monotonic() - started, 6)
        exchange = Exchange(method=method, url=self._shown(url), status=status, seconds=seconds)
        on_exchange.get()(exchange)
        return exchange

    def _no_answer(self, error: Exception, sent: "_Sent", exchange: Exchange, seconds: float) -> NoAnswer:
        place = f"{exchange.method} {exchange.url}"
        late = isinstance(error, TimeoutError)
        why = f"no answer within {seconds:g} s" if late else self.said(str(error)) or type(error).__name__
        if not sent.yes and isinstance(error, _NEVER):
            # The library's own words may quote a header, so they are not repeated.
            outcome, detail = Outcome.REFUSED, f"{place} cannot be sent: its URL or a header is malformed"
        elif sent.yes:
            outcome, detail = Outcome.UNKNOWN, f"{place} was sent and nobody knows whether it happened: {why}"
        else:
            outcome, detail = Outcome.RETRY, f"{place} did not reach the backend: {why}"
        return NoAnswer(outcome=outcome, detail=detail, exchange=exchange)


#: Errors that the same request meets every time; an address that cannot be resolved is none.
_NEVER = (aiohttp.InvalidURL, ValueError, TypeError)


class _Sent:
    """Whether the first byte of the request may have left."""

    __slots__ = ("yes",)

    def __init__(self) -> None:
        self.yes = False


_SENT: ContextVar[_Sent] = ContextVar("sent")


class _Request(aiohttp.ClientRequest):
    """A request that tells when it begins to leave; aiohttp's traces tell it, too, and cost a fifth of the call."""

    async def send(self, conn: Connection) -> aiohttp.ClientResponse:
        """Send it over a connection that is there."""
        _SENT.get().yes = True
        return await super().send(conn)


@lru_cache(maxsize=64)
def _timeout(seconds: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(sock_connect=min(seconds, CONNECT_SECONDS))


def _session() -> aiohttp.ClientSession:
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=_tls(), limit=CONNECTIONS, keepalive_timeout=_KEPT_SECONDS),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": f"interlock/{__version__}", "Accept-Encoding": "gzip"},
        auto_decompress=False,
        skip_auto_headers=("Content-Type",),
        request_class=_Request,
        timeout=aiohttp.ClientTimeout(),
    )
    # It would send a request of an idempotent method again by itself: what was attempted must be known here.
    session._retry_connection = False  # noqa: SLF001 -- there is no other way to say it
    return session


def _check(method: str, url: str, headers: Mapping[str, str]) -> None:
    """`ValueError` for what could never be sent, before anything is."""
    if not method or not _TOKEN.issuperset(method):
        raise ValueError("the method is no token")
    if not url.startswith(("http://", "https://")) or _UNPRINTABLE.search(url):
        raise ValueError("the URL is malformed")
    for name, value in headers.items():
        if not name or not _TOKEN.issuperset(name):
            raise ValueError("a header's name is no token")
        if _CONTROL.search(value):
            raise ValueError("a header holds control characters")


async def _bounded_body(response: aiohttp.ClientResponse) -> bytes:
    """The body up to the limit, unpacked here: a small packed body may unpack to gigabytes."""
    raw = bytearray()
    while chunk := await response.content.readany():
        raw += chunk
        if len(raw) >= LARGEST_BODY:
            response.close()  # what is left is not read
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
