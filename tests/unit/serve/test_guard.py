"""Who may manage hooks."""

import pytest

from engine.serve.guard import Guard, host_name, is_loopback

OPEN = Guard(token="", loopback=True)
PUBLIC = Guard(token="", loopback=False)
LOCKED = Guard(token="sesame", loopback=True)
JSON = {"host": "127.0.0.1:9091", "content-type": "application/json"}


@pytest.mark.parametrize(
    ("guard", "method", "headers", "status"),
    [
        (OPEN, "POST", JSON, None),
        (OPEN, "POST", {**JSON, "content-type": "application/json; charset=utf-8"}, None),
        (OPEN, "GET", {"host": "localhost"}, None),
        (OPEN, "GET", {"host": "[::1]:9091"}, None),
        (OPEN, "GET", {"host": "LOCALHOST."}, None),
        (OPEN, "POST", {"host": "127.0.0.1"}, 415),
        (OPEN, "POST", {**JSON, "content-type": "text/plain"}, 415),
        (OPEN, "POST", {**JSON, "content-type": "application/x-www-form-urlencoded"}, 415),
        (OPEN, "GET", {}, 403),
        (OPEN, "GET", {"host": "rebound.example:9091"}, 403),
        (OPEN, "GET", {"host": "127.0.0.1.example"}, 403),
        (OPEN, "GET", {"host": "localhost.example"}, 403),
        (OPEN, "GET", {"host": "0.0.0.0"}, 403),
        (OPEN, "GET", {"host": "10.0.0.1"}, 403),
        (OPEN, "POST", {**JSON, "x-forwarded-for": "203.0.113.9"}, 403),
        (OPEN, "POST", {**JSON, "forwarded": "for=203.0.113.9"}, 403),
        (OPEN, "POST", {**JSON, "x-forwarded-proto": "https"}, 403),
        (OPEN, "POST", {**JSON, "origin": "http://127.0.0.1:9091"}, 403),
        (OPEN, "GET", {"host": "localhost", "sec-fetch-site": "cross-site"}, 403),
        (PUBLIC, "POST", JSON, 401),
        (PUBLIC, "POST", {**JSON, "authorization": "Bearer "}, 401),
        (LOCKED, "POST", JSON, 401),
        (LOCKED, "POST", {**JSON, "authorization": "Bearer wrong"}, 401),
        (LOCKED, "POST", {**JSON, "authorization": "Basic sesame"}, 401),
        (LOCKED, "POST", {**JSON, "authorization": "sesame"}, 401),
        (LOCKED, "POST", {"host": "public.example", "authorization": "bearer sesame"}, None),
        (LOCKED, "POST", {"authorization": "Bearer \udcff"}, 401),
    ],
)
def test_who_is_refused(guard: Guard, method: str, headers: dict[str, str], status: int | None) -> None:
    refusal = guard.refuse(method, headers)
    assert (refusal.status if refusal is not None else None) == status


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.10", "::1", "localhost", "LocalHost"])
def test_loopback_names(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["", "0.0.0.0", "::", "192.168.0.1", "localhost.example", "127.1.1", "::ffff:8.8.8.8"]
)
def test_other_names(host: str) -> None:
    assert not is_loopback(host)


def test_the_name_of_a_host_header() -> None:
    assert [host_name(h) for h in ("a:1", "a", "[::1]:1", "[::1]", "::1")] == ["a", "a", "::1", "::1", "::1"]
