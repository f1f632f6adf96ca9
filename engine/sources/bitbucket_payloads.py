"""What Bitbucket's payloads hold: Cloud's first, then Data Center's; the marks are those of `engine.sources.payloads`."""

#: Every event type that Bitbucket sends: Cloud and, in the second part, Data Center.
EVENT_TYPES = frozenset(
    """
    issue:comment_created issue:created issue:updated project:updated pullrequest:approved
    pullrequest:changes_request_created pullrequest:changes_request_removed
    pullrequest:comment_created pullrequest:comment_deleted pullrequest:comment_reopened
    pullrequest:comment_resolved pullrequest:comment_updated pullrequest:created
    pullrequest:fulfilled pullrequest:rejected pullrequest:unapproved pullrequest:updated
    repo:commit_comment_created repo:commit_status_created repo:commit_status_updated repo:created
    repo:deleted repo:fork repo:imported repo:push repo:transfer repo:updated

    diagnostics:ping mirror:repo_synchronized pr:comment:added pr:comment:deleted pr:comment:edited
    pr:declined pr:deleted pr:from_ref_updated pr:merged pr:modified pr:opened pr:reviewer:approved
    pr:reviewer:changes_requested pr:reviewer:needs_work pr:reviewer:unapproved pr:reviewer:updated
    pr:to_ref_updated project:modified repo:comment:added repo:comment:deleted repo:comment:edited
    repo:forked repo:modified repo:refs_changed repo:secret_detected
    """.split()  # noqa: SIM905 - a page of names reads better without its quotes
)

_PULL_REQUEST = """
    actor:account pullrequest:pullrequest repository:repository
"""
_APPROVAL = f"""
    approval:approval {_PULL_REQUEST}
"""
_CHANGES_REQUEST = f"""
    changes_request:approval {_PULL_REQUEST}
"""
_COMMENT = f"""
    comment:comment {_PULL_REQUEST}
"""
_STATUS = """
    actor:account commit_status:commit_status repository:repository
"""
_DC_PULL_REQUEST = """
    actor:dc.user date eventKey pullRequest:dc.pull_request
"""
_DC_REVIEW = f"""
    participant:dc.participant previousStatus {_DC_PULL_REQUEST}
"""
_DC_COMMENT = f"""
    comment:dc.comment commentParentId {_DC_PULL_REQUEST}
"""
_DC_COMMIT_COMMENT = """
    actor:dc.user comment:dc.comment commentParentId commit date eventKey repository:dc.repository
"""

#: Of an event type: the fields of its payload.
PAYLOADS = {
    "issue:comment_created": """
        actor:account comment:comment issue:issue repository:repository
    """,
    "issue:created": """
        actor:account issue:issue repository:repository
    """,
    "issue:updated": """
        actor:account changes:issue.changes comment:comment issue:issue repository:repository
    """,
    "pullrequest:approved": _APPROVAL,
    "pullrequest:changes_request_created": _CHANGES_REQUEST,
    "pullrequest:changes_request_removed": _CHANGES_REQUEST,
    "pullrequest:comment_created": _COMMENT,
    "pullrequest:comment_deleted": _COMMENT,
    "pullrequest:comment_reopened": _COMMENT,
    "pullrequest:comment_resolved": _COMMENT,
    "pullrequest:comment_updated": _COMMENT,
    "pullrequest:created": _PULL_REQUEST,
    "pullrequest:fulfilled": _PULL_REQUEST,
    "pullrequest:rejected": _PULL_REQUEST,
    "pullrequest:unapproved": _APPROVAL,
    "pullrequest:updated": _PULL_REQUEST,
    "repo:commit_comment_created": """
        actor:account comment:comment commit:commit repository:repository
    """,
    "repo:commit_status_created": _STATUS,
    "repo:commit_status_updated": _STATUS,
    "repo:fork": """
        actor:account fork:repository repository:repository
    """,
    "repo:push": """
        actor:account push:push repository:repository
    """,
    "repo:updated": """
        actor:account changes:repository.changes repository:repository
    """,
    "diagnostics:ping": """
        test
    """,
    "mirror:repo_synchronized": """
        changes:[dc.change] date eventKey mirrorServer:dc.mirror_server refLimitExceeded
        repository:dc.repository syncType
    """,
    "pr:comment:added": _DC_COMMENT,
    "pr:comment:deleted": _DC_COMMENT,
    "pr:comment:edited": f"""
        previousComment {_DC_COMMENT}
    """,
    "pr:declined": _DC_PULL_REQUEST,
    "pr:deleted": _DC_PULL_REQUEST,
    "pr:from_ref_updated": f"""
        previousFromHash {_DC_PULL_REQUEST}
    """,
    "pr:merged": _DC_PULL_REQUEST,
    "pr:modified": f"""
        previousDescription previousDraft previousTarget:dc.ref previousTitle {_DC_PULL_REQUEST}
    """,
    "pr:opened": _DC_PULL_REQUEST,
    "pr:reviewer:approved": _DC_REVIEW,
    "pr:reviewer:changes_requested": _DC_REVIEW,
    "pr:reviewer:needs_work": _DC_REVIEW,
    "pr:reviewer:unapproved": _DC_REVIEW,
    "pr:reviewer:updated": f"""
        addedReviewers:[dc.user] removedReviewers:[dc.user] {_DC_PULL_REQUEST}
    """,
    "repo:comment:added": _DC_COMMIT_COMMENT,
    "repo:comment:deleted": _DC_COMMIT_COMMENT,
    "repo:comment:edited": f"""
        previousComment {_DC_COMMIT_COMMENT}
    """,
    "repo:forked": """
        actor:dc.user date eventKey repository:dc.repository
    """,
    "repo:modified": """
        actor:dc.user date eventKey new:dc.repository old:dc.repository
    """,
    "repo:refs_changed": """
        actor:dc.user changes:[dc.change] commits:[dc.commit] date eventKey repository:dc.repository
        toCommit:dc.commit
    """,
}

