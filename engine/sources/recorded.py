"""A delivery that somebody kept in a file: what was sent, by whom, read from the forms in which senders show it."""

from collections.abc import Mapping
from dataclasses import field
from typing import Any

import orjson

from engine.errors import MalformedBodyError, SettingError
from engine.frozen import frozen
from engine.sources.catalog import SOURCES
from engine.sources.source import Source

#: Forms of a file, by a member that only that form has: where its headers and its body or payload are.
_FORMS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    # `interlock deliveries NUMBER --json`, and any tool that shows a request.
    "headers": (("headers",), ("body",)),
    # GitHub's API of a hook's deliveries.
    "request": (("request", "headers"), ("request", "payload")),
    # GitLab's API of a hook's events.
    "request_headers": (("request_headers",), ("request_data",)),
}


@frozen
class Recorded:
    """One delivery as it was sent, without its proof: that is made anew where it is sent again."""

    source: str
    type: str
    #: Empty if the file does not say it.
    id: str = ""
    payload: Any = None
    #: Lower-case names.
    headers: Mapping[str, str] = field(default_factory=dict)


def read_recorded(text: bytes, source: str | None = None, event_type: str | None = None) -> Recorded:
    """The delivery in a file: one of `_FORMS`, or its payload alone.

    What the file does not say about source and type has to be given; what is given counts. Raises `SettingError`, or
    `MalformedBodyError` for a file that is not JSON.
    """
    try:
        whole = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise MalformedBodyError(f"the file is not JSON: {error.msg}") from None
    headers, payload = _parts(whole)
    name = source or _said(whole, "source") or _source_of(headers)
    if name is None:
        raise SettingError(f"the file does not say who sent it; name one of {', '.join(SOURCES)}")
    if name not in SOURCES:
        raise SettingError(f"no source is named {name!r}; the choices are {', '.join(SOURCES)}")
    known = SOURCES[name]
    if isinstance(payload, str):
        payload = known.payload_of(headers, payload.encode())
    kind = event_type or _said(whole, "type", payload) or known.type_of(headers, payload)
    if not kind:
        raise SettingError("the file does not say what happened; name the event type")
    identifier = known.delivery_id_of(headers) or _said(whole, "delivery_id", payload)
    return Recorded(source=name, type=kind, id=identifier or "", payload=payload, headers=headers)


def _parts(whole: Any) -> tuple[dict[str, str], Any]:
    """Headers and body or payload; the whole is the payload if it has none of the forms."""
    for headers_at, body_at in _FORMS.values():
        headers, body = _at(whole, headers_at), _at(whole, body_at)
        if isinstance(headers, dict) and body is not None:
            return {str(name).lower(): str(value) for name, value in headers.items()}, body
    return {}, whole


def _at(value: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _said(whole: Any, member: str, payload: Any = None) -> str | None:
    """What the file says beside headers and body; a payload alone says nothing beside itself."""
    if whole is payload or not isinstance(whole, dict) or "headers" not in whole:
        return None
    value = whole.get(member)
    return value if isinstance(value, str) else None


def _source_of(headers: Mapping[str, str]) -> str | None:
    """The first source whose headers these are."""
    return next((name for name, source in SOURCES.items() if _is_of(source, headers)), None)


def _is_of(source: Source, headers: Mapping[str, str]) -> bool:
    own = (source.type_header, *source.id_headers, *(s.header for s in source.schemes))
    # What several sources send says nothing.
    shared = {"webhook-id", "webhook-signature", "idempotency-key", "x-hub-signature", "x-request-id"} - (
        {"webhook-id", "webhook-signature"} if source.name == "standard" else set()
    )
    return any(name in headers for name in own if name is not None and name not in shared)
