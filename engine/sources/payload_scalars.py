"""Which fields of payloads are a text, a number or a bool, wherever their source has them; any of them may be null.

Only what is certain stands here: a field of another name, or of one that means two things, can be anything. ``*_url`` is
every field whose name ends so, ``commit.id`` that of one shape. A field is ``scalar`` if it is one of the three, but not
always the same. An ``id`` is a whole number from 1, a ``count`` one from 0; a ``number`` may be any.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from engine.language.types import ANY, BOOL, NUMBER, STRING, Type, joined

_TYPES = {"string": STRING, "number": NUMBER, "bool": BOOL, "scalar": joined((STRING, NUMBER, BOOL))}
_TYPES |= {"id": replace(NUMBER, whole=True, least=1), "count": replace(NUMBER, whole=True, least=0)}

_SCALARS: Mapping[str, Mapping[str, str]] = {
    "github": {
        "string": """
            *_url *_sha action active_lock_reason after author_association before body closed_at color commit_id
            completed_at conclusion date default_branch description diff_hunk display_title email full_name head_branch
            homepage language login master_branch mergeable_state merged_at message name node_id original_commit_id
            published_at pusher_type ref ref_type sha slug spdx_id started_at state state_reason submitted_at tag_name
            target_commitish title updated_at username visibility zen commit.id
        """,
        "id": """
            app_id check_suite_id hook_id id in_reply_to_id number pull_request_review_id run_attempt run_id run_number
            workflow_id
        """,
        "count": """
            +1 -1 additions annotations_count changed_files closed_issues comment_count comments commits confused
            deletions download_count eyes forks forks_count heart hooray latest_check_runs_count laugh mentions_count
            open_issues open_issues_count original_position review_comments rocket runner_group_id runner_id size
            stargazers stargazers_count total_count watchers watchers_count
        """,
        "bool": """
            allow_forking archived deleted disabled distinct draft forced fork has_discussions has_downloads has_issues
            has_pages has_projects has_wiki is_template locked maintainer_can_modify mergeable merged prerelease private
            rebaseable site_admin verified
        """,
        "scalar": "created_at pushed_at position status type",
    },
    "gitlab": {
        "string": """
            *_url after author_email author_name before build_name build_stage build_status checkout_sha color
            commit_title default_branch email event_name event_type full_path human_time_estimate key merge_status
            message name object_kind path path_with_namespace project_name ref sha short_sha source_branch
            target_branch title url user_email user_name user_username username commit.id
        """,
        "id": """
            assignee_id author_id build_id deployment_id group_id id iid job_id merge_user_id milestone_id pipeline_id
            project_id source_project_id target_project_id user_id
        """,
        "count": "retries_count total_commits_count visibility_level",
        "bool": """
            active allow_failure blocking_discussions_resolved build_allow_failure confidential draft
            merge_when_pipeline_succeeds tag work_in_progress
        """,
        "scalar": "action created_at description state updated_at",
    },
    "bitbucket": {
        "string": """
            avatarUrl created_on display_name displayId displayName emailAddress eventKey fromHash full_name hash href
            key latestCommit name nickname refId slug state title toHash updated_on uuid
        """,
        "id": "comment.id dc.comment.id dc.pull_request.id dc.repository.id issue.id pullrequest.id",
        "count": "closedDate comment_count createdDate size task_count updatedDate",
        "bool": "approved archived close_source_branch closed draft forced forkable is_private locked public truncated",
        "scalar": "account_id date description id type username",
    },
    "jira": {
        "string": """
            accountId displayName emailAddress field filename fromString iconUrl issue_event_type_name key mimeType self
            summary timeSpent toString webhookEvent
        """,
        "id": "sprint.id",
        "count": """
            originalEstimateSeconds remainingEstimateSeconds timeSpentSeconds timestamp votes.votes watches.watchCount
        """,
        "bool": "active hasVoted isWatching released subtask",
        "scalar": "created id name resolutiondate updated",
    },
}


def scalar_type(source: str, name: str, shape: str = "") -> Type:
    """What a field without a shape is, or null; `shape` is what it is a field of, empty for the payload itself."""
    names, endings = _names(source)
    found = (
        names.get(f"{shape}.{name}")
        or names.get(name)
        or next((t for end, t in endings.items() if name.endswith(end)), None)
    )
    return found or ANY


@cache
def _names(source: str) -> tuple[dict[str, Type], dict[str, Type]]:
    """The names and the endings of names."""
    listed = {name: _TYPES[kind] for kind, names in _SCALARS[source].items() for name in names.split()}
    endings = {name[1:]: found for name, found in listed.items() if name.startswith("*")}
    return {name: found for name, found in listed.items() if name[0] != "*"}, endings
