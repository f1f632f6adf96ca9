"""The JSON shapes of Jira's resources, for both versions of the API."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.practice.jira.documents import document, text
from engine.practice.jira.fields import FIELDS, RESOLUTIONS, TASK, Field
from engine.practice.jira.issues import Change, Comment, Issue, Project
from engine.practice.jira.workflow import Category, ScreenField, Status, Transition
from engine.practice.jira.world import Account, Deployment, JiraWorld

_CATEGORIES: Mapping[Category, tuple[int, str, str]] = {
    "new": (2, "blue-gray", "To Do"),
    "indeterminate": (4, "yellow", "In Progress"),
    "done": (3, "green", "Done"),
}
Body = dict[str, Any]


def moment(at: datetime) -> str:
    """A point in time as Jira writes it."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}" + at.strftime("%z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bodies:
    """Makes bodies for one request."""

    world: JiraWorld
    #: Where the site is, without a slash at the end.
    site: str
    #: 2 or 3.
    version: int

    def url(self, path: str) -> str:
        """The `self` link of a resource."""
        return f"{self.site}/rest/api/{self.version}/{path}"

    def rich(self, value: str | Body | None) -> str | Body | None:
        """A text or document in the form that the version shows."""
        if value is None:
            return None
        if self.version == 3:  # noqa: PLR2004  the two versions of the API
            return document(value) if isinstance(value, str) else value
        return value if isinstance(value, str) else text(value)

    def user(self, name: str = "") -> Body:
        """The account, or somebody with another name."""
        account = (
            self.world.account
            if name in {"", self.world.account.name}
            else Account(id="712020:somebody", name=name)
        )
        body: Body = {
            "self": self.url(f"user?accountId={account.id}"),
            "accountId": account.id,
            "accountType": "atlassian",
        }
        if self.world.deployment is Deployment.DATA_CENTER:
            body = {
                "self": self.url(f"user?username={account.email}"),
                "name": account.email,
                "key": "JIRAUSER10000",
            }
        return body | {
            "emailAddress": account.email,
            "displayName": account.name,
            "active": True,
            "timeZone": "Etc/UTC",
        }

    def status(self, status: Status) -> Body:
        """A status with its category."""
        number, colour, name = _CATEGORIES[status.category]
        return {
            "self": self.url(f"status/{status.id}"),
            "description": "",
            "iconUrl": f"{self.site}/images/icons/statuses/generic.png",
            "name": status.name,
            "id": status.id,
            "statusCategory": {
                "self": self.url(f"statuscategory/{number}"),
                "id": number,
                "key": status.category,
                "colorName": colour,
                "name": name,
            },
        }

    def resolution(self, name: str | None) -> Body | None:
        """A resolution by its name."""
        if name is None:
            return None
        number = next(number for number, known in RESOLUTIONS.items() if known == name)
        return {"self": self.url(f"resolution/{number}"), "id": number, "description": "", "name": name}

    def issue_type(self) -> Body:
        """The one issue type."""
        number, name = TASK
        return {
            "self": self.url(f"issuetype/{number}"),
            "id": number,
            "description": "A small, distinct piece of work.",
            "iconUrl": f"{self.site}/images/icons/issuetypes/task.png",
            "name": name,
            "subtask": False,
            "hierarchyLevel": 0,
        }

    def project(self, project: Project) -> Body:
        """A project."""
        return {
            "expand": "description,lead,issueTypes,url,projectKeys,permissions,insight",
            "self": self.url(f"project/{project.id}"),
            "id": project.id,
            "key": project.key,
            "name": project.key,
            "avatarUrls": {"48x48": f"{self.site}/images/project.png"},
            "projectTypeKey": "software",
            "simplified": False,
            "style": "classic",
            "isPrivate": False,
        }

    def comment(self, comment: Comment, issue: Issue) -> Body:
        """A comment."""
        return {
            "self": self.url(f"issue/{issue.id}/comment/{comment.id}"),
            "id": comment.id,
            "author": self.user(comment.author),
            "body": self.rich(comment.body),
            "updateAuthor": self.user(comment.author),
            "created": moment(comment.at),
            "updated": moment(comment.at),
            "jsdPublic": True,
        }

    def comments(self, issue: Issue) -> Body:
        """All comments of an issue, as its field."""
        found = [self.comment(comment, issue) for comment in issue.comments]
        return {
            "comments": found,
            "self": self.url(f"issue/{issue.id}/comment"),
            "maxResults": len(found),
            "total": len(found),
            "startAt": 0,
        }

    def change(self, change: Change, issue: Issue) -> Body:
        """An entry of the changelog."""
        workflow = issue.project.workflow
        return {
            "id": change.id,
            "author": self.user(change.author),
            "created": moment(change.at),
            "items": [
                {
                    "field": "status",
                    "fieldtype": "jira",
                    "fieldId": "status",
                    "from": workflow.status(change.source).id,
                    "fromString": change.source,
                    "to": workflow.status(change.target).id,
                    "toString": change.target,
                }
            ],
        }

    def changelog(self, issue: Issue) -> Body:
        """The changelog as ``expand=changelog`` gives it, newest first."""
        histories = [self.change(change, issue) for change in reversed(issue.changes)]
        return {"startAt": 0, "maxResults": len(histories), "total": len(histories), "histories": histories}

    def issue(
        self,
        issue: Issue,
        *,
        fields: Collection[str],
        expand: Collection[str] = (),
        status: Status | None = None,
    ) -> Body:
        """An issue with the chosen fields; search passes the status that its index knows."""
        body: Body = {
            "expand": "renderedFields,names,schema,operations,editmeta,changelog,versionedRepresentations",
            "id": issue.id,
            "self": self.url(f"issue/{issue.id}"),
            "key": issue.key,
        }
        chosen = chosen_fields(fields)
        if chosen:
            body["fields"] = {name: self._field(name, issue, status) for name in FIELDS if name in chosen}
        if "changelog" in expand:
            body["changelog"] = self.changelog(issue)
        screens = "transitions.fields" in expand
        if screens or "transitions" in expand:
            body["transitions"] = [
                self.transition(t, issue, screens=screens) for t in self.world.transitions(issue)
            ]
        if "names" in expand:
            body["names"] = {name: FIELDS[name].name for name in FIELDS if name in chosen}
        return body

    def transition(
        self, transition: Transition, issue: Issue, *, screens: bool = False, available: bool = True
    ) -> Body:
        """A transition, with its screen's fields if asked for."""
        body: Body = {
            "id": transition.id,
            "name": transition.name,
            "to": self.status(issue.project.workflow.status(transition.to)),
            "hasScreen": bool(transition.screen),
            "isGlobal": not transition.sources,
            "isInitial": False,
            "isAvailable": available,
            "isConditional": False,
            "isLooped": transition.to == issue.status.name,
        }
        if screens:
            body["fields"] = {shown.id: self._shown(shown) for shown in transition.screen}
        return body

    def field(self, field: Field) -> Body:
        """An entry of ``/field``."""
        return {
            "id": field.id,
            "key": field.id,
            "name": field.name,
            "custom": False,
            "orderable": field.editable,
            "navigable": True,
            "searchable": True,
            "clauseNames": [field.id],
            "schema": self._schema(field),
        }

    def _shown(self, shown: ScreenField) -> Body:
        field = FIELDS[shown.id]
        body: Body = {
            "required": shown.required,
            "schema": self._schema(field),
            "name": field.name,
            "key": field.id,
            "hasDefaultValue": False,
            "operations": ["set"],
        }
        if shown.id == "resolution":
            body["allowedValues"] = [self.resolution(name) for name in RESOLUTIONS.values()]
        return body

    @staticmethod
    def _schema(field: Field) -> Body:
        schema = {"type": field.type, "system": field.id}
        return schema | {"items": field.items} if field.items else schema

    def _field(self, name: str, issue: Issue, status: Status | None) -> Any:
        makers: Mapping[str, Callable[[], Any]] = {
            "status": lambda: self.status(status or issue.status),
            "project": lambda: self.project(issue.project),
            "issuetype": self.issue_type,
            "resolution": lambda: self.resolution(issue.values.get("resolution")),
            "resolutiondate": lambda: (at := issue.values.get("resolutiondate")) and moment(at),
            "description": lambda: self.rich(issue.values.get("description")),
            "labels": lambda: issue.values.get("labels", []),
            "created": lambda: moment(issue.created),
            "updated": lambda: moment(issue.updated),
            "creator": self.user,
            "reporter": self.user,
            "comment": lambda: self.comments(issue),
        }
        return makers[name]() if name in makers else issue.values.get(name)


def chosen_fields(written: Collection[str]) -> frozenset[str]:
    """Which fields ``fields=`` chooses: names, ``*all``, ``*navigable`` (all but comments), and ``-name`` to leave out."""
    chosen: set[str] = set()
    # Jira starts from everything where only exclusions are given.
    names = [name for name in written if name] or ["*all"]
    if all(name.startswith("-") for name in names):
        names = ["*all", *names]
    for name in names:
        if name == "*all":
            chosen |= set(FIELDS)
        elif name == "*navigable":
            chosen |= set(FIELDS) - {"comment"}
        elif not name.startswith("-"):
            chosen.add(name)
    return frozenset(chosen - {name[1:] for name in names if name.startswith("-")}) & frozenset(FIELDS)
