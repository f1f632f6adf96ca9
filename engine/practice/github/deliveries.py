"""Deliveries of GitHub's events, signed: release, ping, pull_request, create. Pure functions of their arguments."""

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from engine.practice.github.signing import Hook, SignedDelivery, signed
from engine.practice.github.things import identify, moment, node_id, organization, repository, user

Body = dict[str, Any]
_SENDER = "release-captain"


def release_delivery(
    *,
    repo_full_name: str,
    tag: str,
    notes: str,
    action: str = "published",
    release_id: int,
    delivery_id: str,
    secret: str,
    now: datetime,
    sender: str = _SENDER,
    assets: tuple[str, ...] = ("wheel.whl", "sdist.tar.gz"),
    org: bool = False,
    installation_id: int | None = None,
    form: bool = False,
) -> SignedDelivery:
    """A release. GitHub sends ``created``, ``published`` and ``released`` for one: call it three times."""
    around = _around(repo_full_name, sender, now, org=org, installation_id=installation_id)
    url = f"{around['repository']['url']}/releases/{release_id}"
    page = around["repository"]["html_url"]
    release: Body = {
        "url": url,
        "assets_url": f"{url}/assets",
        "upload_url": f"https://uploads.github.com/repos/{repo_full_name}/releases/{release_id}/assets{{?name,label}}",
        "html_url": f"{page}/releases/tag/{tag}",
        "id": release_id,
        "author": user(sender),
        "node_id": node_id("RE_kwDO", release_id),
        "tag_name": tag,
        "target_commitish": "main",
        "name": tag,
        "draft": False,
        "immutable": False,
        "prerelease": False,
        "created_at": moment(now - timedelta(minutes=1)),
        "updated_at": moment(now),
        "published_at": moment(now),
        "assets": [_asset(page, url, tag, name, sender, now) for name in assets],
        "tarball_url": f"{around['repository']['url']}/tarball/{tag}",
        "zipball_url": f"{around['repository']['url']}/zipball/{tag}",
        "body": notes,
    }
    payload = {"action": action, "release": release} | around
    return signed("release", payload, hook=_hook(around, secret, form=form), delivery_id=delivery_id)


def ping_delivery(
    *,
    repo_full_name: str,
    url: str,
    delivery_id: str,
    secret: str,
    now: datetime,
    events: tuple[str, ...] = ("release",),
    sender: str = _SENDER,
    form: bool = False,
) -> SignedDelivery:
    """What GitHub sends when a hook with address `url` has been made."""
    around = _around(repo_full_name, sender, now, org=False, installation_id=None)
    hook = _hook(around, secret, form=form)
    api = f"{around['repository']['url']}/hooks/{hook.id}"
    described: Body = {
        "type": "Repository",
        "id": hook.id,
        "name": "web",
        "active": True,
        "events": list(events),
        "config": {"content_type": "form" if form else "json", "insecure_ssl": "0", "url": url}
        | ({"secret": "********"} if secret else {}),
        "updated_at": moment(now),
        "created_at": moment(now),
        "url": api,
        "test_url": f"{api}/test",
        "ping_url": f"{api}/pings",
        "deliveries_url": f"{api}/deliveries",
        "last_response": {"code": None, "status": "unused", "message": None},
    }
    payload = {"zen": "Practicality beats purity.", "hook_id": hook.id, "hook": described} | around
    return signed("ping", payload, hook=hook, delivery_id=delivery_id)


def create_delivery(
    *,
    repo_full_name: str,
    ref: str,
    ref_type: str = "branch",
    delivery_id: str,
    secret: str,
    now: datetime,
    sender: str = _SENDER,
    form: bool = False,
) -> SignedDelivery:
    """A branch or tag that was made."""
    around = _around(repo_full_name, sender, now, org=False, installation_id=None)
    payload = {
        "ref": ref,
        "ref_type": ref_type,
        "master_branch": around["repository"]["default_branch"],
        "description": around["repository"]["description"],
        "pusher_type": "user",
    } | around
    return signed("create", payload, hook=_hook(around, secret, form=form), delivery_id=delivery_id)


