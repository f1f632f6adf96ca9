"""Reads a payload from a body, as every source sends it: a JSON object."""

from collections.abc import Mapping
from typing import Any

from engine.errors import MalformedBodyError

JSON = "application/json"


def content_type(headers: Mapping[str, str]) -> str:
    """The content type without its parameters, lower case; JSON where none is said."""
    return headers.get("content-type", JSON).partition(";")[0].strip().lower()


def json_payload(headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """The payload of a body that must say that it is JSON; raises `MalformedBodyError`."""
    if content_type(headers) != JSON:
        raise MalformedBodyError(f"the content type must be {JSON}")
    return parse_object(body)


def parse_object(text: bytes | str) -> dict[str, Any]:
    """A JSON object; raises `MalformedBodyError`, whose message does not repeat the text.

    Nesting deeper than 1024, numbers beyond a double and invalid UTF-8 are malformed; of a repeated key the last value
    counts; whole numbers beyond 64 bits become doubles.
    """
    import orjson  # what only checks definitions reads no body

    try:
        payload = orjson.loads(text)
    except orjson.JSONDecodeError as problem:
        raise MalformedBodyError(f"the body is not JSON: {problem.msg}") from None
    if not isinstance(payload, dict):
        raise MalformedBodyError("the body is JSON, but payloads are objects and this is none")
    return payload
