import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import parse_qs

import pytest

from engine.practice.github import (
    SignedDelivery,
    create_delivery,
    ping_delivery,
    pull_request_delivery,
    release_delivery,
)

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
GUID = "72d3162e-cc78-11e3-81ab-4c9367dc0958"


def release(**members: object) -> SignedDelivery:
    given: dict[str, object] = {
        "repo_full_name": "acme/rocket",
        "tag": "v1.2.0",
        "notes": "Ships SOC-1 für alle 🚀",
        "release_id": 42,
        "delivery_id": GUID,
        "secret": "a secret with ü",
        "now": NOW,
    }
    return release_delivery(**(given | members))  # type: ignore[arg-type]


def test_a_release_has_every_member_that_github_sends() -> None:
    payload = json.loads(release().body)
    assert set(payload) == {"action", "release", "repository", "sender"}
    assert set(payload["release"]) == {
        *(
            "url",
            "assets_url",
            "upload_url",
            "html_url",
            "id",
            "node_id",
            "tag_name",
            "target_commitish",
            "name",
        ),
        *("draft", "author", "prerelease", "immutable", "created_at", "updated_at", "published_at", "assets"),
        *("tarball_url", "zipball_url", "body"),
    }
    assert payload["action"] == "published"
    assert payload["release"]["body"] == "Ships SOC-1 für alle 🚀"
    assert payload["release"]["published_at"] == "2026-03-04T05:06:07Z"
    assert payload["release"]["html_url"] == "https://github.com/acme/rocket/releases/tag/v1.2.0"
    assert payload["repository"]["full_name"] == "acme/rocket"
    assert payload["repository"]["owner"]["login"] == "acme"
    assert len([name for name in payload["repository"] if name.endswith("_url")]) >= 40


def test_a_release_is_as_large_as_real_ones() -> None:
    assert 8_000 < len(release().body) < 17_000


def test_the_signatures_are_of_the_raw_body() -> None:
    delivery = release()
    key = "a secret with ü".encode()
    assert (
        delivery.headers["X-Hub-Signature-256"]
        == f"sha256={hmac.new(key, delivery.body, hashlib.sha256).hexdigest()}"
    )
    assert (
        delivery.headers["X-Hub-Signature"]
        == f"sha1={hmac.new(key, delivery.body, hashlib.sha1).hexdigest()}"
    )


def test_the_headers_say_what_it_is() -> None:
    delivery = release()
    assert delivery.headers["X-GitHub-Event"] == "release"
    assert delivery.headers["X-GitHub-Delivery"] == GUID
    assert delivery.headers["User-Agent"].startswith("GitHub-Hookshot/")
    assert delivery.headers["Content-Type"] == "application/json"
    assert delivery.headers["X-GitHub-Hook-Installation-Target-Type"] == "repository"
    assert (
        int(delivery.headers["X-GitHub-Hook-Installation-Target-ID"])
        == json.loads(delivery.body)["repository"]["id"]
    )


def test_without_a_secret_nothing_is_signed() -> None:
    assert not any("Signature" in name for name in release(secret="").headers)


def test_the_same_arguments_make_the_same_bytes() -> None:
    assert release() == release()
    assert release(delivery_id="another").body == release().body
    assert release(release_id=43).body != release().body


def test_the_clock_is_shown_in_utc() -> None:
    there = NOW.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert release(now=there).body == release().body


def test_the_form_carries_the_json_and_is_what_is_signed() -> None:
    delivery = release(form=True)
    assert delivery.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert parse_qs(delivery.body.decode())["payload"] == [release().body.decode()]
    digest = hmac.new("a secret with ü".encode(), delivery.body, hashlib.sha256).hexdigest()
    assert delivery.headers["X-Hub-Signature-256"] == f"sha256={digest}"


def test_an_organization_and_an_app_show_in_the_payload() -> None:
    delivery = release(org=True, installation_id=7)
    payload = json.loads(delivery.body)
    assert payload["organization"]["login"] == "acme"
    assert payload["repository"]["owner"]["type"] == "Organization"
    assert payload["installation"]["id"] == 7
    assert delivery.headers["X-GitHub-Hook-Installation-Target-Type"] == "integration"


def test_a_ping_describes_the_hook_and_hides_the_secret() -> None:
    delivery = ping_delivery(
        repo_full_name="acme/rocket",
        url="https://hooks.example/x",
        delivery_id=GUID,
        secret="s3cret",
        now=NOW,
    )
    payload = json.loads(delivery.body)
    assert delivery.headers["X-GitHub-Event"] == "ping"
    assert str(payload["hook_id"]) == delivery.headers["X-GitHub-Hook-ID"]
    assert payload["hook"]["config"]["url"] == "https://hooks.example/x"
    assert b"s3cret" not in delivery.body


def test_a_create_names_the_branch() -> None:
    delivery = create_delivery(
        repo_full_name="acme/rocket", ref="feature/SOC-12-2fa", delivery_id=GUID, secret="s", now=NOW
    )
    payload = json.loads(delivery.body)
    assert delivery.headers["X-GitHub-Event"] == "create"
    assert (payload["ref"], payload["ref_type"], payload["master_branch"]) == (
        "feature/SOC-12-2fa",
        "branch",
        "main",
    )


@pytest.mark.parametrize(
    ("action", "merged", "state", "who"),
    [("closed", True, "closed", "ada"), ("closed", False, "closed", None), ("opened", True, "open", None)],
)
def test_a_pull_request_is_merged_only_when_closed(
    action: str, *, merged: bool, state: str, who: str | None
) -> None:
    delivery = pull_request_delivery(
        repo_full_name="acme/rocket",
        number=5,
        title="SOC-9 Light the candle",
        head="SOC-9-candle",
        action=action,
        merged=merged,
        delivery_id=GUID,
        secret="s",
        now=NOW,
        sender="ada",
    )
    pull = json.loads(delivery.body)["pull_request"]
    assert pull["state"] == state
    assert pull["merged"] == (who is not None)
    assert (pull["merged_by"] or {}).get("login") == who
    assert (pull["head"]["ref"], pull["base"]["ref"]) == ("SOC-9-candle", "main")
    assert (pull["merge_commit_sha"] is None) == (who is None)


@pytest.mark.parametrize("name", ["rocket", "/rocket", "acme/", "acme/rocket/moon", ""])
def test_a_repository_needs_owner_and_name(name: str) -> None:
    with pytest.raises(ValueError, match="write OWNER/NAME"):
        release(repo_full_name=name)
