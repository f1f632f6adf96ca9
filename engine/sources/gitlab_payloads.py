"""What GitLab's payloads hold, up to version 18; the marks are those of `engine.sources.payloads`.

A type is what the payload says in ``object_kind`` or, where it has none, in ``event_name``.
"""

#: Every event type that GitLab sends to the webhooks of projects and groups, and to system hooks.
EVENT_TYPES = frozenset(
    """
    access_token build deployment emoji feature_flag group_create group_destroy group_rename issue
    key_create key_destroy merge_request milestone note pipeline project_create project_destroy
    project_rename project_transfer project_update push release repository_update subgroup_create
    subgroup_destroy tag_push user_access_request_denied_for_group user_access_request_to_group
    user_add_to_group user_add_to_team user_create user_destroy user_failed_login
    user_remove_from_group user_remove_from_team user_rename user_update_for_group
    user_update_for_team vulnerability wiki_page work_item
    """.split()  # noqa: SIM905 - a page of names reads better without its quotes
)

_PUSH = """
    after before checkout_sha commits:[commit] event_name message object_kind project:project
    project_id push_options:anything ref ref_protected repository:repository total_commits_count
    user_avatar user_email user_id user_name user_username
"""
_MEMBER = """
    created_at event_name expires_at group_access group_id group_name group_path group_plan
    updated_at user_email user_id user_name user_username
"""
_PROJECT = """
    created_at event_name name old_path_with_namespace owner_email owner_name owners:[person] path
    path_with_namespace project_id project_namespace_id project_visibility updated_at
"""
_SUBGROUP = """
    created_at event_name full_path group_id name parent_full_path parent_group_id parent_name
    parent_path path updated_at
"""
_ISSUE = """
    assignee:user assignees:[user] changes:changes event_type labels:[label] object_attributes:issue
    object_kind project:project repository:repository user:user
"""

#: Of an event type: the fields of its payload.
PAYLOADS = {
    "access_token": """
        event_name group:group object_attributes:access_token.object_attributes object_kind
        project:project
    """,
    "build": """
        before_sha build_allow_failure build_created_at build_created_at_iso build_duration
        build_failure_reason build_finished_at build_finished_at_iso build_id build_name
        build_queued_duration build_stage build_started_at build_started_at_iso build_status
        commit:build.commit environment:environment object_kind pipeline_id project:project
        project_id project_name ref repository:repository retries_count runner:runner sha
        source_pipeline:source_pipeline tag user:user
    """,
    "deployment": """
        commit_title commit_url deployable_id deployable_url deployment_id environment
        environment_external_url environment_slug environment_tier object_kind project:project ref
        short_sha status status_changed_at user:user user_url
    """,
    "emoji": """
        commit:commit event_type issue:issue merge_request:merge_request note:note
        object_attributes:emoji.object_attributes object_kind project:project project_id
        project_snippet:snippet snippet:snippet user:user
    """,
    "feature_flag": """
        object_attributes:feature_flag.object_attributes object_kind project:project user:user
        user_url
    """,
    "issue": _ISSUE,
    "merge_request": """
        assignee:user assignees:[user] changes:changes event_type labels:[label]
        object_attributes:merge_request object_kind project:project repository:repository
        reviewers:[reviewer] user:user
    """,
    "milestone": """
        action event_type object_attributes:milestone object_kind project:project
    """,
    "note": """
        commit:commit event_type issue:issue merge_request:merge_request object_attributes:note
        object_kind project:project project_id repository:repository snippet:snippet user:user
    """,
    "pipeline": """
        builds:[job] commit:commit merge_request:merge_request
        object_attributes:pipeline.object_attributes object_kind project:project
        source_pipeline:source_pipeline user:user
    """,
    "project_create": _PROJECT,
    "project_destroy": _PROJECT,
    "push": _PUSH,
    "release": """
        action assets:assets commit:commit created_at description id name object_kind project:project
        released_at tag url
    """,
    "subgroup_create": _SUBGROUP,
    "subgroup_destroy": _SUBGROUP,
    "tag_push": _PUSH,
    "user_access_request_denied_for_group": _MEMBER,
    "user_access_request_to_group": _MEMBER,
    "user_add_to_group": _MEMBER,
    "user_remove_from_group": _MEMBER,
    "user_update_for_group": _MEMBER,
    "vulnerability": """
        object_attributes:vulnerability.object_attributes object_kind project:project user:user
    """,
    "wiki_page": """
        object_attributes:wiki_page.object_attributes object_kind project:project user:user wiki:wiki
    """,
    "work_item": _ISSUE,
}

