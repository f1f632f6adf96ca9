"""Routes about one issue: read, create, edit, delete, transitions, comments."""

from collections.abc import Mapping
from typing import Any

from engine.practice.jira import answers
from engine.practice.jira.answers import Answer, refused
from engine.practice.jira.asking import Ask
from engine.practice.jira.documents import is_document
from engine.practice.jira.fields import TASK
from engine.practice.jira.issues import Issue, Permission, Project
from engine.practice.jira.world import NO_COMMENTS, JiraWorld


def get_issue(world: JiraWorld, ask: Ask) -> Answer:
    """One issue."""
    issue = world.issue(ask.parts["issue"])
    return Answer(body=ask.bodies(world).issue(issue, fields=ask.words("fields"), expand=ask.words("expand")))


def create_issue(world: JiraWorld, ask: Ask) -> Answer:
    """A new issue."""
    values = _member(ask.data(), "fields")
    project = _project(world, values.pop("project", None))
    kind = values.pop("issuetype", None)
    if not isinstance(kind, Mapping) or not {str(kind.get("id")), str(kind.get("name"))} & set(TASK):
        raise refused(400, errors={"issuetype": "Specify a valid issue type"})
    issue = world.create(project, values, version=ask.version)
    return Answer(
        status=201,
        body={"id": issue.id, "key": issue.key, "self": ask.bodies(world).url(f"issue/{issue.id}")},
    )


def edit_issue(world: JiraWorld, ask: Ask) -> Answer:
    """New values for fields."""
    issue = world.issue(ask.parts["issue"])
    data = ask.data()
    values, comments = _wanted(data, ask.version)
    _allow(world, issue, comments)
    world.edit(issue, values, version=ask.version)
    _add(world, issue, comments)
    return Answer(status=204)


def delete_issue(world: JiraWorld, ask: Ask) -> Answer:
    """Away with the issue."""
    issue = world.issue(ask.parts["issue"])
    world.require(
        issue.project, Permission.DELETE, "You do not have permission to delete issues in this project."
    )
    world.delete(issue.key)
    return Answer(status=204)


def get_changelog(world: JiraWorld, ask: Ask) -> Answer:
    """The changelog, oldest first, in pages."""
    issue = world.issue(ask.parts["issue"])
    start, most = ask.number("startAt", 0), ask.number("maxResults", 100)
    shown = issue.changes[start : start + most]
    bodies = ask.bodies(world)
    return Answer(
        body={
            "self": bodies.url(f"issue/{issue.key}/changelog?maxResults={most}&startAt={start}"),
            "maxResults": most,
            "startAt": start,
            "total": len(issue.changes),
            "isLast": start + len(shown) >= len(issue.changes),
            "values": [bodies.change(change, issue) for change in shown],
        }
    )


def get_transitions(world: JiraWorld, ask: Ask) -> Answer:
    """What the account may do with the issue now: an empty list, not an error, where that is nothing."""
    issue = world.issue(ask.parts["issue"])
    available = world.transitions(issue)
    shown = available
    if (
        ask.word("includeUnavailableTransitions").casefold() == "true"
        and Permission.TRANSITION in issue.project.permissions
    ):
        shown = list(issue.project.workflow.transitions)
    if wanted := ask.word("transitionId"):
        shown = [transition for transition in shown if transition.id == wanted]
    bodies = ask.bodies(world)
    screens = "transitions.fields" in ask.words("expand")
    return Answer(
        body={
            "expand": "transitions",
            "transitions": [
                bodies.transition(t, issue, screens=screens, available=t in available) for t in shown
            ],
        }
    )


def post_transition(world: JiraWorld, ask: Ask) -> Answer:
    """Move the issue."""
    issue = world.issue(ask.parts["issue"])
    data = ask.data()
    identifier = _transition_id(data)
    values, comments = _wanted(data, ask.version)
    _allow(world, issue, comments)
    world.transition(issue, identifier, values, version=ask.version)
    _add(world, issue, comments)
    return Answer(status=204)


