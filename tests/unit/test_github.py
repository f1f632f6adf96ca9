from typing import Any
from urllib.parse import urlencode

import pytest

from engine.errors import MalformedBodyError
from engine.sources.catalog import SOURCES
from engine.sources.github import GITHUB, payload_of

JSON = {"content-type": "application/json"}
FORM = {"content-type": "application/x-www-form-urlencoded"}


def test_the_catalog_knows_github() -> None:
    assert SOURCES["github"] is GITHUB


@pytest.mark.parametrize(
    "headers",
    [JSON, {}, {"content-type": "Application/JSON; charset=utf-8"}],
    ids=["json", "none", "with charset"],
)
def test_a_json_body_is_the_payload(headers: dict[str, str]) -> None:
    assert payload_of(headers, b'{"action": "published"}') == {"action": "published"}


def test_a_form_carries_the_payload_in_a_field() -> None:
    text = '{"note": "a+b & c=d ü %41"}'
    body = urlencode({"payload": text}).encode("ascii")
    assert payload_of(FORM, body) == {"note": "a+b & c=d ü %41"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"payload",
        b"other=1",
        b"payload={}&payload={}",
        b"payload=%ff",
        b"payload=[1]",
        b"payload=",
        "payload=ü".encode(),
        b"&".join(b"a%d=1" % n for n in range(5000)),
    ],
    ids=lambda body: body[:24].decode("latin-1"),
)
def test_a_bad_form_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedBodyError):
        payload_of(FORM, body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"1",
        b"NaN",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1e400}',
        b'{"a": "\xff"}',
        b'{"a": "\\ud800"}',
        b"\xef\xbb\xbf{}",
        b"{} {}",
        b"{'a': 1}",
        b'{"a": ' * 5000,
        b'{"a": ' * 5000 + b"1" + b"}" * 5000,
    ],
    ids=lambda body: body[:20].decode("latin-1"),
)
def test_what_is_no_json_object_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedBodyError):
        payload_of(JSON, body)


@pytest.mark.parametrize("content_type", ["text/plain", "", "multipart/form-data", "application/xml"])
def test_other_content_types_are_malformed_and_the_message_says_what_to_set(content_type: str) -> None:
    with pytest.raises(MalformedBodyError, match="application/json"):
        payload_of({"content-type": content_type}, b"{}")


def test_the_message_does_not_repeat_the_body() -> None:
    with pytest.raises(MalformedBodyError) as caught:
        payload_of(JSON, b'{"password": "hunter2"')
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("body", "payload"),
    [
        (b'{"a": 1, "a": 2}', {"a": 2}),
        (b'{"a": 18446744073709551615}', {"a": 18446744073709551615}),
        (b'{"a": 99999999999999999999}', {"a": 1e20}),
    ],
    ids=["repeated key", "largest whole number", "beyond it"],
)
def test_the_corners_of_json_are_as_documented(body: bytes, payload: Any) -> None:
    assert payload_of(JSON, body) == payload


def test_headers_name_the_type_and_the_delivery() -> None:
    headers = {"x-github-event": "release", "x-github-delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958"}
    assert GITHUB.type_of(headers, {}) == "release"
    assert GITHUB.delivery_id_of(headers) == "72d3162e-cc78-11e3-81ab-4c9367dc0958"


@pytest.mark.parametrize("value", [None, "", "a\nb", "ü", "a" * 201, "\x1b[31m"], ids=ascii)
def test_an_illegible_header_names_nothing(value: str | None) -> None:
    headers = {} if value is None else {"x-github-event": value, "x-github-delivery": value}
    assert GITHUB.type_of(headers, {}) == ""
    assert GITHUB.delivery_id_of(headers) == ""
