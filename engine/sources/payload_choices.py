"""Which values fields of payloads are documented to have, where that is a short list. Senders add to them: others may come.

A field of a payload is named by the event type, ``pull_request: action``, one of an object in it by its shape,
``issue.state``, and ``*.conclusion`` is that field of every shape.
"""

from collections.abc import Iterator, Mapping
from functools import cache

from engine.language.choices import Choices

#: GitHub's own schemas of its payloads (octokit/webhooks), and its page "Webhook events and payloads".
_GITHUB = {
    "check_run: action": "completed created requested_action rerequested",
    "check_suite: action": "completed requested rerequested",
    "commit_comment: action": "created",
    "deployment: action": "created",
    "deployment_status: action": "created",
    "issue_comment: action": "created deleted edited pinned unpinned",
    "issues: action": """
        assigned closed deleted demilestoned edited field_added field_removed labeled locked milestoned opened pinned
        reopened transferred typed unassigned unlabeled unlocked unpinned untyped
    """,
    "label: action": "created deleted edited",
    "member: action": "added edited removed",
    "milestone: action": "closed created deleted edited opened",
    "pull_request: action": """
        assigned auto_merge_disabled auto_merge_enabled closed converted_to_draft demilestoned dequeued edited enqueued
        labeled locked milestoned opened ready_for_review reopened review_request_removed review_requested synchronize
        unassigned unlabeled unlocked
    """,
    "pull_request_review: action": "dismissed edited submitted",
    "pull_request_review_comment: action": "created deleted edited",
    "release: action": "created deleted edited prereleased published released unpublished",
    "star: action": "created deleted",
    "watch: action": "started",
    "workflow_job: action": "completed in_progress queued waiting",
    "workflow_run: action": "completed in_progress requested",
    "create: ref_type": "branch tag",
    "delete: ref_type": "branch tag",
    "status: state": "error failure pending success",
    "*.author_association": """
        COLLABORATOR CONTRIBUTOR FIRST_TIMER FIRST_TIME_CONTRIBUTOR MANNEQUIN MEMBER NONE OWNER
    """,
    "*.conclusion": """
        action_required cancelled failure neutral pending skipped stale startup_failure success timed_out waiting
    """,
    "check_run.check_run.status": "completed in_progress pending queued requested waiting",
    "check_suite.status": "completed in_progress pending queued requested waiting",
    "deployment_status.deployment_status.state": """
        error failure in_progress inactive pending queued success waiting
    """,
    "issue.state": "closed open",
    "issue.state_reason": "completed duplicate not_planned reopened",
    "milestone.state": "closed open",
    "pull_request.state": "closed open",
    "repository.visibility": "internal private public",
    "review.state": "approved changes_requested commented dismissed pending",
    "user.type": "Bot Mannequin Organization User",
    "workflow_job.workflow_job.status": "completed in_progress pending queued requested waiting",
    "workflow_run.status": "completed in_progress pending queued requested waiting",
}

_PIPELINE = """
    canceled canceling created failed manual pending preparing running scheduled skipped success waiting_for_callback
    waiting_for_resource
"""
#: GitLab's page "Webhook events", and for states those of its REST API.
_GITLAB = {
    "build: build_status": _PIPELINE,
    "deployment: status": "approved blocked canceled created failed rejected running skipped success",
    "emoji.object_attributes.action": "award revoke",
    "issue.action": "close open reopen update",
    "issue.state": "closed locked opened",
    "job.status": _PIPELINE,
    "merge_request.action": "approval approved close merge open reopen unapproval unapproved update",
    "merge_request.state": "closed locked merged opened",
    "milestone: action": "close create delete reopen update",
    "milestone.state": "active closed",
    "note.action": "create update",
    "note.noteable_type": "Commit DesignManagement::Design Epic Issue MergeRequest ProjectSnippet Snippet Vulnerability WikiPage::Meta WorkItem",
    "pipeline.object_attributes.status": _PIPELINE,
    "release: action": "create delete update",
    "wiki_page.object_attributes.action": "create delete update",
}

_DC_STATE = "DECLINED MERGED OPEN"
#: Atlassian's pages "Event payloads", of Bitbucket Cloud and of Data Center.
_BITBUCKET = {
    "commit_status.state": "FAILED INPROGRESS STOPPED SUCCESSFUL",
    "dc.change.type": "ADD DELETE UPDATE",
    "dc.participant.role": "AUTHOR PARTICIPANT REVIEWER",
    "dc.participant.status": "APPROVED NEEDS_WORK UNAPPROVED",
    "dc.pull_request.state": _DC_STATE,
    "issue.kind": "bug enhancement proposal task",
    "issue.priority": "blocker critical major minor trivial",
    "participant.role": "PARTICIPANT REVIEWER",
    "participant.state": "approved changes_requested",
    "pullrequest.state": "DECLINED MERGED OPEN SUPERSEDED",
}

#: Atlassian's page "Webhooks" of the Jira platform, and for sprints, categories and accounts its REST API.
_JIRA = {
    "sprint.state": "active closed future",
    "status_category.key": "done indeterminate new undefined",
    "user.accountType": "app atlassian customer unknown",
}

_VALUES: Mapping[str, Mapping[str, str]] = {
    "github": _GITHUB,
    "gitlab": _GITLAB,
    "bitbucket": _BITBUCKET,
    "jira": _JIRA,
}
#: The field in which a payload says what it is.
_SELF = {"gitlab": "object_kind", "bitbucket": "eventKey", "jira": "webhookEvent"}


def listed(source: str) -> Iterator[tuple[str, str, bool]]:
    """The event type or shape, the field, and whether it is an event type's, of every list of a source."""
    for name in _VALUES[source]:
        event_type, _, own = name.partition(": ")
        shape, _, field = name.rpartition(".")
        yield (event_type, own, True) if own else (shape, field, False)


@cache
def payload_choices(source: str, event_type: str, field: str) -> Choices | None:
    """The values of a field of a payload; None where they can be any."""
    if _SELF.get(source) == field:
        return _choices(event_type)
    return _choices(_VALUES[source].get(f"{event_type}: {field}", ""))


@cache
def shape_choices(source: str, shape: str, field: str) -> Choices | None:
    """The values of a field of an object in a payload; None where they can be any."""
    values = _VALUES[source]
    return _choices(values.get(f"{shape}.{field}") or values.get(f"*.{field}", ""))


def _choices(written: str) -> Choices | None:
    if not written:
        return None
    return Choices(
        known=tuple(written.split()),
        code="unknown_payload_value",
        summary="{what} is not known to be {}",
        advice="It is one of {}. If it is new, keep it: this is a warning.",
    )
