"""The practice Jira's state, and everything that can happen to it. No I/O; the clock is passed in."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from engine.errors import SettingError
from engine.practice.jira import answers
from engine.practice.jira.fields import FIELDS, problem, stored
from engine.practice.jira.issues import (
    Change,
    Comment,
    Issue,
    Permission,
    Project,
    ProjectPlan,
    project_plans,
)
from engine.practice.jira.trouble import Troubles
from engine.practice.jira.workflow import Transition, Workflow

#: How many calls the log remembers.
_CALLS = 50_000


class Deployment(StrEnum):
    """Which Jira is stood in for."""

    #: API versions 2 and 3.
    CLOUD = "Cloud"
    #: Data Center, under the name that its ``serverInfo`` gives: version 2 only.
    DATA_CENTER = "Server"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The one account that may call."""

    email: str = "practice@example.com"
    #: API token for basic authentication, and personal access token for bearer.
    token: str = field(default="practice-token", repr=False)
    id: str = "712020:5f1a7a2e-practice"
    name: str = "Practice Account"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedCall:
    """One call that was made."""

    #: Counts from 1.
    number: int
    at: datetime
    method: str
    path: str
    #: The request class; empty for a path that does not exist.
    request_class: str
    #: The issue's key; empty where the call is about none.
    issue: str
    #: None = never answered.
    status: int | None
    #: The kind of trouble it met; empty = none.
    trouble: str


#: Who it is that moves and deletes issues while nobody looks.
SOMEBODY = "Somebody Else"
NO_COMMENTS = "You do not have the permission to comment on this issue."


def _utc_now() -> datetime:
    return datetime.now(UTC)