def pull_request_delivery(
    *,
    repo_full_name: str,
    number: int,
    title: str,
    head: str,
    base: str = "main",
    body: str | None = None,
    action: str = "closed",
    merged: bool = True,
    delivery_id: str,
    secret: str,
    now: datetime,
    sender: str = _SENDER,
    form: bool = False,
) -> SignedDelivery:
    """A pull request from branch `head` into `base`; `merged` counts only with action ``closed``."""
    around = _around(repo_full_name, sender, now, org=False, installation_id=None)
    pull = _pull_request(around["repository"], number, title, head, base, sender, now)
    if action == "closed":
        pull |= {"state": "closed", "closed_at": moment(now)}
        if merged:
            pull |= {"merged": True, "merged_at": moment(now), "merged_by": user(sender), "mergeable": None}
            pull["merge_commit_sha"] = _sha(f"merge {repo_full_name} {number}")
    payload = {"action": action, "number": number, "pull_request": pull | {"body": body}} | around
    return signed("pull_request", payload, hook=_hook(around, secret, form=form), delivery_id=delivery_id)


def _around(full_name: str, sender: str, now: datetime, *, org: bool, installation_id: int | None) -> Body:
    """The members that every payload has."""
    around: Body = {
        "repository": repository(full_name, now=now, owner_kind="Organization" if org else "User")
    }
    if org:
        around["repository"]["custom_properties"] = {}
        around["organization"] = organization(full_name.partition("/")[0])
    around["sender"] = user(sender)
    if installation_id is not None:
        around["installation"] = {
            "id": installation_id,
            "node_id": node_id("MDIzOkludGVncmF0aW9uSW5zdGFsbGF0aW9u", installation_id),
        }
    return around


def _hook(around: Body, secret: str, *, form: bool) -> Hook:
    hook = Hook(secret=secret, form=form, target_id=around["repository"]["id"])
    if "installation" in around:
        return replace(hook, target="integration", target_id=around["installation"]["id"])
    return hook


def _asset(page: str, release_url: str, tag: str, name: str, sender: str, now: datetime) -> Body:
    identifier = identify(f"{release_url}/{name}")
    return {
        "url": f"{release_url.rpartition('/')[0]}/assets/{identifier}",
        "browser_download_url": f"{page}/releases/download/{tag}/{name}",
        "id": identifier,
        "node_id": node_id("RA_kwDO", identifier),
        "name": name,
        "label": "",
        "state": "uploaded",
        "content_type": "application/octet-stream",
        "size": 48_213,
        "digest": f"sha256:{hashlib.sha256(name.encode()).hexdigest()}",
        "download_count": 0,
        "created_at": moment(now),
        "updated_at": moment(now),
        "uploader": user(sender),
    }


def _pull_request(
    repo: Body, number: int, title: str, head: str, base: str, sender: str, now: datetime
) -> Body:
    url, page = f"{repo['url']}/pulls/{number}", f"{repo['html_url']}/pull/{number}"
    issue = f"{repo['url']}/issues/{number}"
    identifier = identify(page)
    links = {
        "self": url,
        "html": page,
        "issue": issue,
        "comments": f"{issue}/comments",
        "review_comments": f"{url}/comments",
        "review_comment": f"{repo['url']}/pulls/comments{{/number}}",
        "commits": f"{url}/commits",
        "statuses": f"{repo['url']}/statuses/{_sha(head)}",
    }
    return {
        "url": url,
        "id": identifier,
        "node_id": node_id("PR_kwDO", identifier),
        "html_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "issue_url": issue,
        "number": number,
        "state": "open",
        "locked": False,
        "title": title,
        "user": user(sender),
        "created_at": moment(now - timedelta(hours=3)),
        "updated_at": moment(now),
        "closed_at": None,
        "merged_at": None,
        "merge_commit_sha": None,
        "assignee": None,
        "assignees": [],
        "requested_reviewers": [],
        "requested_teams": [],
        "labels": [],
        "milestone": None,
        "draft": False,
        "commits_url": links["commits"],
        "review_comments_url": links["review_comments"],
        "review_comment_url": links["review_comment"],
        "comments_url": links["comments"],
        "statuses_url": links["statuses"],
        "head": _branch(repo, head),
        "base": _branch(repo, base),
        "_links": {name: {"href": link} for name, link in links.items()},
        "author_association": "MEMBER",
        "auto_merge": None,
        "active_lock_reason": None,
        "merged": False,
        "mergeable": True,
        "rebaseable": True,
        "mergeable_state": "clean",
        "merged_by": None,
        "comments": 0,
        "review_comments": 0,
        "maintainer_can_modify": False,
        "commits": 3,
        "additions": 120,
        "deletions": 14,
        "changed_files": 5,
    }


def _branch(repo: Body, ref: str) -> Body:
    owner = repo["owner"]["login"]
    return {"label": f"{owner}:{ref}", "ref": ref, "sha": _sha(ref), "user": repo["owner"], "repo": repo}


def _sha(text: str) -> str:
    """Forty hexadecimal digits, the same for the same text."""
    return hashlib.sha256(text.encode()).hexdigest()[:40]