#: Of an object in a payload: its fields.
SHAPES = {
    "account": """
        account_id created_on display_name has_2fa_enabled is_staff kind links:links nickname type
        username uuid website *
    """,
    "approval": """
        date user:account
    """,
    "author": """
        account_id display_name links:links nickname raw type user:account username uuid
    """,
    "branch": """
        default_merge_strategy links:links merge_strategies name sync_strategies
    """,
    "comment": """
        content:content created_on deleted id inline:inline links:links parent:parent pending
        pullrequest:pullrequest resolution:resolution type updated_on user:account *
    """,
    "commit": """
        author:author date hash links:links message parents:[commit] rendered:rendered
        repository:repository summary:content type *
    """,
    "commit_status": """
        commit:commit created_on description key links:links name refname repository:repository state
        type updated_on url uuid *
    """,
    "content": """
        html markup raw type
    """,
    "dc.change": """
        fromHash ref:dc.ref refId toHash type
    """,
    "dc.clone": """
        href name
    """,
    "dc.comment": """
        anchor:dc.anything author:dc.user comments:[dc.comment] createdDate id parent:dc.comment
        properties:dc.anything resolvedDate resolver:dc.user severity state tasks text
        threadResolved threadResolvedDate threadResolver:dc.user updatedDate version *
    """,
    "dc.commit": """
        author:dc.person authorTimestamp committer:dc.person committerTimestamp displayId id message
        parents:[dc.parent] *
    """,
    "dc.anything": """
        *
    """,
    "dc.links": """
        clone:[dc.clone] self:[link] *
    """,
    "dc.mirror_server": """
        id name
    """,
    "dc.parent": """
        displayId id
    """,
    "dc.participant": """
        approved lastReviewedCommit role status user:dc.user
    """,
    "dc.person": """
        active displayName emailAddress id links:dc.links name slug type
    """,
    "dc.project": """
        avatarUrl description id key links:dc.links name namespace owner:dc.user public scope type
    """,
    "dc.pull_request": """
        author:dc.participant closed closedDate createdDate description draft fromRef:dc.ref
        htmlDescription id links:dc.links locked open participants:[dc.participant]
        properties:dc.pull_request.properties reviewers:[dc.participant] state title toRef:dc.ref
        updatedDate version *
    """,
    "dc.pull_request.properties": """
        mergeCommit:dc.parent *
    """,
    "dc.ref": """
        displayId id latestChangeset latestCommit repository:dc.repository type
    """,
    "dc.repository": """
        archived defaultBranch description forkable hierarchyId id links:dc.links name
        origin:dc.repository project:dc.project public scmId slug state statusMessage *
    """,
    "dc.user": """
        active displayName emailAddress id links:dc.links name owner slug type
    """,
    "inline": """
        context_lines from outdated path start_from start_to to
    """,
    "issue": """
        assignee:account attachment_count comment_count component:named content:content created_on
        edited_on id kind links:links milestone:named priority reporter:account
        repository:repository state title type updated_on version:named votes watches *
    """,
    "issue.changes": """
        assignee:old_new component:old_new content:old_new kind:old_new milestone:old_new
        priority:old_new responsible:old_new status:old_new title:old_new version:old_new *
    """,
    "link": """
        href name
    """,
    "links": """
        activity:link approve:link avatar:link branches:link clone:[link] comments:link commit:link
        commits:link decline:link diff:link diffstat:link downloads:link forks:link hooks:link
        html:link merge:link patch:link pullrequests:link request-changes:link self:link source:link
        statuses:link tags:link watchers:link *
    """,
    "named": """
        id links:links name type
    """,
    "old_new": """
        new old
    """,
    "parent": """
        id links:links
    """,
    "participant": """
        account_id approved display_name links:links nickname participated_on role state type
        user:account username uuid
    """,
    "project": """
        created_on description has_publicly_visible_repos is_private key links:links name
        owner:account project type updated_on uuid
    """,
    "pullrequest": """
        author:account close_source_branch closed_by:account comment_count created_on description
        destination:pullrequest.end draft id links:links merge_commit:commit
        participants:[participant] queued reason rendered:rendered reviewers:[account]
        source:pullrequest.end state summary:content task_count title type updated_on *
    """,
    "pullrequest.end": """
        branch:branch commit:commit repository:repository
    """,
    "push": """
        changes:[push.change]
    """,
    "push.change": """
        closed commits:[commit] created forced links:links new:reference old:reference truncated
    """,
    "reference": """
        date default_merge_strategy heads:[commit] links:links merge_strategies message name
        sync_strategies tagger:author target:commit type
    """,
    "rendered": """
        description:content message:content reason:content title:content
    """,
    "repository": """
        created_on description fork_policy full_name has_issues has_wiki is_private language
        links:links mainbranch:branch name owner:account parent project:project scm size slug type
        updated_on uuid website workspace:workspace *
    """,
    "repository.changes": """
        description:old_new full_name:old_new language:old_new links:repository.changes.links
        name:old_new website:old_new *
    """,
    "repository.changes.links": """
        new:links old:links
    """,
    "resolution": """
        created_on type user:account
    """,
    "workspace": """
        links:links name slug type uuid
    """,
}
