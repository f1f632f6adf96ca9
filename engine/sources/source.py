"""What a source is: how its deliveries are signed, named and read."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from engine.frozen import frozen
from engine.sources.signatures import Scheme, key_of, refusal

#: Longer than any source's name of an event or of a delivery; what is longer is not one.
LONGEST_NAME = 200


@frozen
class Proof:
    """What verification found."""

    #: The scheme that proved the delivery; None if none did.
    scheme: Scheme | None
    #: Why none did, for the operator's log; never a secret.
    because: str = ""


@frozen
class Source:
    """A sender of webhooks. Header names are lower case everywhere."""

    #: Its name in `receive` blocks and in URLs: ``github``.
    name: str
    #: Its name as its makers write it.
    title: str
    #: How it signs. The form of a hook's secret says which one applies; new secrets are made for the first.
    schemes: tuple[Scheme, ...]
    #: Members of the payload that say what happened; the first one that is there counts.
    type_members: tuple[str, ...] = ()
    #: The header that says what happened, where no member does.
    type_header: str | None = None
    #: Headers that identify the delivery, the same again on a redelivery; the first one that is there counts.
    id_headers: tuple[str, ...]
    #: Reads the payload; raises `engine.errors.MalformedBodyError`.
    payload_of: Callable[[Mapping[str, str], bytes], Any]
    #: Event types that say only that the hook works.
    greetings: frozenset[str] = frozenset()

    def scheme_of(self, secret: str) -> Scheme | None:
        """The scheme that a hook with this secret is verified by; None if the secret cannot be one of this source."""
        fitting = [s for s in self.schemes if secret.startswith(s.secret_prefix)]
        if not fitting:
            return None
        scheme = max(fitting, key=lambda s: len(s.secret_prefix))
        return scheme if key_of(scheme, secret.encode()) else None

    def verify(self, headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: datetime) -> Proof:
        """Whether the delivery was made by who knows one of the secrets; every one of them is tried."""
        found = Proof(scheme=None, because="the hook has no secret of this source")
        for secret in secrets:
            scheme = self.scheme_of(secret)
            if scheme is None:
                continue
            because = refusal(scheme, headers, body, secret.encode(), now)
            if because is None:
                found = Proof(scheme=scheme)
            elif found.scheme is None:
                found = Proof(scheme=None, because=because)
        return found

    def identity_of(self, kept: Mapping[str, str], body: bytes) -> bytes:
        """What two deliveries of one hook have in common if one repeats the other: 32 bytes.

        That is what was proven: the body, and the delivery's identifier where the scheme vouches for it; then `kept`, the
        headers that are stored, has it.
        """
        vouched = dict.fromkeys(s.identity for s in self.schemes if s.identity is not None)
        name = next((kept[header] for header in vouched if kept.get(header)), "")
        before = f"delivery {name}\0".encode("utf-8", "surrogatepass") if name else b""
        return hashlib.sha256(before + body).digest()

    def type_of(self, headers: Mapping[str, str], payload: Any) -> str:
        """The source's name for what happened, empty if the delivery does not say it legibly."""
        for member in self.type_members:
            value = payload.get(member) if isinstance(payload, dict) else None
            if isinstance(value, str) and _name(value):
                return _name(value)
        return _name(headers.get(self.type_header)) if self.type_header is not None else ""

    def delivery_id_of(self, headers: Mapping[str, str]) -> str:
        """The source's identifier of the delivery, empty if it has none."""
        return next(filter(None, (_name(headers.get(name)) for name in self.id_headers)), "")


def _name(value: str | None) -> str:
    """A text if it can be a name: it will be stored and shown, so it must be short and printable."""
    if value is None or len(value) > LONGEST_NAME or not value.isascii() or not value.isprintable():
        return ""
    return value.strip()