#: Of an object in a payload: its fields.
SHAPES = {
    "access_token.object_attributes": """
        created_at expires_at id name user_id
    """,
    "anything": """
        *
    """,
    "artifacts_file": """
        filename size
    """,
    "assets": """
        count links:[assets.link] sources:[assets.source]
    """,
    "assets.link": """
        external id link_type name url
    """,
    "assets.source": """
        format url
    """,
    "build.commit": """
        author_email author_name author_url duration finished_at finished_at_iso id message name sha
        started_at started_at_iso status
    """,
    "change": """
        current previous
    """,
    "changes": """
        assignees:change created_at:change description:change draft:change iid:change labels:change
        last_edited_at:change last_edited_by_id:change milestone_id:change reviewers:change
        state:change state_id:change title:change total_time_spent:change updated_at:change updated_by_id:change *
    """,
    "commit": """
        added author:person id message modified removed timestamp title url
    """,
    "cvss": """
        vector vendor
    """,
    "emoji.object_attributes": """
        action awardable_id awardable_type awarded_on_url created_at id name updated_at user_id
    """,
    "environment": """
        action deployment_tier name
    """,
    "escalation_policy": """
        id name
    """,
    "feature_flag.object_attributes": """
        active description id name
    """,
    "group": """
        full_path group_id group_name group_path
    """,
    "identifier": """
        external_id external_type name url
    """,
    "issue": """
        action assignee_id assignee_ids author_id branch_name closed_at confidential created_at
        custom_status:anything deleted_at description discussion_locked due_date duplicated_to_id
        escalation_policy:escalation_policy escalation_status health_status human_time_change
        human_time_estimate human_total_time_spent id iid labels:[label] last_edited_at
        last_edited_by_id milestone_id moved_to_id position project_id relative_position severity
        start_date state state_id status:anything time_change time_estimate title total_time_spent
        type updated_at updated_by_id url weight *
    """,
    "job": """
        allow_failure artifacts_file:artifacts_file created_at duration environment:environment
        failure_reason finished_at id manual name queued_duration runner:runner stage started_at
        status user:user when
    """,
    "label": """
        color created_at description group_id id project_id template title type updated_at
    """,
    "merge_request": """
        action approval_rules assignee:user assignee_id assignee_ids author_id
        blocking_discussions_resolved created_at deleted_at description detailed_merge_status draft
        first_contribution head_pipeline_id human_time_change human_time_estimate
        human_total_time_spent id iid in_progress_merge_commit_sha labels:[label] last_commit:commit last_edited_at
        last_edited_by_id merge_commit_sha merge_error merge_jid merge_params:anything
        merge_status merge_user_id merge_when_build_succeeds merge_when_pipeline_succeeds milestone_id
        oldrev position prepared_at rebase_commit_sha reviewer_ids source:project source_branch source_project_id squash_commit_sha st_commits
        st_diffs state state_id system system_action target:project target_branch target_project_id
        time_change time_estimate title total_time_spent updated_at updated_by_id url
        work_in_progress *
    """,
    "milestone": """
        action created_at description due_date group_id id iid project_id start_date state title
        updated_at
    """,
    "note": """
        action attachment author_id change_position:anything commit_id created_at description
        discussion_id id internal line_code note noteable_id noteable_type
        original_position:anything position:anything project_id resolved_at resolved_by_id
        resolved_by_push st_diff:st_diff system type updated_at updated_by_id url *
    """,
    "person": """
        email name
    """,
    "pipeline.object_attributes": """
        before_sha created_at detailed_status duration finished_at id iid name protected_ref
        queued_duration ref sha source stages status tag url variables:[variable]
    """,
    "project": """
        avatar_url ci_config_path default_branch description git_http_url git_ssh_url homepage
        http_url id name namespace path_with_namespace ssh_url url visibility visibility_level web_url
    """,
    "repository": """
        description git_http_url git_ssh_url homepage name url visibility_level
    """,
    "reviewer": """
        avatar_url email id name re_requested state username
    """,
    "runner": """
        active description id is_shared runner_type tags
    """,
    "snippet": """
        author_id content created_at description expires_at file_name id project_id title type
        updated_at url visibility_level *
    """,
    "source_pipeline": """
        job_id pipeline_id project:source_pipeline.project
    """,
    "source_pipeline.project": """
        id path_with_namespace web_url
    """,
    "st_diff": """
        a_mode b_mode deleted_file diff new_file new_path old_path renamed_file *
    """,
    "user": """
        avatar_url email id name username
    """,
    "variable": """
        key value
    """,
    "vulnerability.issue": """
        created_at title updated_at url
    """,
    "vulnerability.object_attributes": """
        auto_resolved confidence confidence_overridden confirmed_at confirmed_by_id created_at
        cvss:[cvss] description dismissed_at dismissed_by_id identifiers:[identifier]
        issues:[vulnerability.issue] location:anything project_id report_type resolved_at
        resolved_by_id resolved_on_default_branch severity severity_overridden state title updated_at
        url
    """,
    "wiki": """
        default_branch git_http_url git_ssh_url path_with_namespace web_url
    """,
    "wiki_page.object_attributes": """
        action content diff_url format message slug title url version_id
    """,
}
