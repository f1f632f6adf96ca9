"""Routes that Jira does not have: make trouble, act as somebody else, and see what really happened."""

from dataclasses import asdict
from typing import Any

from engine.errors import SettingError
from engine.practice.jira.answers import Answer
from engine.practice.jira.asking import Ask
from engine.practice.jira.bodies import moment
from engine.practice.jira.issues import Issue
from engine.practice.jira.world import JiraWorld

_TROUBLE = {"kind": str, "on": str, "times": int, "seconds": (int, float), "issue": str, "to": str}
_PERMISSION = {"permission": str, "granted": bool, "project": str}


def calls(world: JiraWorld, ask: Ask) -> Answer:
    """The calls made, oldest first; ``issue=`` and ``class=`` choose."""
    issue, request_class = ask.word("issue").upper(), ask.word("class")
    shown = [
        {"number": c.number, "at": moment(c.at), "method": c.method, "path": c.path, "class": c.request_class}
        | {"issue": c.issue or None, "status": c.status, "trouble": c.trouble or None}
        for c in world.calls
        if issue in {"", c.issue} and request_class in {"", c.request_class}
    ]
    return Answer(body={"total": world.logged, "calls": shown})


def forget_calls(world: JiraWorld, _ask: Ask) -> Answer:
    """Empty the log of calls."""
    world.calls.clear()
    world.logged = 0
    return Answer(status=204)


def issues(world: JiraWorld, _ask: Ask) -> Answer:
    """Every issue with its status and every move it made."""
    return Answer(body={"issues": [_issue(issue) for issue in world.issues()]})


def issue(world: JiraWorld, ask: Ask) -> Answer:
    """One issue with its status and every move it made."""
    found = world.find(ask.parts["issue"])
    if found is None:
        return Answer(status=404, body={"error": f"There is no issue {ask.parts['issue']!r}."})
    return Answer(body=_issue(found))


def move(world: JiraWorld, ask: Ask) -> Answer:
    """Somebody else moves the issue: ``{"to": "Done"}``, by the shortest way of its workflow."""
    changes = world.move(ask.parts["issue"], **_members(ask, {"to": str}))
    return Answer(body={"moved": [{"from": change.source, "to": change.target} for change in changes]})


def delete(world: JiraWorld, ask: Ask) -> Answer:
    """Somebody else deletes the issue."""
    world.delete(ask.parts["issue"])
    return Answer(status=204)


def troubles(world: JiraWorld, _ask: Ask) -> Answer:
    """The troubles that wait for calls, and the chances of random ones."""
    return Answer(
        body={"waiting": [asdict(t) for t in world.trouble.waiting()], "chances": world.trouble.chances}
    )


def make_trouble(world: JiraWorld, ask: Ask) -> Answer:
    """Let the next calls meet trouble: ``{"kind": "answer_lost", "on": "transition", "times": 1}``."""
    members = _members(ask, _TROUBLE)
    if "kind" not in members:
        raise SettingError('Which trouble? Write for instance {"kind": "rate_limited", "times": 3}.')
    return Answer(status=201, body=asdict(world.trouble.next(**members)))


def end_trouble(world: JiraWorld, _ask: Ask) -> Answer:
    """No trouble waits any more, and none comes by chance."""
    world.trouble.clear()
    world.trouble.chances.clear()
    return Answer(status=204)


def permissions(world: JiraWorld, ask: Ask) -> Answer:
    """Give or take a permission: ``{"permission": "TRANSITION_ISSUES", "granted": false, "project": "SOC"}``."""
    members = _members(ask, _PERMISSION)
    if "permission" not in members or "granted" not in members:
        raise SettingError('Write for instance {"permission": "TRANSITION_ISSUES", "granted": false}.')
    act = world.grant if members["granted"] else world.revoke
    act(members["permission"], members.get("project", ""))
    return Answer(status=204)


def search_lag(world: JiraWorld, ask: Ask) -> Answer:
    """Let search lag behind: ``{"seconds": 5}``."""
    seconds = _members(ask, {"seconds": (int, float)}).get("seconds")
    if seconds is None or not 0 <= seconds <= 86_400:  # noqa: PLR2004  a day
        raise SettingError('Write for instance {"seconds": 5}; at most 86400.')
    world.search_lag = seconds
    return Answer(status=204)


def _issue(found: Issue) -> dict[str, Any]:
    return {
        "key": found.key,
        "id": found.id,
        "status": found.status.name,
        "resolution": found.values.get("resolution"),
        "comments": len(found.comments),
        "changes": [
            {
                "at": moment(c.at),
                "author": c.author,
                "transition": c.transition,
                "from": c.source,
                "to": c.target,
            }
            for c in found.changes
        ],
    }


def _members(ask: Ask, known: dict[str, Any]) -> dict[str, Any]:
    """The members of the body, each known and of its type; an empty body has none."""
    data = ask.data() if ask.raw.strip() else {}
    for name, value in data.items():
        if name not in known:
            raise SettingError(f"Unknown member {name!r}. There are: {', '.join(known)}.")
        if not isinstance(value, known[name]) or (isinstance(value, bool) and known[name] is not bool):
            raise SettingError(f"Member {name!r} has the wrong type.")
    return data
