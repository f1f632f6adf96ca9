"""Which fields no payload lacks: wherever the object is that they belong to, they are there and are not null.

Only what is certain stands here, of the fields that a machine remembers or asks for. A proof does not try a payload without
them; whether a path leads anywhere, and what its type is, is none of this table's business.
"""

from collections.abc import Mapping

#: By event type, of the payload itself.
_PAYLOADS: Mapping[str, Mapping[str, str]] = {
    "github": {
        "check_run": "action check_run repository sender",
        "check_suite": "action check_suite repository sender",
        "commit_comment": "action comment repository sender",
        "create": "master_branch pusher_type ref ref_type repository sender",
        "delete": "pusher_type ref ref_type repository sender",
        "deployment": "action deployment repository sender",
        "deployment_status": "action deployment deployment_status repository sender",
        "fork": "forkee repository sender",
        "issue_comment": "action comment issue repository sender",
        "issues": "action issue repository sender",
        "label": "action label repository sender",
        "member": "action member repository sender",
        "milestone": "action milestone repository sender",
        "ping": "hook hook_id zen",
        "pull_request": "action number pull_request repository sender",
        "pull_request_review": "action pull_request repository review sender",
        "pull_request_review_comment": "action comment pull_request repository sender",
        "push": "after before commits compare created deleted forced pusher ref repository sender",
        "release": "action release repository sender",
        "repository_dispatch": "action branch client_payload installation repository sender",
        "star": "action repository sender",
        "status": "branches commit context created_at id name repository sender sha state updated_at",
        "watch": "action repository sender",
        "workflow_dispatch": "ref repository sender workflow",
        "workflow_job": "action repository sender workflow_job",
        "workflow_run": "action repository sender workflow workflow_run",
    },
    "gitlab": {
        "build": "build_id build_name build_status object_kind project_id ref",
        "issue": "object_attributes object_kind project user",
        "merge_request": "object_attributes object_kind project user",
        "note": "object_attributes object_kind project user",
        "pipeline": "object_attributes object_kind project",
        "push": "after before object_kind project project_id ref",
        "tag_push": "after before object_kind project project_id ref",
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

#: By shape, of an object in a payload; ``field:shape`` is that of the field, which lacks what others of its shape have.
_SHAPES: Mapping[str, Mapping[str, str]] = {
    "github": {
        "app": "created_at html_url id name node_id owner updated_at",
        "assets": "content_type created_at download_count id name node_id size state updated_at",
        "base": "ref repo sha",
        "branches": "commit name protected",
        "branches.commit": "sha",
        "check_run.check_run": """
            app check_suite external_id head_sha html_url id name output pull_requests
            started_at status
        """,
        "check_suite": """
            app created_at head_commit head_sha id latest_check_runs_count node_id
            pull_requests updated_at
        """,
        "check_suite.pull_requests": "base head id number",
        "check_suite_short": "app created_at head_sha id pull_requests status updated_at",
        "comment": "author_association body commit_id created_at html_url id node_id updated_at user",
        "commit": "author committer id message timestamp tree_id",
        "deployment": "created_at environment id node_id original_environment task updated_at",
        "deployment.workflow_run": """
            actor check_suite_id check_suite_node_id created_at event head_branch head_sha
            html_url id name node_id pull_requests run_attempt run_number run_started_at
            status triggering_actor updated_at workflow_id
        """,
        "deployment_status.check_run": "external_id head_sha html_url id name node_id started_at status",
        "deployment_status.deployment_status": """
            created_at creator description environment id node_id state updated_at
        """,
        "description": "from",
        "issue": """
            assignees author_association comments created_at html_url id labels locked node_id number
            state title updated_at user
        """,
        "issue_comment.comment": "author_association body created_at html_url id node_id updated_at user",
        "label": "color default id name node_id",
        "milestone": """
            closed_issues created_at creator html_url id node_id number open_issues state
            title updated_at
        """,
        "organization:user": "id login node_id",
        "person": "name",
        "pull_request": """
            assignees author_association base created_at head html_url id labels locked
            node_id number requested_reviewers requested_teams state title updated_at user
        """,
        "pull_request.base": "label ref sha user",
        "pull_request_review_comment.comment": """
            author_association body commit_id created_at diff_hunk html_url id node_id
            original_commit_id original_line original_position path pull_request_review_id
            side updated_at user
        """,
        "pull_requests": "base head id number",
        "reactions": "+1 -1 confused eyes heart hooray laugh rocket total_count",
        "referenced_workflows": "path sha",
        "release.release": """
            assets author body draft html_url id name node_id prerelease tag_name
            target_commitish
        """,
        "repository": "fork full_name html_url id name node_id owner private",
        "requested_reviewers:user": "id node_id",
        "review": "author_association commit_id html_url id node_id state user",
        "steps": "name number status",
        "team": "html_url id name node_id permission privacy slug",
        "user": "id login node_id type",
        "workflow": "created_at html_url id name node_id path state updated_at",
        "workflow_job.workflow_job": """
            created_at head_sha html_url id labels name node_id run_attempt run_id
            started_at status steps
        """,
        "workflow_run": """
            actor check_suite_id check_suite_node_id created_at display_title event
            head_branch head_commit head_repository head_sha html_url id name node_id path
            pull_requests repository run_attempt run_number run_started_at status
            triggering_actor updated_at workflow_id
        """,
    },
    "gitlab": {
        "issue": "id iid state title",
        "label": "id title",
        "merge_request": "id iid source_branch state target_branch title",
        "note": "id note noteable_type",
        "pipeline.object_attributes": "id ref sha status",
        "project": "id name path_with_namespace",
        "user": "name username",
    },
    "bitbucket": {
        "pullrequest": "destination id source state title",
        "repository": "full_name name uuid",
    },
    "jira": {
        "comment": "id",
        "fields": "issuetype status summary",
        "issue": "fields id key",
        "issuetype": "id name",
        "priority": "id name",
        "project": "id key name",
        "status": "id name",
    },
}


def always_in_payload(source: str, event_type: str) -> frozenset[str]:
    """The fields that every payload of a type has."""
    return frozenset(_PAYLOADS.get(source, {}).get(event_type, "").split())


def always_in_shape(source: str, shape: str, field: str = "") -> frozenset[str]:
    """The fields that every object of a shape has, which a field of that name holds."""
    rows = _SHAPES.get(source, {})
    return frozenset(rows.get(f"{field}:{shape}", rows.get(shape, "")).split())
