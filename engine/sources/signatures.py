"""How senders sign: a table of HMAC schemes and the one function that interprets it.

A scheme is a row. Keys and bytes are passed in; nothing here reads a clock, logs, or gives the expected value away.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """An HMAC over the raw body, written as lower-case hexadecimal digits behind a fixed prefix."""

    #: The header that carries the signature, lower case.
    header: str
    #: What the header's value starts with.
    prefix: str
    #: The digest, by its name in `hashlib`.
    digest: str


SCHEMES: Mapping[str, Scheme] = {
    "github": Scheme(header="x-hub-signature-256", prefix="sha256=", digest="sha256"),
}


def verify(scheme: Scheme, headers: Mapping[str, str], body: bytes, secret: bytes) -> bool:
    """Whether `body` carries a valid signature made with `secret`; header names are lower case.

    A missing, repeated (joined by commas), oversize or otherwise malformed header is an invalid signature, and so is
    every signature while `secret` is empty. The comparison takes the same time wherever the values differ.
    """
    given = headers.get(scheme.header)
    if given is None or not secret:
        return False
    expected = sign(scheme, body, secret)
    # A length that differs says nothing about the secret, and keeps a huge header out of the comparison.
    if len(given) != len(expected) or not given.isascii():
        return False
    return hmac.compare_digest(given, expected)


def sign(scheme: Scheme, body: bytes, secret: bytes) -> str:
    """The header's value that a sender of `body` gives."""
    return scheme.prefix + hmac.new(secret, body, scheme.digest).hexdigest()
