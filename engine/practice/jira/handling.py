"""How one call goes: credentials, trouble, Jira's answer, the log. No I/O: the app sends what comes out, or does not."""

from dataclasses import dataclass
from datetime import UTC, timedelta

from engine.errors import SettingError
from engine.practice.jira import answers
from engine.practice.jira.answers import Answer, RefusedError
from engine.practice.jira.asking import VERSIONS, Ask, authenticate
from engine.practice.jira.issues import Issue
from engine.practice.jira.routes import Route
from engine.practice.jira.search_routes import no_endpoint
from engine.practice.jira.trouble import KINDS, Kind, Trouble, instead
from engine.practice.jira.world import Deployment, JiraWorld, LoggedCall


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A call that was let in (or not), before it does anything."""

    #: What is answered without doing anything; None = go on.
    refusal: Answer | None = None
    #: What it meets.
    trouble: Trouble | None = None
    #: The issue it is about.
    issue: Issue | None = None


def begin(world: JiraWorld, route: Route, ask: Ask, authorization: str | None, content_type: str) -> Begun:
    """Check version, credentials and content type, take the trouble that waits, and lock a late transition's issue."""
    if ask.parts.get("version", "2") not in _versions(world):
        return Begun(refusal=no_endpoint(ask))
    if not route.open and (refusal := authenticate(world, authorization, ask.site)):
        return Begun(refusal=refusal)
    json = content_type.partition(";")[0].strip().casefold() == "application/json"
    if ask.method in {"POST", "PUT"} and not json and (ask.raw or route.request_class):
        return Begun(refusal=Answer(status=415, media="text"))
    if route.request_class is None:
        return Begun()
    issue = world.find(ask.parts["issue"]) if "issue" in ask.parts else None
    trouble = world.trouble.take(route.request_class, issue.key if issue else "")
    if trouble and issue and KINDS[trouble.kind].waits == "before" and route.request_class == "transition":
        if issue.id in world.locked:
            return Begun(
                refusal=answers.conflicting_transition(issue.key).answer, trouble=trouble, issue=issue
            )
        world.locked.add(issue.id)
    return Begun(trouble=trouble, issue=issue)


def finish(world: JiraWorld, route: Route, ask: Ask, begun: Begun) -> Answer:
    """Do what the call asks for, unless its trouble forbids it; what is to be answered, if anything is."""
    if begun.refusal:
        return begun.refusal
    trouble, issue = begun.trouble, begun.issue
    if trouble is None:
        return _jiras_own(world, route, ask)
    kind = KINDS[trouble.kind]
    if kind.waits == "before" and issue:
        world.locked.discard(issue.id)
    if issue and kind.meanwhile:
        try:
            _meanwhile(world, kind, issue, trouble.to)
        except SettingError as wrong:
            return Answer(status=400, body={"error": f"Trouble {trouble.kind}: {wrong}"})
    own = _jiras_own(world, route, ask) if kind.happens else Answer()
    reset = (world.now() + timedelta(seconds=trouble.seconds)).astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")
    return instead(kind, trouble.seconds, reset) or own


def log(world: JiraWorld, route: Route | None, ask: Ask, begun: Begun, status: int | None) -> None:
    """Remember the call; a status of None says that it was never answered."""
    issue = begun.issue or (world.find(ask.parts["issue"]) if "issue" in ask.parts else None)
    world.log(
        LoggedCall(
            number=world.logged + 1,
            at=world.now(),
            method=ask.method,
            path=ask.path,
            request_class=(route.request_class if route else None) or "",
            issue=issue.key if issue else ask.parts.get("issue", "").upper(),
            status=status,
            trouble=begun.trouble.kind if begun.trouble else "",
        )
    )


def _meanwhile(world: JiraWorld, kind: Kind, issue: Issue, to: str) -> None:
    if kind.meanwhile == "move":
        world.move(issue.key, to)
    else:
        world.delete(issue.key)


def _jiras_own(world: JiraWorld, route: Route, ask: Ask) -> Answer:
    try:
        return route.handler(world, ask)
    except RefusedError as refused:
        return refused.answer
    except SettingError as wrong:
        return Answer(status=400, body={"error": str(wrong)})


def _versions(world: JiraWorld) -> set[str]:
    return set(VERSIONS) - ({"3"} if world.deployment is Deployment.DATA_CENTER else set())
