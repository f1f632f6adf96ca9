"""Routes of the two searches: the old one (gone on Cloud's v3) and the new one with page tokens."""

import base64
import binascii
from typing import Any

from engine.practice.jira import answers
from engine.practice.jira.answers import Answer, refused
from engine.practice.jira.asking import Ask, number, words
from engine.practice.jira.jql import search
from engine.practice.jira.world import Deployment, JiraWorld

_MOST = 5000


def old_search(world: JiraWorld, ask: Ask) -> Answer:
    """Version 2 as Data Center has it; version 3 is gone."""
    if ask.version == 3:  # noqa: PLR2004  the two versions of the API
        raise refused(410, answers.SEARCH_GONE)
    wanted = _wanted(ask)
    start = number(wanted.get("startAt", 0), "startAt")
    most = number(wanted.get("maxResults", 50), "maxResults")
    found = search(world, str(wanted.get("jql") or ""), bounded=False)
    bodies = ask.bodies(world)
    fields, expand = words(wanted.get("fields")) or ["*navigable"], words(wanted.get("expand"))
    return Answer(
        body={
            "expand": "schema,names",
            "startAt": start,
            "maxResults": most,
            "total": len(found),
            "issues": [
                bodies.issue(issue, fields=fields, expand=expand, status=status)
                for issue, status in found[start : start + most]
            ],
        }
    )


def new_search(world: JiraWorld, ask: Ask) -> Answer:
    """Search with page tokens: ids only unless fields are asked for, and eventually consistent."""
    _require_cloud(world, ask)
    wanted = _wanted(ask)
    jql = str(wanted.get("jql") or "")
    start = _offset(wanted.get("nextPageToken"), jql)
    most = min(number(wanted.get("maxResults", 50), "maxResults") or 50, _MOST)
    found = search(world, jql, bounded=True)
    shown = found[start : start + most]
    last = start + len(shown) >= len(found)
    bodies = ask.bodies(world)
    fields, expand = words(wanted.get("fields")), words(wanted.get("expand"))
    body: dict[str, Any] = {
        "issues": [
            bodies.issue(issue, fields=fields, expand=expand, status=status) if fields else {"id": issue.id}
            for issue, status in shown
        ],
        "isLast": last,
    }
    if not last:
        body["nextPageToken"] = _token(start + len(shown), jql)
    return Answer(body=body)


def approximate_count(world: JiraWorld, ask: Ask) -> Answer:
    """How many issues a query finds."""
    _require_cloud(world, ask)
    return Answer(body={"count": len(search(world, str(ask.data().get("jql") or ""), bounded=True))})


def _require_cloud(world: JiraWorld, ask: Ask) -> None:
    if world.deployment is Deployment.DATA_CENTER:
        raise answers.RefusedError(no_endpoint(ask))


def no_endpoint(ask: Ask) -> Answer:
    """What a path that does not exist is answered."""
    return Answer(status=404, body={"errorMessage": f"No endpoint {ask.method} {ask.path}."})


def _wanted(ask: Ask) -> dict[str, Any]:
    """The parameters, from the query or the body."""
    if ask.method == "POST":
        return ask.data()
    return {
        name: (list(values) if name in {"fields", "expand"} else values[0])
        for name, values in ask.query.items()
    }


def _token(start: int, jql: str) -> str:
    return base64.urlsafe_b64encode(f"{start}:{jql}".encode()).decode()


def _offset(token: object, jql: str) -> int:
    if token is None or token == "":
        return 0
    try:
        start, _, wanted = base64.urlsafe_b64decode(str(token).encode()).decode().partition(":")
        if wanted == jql and start.isascii() and start.isdigit():
            return int(start)
    except (binascii.Error, UnicodeDecodeError):
        pass
    raise refused(400, "The provided next page token is invalid or expired.")
