"""What GitHub's payloads hold: the fields of the well-known event types, and of the objects in them.

``name`` is a field that can be anything, ``name:shape`` an object of that shape, ``name:[shape]`` a list of such objects.
"""

#: Every event type that GitHub sends to webhooks.
EVENT_TYPES = frozenset(
    """
    branch_protection_configuration branch_protection_rule check_run check_suite code_scanning_alert
    commit_comment create custom_property custom_property_values delete dependabot_alert deploy_key
    deployment deployment_protection_rule deployment_review deployment_status discussion
    discussion_comment fork github_app_authorization gollum installation installation_repositories
    installation_target issue_comment issue_dependencies issues label marketplace_purchase member
    membership merge_group meta milestone org_block organization package page_build
    personal_access_token_request ping project project_card project_column projects_v2 projects_v2_item
    projects_v2_status_update public pull_request pull_request_review pull_request_review_comment
    pull_request_review_thread push registry_package release repository repository_advisory
    repository_dispatch repository_import repository_ruleset repository_vulnerability_alert
    secret_scanning_alert secret_scanning_alert_location secret_scanning_scan security_advisory
    security_and_analysis sponsorship star status sub_issues team team_add watch workflow_dispatch
    workflow_job workflow_run
    """.split()  # noqa: SIM905 - a page of names reads better without its quotes
)

#: Of an event type: the fields of its payload.
PAYLOADS = {
    "check_run": """
        action check_run:check_run.check_run enterprise installation organization:user
        repository:repository requested_action:requested_action sender:user
    """,
    "check_suite": """
        action check_suite:check_suite enterprise installation organization:user repository:repository
        sender:user
    """,
    "commit_comment": """
        action comment:comment enterprise installation organization:user repository:repository
        sender:user
    """,
    "create": """
        description enterprise installation master_branch organization:user pusher_type ref ref_type
        repository:repository sender:user
    """,
    "delete": """
        enterprise installation organization:user pusher_type ref ref_type repository:repository
        sender:user
    """,
    "deployment": """
        action deployment:deployment enterprise installation organization:user repository:repository
        sender:user workflow:workflow workflow_run:deployment.workflow_run
    """,
    "deployment_status": """
        action check_run:deployment_status.check_run deployment:deployment
        deployment_status:deployment_status.deployment_status enterprise installation
        organization:user repository:repository sender:user workflow:workflow
        workflow_run:deployment.workflow_run
    """,
    "fork": """
        enterprise forkee:repository installation organization:user repository:repository sender:user
    """,
    "issue_comment": """
        action changes:changes comment:issue_comment.comment enterprise installation issue:issue
        organization:user repository:repository sender:user
    """,
    "issues": """
        action assignee:user changes:issues.changes enterprise installation issue:issue label:label
        milestone:milestone organization:user repository:repository sender:user
    """,
    "label": """
        action changes:label.changes enterprise installation label:label organization:user
        repository:repository sender:user
    """,
    "member": """
        action changes:member.changes enterprise installation member:user organization:user
        repository:repository sender:user
    """,
    "milestone": """
        action changes:milestone.changes enterprise installation milestone:milestone organization:user
        repository:repository sender:user
    """,
    "ping": """
        enterprise hook:hook hook_id installation organization:user repository:repository sender:user
        zen
    """,
    "pull_request": """
        action after assignee:user before changes:pull_request.changes enterprise installation
        label:label milestone:milestone number organization:user pull_request:pull_request reason
        repository:repository requested_reviewer:user requested_team:team sender:user
    """,
    "pull_request_review": """
        action changes:changes enterprise installation organization:user pull_request:pull_request
        repository:repository review:review sender:user
    """,
    "pull_request_review_comment": """
        action changes:changes comment:pull_request_review_comment.comment enterprise installation
        organization:user pull_request:pull_request repository:repository sender:user
    """,
    "push": """
        after base_ref before commits:[commit] compare created deleted enterprise forced
        head_commit:commit installation organization:user pusher:person ref repository:repository
        sender:user
    """,
    "release": """
        action changes:release.changes enterprise installation organization:user
        release:release.release repository:repository sender:user
    """,
    "repository_dispatch": """
        action branch client_payload enterprise installation organization:user repository:repository
        sender:user
    """,
    "star": """
        action enterprise installation organization:user repository:repository sender:user starred_at
    """,
    "status": """
        avatar_url branches:[branches] commit:status.commit context created_at description enterprise
        id installation name organization:user repository:repository sender:user sha state target_url
        updated_at
    """,
    "watch": """
        action enterprise installation organization:user repository:repository sender:user
    """,
    "workflow_dispatch": """
        enterprise inputs installation organization:user ref repository:repository sender:user
        workflow
    """,
    "workflow_job": """
        action deployment:deployment enterprise installation organization:user repository:repository
        sender:user workflow_job:workflow_job.workflow_job
    """,
    "workflow_run": """
        action enterprise installation organization:user repository:repository sender:user
        workflow:workflow workflow_run:workflow_run
    """,
}

