"""From settings and arguments to one request, or to the sentence that says why there is none. Pure."""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import orjson

from engine.language.binary import BinaryFraction
from engine.model import EffectKind
from engine.processors.processor import Argument, Call

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
DEFAULT_SECONDS = 10.0
LONGEST_SECONDS = 300.0
#: What an `action "http"` or `request` block may say.
ARGUMENTS: Mapping[str, Argument] = {
    "method": Argument(
        purpose="The method; POST if missing.",
        types=("string",),
        check=lambda value, _: method_of(value),
    ),
    "url": Argument(
        purpose="Where to; a path counts from the worker's url.",
        types=("string",),
        check=lambda value, settings: url_of(value, settings.get("url")) if value != "" else None,
        required=True,
    ),
    "headers": Argument(
        purpose="Further headers, name to text; they win over the worker's.",
        types=("map(string)",),
        check=lambda value, _: headers_of(value),
    ),
    "body": Argument(purpose="The body, sent as JSON."),
    "text": Argument(
        purpose="The body as plain text, instead of body.",
        types=("string",),
        excludes=("body",),
    ),
    "timeout": Argument(
        purpose='Seconds altogether, as a number or "10s"; 10 if missing.',
        types=("string", "number"),
        check=lambda value, _: seconds_of(value),
    ),
}
#: Headers that the transport or the engine sets.
RESERVED = frozenset(
    {"connection", "content-length", "host", "idempotency-key", "transfer-encoding", "upgrade"}
)

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
_DURATION = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,6})?)\s*(ms|s|m)?\Z")
_UNIT: Mapping[str | None, float] = {"ms": 0.001, "s": 1.0, "m": 60.0, None: 1.0}
_BODILESS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request, ready to send."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)
    #: Seconds for the whole exchange.
    timeout: float


class UnusableError(ValueError):
    """The request cannot be made; the message is for the author. Never leaves this package."""


def make_request(call: Call, settings: Mapping[str, Any]) -> Request:
    """The request for an effect: its arguments over the worker's settings. Raises `UnusableError`."""
    arguments = call.effect.arguments
    unknown = sorted(set(map(str, arguments)) - set(ARGUMENTS))
    if unknown:
        raise UnusableError(f"an http call takes {', '.join(ARGUMENTS)}, not {', '.join(unknown)}")
    given = {**_present(settings), **_present(arguments)}
    method = method_of(given.get("method", "POST"))
    url = url_of(arguments.get("url"), settings.get("url"))
    content, content_type = _content(call, given, method)
    headers = {**headers_of(settings.get("headers")), **headers_of(arguments.get("headers"))}
    if content_type:
        headers.setdefault("content-type", content_type)
    headers["idempotency-key"] = call.idempotency_key
    return Request(
        method=method,
        url=url,
        headers=headers,
        content=content,
        timeout=seconds_of(given.get("timeout", DEFAULT_SECONDS)),
    )


def _present(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def method_of(value: Any) -> str:
    """An allowed method in capitals. Raises `UnusableError`."""
    if not isinstance(value, str) or value.upper() not in METHODS:
        raise UnusableError(f"method must be one of {', '.join(METHODS)}")
    return value.upper()


def url_of(url: Any, base: Any) -> str:
    """The URL to call. A path counts from `base`; another origin than the base's is refused.

    The worker's headers may be secrets that are meant for its own backend. Raises `UnusableError`.
    """
    if url in (None, ""):
        if base in (None, ""):
            raise UnusableError("url is missing, here and in the worker's settings")
        return _checked(base)
    if not isinstance(url, str):
        raise UnusableError("url must be text")
    if base in (None, ""):
        return _checked(url)
    root = _checked(base)
    if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", url) and not url.startswith("//"):
        return _checked(f"{root.partition('?')[0].rstrip('/')}/{url.lstrip('/')}")
    target = _checked(url)
    if _origin(target) != _origin(root):
        raise UnusableError(
            f"the worker calls {'://'.join(map(str, _origin(root)[:2]))} only; name another worker, or the built-in http"
        )
    return target


def _checked(url: Any) -> str:
    if not isinstance(url, str):
        raise UnusableError("url must be text")
    return _read(url)


@lru_cache(maxsize=256)
def _read(url: str) -> str:
    """The URL if it can be called. A worker calls few of them many times."""
    if not url.isprintable() or " " in url or "\\" in url:
        raise UnusableError("url must not hold spaces, backslashes or control characters")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise UnusableError(f"url cannot be read: {error}") from error
    if parts.scheme.lower() not in ("http", "https"):
        raise UnusableError("url must start with http:// or https://")
    if not host:
        raise UnusableError("url names no host")
    return url


def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    return scheme, (parts.hostname or "").lower(), parts.port or (443 if scheme == "https" else 80)


def headers_of(value: Any) -> dict[str, str]:
    """Headers with names in lower case. Raises `UnusableError`."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise UnusableError("headers must be a mapping of names to text")
    headers = {}
    for name, text in value.items():
        if not isinstance(name, str) or not _TOKEN.match(name):
            raise UnusableError("a header's name must be letters, digits and dashes")
        if name.lower() in RESERVED:
            raise UnusableError(f"the header {name} is set by Interlock itself")
        if not isinstance(text, str):
            raise UnusableError(f"the header {name} must be text; put it in quotes")
        if not text.isprintable():
            raise UnusableError(f"the header {name} must not hold line breaks or control characters")
        headers[name.lower()] = text.strip()
    return headers


def seconds_of(value: Any) -> float:
    """A timeout in seconds from a number or ``"10s"``. Raises `UnusableError`."""
    seconds = 0.0
    if isinstance(value, int | float | BinaryFraction) and not isinstance(value, bool):
        with suppress(OverflowError, ValueError):
            seconds = float(value)
    elif isinstance(value, str) and (match := _DURATION.match(value.strip())):
        seconds = float(match[1]) * _UNIT[match[2]]
    if not 0 < seconds <= LONGEST_SECONDS:
        raise UnusableError(f'timeout must be seconds, at most {LONGEST_SECONDS:g}, as a number or "10s"')
    return seconds


def _content(call: Call, given: Mapping[str, Any], method: str) -> tuple[bytes, str]:
    if "text" in given:
        if "body" in given:
            raise UnusableError("body and text exclude each other")
        if not isinstance(given["text"], str):
            raise UnusableError("text must be text; body takes other values")
        return given["text"].encode(errors="replace"), "text/plain; charset=utf-8"
    if "body" in given:
        return to_json(given["body"]), "application/json"
    if call.effect.kind is EffectKind.TRANSITION and method not in _BODILESS:
        return to_json(transition_body(call)), "application/json"
    return b"", ""


def transition_body(call: Call) -> dict[str, Any]:
    """What a backend is told about a transition when the definition does not say."""
    effect = call.effect
    return {
        "entity": call.entity.id,
        "project": call.entity.project,
        "from": effect.source,
        "to": effect.target,
        "from_status": effect.source_status,
        "to_status": effect.target_status,
        "idempotency_key": call.idempotency_key,
    }


def to_json(value: Any) -> bytes:
    """The value as JSON. Raises `UnusableError`."""
    try:
        return orjson.dumps(value, default=_plain)
    except (TypeError, ValueError, RecursionError) as error:
        raise UnusableError(f"body cannot be written as JSON: {error}") from error


def _plain(value: Any) -> Any:
    """Values of definitions that JSON has other words for."""
    if isinstance(value, BinaryFraction):
        return float(value) if value else 0
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a {type(value).__name__} has no JSON form")
