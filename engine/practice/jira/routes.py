"""Every route of the practice Jira, as a table."""

from collections.abc import Callable
from dataclasses import dataclass

from engine.practice.jira import issue_routes, practice_routes, search_routes, site_routes
from engine.practice.jira.answers import Answer
from engine.practice.jira.asking import Ask
from engine.practice.jira.trouble import RequestClass
from engine.practice.jira.world import JiraWorld

Handler = Callable[[JiraWorld, Ask], Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One method of one path."""

    method: str
    #: With placeholders: ``/rest/api/{version}/issue/{issue}``.
    path: str
    #: What trouble calls it; None for the practice routes, which meet none.
    request_class: RequestClass | None
    handler: Handler
    #: Whether it answers without credentials.
    open: bool = False

    @property
    def means(self) -> str:
        """What it answers, in one sentence."""
        return (self.handler.__doc__ or "").strip().splitlines()[0].rstrip(".")


def _rest(
    method: str, path: str, request_class: RequestClass, handler: Handler, *, open_to_all: bool = False
) -> Route:
    return Route(
        method=method,
        path=f"/rest/api/{{version}}/{path}",
        request_class=request_class,
        handler=handler,
        open=open_to_all,
    )


def _practice(method: str, path: str, handler: Handler) -> Route:
    return Route(method=method, path=f"/practice/{path}", request_class=None, handler=handler, open=True)


ROUTES: tuple[Route, ...] = (
    _rest("GET", "serverInfo", "site", site_routes.server_info, open_to_all=True),
    _rest("GET", "myself", "site", site_routes.myself),
    _rest("GET", "mypermissions", "site", site_routes.my_permissions),
    _rest("GET", "project", "site", site_routes.projects),
    _rest("GET", "project/search", "site", site_routes.project_search),
    _rest("GET", "project/{project}", "site", site_routes.project),
    _rest("GET", "project/{project}/statuses", "site", site_routes.project_statuses),
    _rest("GET", "status", "site", site_routes.statuses),
    _rest("GET", "field", "site", site_routes.fields),
    _rest("GET", "resolution", "site", site_routes.resolutions),
    _rest("GET", "issuetype", "site", site_routes.issue_types),
    _rest("POST", "issue", "create", issue_routes.create_issue),
    _rest("GET", "issue/{issue}", "issue", issue_routes.get_issue),
    _rest("PUT", "issue/{issue}", "edit", issue_routes.edit_issue),
    _rest("DELETE", "issue/{issue}", "delete", issue_routes.delete_issue),
    _rest("GET", "issue/{issue}/changelog", "issue", issue_routes.get_changelog),
    _rest("GET", "issue/{issue}/transitions", "transitions", issue_routes.get_transitions),
    _rest("POST", "issue/{issue}/transitions", "transition", issue_routes.post_transition),
    _rest("GET", "issue/{issue}/comment", "issue", issue_routes.get_comments),
    _rest("POST", "issue/{issue}/comment", "comment", issue_routes.post_comment),
    _rest("GET", "issue/{issue}/comment/{comment}", "issue", issue_routes.get_comment),
    _rest("GET", "search", "search", search_routes.old_search),
    _rest("POST", "search", "search", search_routes.old_search),
    _rest("GET", "search/jql", "search", search_routes.new_search),
    _rest("POST", "search/jql", "search", search_routes.new_search),
    _rest("POST", "search/approximate-count", "search", search_routes.approximate_count),
    Route(method="GET", path="/rest/auth/1/session", request_class="site", handler=site_routes.session),
    _practice("GET", "calls", practice_routes.calls),
    _practice("DELETE", "calls", practice_routes.forget_calls),
    _practice("GET", "issues", practice_routes.issues),
    _practice("GET", "issues/{issue}", practice_routes.issue),
    _practice("DELETE", "issues/{issue}", practice_routes.delete),
    _practice("POST", "issues/{issue}/move", practice_routes.move),
    _practice("GET", "trouble", practice_routes.troubles),
    _practice("POST", "trouble", practice_routes.make_trouble),
    _practice("DELETE", "trouble", practice_routes.end_trouble),
    _practice("PUT", "permissions", practice_routes.permissions),
    _practice("PUT", "search-lag", practice_routes.search_lag),
)
