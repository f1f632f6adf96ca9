"""What the practice Jira says: answers as values, and every refusal in Jira's own words, on one page.

Sources of the words: recorded answers of Jira Cloud and Data Center in public issue threads and test recordings of
public clients. Where Jira's words are not public, the docstring says "ours".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Media = Literal["json", "text", "html"]

NO_SUCH_ISSUE = "Issue does not exist or you do not have permission to see it."
UNPARSABLE = "There was an error parsing JSON. Check that your request body is valid."
UNUSABLE = "Invalid request payload. Refer to the REST API documentation and try again."
NO_BODY = "No content to map to Object due to end of input"
SEARCH_GONE = (
    "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. "
    "A full migration guideline is available at https://developer.atlassian.com/changelog/#CHANGE-2046"
)
UNBOUNDED = "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An HTTP answer."""

    status: int = 200
    #: JSON data, or text where `media` says so; None = an empty body.
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    media: Media = "json"


class RefusedError(Exception):
    """Jira says no: `answer` is how."""

    def __init__(self, answer: Answer) -> None:
        """Take the answer to be given."""
        super().__init__(str(answer.body))
        self.answer = answer


def refused(
    status: int,
    *messages: str,
    errors: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> RefusedError:
    """A refusal in the shape that nearly all of Jira's have."""
    body = {"errorMessages": list(messages), "errors": dict(errors or {})}
    return RefusedError(Answer(status=status, body=body, headers=headers or {}))


def no_such_issue() -> RefusedError:
    """Unknown and hidden issues look alike."""
    return refused(404, NO_SUCH_ISSUE)


def no_such_project(key: str) -> RefusedError:
    """Unknown and hidden projects look alike."""
    return refused(404, f"No project could be found with key '{key}'.")


def unusable_body(message: str) -> RefusedError:
    """A body that cannot be read comes without ``errors``."""
    return RefusedError(Answer(status=400, body={"errorMessages": [message]}))


def missing_transition() -> RefusedError:
    """The request names no transition."""
    return refused(400, "Missing 'transition' identifier")


def transition_not_integer() -> RefusedError:
    """The transition's id is not a number, or null."""
    return refused(400, "'transition' identifier must be an integer")


def unknown_transition(identifier: str) -> RefusedError:
    """No transition of the workflow has that id, or the caller may not transition."""
    return refused(400, f"Transition id '{identifier}' is not valid for this issue.")


def unavailable_transition(name: str, key: str) -> RefusedError:
    """The workflow has the transition, but not from the issue's status."""
    return refused(
        400,
        f"It seems that you have tried to perform a workflow operation ({name}) that is not valid for the current "
        f"state of this issue ({key}). The likely cause is that somebody has changed the issue recently, please look "
        "at the issue history for details.",
    )


def conflicting_transition(key: str) -> RefusedError:
    """Another transition of the issue is still being executed (409 by the change notice of 2020; words ours)."""
    return refused(409, f"Another transition of issue {key} is being executed. Please try again.")


def not_on_screen(field_id: str) -> str:
    """For the member `errors`."""
    return f"Field '{field_id}' cannot be set. It is not on the appropriate screen, or unknown."


def wrong_comment(version: int) -> RefusedError:
    """A comment that is no document (v3) or no text (v2)."""
    if version == 3:  # noqa: PLR2004  the two versions of the API
        return refused(400, errors={"comment": "Comment body is not valid!"})
    return unusable_body(UNUSABLE)


def unauthenticated(*, cloud: bool, bearer: bool, realm: str) -> Answer:
    """Wrong credentials: plain text on Cloud; on Data Center JSON for a token and a page for a password."""
    headers = {"WWW-Authenticate": f'OAuth realm="{realm}"', "X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}
    words = "Client must be authenticated to access this resource."
    if cloud:
        return Answer(status=401, body=words, headers=headers, media="text")
    if bearer:
        return Answer(status=401, body={"message": words, "status-code": 401}, headers=headers)
    return Answer(
        status=401,
        body=page("Unauthorized (401)", "Basic Authentication Failure - Reason : AUTHENTICATED_FAILED"),
        headers=headers,
        media="html",
    )


def anonymous(*, realm: str) -> Answer:
    """No credentials at all."""
    words = "You are not authenticated. Authentication required to perform this operation."
    headers = {"WWW-Authenticate": f'OAuth realm="{realm}"'}
    return Answer(status=401, body={"errorMessages": [words], "errors": {}}, headers=headers)


def page(title: str, words: str) -> str:
    """What a proxy or a login shows instead of JSON."""
    return f"<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1><p>{words}</p></body></html>"
