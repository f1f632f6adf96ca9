"""What a Jira site holds: projects, issues, their changes and comments."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from engine.errors import SettingError
from engine.practice.jira.workflow import DELIVERY, WORKFLOWS, Status, Workflow

#: The most issues a project is made with: a typing error shall not eat the memory.
_MOST_ISSUES = 100_000
_SHORTEST_KEY, _LONGEST_KEY = 2, 10


class Permission(StrEnum):
    """What the account may be allowed to do in a project, under Jira's names."""

    BROWSE = "BROWSE_PROJECTS"
    CREATE = "CREATE_ISSUES"
    EDIT = "EDIT_ISSUES"
    TRANSITION = "TRANSITION_ISSUES"
    COMMENT = "ADD_COMMENTS"
    DELETE = "DELETE_ISSUES"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectPlan:
    """A project to be made."""

    #: Upper case: ``SOC``.
    key: str
    #: How many issues it has from the start.
    issues: int = 0
    workflow: Workflow = DELIVERY

    @classmethod
    def parse(cls, written: str) -> "ProjectPlan":
        """Read ``KEY``, ``KEY:ISSUES`` or ``KEY:ISSUES:WORKFLOW``; SettingError says what is wrong."""
        key, _, rest = written.strip().partition(":")
        count, _, workflow = rest.partition(":")
        key = key.upper()
        if not (
            _SHORTEST_KEY <= len(key) <= _LONGEST_KEY
            and key.isascii()
            and key[0].isalpha()
            and key.replace("_", "").isalnum()
        ):
            raise SettingError(
                f"Project {written!r}: the key must be {_SHORTEST_KEY} to {_LONGEST_KEY} letters, digits or _, a letter first. "
                "Write for instance SOC:20."
            )
        if count and not (count.isascii() and count.isdigit() and len(count) < len(str(_MOST_ISSUES)) + 1):
            raise SettingError(
                f"Project {written!r}: {count!r} is not a number of issues. Write for instance SOC:20."
            )
        if int(count or 0) > _MOST_ISSUES:
            raise SettingError(f"Project {written!r}: more than {_MOST_ISSUES} issues. Ask for fewer.")
        if workflow and workflow not in WORKFLOWS:
            raise SettingError(
                f"Project {written!r}: no workflow {workflow!r}. There are: {', '.join(sorted(WORKFLOWS))}."
            )
        return cls(key=key, issues=int(count or 0), workflow=WORKFLOWS[workflow] if workflow else DELIVERY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One move of one issue: an entry of its changelog."""

    #: Unique in the site, as a string.
    id: str
    at: datetime
    #: Display name of who moved it.
    author: str
    #: The transition that was taken.
    transition: str
    source: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """A comment, as text or as a document, whichever it was written in."""

    id: str
    at: datetime
    author: str
    body: str | dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Project:
    """A project; only the world changes it."""

    id: str
    key: str
    workflow: Workflow
    #: What the account may do here.
    permissions: set[Permission] = field(default_factory=lambda: set(Permission))
    #: The number of the last issue made.
    last: int = 0


@dataclass(slots=True, kw_only=True)
class Issue:
    """An issue; only the world changes it."""

    id: str
    key: str
    project: Project
    created: datetime
    updated: datetime
    status: Status
    #: Values that a caller may set: summary, description, labels, resolution …
    values: dict[str, Any]
    changes: list[Change] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    deleted: datetime | None = None

    def status_at(self, moment: datetime) -> Status:
        """The status the issue had then."""
        name = self.changes[0].source if self.changes else self.status.name
        for change in self.changes:
            if change.at > moment:
                break
            name = change.target
        return self.project.workflow.status(name)


def project_plans(written: Iterable[str | ProjectPlan]) -> tuple[ProjectPlan, ...]:
    """Read every plan; a key given twice is a SettingError."""
    plans = tuple(ProjectPlan.parse(p) if isinstance(p, str) else p for p in written)
    keys = [plan.key for plan in plans]
    if twice := sorted({key for key in keys if keys.count(key) > 1}):
        raise SettingError(f"Project {', '.join(twice)} is given twice. Give each project once.")
    return plans
