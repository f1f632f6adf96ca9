"""Wraps a payload as GitHub sends it: body, headers, signatures. Pure: ids come from the caller."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

import orjson

#: What follows the slash is a commit of GitHub's sender and changes now and then.
_USER_AGENT = "GitHub-Hookshot/a1f2c3d"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedDelivery:
    """One webhook, ready to be posted."""

    #: With GitHub's own spelling.
    headers: Mapping[str, str]
    #: The raw bytes that the signatures are about.
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """The webhook as it is configured at GitHub."""

    id: int = 482_913_774
    #: Signs the body; empty = GitHub sends no signature headers.
    secret: str = field(default="", repr=False)
    #: Whether it was set to ``application/x-www-form-urlencoded``: the JSON travels as ``payload=…``.
    form: bool = False
    #: ``repository``, ``organization`` or ``integration``, and the id of that.
    target: str = "repository"
    target_id: int = 0


def signed(event: str, payload: object, *, hook: Hook, delivery_id: str) -> SignedDelivery:
    """The delivery of `payload`; `delivery_id` is a GUID, the same again on a redelivery."""
    body = orjson.dumps(payload)
    if hook.form:
        body = urlencode({"payload": body.decode()}).encode()
    headers = {
        "Accept": "*/*",
        "Content-Type": "application/x-www-form-urlencoded" if hook.form else "application/json",
        "User-Agent": _USER_AGENT,
        "X-GitHub-Delivery": delivery_id,
        "X-GitHub-Event": event,
        "X-GitHub-Hook-ID": str(hook.id),
        "X-GitHub-Hook-Installation-Target-ID": str(hook.target_id),
        "X-GitHub-Hook-Installation-Target-Type": hook.target,
    }
    if hook.secret:
        key = hook.secret.encode()
        headers["X-Hub-Signature"] = "sha1=" + hmac.new(key, body, hashlib.sha1).hexdigest()
        headers["X-Hub-Signature-256"] = "sha256=" + hmac.new(key, body, hashlib.sha256).hexdigest()
    return SignedDelivery(headers=headers, body=body)
