"""Routes about the site: who it is, who asks, projects, statuses, fields."""

from typing import Any

from engine.practice.jira.answers import Answer, refused
from engine.practice.jira.asking import Ask
from engine.practice.jira.fields import FIELDS, RESOLUTIONS
from engine.practice.jira.issues import Permission
from engine.practice.jira.world import Deployment, JiraWorld


def server_info(world: JiraWorld, ask: Ask) -> Answer:
    """Name and version of the site; asked without credentials by many clients."""
    numbers = [1001, 0, 0] if world.deployment is Deployment.CLOUD else [10, 3, 12]
    return Answer(
        body={
            "baseUrl": ask.site,
            "version": ".".join(str(n) for n in numbers)
            + ("-SNAPSHOT" if world.deployment is Deployment.CLOUD else ""),
            "versionNumbers": numbers,
            "deploymentType": world.deployment.value,
            "buildNumber": 100287,
            "buildDate": "2026-01-01T00:00:00.000+0000",
            "serverTime": world.now().isoformat(timespec="milliseconds"),
            "scmInfo": "practice",
            "serverTitle": "Practice Jira",
            "defaultLocale": {"locale": "en_US"},
        }
    )


def myself(world: JiraWorld, ask: Ask) -> Answer:
    """The account."""
    return Answer(body=ask.bodies(world).user())


def session(world: JiraWorld, ask: Ask) -> Answer:
    """The account, in the shape of the session resource."""
    user = ask.bodies(world).user()
    return Answer(body={"self": user["self"], "name": world.account.email, "loginInfo": {"loginCount": 1}})


def my_permissions(world: JiraWorld, ask: Ask) -> Answer:
    """What the account may do, in one project or anywhere."""
    asked = [p for p in ask.words("permissions") if p] or [p.value for p in Permission]
    if unknown := [name for name in asked if name not in set(Permission)]:
        raise refused(400, f"Unrecognized permission: {', '.join(unknown)}")
    key = ask.word("projectKey") or ask.word("projectId")
    if issue_key := ask.word("issueKey") or ask.word("issueId"):
        projects = [world.issue(issue_key).project]
    else:
        projects = [world.project(key)] if key else world.projects()
    body = {
        name: {
            "id": str(number),
            "key": name,
            "name": name.replace("_", " ").capitalize(),
            "type": "PROJECT",
            "description": "",
            "havePermission": any(name in project.permissions for project in projects),
        }
        for number, name in enumerate(asked, start=10)
    }
    return Answer(body={"permissions": body})


def projects(world: JiraWorld, ask: Ask) -> Answer:
    """Every project the account may see."""
    return Answer(body=[ask.bodies(world).project(project) for project in world.projects()])


def project_search(world: JiraWorld, ask: Ask) -> Answer:
    """The same in pages."""
    start, most = ask.number("startAt", 0), ask.number("maxResults", 50)
    found = world.projects()
    shown = found[start : start + most]
    bodies = ask.bodies(world)
    return Answer(
        body={
            "self": bodies.url(f"project/search?maxResults={most}&startAt={start}"),
            "maxResults": most,
            "startAt": start,
            "total": len(found),
            "isLast": start + len(shown) >= len(found),
            "values": [bodies.project(project) for project in shown],
        }
    )


def project(world: JiraWorld, ask: Ask) -> Answer:
    """One project, with its issue types."""
    bodies = ask.bodies(world)
    found = world.project(ask.parts["project"])
    return Answer(body=bodies.project(found) | {"lead": bodies.user(), "issueTypes": [bodies.issue_type()]})


def project_statuses(world: JiraWorld, ask: Ask) -> Answer:
    """The statuses of a project's workflow, by issue type."""
    bodies = ask.bodies(world)
    statuses = [bodies.status(status) for status in world.project(ask.parts["project"]).workflow.statuses]
    return Answer(body=[bodies.issue_type() | {"statuses": statuses}])


def statuses(world: JiraWorld, ask: Ask) -> Answer:
    """Every status of every workflow, once."""
    known = {status.id: status for one in world.projects() for status in one.workflow.statuses}
    return Answer(body=[ask.bodies(world).status(status) for status in known.values()])


def fields(world: JiraWorld, ask: Ask) -> Answer:
    """Every field."""
    return Answer(body=[ask.bodies(world).field(field) for field in FIELDS.values()])


def resolutions(world: JiraWorld, ask: Ask) -> Answer:
    """Every resolution."""
    found: list[Any] = [ask.bodies(world).resolution(name) for name in RESOLUTIONS.values()]
    return Answer(body=found)


def issue_types(world: JiraWorld, ask: Ask) -> Answer:
    """The one issue type."""
    return Answer(body=[ask.bodies(world).issue_type()])