class JiraWorld:
    """A Jira site: projects with issues, one account, and the troubles that wait for its calls."""

    def __init__(
        self,
        projects: Iterable[str | ProjectPlan] = (),
        *,
        account: Account | None = None,
        deployment: Deployment = Deployment.CLOUD,
        now: Callable[[], datetime] = _utc_now,
        trouble: Troubles | None = None,
        search_lag: float = 0,
    ) -> None:
        """Make each project (``SOC:20``, ``SOC:20:thorny`` or a `ProjectPlan`) with its issues."""
        self.account = account or Account()
        self.deployment = deployment
        self.trouble = trouble or Troubles()
        #: Search shows issues as they were this many seconds ago.
        self.search_lag = search_lag
        #: The last calls, oldest first; `logged` counts all of them.
        self.calls: deque[LoggedCall] = deque(maxlen=_CALLS)
        self.logged = 0
        #: Ids of issues with a transition under way.
        self.locked: set[str] = set()
        self.now = now
        self._projects: dict[str, Project] = {}
        self._issues: dict[str, Issue] = {}
        self._by_key: dict[str, str] = {}
        self._last_id = 10_000
        for plan in project_plans(projects):
            self._add_project(plan)

    # --- what is there ---

    def projects(self) -> list[Project]:
        """Every project the account may see."""
        return [p for p in self._projects.values() if Permission.BROWSE in p.permissions]

    def project(self, key_or_id: str) -> Project:
        """The project of that key (whatever its case) or id, as the account sees it."""
        for project in self.projects():
            if key_or_id in {project.id, project.key} or key_or_id.upper() == project.key:
                return project
        raise answers.no_such_project(key_or_id)

    def issues(self) -> list[Issue]:
        """Every issue that is not deleted, also those the account may not see."""
        return [issue for issue in self._issues.values() if issue.deleted is None]

    def find(self, key_or_id: str) -> Issue | None:
        """The issue of that key (whatever its case) or id, also if the account may not see it; None if none."""
        issue = self._issues.get(self._by_key.get(key_or_id.upper(), key_or_id))
        return None if issue is None or issue.deleted else issue

    def issue(self, key_or_id: str) -> Issue:
        """The same, as the account sees it."""
        issue = self.find(key_or_id)
        if issue is None or Permission.BROWSE not in issue.project.permissions:
            raise answers.no_such_issue()
        return issue

    def indexed(self) -> list[tuple[Issue, Any]]:
        """What search knows: each visible issue with the status it had `search_lag` seconds ago."""
        moment = self.now() - timedelta(seconds=self.search_lag)
        return [
            (issue, issue.status_at(moment))
            for issue in self._issues.values()
            if Permission.BROWSE in issue.project.permissions
            and issue.created <= moment
            and (issue.deleted is None or issue.deleted > moment)
        ]

    def transitions(self, issue: Issue) -> list[Transition]:
        """The transitions the account may take now; none without the permission."""
        if Permission.TRANSITION not in issue.project.permissions:
            return []
        return list(issue.project.workflow.available(issue.status.name))

    # --- what the account does ---

    def transition(self, issue: Issue, identifier: str, values: Mapping[str, Any], *, version: int) -> Change:
        """Move the issue, setting fields of the screen on the way; refuses as Jira does."""
        if issue.id in self.locked:
            raise answers.conflicting_transition(issue.key)
        workflow = issue.project.workflow
        known = workflow.transition(identifier)
        if known is None or Permission.TRANSITION not in issue.project.permissions:
            raise answers.unknown_transition(identifier)
        if known not in self.transitions(issue):
            raise answers.unavailable_transition(known.name, issue.key)
        screen = {shown.id: shown for shown in known.screen}
        self._check(values, allowed=set(screen), version=version)
        missing = [FIELDS[s.id] for s in known.screen if s.required and values.get(s.id) is None]
        if missing:
            raise answers.refused(400, errors={f.id: f"{f.name} is required." for f in missing})
        self._set(issue, values)
        return self._take(issue, known, self.account.name)

    def comment(self, issue: Issue, body: str | dict[str, Any]) -> Comment:
        """Add a comment."""
        self.require(issue.project, Permission.COMMENT, NO_COMMENTS)
        comment = Comment(id=self._new_id(), at=self.now(), author=self.account.name, body=body)
        issue.comments.append(comment)
        issue.updated = comment.at
        return comment

    def create(self, project: Project, values: Mapping[str, Any], *, version: int) -> Issue:
        """Make an issue in the workflow's first status."""
        self.require(
            project, Permission.CREATE, "You do not have permission to create issues in this project."
        )
        if "summary" not in values:
            raise answers.refused(400, errors={"summary": "You must specify a summary of the issue."})
        self._check(values, allowed={f.id for f in FIELDS.values() if f.editable}, version=version)
        return self._add_issue(project, values)

    def edit(self, issue: Issue, values: Mapping[str, Any], *, version: int) -> None:
        """Set fields; the status is none of them."""
        self.require(
            issue.project, Permission.EDIT, "You do not have permission to edit issues in this project."
        )
        self._check(values, allowed={f.id for f in FIELDS.values() if f.editable}, version=version)
        self._set(issue, values)
        issue.updated = self.now()

    # --- what others do ---

    def move(self, key_or_id: str, to: str = "") -> tuple[Change, ...]:
        """Somebody else moves the issue to status `to` by the shortest way of the workflow.

        Without `to`, the first available transition is taken. SettingError if the issue, the status or a way is missing.
        """
        issue = self._existing(key_or_id)
        workflow = issue.project.workflow
        if not to:
            way = tuple(workflow.available(issue.status.name))[:1]
        else:
            way = self._way(workflow, issue.status.name, to)
        return tuple(self._take(issue, transition, SOMEBODY) for transition in way)

    def delete(self, key_or_id: str) -> None:
        """Somebody deletes the issue; SettingError if there is none."""
        issue = self._existing(key_or_id)
        issue.deleted = self.now()

    def grant(self, permission: Permission | str, project: str = "") -> None:
        """Give the account a permission, in one project or in all."""
        for one in self._chosen(project):
            one.permissions.add(_permission(permission))

    def revoke(self, permission: Permission | str, project: str = "") -> None:
        """Take a permission from the account, in one project or in all."""
        for one in self._chosen(project):
            one.permissions.discard(_permission(permission))

    def require(self, project: Project, permission: Permission, words: str) -> None:
        """Refuse with 403 what the account may not do."""
        if permission not in project.permissions:
            raise answers.refused(403, words)

    def log(self, call: LoggedCall) -> None:
        """Remember a call."""
        self.logged += 1
        self.calls.append(call)

    # --- how ---

    def _chosen(self, project: str) -> list[Project]:
        if not project:
            return list(self._projects.values())
        if project.upper() not in self._projects:
            raise SettingError(f"No project {project!r}. There are: {', '.join(self._projects) or 'none'}.")
        return [self._projects[project.upper()]]

    def _existing(self, key_or_id: str) -> Issue:
        issue = self.find(key_or_id)
        if issue is None:
            raise SettingError(f"There is no issue {key_or_id!r}.")
        return issue

    @staticmethod
    def _way(workflow: Workflow, start: str, to: str) -> tuple[Transition, ...]:
        try:
            way = workflow.path(start, workflow.status(to).name)
        except KeyError:
            names = ", ".join(status.name for status in workflow.statuses)
            raise SettingError(f"No status {to!r}. There are: {names}.") from None
        if way is None:
            raise SettingError(f"The workflow has no way from {start!r} to {to!r}.")
        return way

    def _take(self, issue: Issue, transition: Transition, author: str) -> Change:
        change = Change(
            id=self._new_id(),
            at=self.now(),
            author=author,
            transition=transition.id,
            source=issue.status.name,
            target=transition.to,
        )
        issue.status = issue.project.workflow.status(transition.to)
        issue.updated = change.at
        issue.changes.append(change)
        if issue.status.category != "done":
            issue.values.pop("resolution", None)
            issue.values.pop("resolutiondate", None)
        elif issue.values.setdefault("resolution", "Done"):
            issue.values["resolutiondate"] = change.at
        return change

    @staticmethod
    def _check(values: Mapping[str, Any], *, allowed: set[str], version: int) -> None:
        errors: dict[str, str] = {}
        for name, value in values.items():
            wrong = problem(name, value, version) if name in allowed else answers.not_on_screen(name)
            if wrong:
                errors[name] = wrong
        if errors:
            raise answers.refused(400, errors=errors)

    @staticmethod
    def _set(issue: Issue, values: Mapping[str, Any]) -> None:
        issue.values.update({name: stored(name, value) for name, value in values.items()})

    def _add_project(self, plan: ProjectPlan) -> None:
        project = Project(id=str(10_000 + len(self._projects)), key=plan.key, workflow=plan.workflow)
        self._projects[plan.key] = project
        for number in range(1, plan.issues + 1):
            self._add_issue(project, {"summary": f"Practice issue {number} of {plan.key}"})

    def _add_issue(self, project: Project, values: Mapping[str, Any]) -> Issue:
        project.last += 1
        now = self.now()
        issue = Issue(
            id=self._new_id(),
            key=f"{project.key}-{project.last}",
            project=project,
            created=now,
            updated=now,
            status=project.workflow.status(project.workflow.initial),
            values={},
        )
        self._set(issue, values)
        self._issues[issue.id] = issue
        self._by_key[issue.key] = issue.id
        return issue

    def _new_id(self) -> str:
        self._last_id += 1
        return str(self._last_id)


def _permission(name: Permission | str) -> Permission:
    try:
        return Permission(name)
    except ValueError:
        raise SettingError(f"No permission {name!r}. There are: {', '.join(Permission)}.") from None
