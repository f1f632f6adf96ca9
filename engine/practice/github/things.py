"""The objects that GitHub repeats in every payload: users, organizations, repositories; with all their members."""

import base64
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

Body = dict[str, Any]
_API = "https://api.github.com"

#: Member -> what follows the user's URL.
_USER_LINKS: Mapping[str, str] = {
    "followers_url": "/followers",
    "following_url": "/following{/other_user}",
    "gists_url": "/gists{/gist_id}",
    "starred_url": "/starred{/owner}{/repo}",
    "subscriptions_url": "/subscriptions",
    "organizations_url": "/orgs",
    "repos_url": "/repos",
    "events_url": "/events{/privacy}",
    "received_events_url": "/received_events",
}

#: Member -> what follows the repository's URL.
_REPOSITORY_LINKS: Mapping[str, str] = {
    "forks_url": "/forks",
    "keys_url": "/keys{/key_id}",
    "collaborators_url": "/collaborators{/collaborator}",
    "teams_url": "/teams",
    "hooks_url": "/hooks",
    "issue_events_url": "/issues/events{/number}",
    "events_url": "/events",
    "assignees_url": "/assignees{/user}",
    "branches_url": "/branches{/branch}",
    "tags_url": "/tags",
    "blobs_url": "/git/blobs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "trees_url": "/git/trees{/sha}",
    "statuses_url": "/statuses/{sha}",
    "languages_url": "/languages",
    "stargazers_url": "/stargazers",
    "contributors_url": "/contributors",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "commits_url": "/commits{/sha}",
    "git_commits_url": "/git/commits{/sha}",
    "comments_url": "/comments{/number}",
    "issue_comment_url": "/issues/comments{/number}",
    "contents_url": "/contents/{+path}",
    "compare_url": "/compare/{base}...{head}",
    "merges_url": "/merges",
    "archive_url": "/{archive_format}{/ref}",
    "downloads_url": "/downloads",
    "issues_url": "/issues{/number}",
    "pulls_url": "/pulls{/number}",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "labels_url": "/labels{/name}",
    "releases_url": "/releases{/id}",
    "deployments_url": "/deployments",
}


def identify(text: str) -> int:
    """A number that looks like an id of GitHub and is the same for the same text."""
    return 10_000_000 + zlib.crc32(text.encode()) % 890_000_000


def node_id(prefix: str, identifier: int) -> str:
    """A global node id: the prefix says of what."""
    return prefix + base64.urlsafe_b64encode(identifier.to_bytes(8, "big")).decode().rstrip("=")


def moment(at: datetime) -> str:
    """A point in time as GitHub writes it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def user(login: str, *, kind: str = "User") -> Body:
    """A user, or an organization where one stands for its owner."""
    identifier, url = identify(login), f"{_API}/users/{login}"
    body: Body = {
        "login": login,
        "id": identifier,
        "node_id": node_id("O_kgDO" if kind == "Organization" else "U_kgDO", identifier),
        "avatar_url": f"https://avatars.githubusercontent.com/u/{identifier}?v=4",
        "gravatar_id": "",
        "url": url,
        "html_url": f"https://github.com/{login}",
    }
    body |= {member: url + rest for member, rest in _USER_LINKS.items()}
    return body | {"type": kind, "user_view_type": "public", "site_admin": False}


def organization(login: str) -> Body:
    """The member ``organization`` of a payload."""
    identifier, url = identify(login), f"{_API}/orgs/{login}"
    return {
        "login": login,
        "id": identifier,
        "node_id": node_id("O_kgDO", identifier),
        "url": url,
        "repos_url": f"{url}/repos",
        "events_url": f"{url}/events",
        "hooks_url": f"{url}/hooks",
        "issues_url": f"{url}/issues",
        "members_url": f"{url}/members{{/member}}",
        "public_members_url": f"{url}/public_members{{/member}}",
        "avatar_url": f"https://avatars.githubusercontent.com/u/{identifier}?v=4",
        "description": "",
    }


def repository(full_name: str, *, now: datetime, owner_kind: str = "User") -> Body:
    """The repository ``OWNER/NAME``; ValueError if the name is not of that form."""
    owner, slash, name = full_name.partition("/")
    if not (owner and slash and name) or "/" in name:
        raise ValueError(f"{full_name!r} is no repository: write OWNER/NAME.")
    identifier, url, page = (
        identify(full_name),
        f"{_API}/repos/{full_name}",
        f"https://github.com/{full_name}",
    )
    body: Body = {
        "id": identifier,
        "node_id": node_id("R_kgDO", identifier),
        "name": name,
        "full_name": full_name,
        "private": False,
        "owner": user(owner, kind=owner_kind),
        "html_url": page,
        "description": "Everything that we ship.",
        "fork": False,
        "url": url,
    }
    body |= {member: url + rest for member, rest in _REPOSITORY_LINKS.items()}
    return body | {
        "created_at": moment(now - timedelta(days=900)),
        "updated_at": moment(now - timedelta(hours=7)),
        "pushed_at": moment(now - timedelta(minutes=2)),
        "git_url": f"git://github.com/{full_name}.git",
        "ssh_url": f"git@github.com:{full_name}.git",
        "clone_url": f"{page}.git",
        "svn_url": page,
        "homepage": None,
        "size": 18_214,
        "stargazers_count": 17,
        "watchers_count": 17,
        "language": "Python",
        "has_issues": True,
        "has_projects": True,
        "has_downloads": True,
        "has_wiki": False,
        "has_pages": False,
        "has_discussions": False,
        "forks_count": 4,
        "mirror_url": None,
        "archived": False,
        "disabled": False,
        "open_issues_count": 12,
        "license": {
            "key": "mit",
            "name": "MIT License",
            "spdx_id": "MIT",
            "url": f"{_API}/licenses/mit",
            "node_id": "MDc6TGljZW5zZTEz",
        },
        "allow_forking": True,
        "is_template": False,
        "web_commit_signoff_required": False,
        "topics": ["automation", "workflow"],
        "visibility": "public",
        "forks": 4,
        "open_issues": 12,
        "watchers": 17,
        "default_branch": "main",
    }
