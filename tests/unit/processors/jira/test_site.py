"""Where a Jira is, and how one signs in there."""

import base64
from typing import Any

import pytest

from engine.processors.jira.maker import JiraMaker
from engine.processors.jira.site import Site, make_site
from engine.processors.processor import Settings


def site(**values: Any) -> Site:
    return make_site({"token": "t0ken", **values})


def said(**values: Any) -> list[str]:
    return list(JiraMaker().check(Settings(worker="atlassian", values=values)))


@pytest.mark.parametrize(
    ("values", "base", "version"),
    [
        ({"url": "acme.atlassian.net", "email": "a@b.c"}, "https://acme.atlassian.net", 3),
        ({"url": "https://acme.atlassian.net/", "email": "a@b.c"}, "https://acme.atlassian.net", 3),
        ({"url": "https://jira.example/jira//"}, "https://jira.example/jira", 2),
        ({"url": "http://127.0.0.1:8080", "email": "a@b.c", "api_version": "2"}, "http://127.0.0.1:8080", 2),
        ({"url": "localhost:8080", "email": ""}, "https://localhost:8080", 2),
        ({"url": "https://api.atlassian.com/ex/jira/11-22"}, "https://api.atlassian.com/ex/jira/11-22", 3),
    ],
)
def test_base_and_version(values: dict[str, Any], base: str, version: int) -> None:
    made = site(**values)
    assert (made.base, made.version) == (base, version)
    assert made.issue("SOC-1", "/transitions") == f"{base}/rest/api/{version}/issue/SOC-1/transitions"


def test_signing_in() -> None:
    basic = site(url="x.example", email="ada@example.org").headers["authorization"]
    assert base64.b64decode(basic.removeprefix("Basic ")) == b"ada@example.org:t0ken"
    assert site(url="x.example").headers["authorization"] == "Bearer t0ken"
    assert "t0ken" not in repr(site(url="x.example"))


def test_a_key_is_quoted() -> None:
    assert site(url="x").issue("a/b?c").endswith("/issue/a%2Fb%3Fc")


def test_everything_missing_is_told_at_once_with_its_variable() -> None:
    assert said() == [
        "url is missing: give it in the worker's settings or set ATLASSIAN_URL",
        "token is missing: give it in the worker's settings or set ATLASSIAN_API_KEY",
    ]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"url": "acme.atlassian.net", "token": "t"}, "email is missing: acme.atlassian.net wants"),
        ({"url": "ftp://x", "token": "t"}, "url must be Jira's address"),
        ({"url": "https://", "token": "t"}, "url must be Jira's address"),
        ({"url": "https://u:p@x", "token": "t"}, "url must not hold a user"),
        ({"url": "https://x/?a=1", "token": "t"}, "url must end before"),
        ({"url": "https://x:y", "token": "t"}, "url cannot be read"),
        ({"url": 3, "token": "t"}, "url must be text"),
        ({"url": "x", "token": "s3cret\n"}, "token must be text without"),
        ({"url": "x", "token": "s3cretä"}, "token must be ASCII"),
        ({"url": "x", "token": 12}, "token must be text"),
        ({"url": "x", "token": "t", "email": "a:b@c"}, "email must not hold a colon"),
        ({"url": "x", "token": "t", "api_version": 4}, "api_version must be 2 or 3"),
        ({"url": "x", "token": "t", "timeout": "x"}, "timeout must be seconds"),
    ],
)
def test_what_is_wrong(values: dict[str, Any], sentence: str) -> None:
    (only,) = said(**values)
    assert only.startswith(sentence)
    assert "s3cret" not in only


def test_what_is_right() -> None:
    assert said(url="acme.atlassian.net", email="a@b.c", token="t") == []
    assert said(url="https://jira.example", token="t", timeout="3s", api_version=2) == []
