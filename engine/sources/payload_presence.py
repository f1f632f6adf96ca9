"""Which fields no payload lacks: wherever the object is that they belong to, they are there and are not null.

Only what is certain stands here, of the fields that a machine remembers or asks for. A proof does not try a payload without
them; whether a path leads anywhere, and what its type is, is none of this table's business.
"""

from collections.abc import Mapping

#: By event type, of the payload itself.
_PAYLOADS: Mapping[str, Mapping[str, str]] = {
    "github": {
        "check_run": "action check_run repository",
        "check_suite": "action check_suite repository",
        "create": "ref ref_type repository",
        "delete": "ref ref_type repository",
        "issue_comment": "action comment issue repository",
        "issues": "action issue repository",
        "pull_request": "action number pull_request repository",
        "pull_request_review": "action pull_request repository review",
        "pull_request_review_comment": "action comment pull_request repository",
        "push": "after before ref repository",
        "release": "action release repository",
        "workflow_run": "action repository workflow_run",
    },
    "gitlab": {
        "issue": "object_attributes object_kind project",
        "merge_request": "object_attributes object_kind project",
        "note": "object_attributes object_kind project",
        "pipeline": "object_attributes object_kind project",
    },
    "bitbucket": {
        "pullrequest:approved": "pullrequest repository",
        "pullrequest:created": "pullrequest repository",
        "pullrequest:fulfilled": "pullrequest repository",
        "pullrequest:rejected": "pullrequest repository",
        "pullrequest:unapproved": "pullrequest repository",
        "pullrequest:updated": "pullrequest repository",
        "repo:push": "repository",
    },
    "jira": {
        "comment_created": "comment issue webhookEvent",
        "comment_updated": "comment issue webhookEvent",
        "jira:issue_created": "issue webhookEvent",
        "jira:issue_deleted": "issue webhookEvent",
        "jira:issue_updated": "issue webhookEvent",
    },
}

#: By shape, of an object in a payload.
_SHAPES: Mapping[str, Mapping[str, str]] = {
    "github": {
        "check_run": "head_sha id name node_id",
        "check_suite": "head_sha id node_id",
        "issue": "id node_id number title",
        "issue_comment.comment": "id node_id",
        "milestone": "id node_id number title",
        "pull_request": "base head html_url id node_id number state title",
        "pull_request.base": "ref sha",
        "pull_request_review_comment.comment": "id node_id",
        "release.release": "id node_id tag_name",
        "repository": "full_name id name node_id",
        "review": "id node_id",
        "workflow_run": "head_sha id node_id",
    },
    "gitlab": {
        "issue": "id iid title",
        "merge_request": "id iid title",
        "note": "id",
        "pipeline.object_attributes": "id",
    },
    "bitbucket": {"pullrequest": "id title"},
    "jira": {"comment": "id", "issue": "id key"},
}


def always_in_payload(source: str, event_type: str) -> frozenset[str]:
    """The fields that every payload of a type has."""
    return frozenset(_PAYLOADS.get(source, {}).get(event_type, "").split())


def always_in_shape(source: str, shape: str) -> frozenset[str]:
    """The fields that every object of a shape has."""
    return frozenset(_SHAPES.get(source, {}).get(shape, "").split())