#: Of an object in a payload: its fields.
SHAPES = {
    "_links": """
        comments:link commits:link html:link issue:link review_comment:link review_comments:link
        self:link statuses:link
    """,
    "app": """
        created_at description events external_url html_url id name node_id owner:user permissions
        slug updated_at
    """,
    "assets": """
        browser_download_url content_type created_at digest download_count id label name node_id size
        state updated_at uploader:user url
    """,
    "auto_merge": """
        commit_message commit_title enabled_by:user merge_method
    """,
    "base": """
        ref repo sha
    """,
    "branches": """
        commit:branches.commit name protected
    """,
    "branches.commit": """
        sha url
    """,
    "changes": """
        body:description
    """,
    "check_run.check_run": """
        app:app check_suite:check_suite_short completed_at conclusion deployment:deployment
        details_url external_id head_sha html_url id name node_id output:output
        pull_requests:[check_suite.pull_requests] started_at status url
    """,
    "check_suite": """
        after app:app before check_runs_url conclusion created_at head_branch head_commit:commit
        head_sha id latest_check_runs_count node_id pull_requests:[check_suite.pull_requests]
        rerequestable runs_rerequestable status updated_at url
    """,
    "check_suite.pull_requests": """
        base:base head:base id number url
    """,
    "check_suite_short": """
        after app:app before conclusion created_at deployment:deployment head_branch head_sha id
        node_id pull_requests:[pull_requests] status updated_at url
    """,
    "comment": """
        author_association body commit_id created_at html_url id line node_id path position updated_at
        url user:user
    """,
    "commit": """
        added author:person committer:person distinct id message modified removed timestamp tree_id
        url
    """,
    "config": """
        content_type insecure_ssl secret url
    """,
    "deployment": """
        created_at creator:user description environment id node_id original_environment payload
        performed_via_github_app:app production_environment ref repository_url sha statuses_url task
        transient_environment updated_at url
    """,
    "deployment.workflow_run": """
        actor:user check_suite_id check_suite_node_id conclusion created_at display_title event
        head_branch head_sha html_url id name node_id path pull_requests:[check_suite.pull_requests]
        referenced_workflows:[referenced_workflows] run_attempt run_number run_started_at status
        triggering_actor:user updated_at url workflow_id
    """,
    "deployment_status.check_run": """
        completed_at conclusion details_url external_id head_sha html_url id name node_id started_at
        status url
    """,
    "deployment_status.deployment_status": """
        created_at creator:user deployment_url description environment environment_url id log_url
        node_id performed_via_github_app:app repository_url state target_url updated_at url
    """,
    "description": """
        from
    """,
    "hook": """
        active app_id config:config created_at deliveries_url events id last_response:last_response
        name ping_url test_url type updated_at url
    """,
    "issue": """
        active_lock_reason assignee:user assignees:[user] author_association body closed_at comments
        comments_url created_at draft events_url html_url id issue_dependencies_summary
        issue_field_values labels:[label] labels_url locked milestone:milestone node_id number
        parent_issue_url performed_via_github_app:app pull_request:issue.pull_request
        reactions:reactions repository_url state state_reason sub_issues_summary timeline_url title
        type updated_at url user:user
    """,
    "issue.pull_request": """
        diff_url html_url merged_at patch_url url
    """,
    "issue_comment.comment": """
        author_association body created_at html_url id issue_url node_id performed_via_github_app:app
        reactions:reactions updated_at url user:user
    """,
    "issues.changes": """
        body:description new_issue:issue new_repository:repository old_issue:issue
        old_repository:repository title:description
    """,
    "label": """
        color default description id name node_id url
    """,
    "label.changes": """
        color:description description:description name:description
    """,
    "last_response": """
        code message status
    """,
    "license": """
        key name node_id spdx_id url
    """,
    "link": """
        href
    """,
    "member.changes": """
        old_permission:description permission:permission
    """,
    "milestone": """
        closed_at closed_issues created_at creator:user description due_on html_url id labels_url
        node_id number open_issues state title updated_at url
    """,
    "milestone.changes": """
        description:description due_on:description title:description
    """,
    "output": """
        annotations_count annotations_url summary text title
    """,
    "parents": """
        html_url sha url
    """,
    "permission": """
        to
    """,
    "permissions": """
        actions administration blocking checks content_references contents deployments discussions
        emails environments followers gpg_keys interaction_limits issues keys members merge_queues
        metadata organization_administration organization_hooks organization_packages
        organization_plan organization_projects organization_secrets organization_self_hosted_runners
        organization_user_blocking packages pages plan pull_requests repository_hooks
        repository_projects secret_scanning_alerts secrets security_events security_scanning_alert
        single_file starring statuses team_discussions vulnerability_alerts watching workflows
    """,
    "person": """
        date email name username
    """,
    "pull_request": """
        _links:_links active_lock_reason additions assignee:user assignees:[user] author_association
        auto_merge:auto_merge base:pull_request.base body changed_files closed_at comments
        comments_url commits commits_url created_at deletions diff_url draft head:pull_request.base
        html_url id issue_url labels:[label] locked maintainer_can_modify merge_commit_sha mergeable
        mergeable_state merged merged_at merged_by:user milestone:milestone node_id number patch_url
        rebaseable requested_reviewers:[user] requested_teams:[team] review_comment_url
        review_comments review_comments_url state statuses_url title updated_at url user:user
    """,
    "pull_request.base": """
        label ref repo:repository sha user:user
    """,
    "pull_request.changes": """
        base:pull_request.changes.base body:description title:description
    """,
    "pull_request.changes.base": """
        ref:description sha:description
    """,
    "pull_request_review_comment.comment": """
        _links:pull_request_review_comment.comment._links author_association body commit_id created_at
        diff_hunk html_url id in_reply_to_id line node_id original_commit_id original_line
        original_position original_start_line path position pull_request_review_id pull_request_url
        reactions:reactions side start_line start_side subject_type updated_at url user:user
    """,
    "pull_request_review_comment.comment._links": """
        html:link pull_request:link self:link
    """,
    "pull_requests": """
        base head id number url
    """,
    "reactions": """
        +1 -1 confused eyes heart hooray laugh rocket total_count url
    """,
    "referenced_workflows": """
        path ref sha
    """,
    "release.changes": """
        body:description name:description
    """,
    "release.release": """
        assets:[assets] assets_url author:user body created_at discussion_url draft html_url id
        immutable mentions_count name node_id prerelease published_at reactions:reactions tag_name
        tarball_url target_commitish updated_at upload_url url zipball_url
    """,
    "repository": """
        allow_auto_merge allow_forking allow_merge_commit allow_rebase_merge allow_squash_merge
        allow_update_branch archive_url archived assignees_url blobs_url branches_url clone_url
        collaborators_url comments_url commits_url compare_url contents_url contributors_url
        created_at custom_properties default_branch delete_branch_on_merge deployments_url description
        disabled downloads_url events_url fork forks forks_count forks_url full_name git_commits_url
        git_refs_url git_tags_url git_url has_discussions has_downloads has_issues has_pages
        has_projects has_wiki homepage hooks_url html_url id is_template issue_comment_url
        issue_events_url issues_url keys_url labels_url language languages_url license:license
        master_branch merge_commit_message merge_commit_title merges_url milestones_url mirror_url
        name node_id notifications_url open_issues open_issues_count organization owner:user
        permissions private public pulls_url pushed_at releases_url size squash_merge_commit_message
        squash_merge_commit_title ssh_url stargazers stargazers_count stargazers_url statuses_url
        subscribers_url subscription_url svn_url tags_url teams_url topics trees_url updated_at url
        use_squash_pr_title_as_default visibility watchers watchers_count web_commit_signoff_required
    """,
    "repository.permissions": """
        admin maintain pull push triage
    """,
    "requested_action": """
        identifier
    """,
    "review": """
        _links:review._links author_association body commit_id html_url id node_id pull_request_url
        state submitted_at user:user
    """,
    "review._links": """
        html:link pull_request:link
    """,
    "status.commit": """
        author:user comments_url commit:status.commit.commit committer:user html_url node_id
        parents:[parents] sha url
    """,
    "status.commit.commit": """
        author:person comment_count committer:person message tree:branches.commit url
        verification:verification
    """,
    "steps": """
        completed_at conclusion name number started_at status
    """,
    "team": """
        description html_url id members_url name node_id notification_setting parent:team permission
        privacy repositories_url slug url
    """,
    "user": """
        avatar_url description email events_url followers_url following_url gists_url gravatar_id
        hooks_url html_url id issues_url login members_url name node_id notification_setting
        organizations_url parent:team permission privacy public_members_url received_events_url
        repos_url repositories_url site_admin slug starred_url subscriptions_url type url
        user_view_type
    """,
    "verification": """
        payload reason signature verified
    """,
    "workflow": """
        badge_url created_at html_url id name node_id path state updated_at url
    """,
    "workflow_job.workflow_job": """
        check_run_url completed_at conclusion created_at head_branch head_sha html_url id labels name
        node_id run_attempt run_id run_url runner_group_id runner_group_name runner_id runner_name
        started_at status steps:[steps] url workflow_name
    """,
    "workflow_run": """
        actor:user artifacts_url cancel_url check_suite_id check_suite_node_id check_suite_url
        conclusion created_at display_title event head_branch head_commit:commit
        head_repository:repository head_sha html_url id jobs_url logs_url name node_id path
        previous_attempt_url pull_requests:[check_suite.pull_requests]
        referenced_workflows:[referenced_workflows] repository:repository rerun_url run_attempt
        run_number run_started_at status triggering_actor:user updated_at url workflow_id workflow_url
    """,
}