def get_comments(world: JiraWorld, ask: Ask) -> Answer:
    """The comments of an issue, in pages."""
    issue = world.issue(ask.parts["issue"])
    start, most = ask.number("startAt", 0), ask.number("maxResults", 5000)
    bodies = ask.bodies(world)
    shown = [bodies.comment(comment, issue) for comment in issue.comments[start : start + most]]
    return Answer(
        body={"startAt": start, "maxResults": most, "total": len(issue.comments), "comments": shown}
    )


def get_comment(world: JiraWorld, ask: Ask) -> Answer:
    """One comment."""
    issue = world.issue(ask.parts["issue"])
    for comment in issue.comments:
        if comment.id == ask.parts["comment"]:
            return Answer(body=ask.bodies(world).comment(comment, issue))
    raise refused(404, f"Can not find a comment for the id: {ask.parts['comment']}.")


def post_comment(world: JiraWorld, ask: Ask) -> Answer:
    """A new comment."""
    issue = world.issue(ask.parts["issue"])
    comment = world.comment(issue, _comment_body(ask.data().get("body"), ask.version))
    return Answer(status=201, body=ask.bodies(world).comment(comment, issue))


def _transition_id(data: Mapping[str, Any]) -> str:
    """The transition's id, given as number or text."""
    transition = data.get("transition")
    if not isinstance(transition, Mapping) or "id" not in transition:
        raise answers.missing_transition()
    identifier = transition["id"]
    if isinstance(identifier, int) and not isinstance(identifier, bool):
        return str(identifier)
    if isinstance(identifier, str) and identifier.isascii() and identifier.isdigit():
        return identifier
    raise answers.transition_not_integer()


def _wanted(data: Mapping[str, Any], version: int) -> tuple[dict[str, Any], list[str | dict[str, Any]]]:
    """Fields to set, from `fields` and `update`, and comments to add."""
    values = _member(data, "fields")
    comments: list[str | dict[str, Any]] = []
    for name, operations in _member(data, "update").items():
        if not isinstance(operations, list) or not all(
            isinstance(one, dict) and len(one) == 1 for one in operations
        ):
            raise answers.unusable_body(answers.UNUSABLE)
        for operation in operations:
            ((verb, value),) = operation.items()
            if name == "comment" and verb == "add" and isinstance(value, dict):
                # Jira takes a comment with any edit or transition, whether the screen shows it or not.
                comments.append(_comment_body(value.get("body"), version))
            elif name in values:
                raise refused(400, errors={name: f"Field '{name}' cannot be set twice."})
            elif verb == "set":
                values[name] = value
            else:
                raise refused(
                    400,
                    errors={
                        name: f"Field with id '{name}' and name '{name}' does not support operation '{verb}'"
                    },
                )
    return values, comments


def _comment_body(body: Any, version: int) -> str | dict[str, Any]:
    fits = is_document(body) if version == 3 else isinstance(body, str)  # noqa: PLR2004  the two versions of the API
    if not fits:
        raise answers.wrong_comment(version)
    if isinstance(body, str) and not body.strip():
        raise refused(400, errors={"comment": "Comment body can not be empty!"})
    accepted: str | dict[str, Any] = body
    return accepted


def _allow(world: JiraWorld, issue: Issue, comments: list[str | dict[str, Any]]) -> None:
    """Refuse comments before anything else is done: a call happens whole or not at all."""
    if comments:
        world.require(issue.project, Permission.COMMENT, NO_COMMENTS)


def _add(world: JiraWorld, issue: Issue, comments: list[str | dict[str, Any]]) -> None:
    for body in comments:
        world.comment(issue, body)


def _member(data: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = data.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise answers.unusable_body(answers.UNUSABLE)
    return dict(value)


def _project(world: JiraWorld, named: Any) -> Project:
    written = named.get("key", named.get("id")) if isinstance(named, Mapping) else None
    try:
        return world.project(str(written))
    except answers.RefusedError:
        raise refused(400, errors={"project": "valid project is required"}) from None
