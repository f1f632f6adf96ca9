"""How senders prove who they are: a table of schemes and the one function that interprets it.

A scheme is a row. Keys, bytes and the time are passed in; nothing here reads a clock, logs, or gives the expected value
away. The reasons that it returns name headers and ages, never a secret or a signature.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

#: How far a signed time may be from ours, in seconds (Standard Webhooks leaves it open; its libraries take 5 minutes).
TOLERANCE = 300
#: How many signatures of one header are looked at; a sender that rotates its secret sends two.
MOST_SIGNATURES = 16
#: A key that is written in base64 has so many bytes (Standard Webhooks, "Signature scheme").
_KEY_BYTES = range(24, 65)
_LONGEST_HEADER = 4096
_LONGEST_TIME = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """How one header proves that the sender knows the secret. Header names are lower case."""

    #: The header that carries the proof.
    header: str
    #: What a signature starts with.
    prefix: str = ""
    #: The digest of the HMAC, by its name in `hashlib`; None = the header is the secret itself.
    digest: str | None = "sha256"
    #: The signature is written in base64 instead of lower-case hexadecimal digits.
    base64: bool = False
    #: The header holds a list of signatures with spaces between them: one that is valid is enough.
    several: bool = False
    #: Headers that are signed before the body, in order, each followed by a full stop.
    signed: tuple[str, ...] = ()
    #: Which of them is the time of sending, in seconds since 1970.
    time: str | None = None
    #: The header that names the delivery and is as trustworthy as the body.
    identity: str | None = None
    #: What every secret of this scheme starts with; what follows is the key in base64.
    secret_prefix: str = ""


SCHEMES: Mapping[str, Scheme] = {
    "github": Scheme(header="x-hub-signature-256", prefix="sha256="),
    # The form of WebSub; Atlassian's products use it.
    "websub": Scheme(header="x-hub-signature", prefix="sha256="),
    "gitlab token": Scheme(header="x-gitlab-token", digest=None, identity="idempotency-key"),
    # Standard Webhooks 1.0.0, symmetric.
    "standard": Scheme(
        header="webhook-signature",
        prefix="v1,",
        base64=True,
        several=True,
        signed=("webhook-id", "webhook-timestamp"),
        time="webhook-timestamp",
        identity="webhook-id",
        secret_prefix="whsec_",  # noqa: S106 - the same for everybody
    ),
}


def refusal(
    scheme: Scheme, headers: Mapping[str, str], body: bytes, secret: bytes, now: datetime
) -> str | None:
    """Why a delivery is not proven to be from who knows `secret`, for the operator's log; None if it is.

    `now` has a time zone. A header that is missing, repeated (joined by commas), oversize or otherwise malformed proves
    nothing, and neither does anything while `secret` is empty or not of the scheme. Comparisons take the same time
    wherever the values differ.
    """
    needed = (scheme.header, *scheme.signed)
    missing = [name for name in needed if not headers.get(name)]
    if missing:
        return f"the header {missing[0]} is missing"
    if not key_of(scheme, secret):
        return "the hook's secret cannot be used"
    if any(len(headers[name]) > _LONGEST_HEADER or "." in headers[name] for name in scheme.signed):
        return f"the header {scheme.signed[0]} is malformed"
    given = headers[scheme.header]
    expected = sign(scheme, body, secret, headers)
    if not any(_same(expected, one) for one in _signatures(scheme, given)):
        return f"the header {scheme.header} does not fit the secret" + (
            "" if scheme.digest is None else " and the body"
        )
    return None if scheme.time is None else _untimely(headers[scheme.time], now)


def sign(scheme: Scheme, body: bytes, secret: bytes, headers: Mapping[str, str] | None = None) -> str:
    """The header's value that a sender of `body` gives; `headers` has those that are signed with it."""
    if scheme.digest is None:
        return secret.decode("latin-1")
    before = "".join(f"{(headers or {})[name]}." for name in scheme.signed).encode("latin-1", "replace")
    made = hmac.digest(key_of(scheme, secret), before + body if before else body, scheme.digest)
    return scheme.prefix + (base64.b64encode(made).decode() if scheme.base64 else made.hex())


def key_of(scheme: Scheme, secret: bytes) -> bytes:
    """The key of the HMAC; empty if the secret is none of this scheme."""
    if not scheme.secret_prefix:
        return secret
    start = scheme.secret_prefix.encode()
    if not secret.startswith(start):
        return b""
    try:
        key = base64.b64decode(secret.removeprefix(start), validate=True)
    except binascii.Error:
        return b""
    return key if len(key) in _KEY_BYTES else b""


def _signatures(scheme: Scheme, given: str) -> list[str]:
    if not scheme.several:
        return [given]
    return given.split(" ", MOST_SIGNATURES)[:MOST_SIGNATURES] if len(given) <= _LONGEST_HEADER else []


def _same(expected: str, given: str) -> bool:
    """Compared by their hashes: then neither where nor how long they differ takes more or less time."""
    hashes = (hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest() for text in (expected, given))
    return hmac.compare_digest(*hashes)


def _untimely(written: str, now: datetime) -> str | None:
    """Why a signed time is not accepted."""
    if not (written.isascii() and written.isdecimal()) or len(written) > _LONGEST_TIME:
        return "the time of sending is not written in seconds since 1970"
    age = now.timestamp() - int(written)
    if abs(age) <= TOLERANCE:
        return None
    when = f"{age:.0f} s ago" if age > 0 else f"{-age:.0f} s in the future"
    return f"it was signed {when}; at most {TOLERANCE} s are accepted: is it an old one sent again, or is a clock wrong?"
