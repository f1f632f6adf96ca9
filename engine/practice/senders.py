"""Wraps a payload as each source sends it: body, headers, proof. Pure: identifiers and times come from the caller.

It is written from the senders' documentation, apart from the engine's own verification: two readings that must agree.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import datetime

import orjson

from engine.practice.github.signing import Hook, SignedDelivery, signed

_STANDARD_SECRET = "whsec_"  # noqa: S105 - the same for everybody
#: How many bytes its key has.
_SHORTEST_KEY, _LONGEST_KEY = 24, 64

#: What GitLab writes into its header for an object kind; a kind that is not here is written with capitals.
_GITLAB_HEADERS = {
    "build": "Job Hook",
    "tag_push": "Tag Push Hook",
    "access_token": "Resource Access Token Hook",
    "work_item": "Work Item Hook",
}
_JSON = "application/json"


def signed_delivery(
    source: str, event_type: str, payload: object, *, secret: str, delivery_id: str, now: datetime
) -> SignedDelivery:
    """The delivery of `payload` as that source sends it at `now`; raises KeyError for a source that is not known.

    ValueError if the secret cannot be one of that source.
    """
    return _SENDERS[source](event_type, payload, secret, delivery_id, now)


def _github(
    event_type: str, payload: object, secret: str, delivery_id: str, _now: datetime
) -> SignedDelivery:
    return signed(event_type, payload, hook=Hook(secret=secret), delivery_id=delivery_id)


def _gitlab(event_type: str, payload: object, secret: str, delivery_id: str, now: datetime) -> SignedDelivery:
    body = orjson.dumps(payload)
    headers = {
        "Content-Type": _JSON,
        "User-Agent": "GitLab/18.4.0",
        "X-Gitlab-Event": _GITLAB_HEADERS.get(event_type, f"{event_type.replace('_', ' ').title()} Hook"),
        "X-Gitlab-Webhook-UUID": "1d0b1b39-53bc-4a3d-9b9e-64b0a9f1c2d4",
        "X-Gitlab-Instance": "https://gitlab.example.com",
        "X-Gitlab-Event-UUID": delivery_id,
        "Idempotency-Key": delivery_id,
    }
    if secret.startswith(_STANDARD_SECRET):
        headers |= _standard_headers(body, secret, delivery_id, now)
    elif secret:
        headers["X-Gitlab-Token"] = secret
    return SignedDelivery(headers=headers, body=body)


def _bitbucket(
    event_type: str, payload: object, secret: str, delivery_id: str, _now: datetime
) -> SignedDelivery:
    body = orjson.dumps(payload)
    if isinstance(payload, dict) and "eventKey" in payload:
        headers = {"Content-Type": "application/json; charset=utf-8", "X-Request-Id": delivery_id}
    else:
        headers = {
            "Content-Type": _JSON,
            "User-Agent": "Bitbucket-Webhooks/2.0",
            "X-Request-UUID": delivery_id,
            "X-Hook-UUID": "5b3e4f0a-1c9d-4e0f-8a77-2f5d1c0b9e31",
            "X-Attempt-Number": "1",
        }
    return SignedDelivery(headers={**headers, "X-Event-Key": event_type, **_websub(body, secret)}, body=body)


def _jira(_event_type: str, payload: object, secret: str, delivery_id: str, _now: datetime) -> SignedDelivery:
    body = orjson.dumps(payload)
    headers = {
        "Content-Type": "application/json; charset=UTF-8",
        "User-Agent": "Atlassian Webhook HTTP Client",
        "X-Atlassian-Webhook-Identifier": delivery_id,
        "X-Atlassian-Webhook-Flow": "Primary",
    }
    return SignedDelivery(headers={**headers, **_websub(body, secret)}, body=body)


def _standard(
    _event_type: str, payload: object, secret: str, delivery_id: str, now: datetime
) -> SignedDelivery:
    body = orjson.dumps(payload)
    headers = {"Content-Type": _JSON, **_standard_headers(body, secret, delivery_id, now)}
    return SignedDelivery(headers=headers, body=body)


def _websub(body: bytes, secret: str) -> dict[str, str]:
    if not secret:
        return {}
    return {"X-Hub-Signature": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


def _standard_headers(body: bytes, secret: str, delivery_id: str, now: datetime) -> dict[str, str]:
    moment = str(int(now.timestamp()))
    made = hmac.new(
        _standard_key(secret), b".".join((delivery_id.encode(), moment.encode(), body)), hashlib.sha256
    ).digest()
    return {
        "webhook-id": delivery_id,
        "webhook-timestamp": moment,
        "webhook-signature": "v1," + base64.b64encode(made).decode(),
    }


def _standard_key(secret: str) -> bytes:
    """The key in a secret of Standard Webhooks; its words are not told."""
    try:
        key = base64.b64decode(secret.removeprefix(_STANDARD_SECRET), validate=True)
    except ValueError:
        key = b""
    if not secret.startswith(_STANDARD_SECRET) or not _SHORTEST_KEY <= len(key) <= _LONGEST_KEY:
        raise ValueError(
            f"a secret of Standard Webhooks is {_STANDARD_SECRET} and then "
            f"{_SHORTEST_KEY} to {_LONGEST_KEY} bytes in Base64: this one is not"
        )
    return key


_SENDERS: Mapping[str, Callable[[str, object, str, str, datetime], SignedDelivery]] = {
    "github": _github,
    "gitlab": _gitlab,
    "bitbucket": _bitbucket,
    "jira": _jira,
    "standard": _standard,
}
