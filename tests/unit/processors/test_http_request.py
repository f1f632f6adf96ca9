"""From settings and arguments to one request."""

import json
from typing import Any

import pytest

from engine.language.values import number
from engine.model import Effect, EffectKind, Entity
from engine.processors.http import HttpMaker
from engine.processors.http_request import Request, UnusableError, make_request, seconds_of
from engine.processors.processor import Call, Settings

URL = "https://chat.example/hooks"


def build(
    arguments: dict[str, Any] | None = None,
    settings: dict[str, Any] | None = None,
    kind: EffectKind = EffectKind.ACTION,
) -> Request:
    effect = Effect(
        kind=kind,
        name="announce",
        source="a",
        target="b",
        source_status="A",
        target_status="B",
        arguments=arguments or {},
    )
    call = Call(entity=Entity(project="soc", id="SOC-1"), effect=effect, idempotency_key="key-1")
    return make_request(call, settings or {})


def why(arguments: dict[str, Any] | None = None, settings: dict[str, Any] | None = None) -> str:
    with pytest.raises(UnusableError) as caught:
        build(arguments, settings)
    return str(caught.value)


def test_the_defaults() -> None:
    request = build({"url": URL})
    assert (request.method, request.url, request.content, request.timeout) == ("POST", URL, b"", 10)
    assert request.headers == {"idempotency-key": "key-1"}


def test_everything_said() -> None:
    request = build(
        {
            "url": URL,
            "method": "put",
            "headers": {"X-A": " 1 ", "content-type": "application/x"},
            "body": {"n": number("1.50"), "i": number("-0")},
            "timeout": "1500ms",
        },
        {"headers": {"x-a": "0", "X-B": "2"}, "method": "PATCH", "timeout": 3},
    )
    assert (request.method, request.timeout) == ("PUT", 1.5)
    assert request.headers == {
        "x-a": "1",
        "x-b": "2",
        "content-type": "application/x",
        "idempotency-key": "key-1",
    }
    assert json.loads(request.content) == {"n": 1.5, "i": 0}


def test_text_is_sent_as_text() -> None:
    request = build({"url": URL, "text": "grüße"})
    assert request.content == "grüße".encode()
    assert request.headers["content-type"] == "text/plain; charset=utf-8"


def test_a_transition_tells_what_it_is() -> None:
    request = build({}, {"url": URL}, EffectKind.TRANSITION)
    assert json.loads(request.content) == {
        "entity": "SOC-1",
        "project": "soc",
        "from": "a",
        "to": "b",
        "from_status": "A",
        "to_status": "B",
        "idempotency_key": "key-1",
    }
    assert build({"method": "GET"}, {"url": URL}, EffectKind.TRANSITION).content == b""
    assert build({"body": None, "text": "x"}, {"url": URL}, EffectKind.TRANSITION).content == b"x"


@pytest.mark.parametrize(
    ("url", "base", "expected"),
    [
        (None, URL, URL),
        ("", URL, URL),
        ("dev", URL, f"{URL}/dev"),
        ("/dev?x=1", f"{URL}/?k=v", f"{URL}/dev?x=1"),
        ("https://CHAT.example:443/else", URL, "https://CHAT.example:443/else"),
        ("http://127.0.0.1:1/x", None, "http://127.0.0.1:1/x"),
    ],
)
def test_where_to(url: str | None, base: str | None, expected: str) -> None:
    assert build({"url": url}, {"url": base}).url == expected


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/",
        "http://chat.example/hooks",
        "https://chat.example:8443/",
        "https://chat.example.evil/",
        "https://chat.example@evil.example/",
    ],
)
def test_a_worker_with_a_url_calls_no_other_origin(url: str) -> None:
    assert why({"url": url}, {"url": URL}).startswith("the worker calls https://chat.example only")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "url is missing"),
        ({"url": 3}, "url must be text"),
        ({"url": "ftp://x/"}, "url must start with http"),
        ({"url": "file:///etc/passwd"}, "url must start with http"),
        ({"url": "//x/y"}, "url must start with http"),
        ({"url": "http://"}, "url names no host"),
        ({"url": "http://x:99999/"}, "url cannot be read"),
        ({"url": "http://[::1/"}, "url cannot be read"),
        ({"url": "http://x/ y"}, "url must not hold spaces"),
        ({"url": "http://x/\r\nHost: y"}, "url must not hold"),
        ({"url": "http://x\\@y/"}, "url must not hold"),
        ({"url": URL, "method": "TRACE"}, "method must be one of"),
        ({"url": URL, "method": "GET\r\nX: y"}, "method must be one of"),
        ({"url": URL, "method": 3}, "method must be one of"),
        ({"url": URL, "headers": ["x"]}, "headers must be a mapping"),
        ({"url": URL, "headers": {"X": "a\r\nY: b"}}, "the header X must not hold line breaks"),
        ({"url": URL, "headers": {"X\r\nY": "a"}}, "a header's name"),
        ({"url": URL, "headers": {"": "a"}}, "a header's name"),
        ({"url": URL, "headers": {"X": 3}}, "the header X must be text"),
        ({"url": URL, "headers": {"Host": "x"}}, "the header Host is set by Interlock"),
        ({"url": URL, "headers": {"Idempotency-Key": "x"}}, "the header Idempotency-Key is set"),
        ({"url": URL, "body": 1, "text": "x"}, "body and text exclude"),
        ({"url": URL, "text": 1}, "text must be text"),
        ({"url": URL, "body": {"x": object()}}, "body cannot be written as JSON"),
        ({"url": URL, "body": 2**70}, "body cannot be written as JSON"),
        ({"url": URL, "timeout": "soon"}, "timeout must be seconds"),
        ({"url": URL, "timeot": 3}, "an http call takes"),
    ],
)
def test_what_cannot_be_sent(arguments: dict[str, Any], said: str) -> None:
    assert why(arguments).startswith(said)


@pytest.mark.parametrize("value", [0, -1, 301, True, "0s", "6h", "", [], float("nan"), float("inf"), 10**400])
def test_no_timeout(value: Any) -> None:
    with pytest.raises(UnusableError, match="timeout must be seconds"):
        seconds_of(value)


def test_settings_are_checked_with_names() -> None:
    settings = Settings(
        worker="chat",
        values={"url": "x", "method": "BREW", "headers": {"A": 1}, "timeout": 0},
    )
    said = HttpMaker().check(settings)
    assert [sentence.split(" ")[0].rstrip(":") for sentence in said] == [
        "url",
        "method",
        "headers",
        "timeout",
    ]
    assert HttpMaker().check(Settings(worker="chat", values={"url": URL, "method": None})) == []
