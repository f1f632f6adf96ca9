"""The management routes of approvals: what people are asked, what they answer, and what became of that.

Imported with the management API. Whoever may call it states under which name an answer is given; that name is believed.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

from fastapi import Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from engine.errors import AmbiguousAnswerError, MalformedAnswerError, UnknownEntityError
from engine.run.answering import Answering, Given, approvals_by, as_json, open_approvals, outcome
from engine.serve.api import Route, fail, read_body
from engine.store.database import Store

T = TypeVar("T")


class AnswerBody(BaseModel):
    """The body of an answer."""

    model_config = ConfigDict(str_strip_whitespace=True)

    entity: str
    choice: str
    who: str
    comment: str = ""
    project: str | None = None
    state: str | None = None
    #: The version with which what is answered was opened, as listed: then nothing else can be answered by mistake.
    opened: int | None = None


class AnswerSaid(BaseModel):
    """One answer that counts and does not suffice."""

    who: str
    choice: str
    comment: str
    at: str


class ApprovalListed(BaseModel):
    """What one state of one entity asks."""

    entity: str
    project: str
    state: str
    opened: int
    since: str
    until: str | None
    people: list[str] = Field(alias="from")
    choices: dict[str, int]
    answers: list[AnswerSaid]


class ApprovalListing(BaseModel):
    """The answer of list and find."""

    success: bool = True
    data: list[ApprovalListed]


class AnswerReceipt(BaseModel):
    """Where an accepted answer can be looked for."""

    number: int
    entity: str
    project: str
    state: str
    duplicate: bool


class AnswerAccepted(BaseModel):
    """The answer to an answer: it is in the inbox, and not decided yet."""

    success: bool = True
    data: AnswerReceipt


class AnswerFound(BaseModel):
    """What became of an answer; the verdict is null as long as it is not decided."""

    number: int
    entity: str
    project: str
    event: str
    status: str
    verdict: str | None
    because: str


class AnswerOutcome(BaseModel):
    """The answer of a look at an answer."""

    success: bool = True
    data: AnswerFound


class ApprovalRoutes:
    """The endpoints."""

    def __init__(self, store: Store, answering: Answering) -> None:
        """Take the store to look into, and who writes answers down."""
        self._store = store
        self._answering = answering

    def list_open(
        self,
        project: Annotated[str, Query()] = "",
        entity: Annotated[str, Query()] = "",
        limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
    ) -> Any:
        """What is asked now, the longest open first; or what one entity asks."""
        with self._store.read() as connection:
            if entity:
                found = approvals_by(connection, entity, project or None)
            else:
                found = open_approvals(connection, limit, project or None)
        return {"data": [as_json(asked) for asked in found]}

    def find(self, entity: Annotated[str, Query()] = "", project: Annotated[str, Query()] = "") -> Any:
        """What one entity asks now; nothing is a 404."""
        if not entity:
            return fail(400, "param_missing", "Add ?entity=NAME.")
        with self._store.read() as connection:
            found = approvals_by(connection, entity, project or None)
        if not found:
            return fail(404, "not_found", f"{entity} asks nobody.")
        return {"data": [as_json(asked) for asked in found]}

    async def answer(self, request: Request) -> Any:
        """Take an answer; whether it is allowed and in time is decided in turn with the entity's other events."""
        body = await read_body(request, AnswerBody)
        given = Given(**body.model_dump())
        accepted = await _told(lambda: self._answering.accept(given))
        if isinstance(accepted, JSONResponse):
            return accepted
        return {
            "data": {
                "number": accepted.number,
                "entity": accepted.entity.id,
                "project": accepted.entity.project,
                "state": accepted.state,
                "duplicate": accepted.duplicate,
            }
        }

    async def look(self, number: Annotated[int, Query(ge=1, le=2**62)]) -> Any:
        """What became of an answer."""

        async def read() -> Any:
            with self._store.read() as connection:
                return outcome(connection, number)

        found = await _told(read)
        if isinstance(found, JSONResponse):
            return found
        return {
            "data": {
                "number": found.number,
                "entity": found.entity.id,
                "project": found.entity.project,
                "event": found.event,
                "status": found.status,
                "verdict": found.verdict,
                "because": found.because,
            }
        }


def approval_routes(endpoints: ApprovalRoutes) -> tuple[Route, ...]:
    """Every route of approvals."""
    e = endpoints
    return (
        Route(
            method="GET",
            paths=("/approvals/list", "/conduit/approvals/list"),
            endpoint=e.list_open,
            status=200,
            answer=ApprovalListing,
        ),
        Route(
            method="GET",
            paths=("/approvals/find", "/conduit/approvals/find"),
            endpoint=e.find,
            status=200,
            answer=ApprovalListing,
        ),
        Route(
            method="POST",
            paths=("/approvals/answer", "/conduit/approvals/answer"),
            endpoint=e.answer,
            status=202,
            answer=AnswerAccepted,
            body=AnswerBody,
        ),
        Route(
            method="GET",
            paths=("/approvals/answer", "/conduit/approvals/answer"),
            endpoint=e.look,
            status=200,
            answer=AnswerOutcome,
        ),
    )


async def _told(work: Callable[[], Awaitable[T]]) -> T | JSONResponse:
    try:
        return await work()
    except UnknownEntityError as error:
        return fail(404, "not_found", str(error))
    except AmbiguousAnswerError as error:
        return fail(409, "malformed_request", str(error))
    except MalformedAnswerError as error:
        return fail(400, "malformed_request", str(error))
