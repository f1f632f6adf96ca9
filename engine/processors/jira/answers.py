"""What Jira's answers mean. Pure."""

from collections.abc import Mapping
from typing import Any

from engine.model import Outcome
from engine.processors.http_answers import Answer, outcome_of, text_of

#: What helps where Jira's own words do not.
HINTS: Mapping[int, str] = {
    301: "is the url right?",
    302: "is the url right? Jira sends visitors who are not signed in elsewhere",
    401: "check the e-mail and the token; tokens expire",
    403: "the account lacks a permission, or must first sign in with a browser",
    404: "the issue does not exist, or the account may not see it",
}
_DENIED = "x-authentication-denied-reason"


def meaning(method: str, status: int) -> Outcome:
    """What a status code of Jira means for a read or a write."""
    outcome = outcome_of(status)
    if method == "GET":
        return Outcome.RETRY if outcome is Outcome.UNKNOWN else outcome  # reading again costs nothing
    return Outcome.UNKNOWN if status >= 500 else outcome  # noqa: PLR2004  # it may have happened


def words_of(answer: Answer) -> str:
    """Jira's own words: its error messages, or the beginning of whatever it sent."""
    body = answer.json()
    words: list[str] = []
    if isinstance(body, dict):
        messages, errors = body.get("errorMessages"), body.get("errors")
        words += [str(m) for m in messages] if isinstance(messages, list) else []
        words += [f"{name}: {said}" for name, said in errors.items()] if isinstance(errors, dict) else []
        words += [body["message"]] if isinstance(body.get("message"), str) else []
    reason = answer.headers.get(_DENIED, "")
    return "; ".join([*(words or [text_of(answer.content)]), *([reason] if reason else [])])


def status_of(payload: Any) -> str | None:
    """The status name in an issue."""
    for name in ("fields", "status", "name"):
        payload = payload.get(name) if isinstance(payload, dict) else None
    return payload if isinstance(payload, str) and payload else None
