"""What Jira's payloads hold, Cloud and Data Center; the marks are those of `engine.sources.payloads`.

A type is what the payload says in ``webhookEvent``. Issues have fields of their own on every site (``customfield_10042``).
"""

#: Every event type that Jira sends to webhooks of administrators.
EVENT_TYPES = frozenset(
    """
    attachment_created attachment_deleted board_configuration_changed board_created board_deleted
    board_updated comment_created comment_deleted comment_updated filter_created filter_deleted
    filter_updated issue_property_deleted issue_property_set issuelink_created issuelink_deleted
    issuetype_created issuetype_deleted issuetype_updated jira:issue_created jira:issue_deleted
    jira:issue_updated jira:version_created jira:version_deleted jira:version_merged
    jira:version_moved jira:version_released jira:version_unreleased jira:version_updated jira:worklog_updated
    jira_expression_evaluation_failed option_attachments_changed option_issuelinks_changed
    option_subtasks_changed option_timetracking_changed option_timetracking_provider_changed
    option_unassigned_issues_changed option_voting_changed option_watching_changed
    project_archived project_created project_deleted project_restored_archived
    project_restored_deleted project_soft_deleted project_updated sprint_closed sprint_created
    sprint_deleted sprint_started sprint_updated user_created user_deleted user_updated
    worklog_created worklog_deleted worklog_updated
    """.split()  # noqa: SIM905 - a page of names reads better without its quotes
)

_COMMENT = """
    comment:comment eventType issue:issue matchedWebhookIds timestamp user:user webhookEvent
"""
_ISSUE = """
    changelog:changelog comment:comment issue:issue issue_event_type_name matchedWebhookIds timestamp
    user:user webhookEvent
"""
_LINK = """
    issueLink:issue_link matchedWebhookIds timestamp webhookEvent
"""
_SPRINT = """
    matchedWebhookIds oldValue:sprint sprint:sprint timestamp webhookEvent
"""
_VERSION = """
    matchedWebhookIds mergedTo:version timestamp version:version webhookEvent
"""
_WORKLOG = """
    matchedWebhookIds timestamp webhookEvent worklog:worklog
"""

#: Of an event type: the fields of its payload.
PAYLOADS = {
    "comment_created": _COMMENT,
    "comment_deleted": _COMMENT,
    "comment_updated": _COMMENT,
    "issuelink_created": _LINK,
    "issuelink_deleted": _LINK,
    "jira:issue_created": _ISSUE,
    "jira:issue_deleted": _ISSUE,
    "jira:issue_updated": _ISSUE,
    "jira:version_created": _VERSION,
    "jira:version_deleted": _VERSION,
    "jira:version_merged": _VERSION,
    "jira:version_moved": _VERSION,
    "jira:version_released": _VERSION,
    "jira:version_unreleased": _VERSION,
    "jira:version_updated": _VERSION,
    "sprint_closed": _SPRINT,
    "sprint_created": _SPRINT,
    "sprint_deleted": _SPRINT,
    "sprint_started": _SPRINT,
    "sprint_updated": _SPRINT,
    "worklog_created": _WORKLOG,
    "worklog_deleted": _WORKLOG,
    "worklog_updated": _WORKLOG,
}

#: Of an object in a payload: its fields.
SHAPES = {
    "anything": """
        *
    """,
    "attachment": """
        author:user content created filename id mimeType self size thumbnail
    """,
    "changelog": """
        id items:[change]
    """,
    "change": """
        field fieldId fieldtype from fromString tmpFromAccountId tmpToAccountId to toString
    """,
    "comment": """
        author:user body:anything created id jsdAuthorCanSeeRequest jsdPublic
        properties:[property] renderedBody self updateAuthor:user updated visibility:visibility *
    """,
    "comments": """
        comments:[comment] maxResults self startAt total
    """,
    "component": """
        ari assignee:user assigneeType description id isAssigneeTypeValid lead:user metadata:anything
        name project projectId realAssignee:user realAssigneeType self
    """,
    "fields": """
        aggregateprogress:progress aggregatetimeestimate aggregatetimeoriginalestimate
        aggregatetimespent archivedby:user archiveddate assignee:user attachment:[attachment]
        comment:comments components:[component] created creator:user customfield_*
        description:anything duedate environment:anything fixVersions:[version]
        issuelinks:[issue_link] issuerestriction:anything issuetype:issuetype labels lastViewed
        parent:issue priority:priority progress:progress project:project reporter:user
        resolution:resolution resolutiondate security:security status:status
        statusCategory:status_category statuscategorychangedate subtasks:[issue] summary thumbnail
        timeestimate timeoriginalestimate timespent timetracking:timetracking updated
        versions:[version] votes:votes watches:watches worklog:worklogs workratio *
    """,
    "issue": """
        changelog:changelog expand fields:fields id key names properties:anything
        renderedFields:anything self
    """,
    "issue_link": """
        destinationIssueId id inwardIssue:issue issueLinkType:link_type outwardIssue:issue self
        sequence sourceIssueId systemLink type:link_type
    """,
    "issuetype": """
        avatarId description entityId hierarchyLevel iconUrl id name scope:anything self subtask
        untranslatedName
    """,
    "link_type": """
        id inward inwardName isSubTaskLinkType isSystemLinkType name outward outwardName self style
    """,
    "priority": """
        description iconUrl id isDefault name self statusColor
    """,
    "progress": """
        percent progress total
    """,
    "project": """
        archived assigneeType avatarUrls:anything description entityId id isPrivate key lead:user
        name projectCategory:project_category projectKeys projectLead:user projectTypeKey
        properties:anything self simplified style url uuid *
    """,
    "project_category": """
        description id name self
    """,
    "property": """
        key value
    """,
    "resolution": """
        description id isDefault name self
    """,
    "security": """
        description id isDefault issueSecuritySchemeId name self
    """,
    "sprint": """
        completeDate createdDate endDate goal id isAutoStartStop isoEndDate isoStartDate name
        originBoardId self startDate state *
    """,
    "status": """
        description iconUrl id name scope:anything self statusCategory:status_category
        untranslatedName
    """,
    "status_category": """
        colorName id key name self
    """,
    "timetracking": """
        originalEstimate originalEstimateSeconds remainingEstimate remainingEstimateSeconds timeSpent
        timeSpentSeconds
    """,
    "user": """
        accountId accountType active applicationRoles:anything avatarUrls:anything deleted
        displayName emailAddress groups:anything key lastLoginTime locale name self timeZone
    """,
    "version": """
        archived description driver expand id name overdue project projectId releaseDate released
        self startDate startDateSet userReleaseDate userStartDate *
    """,
    "visibility": """
        identifier type value
    """,
    "votes": """
        hasVoted self voters:[user] votes
    """,
    "watches": """
        isWatching self watchCount watchers:[user]
    """,
    "worklog": """
        author:user comment:anything created id issueId properties:[property] self started timeSpent
        timeSpentSeconds updateAuthor:user updated visibility:visibility
    """,
    "worklogs": """
        maxResults startAt total worklogs:[worklog]
    """,
}
