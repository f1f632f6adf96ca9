"""Which fields of payloads are a text, a number or a bool, wherever their source has them; any of them may be null.

Only what is certain stands here: a field of another name, or of one that means two things, can be anything. ``*_url`` is
every field whose name ends so. A field is ``scalar`` if it is one of the three, but not always the same.
"""

from collections.abc import Mapping
from functools import cache

from engine.language.types import ANY, BOOL, NUMBER, STRING, Type, joined

_TYPES = {"string": STRING, "number": NUMBER, "bool": BOOL, "scalar": joined((STRING, NUMBER, BOOL))}

_SCALARS: Mapping[str, Mapping[str, str]] = {
    "github": {
        "string": """
            *_url *_sha action active_lock_reason after author_association before body closed_at color commit_id
            completed_at conclusion date default_branch description diff_hunk display_title email full_name head_branch
            homepage language login master_branch mergeable_state merged_at message name node_id original_commit_id
            published_at pusher_type ref ref_type sha slug spdx_id started_at state state_reason submitted_at tag_name
            target_commitish title updated_at username visibility zen
        """,
        "number": """
            +1 -1 additions annotations_count changed_files closed_issues comment_count deletions download_count forks
            forks_count number open_issues open_issues_count original_position review_comments run_attempt run_number
            size stargazers stargazers_count total_count watchers watchers_count
        """,
        "bool": """
            allow_forking archived deleted disabled distinct draft forced fork has_discussions has_downloads has_issues
            has_pages has_projects has_wiki is_template locked maintainer_can_modify mergeable merged prerelease private
            rebaseable site_admin verified
        """,
        "scalar": "created_at id pushed_at position status type",
    },
    "gitlab": {
        "string": """
            *_url after author_email author_name before build_name build_stage build_status checkout_sha color
            commit_title default_branch email event_name event_type full_path human_time_estimate key merge_status
            message name object_kind path path_with_namespace project_name ref sha short_sha source_branch
            target_branch title url user_email user_name user_username username
        """,
        "number": "build_id iid project_id source_project_id target_project_id total_commits_count visibility_level",
        "bool": """
            active allow_failure blocking_discussions_resolved build_allow_failure confidential draft
            merge_when_pipeline_succeeds tag work_in_progress
        """,
        "scalar": "action created_at description id state updated_at",
    },
    "bitbucket": {
        "string": """
            avatarUrl created_on display_name displayId displayName emailAddress eventKey fromHash full_name hash href
            key latestCommit name nickname refId slug state title toHash updated_on uuid
        """,
        "number": "closedDate comment_count createdDate size task_count updatedDate",
        "bool": "approved archived close_source_branch closed draft forced forkable is_private locked public truncated",
        "scalar": "account_id date description id type username",
    },
    "jira": {
        "string": """
            accountId displayName emailAddress field filename fromString iconUrl issue_event_type_name key mimeType self
            summary timeSpent toString webhookEvent
        """,
        "number": "originalEstimateSeconds remainingEstimateSeconds timeSpentSeconds timestamp",
        "bool": "active hasVoted isWatching released subtask",
        "scalar": "created id name resolutiondate updated",
    },
}


def scalar_type(source: str, name: str) -> Type:
    """What a field without a shape is, or null."""
    names, endings = _names(source)
    found = names.get(name) or next((t for end, t in endings.items() if name.endswith(end)), None)
    return found or ANY


@cache
def _names(source: str) -> tuple[dict[str, Type], dict[str, Type]]:
    """The names and the endings of names."""
    listed = {name: _TYPES[kind] for kind, names in _SCALARS[source].items() for name in names.split()}
    endings = {name[1:]: found for name, found in listed.items() if name.startswith("*")}
    return {name: found for name, found in listed.items() if name[0] != "*"}, endings
