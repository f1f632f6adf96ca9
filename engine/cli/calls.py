"""Calls that the command line makes to a daemon: plain HTTP with the standard library, because one is enough."""

import http.client
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import orjson

from engine.errors import BackendError, SettingError
from engine.practice.github import SignedDelivery

_TIMEOUT = 30.0


def call_json(method: str, url: str, body: Any, headers: Mapping[str, str]) -> Any:
    """Send a JSON body and return the JSON answer; raises `BackendError` with the daemon's words if it refuses."""
    status, answer = _call(method, url, orjson.dumps(body), {"content-type": "application/json", **headers})
    try:
        parsed = orjson.loads(answer)
    except orjson.JSONDecodeError:
        parsed = {}
    if status >= 400:  # noqa: PLR2004  RFC 9110 15: errors begin here
        told = f"{parsed.get('error_msg', '')} {parsed.get('detail', '')}".strip()
        raise BackendError(
            f"the daemon answered {status} to {method} {url}: {told or answer[:200].decode('latin-1')}"
        )
    return parsed


def deliver(url: str, signed: SignedDelivery) -> int:
    """Make a signed delivery and return the answer's status."""
    status, _ = _call("POST", url, signed.body, signed.headers)
    return status


def _call(method: str, url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise SettingError(f"{url!r} is not the address of a daemon; write http://127.0.0.1:9091")
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname, parts.port, timeout=_TIMEOUT)
    try:
        path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
        connection.request(method, path, body=body, headers=dict(headers))
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise BackendError(f"no daemon answers at {url}: {error}. Start one with `interlock run`.") from None
    finally:
        connection.close()
