"""Who may call the management routes.

With a token: whoever sends it as a bearer token. Without one, only a program on this machine that speaks to the daemon
directly: the daemon listens on loopback, the `Host` is a loopback name (DNS rebinding), nothing in the headers speaks of a
web page or of a proxy, and a request with a body is JSON (a web page cannot send that to another origin unasked). A proxy
that hides itself completely cannot be told from a local program: whoever runs one publishes only the path of deliveries,
or sets a token.
"""

import hmac
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass

#: Headers that a proxy adds, or a browser; a local program sends none of them.
_FOREIGN = frozenset(
    {"forwarded", "via", "x-real-ip", "x-original-host", "origin", "sec-fetch-site", "cookie"}
)
_FOREIGN_PREFIXES = ("x-forwarded-", "cf-", "x-amz", "x-envoy-", "x-proxy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a request may not manage hooks."""

    status: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """The rule for one daemon."""

    #: The bearer token, empty if there is none.
    token: str
    #: Whether the daemon listens on loopback only.
    loopback: bool

    def refuse(self, method: str, headers: Mapping[str, str]) -> Refusal | None:
        """None if the request may go on. `headers` have lower-case names."""
        if self.token:
            scheme, _, given = headers.get("authorization", "").partition(" ")
            known = hmac.compare_digest(given.strip().encode("utf-8", "replace"), self.token.encode())
            if scheme.lower() == "bearer" and known:
                return None
            return Refusal(status=401, message="send the daemon's token: Authorization: Bearer …")
        if not self.loopback:
            return Refusal(
                status=401,
                message="this daemon listens beyond loopback and has no token: set INTERLOCK_TOKEN and start it again",
            )
        if not is_loopback(host_name(headers.get("host", ""))) or any(map(_is_foreign, headers)):
            return Refusal(
                status=403,
                message="without a token, only direct calls to a loopback name are answered: set INTERLOCK_TOKEN",
            )
        if method not in {"GET", "HEAD"} and _media_type(headers) != "application/json":
            return Refusal(status=415, message="without a token, send the body as application/json")
        return None


def host_name(host: str) -> str:
    """The name in a `Host` header or in ``--host``, without port and brackets."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.rpartition(":")[0] if host.count(":") == 1 else host


def is_loopback(name: str) -> bool:
    """Whether the name or address is this machine's own loopback."""
    if name.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _is_foreign(header: str) -> bool:
    return header in _FOREIGN or header.startswith(_FOREIGN_PREFIXES)


def _media_type(headers: Mapping[str, str]) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()
