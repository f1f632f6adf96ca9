"""The hook API: the predecessor's paths, bodies and codes, with its bugs mended."""

import hashlib
import hmac
import re
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.harness.daemon import DaemonProcess, PracticeJira, wait_until

WANTED = {"provider": "github", "repo_id": "points", "repo_path": "octo-org/points"}


def _failure(code: int, message: str) -> dict[str, Any]:
    return {"success": False, "error_code": code, "error_msg": message}


def _moved(jira: PracticeJira, key: str) -> bool:
    return jira.status(key) == "In Progress"


def _without_detail(answer: Any) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "detail"}


@pytest.mark.parametrize("prefix", ["/conduit", ""])
def test_register_answers_as_the_predecessor_with_the_complete_path(
    daemon: DaemonProcess, prefix: str
) -> None:
    answer = daemon.call_json("POST", f"{prefix}/webhooks/register", WANTED)
    assert answer.status == 201
    body = answer.json()
    assert body.keys() == {"success", "data"}
    assert body["success"] is True
    assert re.fullmatch(r"[0-9a-f]{64}", body["data"]["secret"])
    assert body["data"]["uri"] == "/conduit/webhooks/github/points/payload"
    again = daemon.call_json("POST", f"{prefix}/webhooks/register", WANTED)
    assert (again.status, _without_detail(again.json())) == (409, _failure(204, "duplicate_registration"))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"x"',
        b"{}",
        b'{"provider": "github"}',
        b'{"provider": "github", "repo_id": "", "repo_path": "a/b"}',
        b'{"provider": "github", "repo_id": 7, "repo_path": "a/b"}',
        b'{"provider": "sourceforge", "repo_id": "x", "repo_path": "a/b"}',
        b'{"provider": "github", "repo_id": "a\\u0000b", "repo_path": "a/b"}',
        b'{"provider": "github", "repo_id": "..", "repo_path": "a/b"}',
        b'{"provider": "github", "repo_id": "' + b"x" * 100_000 + b'", "repo_path": "a/b"}',
    ],
)
def test_a_malformed_registration_is_400_with_code_201(daemon: DaemonProcess, body: bytes) -> None:
    answer = daemon.call("POST", "/conduit/webhooks/register", body, {"content-type": "application/json"})
    assert (answer.status, _without_detail(answer.json())) == (400, _failure(201, "malformed_request"))
    assert answer.json()["detail"]


def test_update_gives_a_new_secret_to_a_hook_that_exists(daemon: DaemonProcess, jira: PracticeJira) -> None:
    known = {"provider": "github", "repo_id": "signal-box", "repo_path": "octo-org/signal-box"}
    old = daemon.secret
    answer = daemon.call_json("PATCH", "/webhooks/update", known)
    assert answer.status == 201
    new = answer.json()["data"]["secret"]
    assert new != old
    assert daemon.deliver(daemon.release("Ships SOC-1")).status == 401
    daemon.secret = new
    assert daemon.deliver(daemon.release("Ships SOC-1")).status == 200
    missing = daemon.call_json("PATCH", "/webhooks/update", WANTED)
    assert (missing.status, _without_detail(missing.json())) == (404, _failure(203, "unregistered_webhook"))


def test_import_takes_a_secret_that_the_source_has(daemon: DaemonProcess, jira: PracticeJira) -> None:
    body = {**WANTED, "secret": "old and known"}
    for secret in ("old and known", "another"):
        answer = daemon.call_json("PATCH", "/internal/webhooks/import", {**body, "secret": secret})
        assert answer.status == 201
        assert answer.json()["data"] == {"secret": secret, "uri": "/conduit/webhooks/github/points/payload"}
    daemon.secret, daemon.uri = "another", "/webhooks/github/points/payload"
    assert daemon.deliver(daemon.release("Ships SOC-2")).status == 200
    wait_until(lambda: jira.status("SOC-2") == "In Progress", "SOC-2 did not move")
    bad = daemon.call_json("PATCH", "/internal/webhooks/import", {**body, "secret": ""})
    assert (bad.status, bad.json()["error_code"]) == (400, 201)


@pytest.mark.parametrize("prefix", ["/conduit", ""])
def test_list_and_find_never_show_a_secret(daemon: DaemonProcess, prefix: str) -> None:
    hook = {"repo_id": "signal-box", "provider": "github"}
    listed = daemon.call("GET", f"{prefix}/webhooks/list?provider=github")
    assert (listed.status, listed.json()) == (200, {"success": True, "data": [hook]})
    found = daemon.call("GET", f"{prefix}/webhooks/find?provider=github&repo_id=signal-box")
    assert (found.status, found.json()) == (200, {"success": True, "data": hook})


@pytest.mark.parametrize(
    ("path", "status", "code", "message"),
    [
        ("/conduit/webhooks/list", 400, 202, "param_missing"),
        ("/conduit/webhooks/list?provider=", 400, 202, "param_missing"),
        ("/conduit/webhooks/list?provider=gitlab", 404, 203, "unregistered_webhook"),
        ("/conduit/webhooks/find?provider=github", 400, 202, "param_missing"),
        ("/conduit/webhooks/find?repo_id=x", 400, 202, "param_missing"),
        ("/conduit/webhooks/find?provider=github&repo_id=nope", 404, 203, "unregistered_webhook"),
        ("/conduit/no/such/route", 404, 206, "not_found"),
    ],
)
def test_what_is_missing(daemon: DaemonProcess, path: str, status: int, code: int, message: str) -> None:
    answer = daemon.call("GET", path)
    assert (answer.status, _without_detail(answer.json())) == (status, _failure(code, message))


