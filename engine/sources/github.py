"""GitHub: headers and the two content types in which it sends a payload."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

from engine.errors import MalformedBodyError
from engine.sources.json_body import JSON, content_type, parse_object
from engine.sources.signatures import SCHEMES
from engine.sources.source import Source

FORM = "application/x-www-form-urlencoded"

#: GitHub sends one form field; a few more are harmless, thousands are an attack.
_MOST_FIELDS = 16


def payload_of(headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """The payload, from a JSON body or from the form field ``payload``; raises `MalformedBodyError`."""
    return parse_object(_READERS.get(content_type(headers), _refuse)(body))


def _as_it_is(body: bytes) -> bytes:
    return body


def _form_field(body: bytes) -> str:
    try:
        fields = parse_qs(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=_MOST_FIELDS,
        )
    except ValueError:  # UnicodeError is one
        raise MalformedBodyError("the body says that it is a form and is none") from None
    values = fields.get("payload", [])
    if len(values) != 1:
        raise MalformedBodyError(f"the form must have one field named payload; this one has {len(values)}")
    return values[0]


def _refuse(_body: bytes) -> bytes:
    raise MalformedBodyError(f"the content type must be {JSON} or {FORM}; set it on the webhook's page")


_READERS: Mapping[str, Callable[[bytes], bytes | str]] = {JSON: _as_it_is, FORM: _form_field}

GITHUB = Source(
    name="github",
    title="GitHub",
    schemes=(SCHEMES["github"],),
    type_header="x-github-event",
    id_headers=("x-github-delivery",),
    payload_of=payload_of,
    greetings=frozenset({"ping"}),
)