def test_a_repository_with_a_slash_or_unicode_has_a_path_of_its_own(
    daemon: DaemonProcess, jira: PracticeJira
) -> None:
    for number, repo_id in enumerate(("octo-org/box", "зал ты", "a%2Fb?c#d"), 3):
        answer = daemon.call_json("POST", "/webhooks/register", {**WANTED, "repo_id": repo_id})
        assert answer.status == 201
        daemon.secret, daemon.uri = answer.json()["data"]["secret"], answer.json()["data"]["uri"]
        assert daemon.deliver(daemon.release(f"Ships SOC-{number}")).status == 200
        wait_until(partial(_moved, jira, f"SOC-{number}"), f"{repo_id!r} was not heard")


def test_fixed_routes_win_over_names(daemon: DaemonProcess) -> None:
    assert daemon.call_json("POST", "/webhooks/register", {}).status == 400
    assert daemon.call("GET", "/openapi.json").json()["openapi"].startswith("3.1")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content-type": "application/json", "host": "rebound.example"}, 403),
        ({"content-type": "application/json", "x-forwarded-for": "203.0.113.7"}, 403),
        ({"content-type": "text/plain"}, 415),
        ({"content-type": "application/x-www-form-urlencoded"}, 415),
    ],
)
def test_without_a_token_only_direct_json_calls_to_loopback_manage(
    daemon: DaemonProcess, headers: dict[str, str], status: int
) -> None:
    answer = daemon.call("POST", "/conduit/webhooks/register", b"{}", headers)
    assert (answer.status, answer.json()["error_msg"]) == (status, "unauthorized")


def test_with_a_token_forms_work_too_and_nothing_works_without_it(
    make_daemon: Callable[..., DaemonProcess],
) -> None:
    daemon = make_daemon(INTERLOCK_TOKEN="sesame").start()
    form = urlencode(WANTED).encode()
    headers = {"content-type": "application/x-www-form-urlencoded", "host": "hooks.example"}
    assert daemon.call("POST", "/conduit/webhooks/register", form, headers).status == 401
    assert daemon.call("GET", "/conduit/webhooks/list?provider=github").status == 401
    right = {**headers, "authorization": "Bearer sesame"}
    assert daemon.call("POST", "/conduit/webhooks/register", form, right).status == 201
    assert b"sesame" not in daemon.log.read_bytes()


def test_beyond_loopback_management_needs_a_token_and_deliveries_do_not(
    make_daemon: Callable[..., DaemonProcess], jira: PracticeJira
) -> None:
    daemon = make_daemon("--host", "0.0.0.0")
    daemon.register_beside()
    daemon.start()
    refused = daemon.call_json("POST", "/conduit/webhooks/register", WANTED)
    assert (refused.status, refused.json()["error_msg"]) == (401, "unauthorized")
    assert "INTERLOCK_TOKEN" in refused.json()["detail"]
    assert daemon.deliver(daemon.release("Ships SOC-9")).status == 200


def test_the_predecessors_flags_and_env_file(
    make_daemon: Callable[..., DaemonProcess], jira: PracticeJira
) -> None:
    daemon = make_daemon()
    (daemon.folder / "config").mkdir()
    (daemon.folder / "statemachines").rename(daemon.folder / "config/statemachines")
    (daemon.folder / "workers.yaml").rename(daemon.folder / "config/workers.yaml")
    (daemon.folder / "config/app.env").write_text(
        "port=0\nlog_level=info\nredis_url=env://ELASTIC_REDIS_URL\natlassian_email=env://MAIL\n"
        f"atlassian_api_key=env://KEY\natlassian_domain_url={jira.url}\n"
    )
    for name in ("ATLASSIAN_URL", "ATLASSIAN_EMAIL", "ATLASSIAN_API_KEY"):
        del daemon.environ[name]
    daemon.environ.update(MAIL="practice@example.com", KEY="practice-token")
    daemon.register_beside()
    daemon.start("-hcl-dir", "./config/statemachines", "-worker-cfg=./config/workers.yaml", "-p", ":0")
    assert daemon.call("GET", "/conduit/version").body == b"3"
    assert daemon.deliver(daemon.release("Ships SOC-10")).status == 200
    wait_until(lambda: jira.status("SOC-10") == "In Progress", "SOC-10 did not move")


def test_signatures_are_over_the_raw_bytes(daemon: DaemonProcess) -> None:
    body = b'{"action":  "published" , "release": {"id": 1, "body": "SOC-11"}}\n\n'
    signature = hmac.new(daemon.secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {
        "content-type": "application/json",
        "x-github-event": "release",
        "x-hub-signature-256": f"sha256={signature}",
    }
    assert daemon.call("POST", daemon.uri, body, headers).status == 200
    assert daemon.call("POST", daemon.uri, body.strip(), headers).status == 401
