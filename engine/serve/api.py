"""The management API, with the paths, bodies and codes of the predecessor (rows U1 to U8 of its behaviour).

It is imported at the first management request, because FastAPI costs memory that an idle daemon need not spend.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, TypeVar
from urllib.parse import parse_qsl

import structlog
from fastapi import FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.responses import Response

from engine import __version__
from engine.errors import HookExistsError, HookMissingError, SettingError, StoreError
from engine.run.hooks import LONGEST_OVERLAP, HookRequest, Issued, import_hook, register, update
from engine.serve.guard import Guard
from engine.store import hooks
from engine.store.database import Store

log = structlog.get_logger()

#: The predecessor's error codes, by name; the last two are new.
CODES = {
    "internal_server_error": 1,
    "malformed_request": 201,
    "param_missing": 202,
    "unregistered_webhook": 203,
    "duplicate_registration": 204,
    "unauthorized": 205,
    "not_found": 206,
}
_BIGGEST_BODY = 64 * 1024

T = TypeVar("T", bound=BaseModel)


class Registration(BaseModel):
    """The body of register and update."""

    model_config = ConfigDict(str_strip_whitespace=True)

    provider: str
    repo_id: str
    repo_path: str


class Update(Registration):
    """The body of update; the predecessor has no `overlap`."""

    #: For how many seconds the old secret is accepted beside the new one.
    overlap: int = Field(default=0, ge=0, le=int(LONGEST_OVERLAP.total_seconds()))


class Import(Registration):
    """The body of import: a registration with the secret that the source has already."""

    secret: str


class Credentials(BaseModel):
    """A hook's secret, shown this once, and the path to send to."""

    secret: str
    uri: str


class Issuing(BaseModel):
    """The answer of register, update and import."""

    success: bool = True
    data: Credentials


class Listed(BaseModel):
    """A hook, without its secret."""

    repo_id: str
    provider: str


class Listing(BaseModel):
    """The answer of list."""

    success: bool = True
    data: list[Listed]


class Found(BaseModel):
    """The answer of find."""

    success: bool = True
    data: Listed


class Failure(BaseModel):
    """Every other answer."""

    success: bool = False
    error_code: int
    error_msg: str
    #: What to do about it; the predecessor has no such member.
    detail: str = ""


def fail(status: int, name: str, detail: str = "") -> JSONResponse:
    """An error answer in the predecessor's shape, with a `detail` that says what to do."""
    failure = Failure(error_code=CODES[name], error_msg=name, detail=detail)
    return JSONResponse(failure.model_dump(), status_code=status)


class _MalformedError(Exception):
    """The body is not what the route takes: answered with 400."""


class HookRoutes:
    """The endpoints: each takes a request in the predecessor's shape and answers in it."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        """Take the store of the hooks and the time of their changes."""
        self._store = store
        self._clock = clock

    async def register(self, request: Request) -> Any:
        """Register a hook; the secret is in this answer and nowhere else."""
        wanted = await read_body(request, Registration)
        return await self._issue(lambda: register(self._store, _asked(wanted), self._clock()))

    async def update(self, request: Request) -> Any:
        """Give an existing hook a new secret; the old one is refused from now on, or after `overlap` seconds."""
        wanted = await read_body(request, Update)
        overlap = timedelta(seconds=wanted.overlap)
        return await self._issue(lambda: update(self._store, _asked(wanted), self._clock(), overlap))

    async def import_secret(self, request: Request) -> Any:
        """Register or update a hook with the secret that its source has already."""
        wanted = await read_body(request, Import)
        return await self._issue(
            lambda: import_hook(self._store, _asked(wanted), wanted.secret, self._clock())
        )

    def list_hooks(self, provider: Annotated[str, Query()] = "") -> Any:
        """The hooks of one source; none is a 404, as the predecessor has it."""
        if not provider:
            return fail(400, "param_missing", "Add ?provider=github.")
        with self._store.read() as connection:
            found = hooks.list_of(connection, provider)
        if not found:
            return fail(404, "unregistered_webhook", f"No {provider} hook is registered.")
        return Listing(data=[Listed(repo_id=h.repo_id, provider=h.source) for h in found])

    def find(self, provider: Annotated[str, Query()] = "", repo_id: Annotated[str, Query()] = "") -> Any:
        """One hook, without its secret."""
        if not provider or not repo_id:
            return fail(400, "param_missing", "Add ?provider=github&repo_id=NAME.")
        with self._store.read() as connection:
            found = hooks.find(connection, provider, repo_id)
        if found is None:
            return fail(404, "unregistered_webhook", f"No {provider} hook is registered for {repo_id}.")
        return Found(data=Listed(repo_id=found.repo_id, provider=found.source))

    async def _issue(self, make: Callable[[], Issued]) -> Issuing | JSONResponse:
        try:
            issued = await run_in_threadpool(make)
        except HookExistsError as error:
            return fail(409, "duplicate_registration", str(error))
        except HookMissingError as error:
            return fail(404, "unregistered_webhook", str(error))
        except SettingError as error:
            return fail(400, "malformed_request", str(error))
        return Issuing(data=Credentials(secret=issued.secret, uri=issued.uri))


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One operation and its paths: the predecessor's own first, then the same with or without its prefix."""

    method: str
    paths: tuple[str, str]
    endpoint: Callable[..., Any]
    status: int
    answer: type[BaseModel]
    #: What the body must be, None where there is none.
    body: type[BaseModel] | None = None


def routes_of(endpoints: HookRoutes) -> tuple[Route, ...]:
    """Every management route."""
    e = endpoints
    return (
        Route(
            method="POST",
            paths=("/conduit/webhooks/register", "/webhooks/register"),
            endpoint=e.register,
            status=201,
            answer=Issuing,
            body=Registration,
        ),
        Route(
            method="PATCH",
            paths=("/webhooks/update", "/conduit/webhooks/update"),
            endpoint=e.update,
            status=201,
            answer=Issuing,
            body=Update,
        ),
        Route(
            method="PATCH",
            paths=("/internal/webhooks/import", "/conduit/internal/webhooks/import"),
            endpoint=e.import_secret,
            status=201,
            answer=Issuing,
            body=Import,
        ),
        Route(
            method="GET",
            paths=("/conduit/webhooks/list", "/webhooks/list"),
            endpoint=e.list_hooks,
            status=200,
            answer=Listing,
        ),
        Route(
            method="GET",
            paths=("/conduit/webhooks/find", "/webhooks/find"),
            endpoint=e.find,
            status=200,
            answer=Found,
        ),
    )


def make_api(
    store: Store, guard: Guard, clock: Callable[[], datetime], more: Sequence[Route] = ()
) -> FastAPI:
    """The application with all management routes, `more` included; ``/openapi.json`` describes each operation once."""
    api = FastAPI(
        title="Interlock",
        version=__version__,
        summary="Registers hooks and takes what people answer; deliveries are received beside it.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    refusals: dict[int | str, dict[str, Any]] = {
        code: {"model": Failure} for code in (400, 401, 403, 404, 409, 415, 500)
    }
    for route in (*routes_of(HookRoutes(store, clock)), *more):
        for path in route.paths:
            api.add_api_route(
                path,
                route.endpoint,
                methods=[route.method],
                status_code=route.status,
                response_model=route.answer,
                responses=refusals,
                include_in_schema=path == route.paths[0],
                openapi_extra=_takes(route.body) if route.body is not None else None,
            )
    _install_guard(api, guard)
    _install_errors(api)
    return api


def _asked(wanted: Registration) -> HookRequest:
    return HookRequest(source=wanted.provider, repo_id=wanted.repo_id, repo_path=wanted.repo_path)


async def read_body(request: Request, model: type[T]) -> T:
    """The body as JSON or as a form, whichever its content type says; raises `_MalformedError`."""
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > _BIGGEST_BODY:
            raise _MalformedError(f"the body is larger than {_BIGGEST_BODY} bytes")
    try:
        if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            return model.model_validate(dict(parse_qsl(bytes(raw).decode(), max_num_fields=20)))
        return model.model_validate_json(bytes(raw))
    except ValidationError as error:
        told = [
            f"{'.'.join(map(str, e['loc'])) or 'the body'}: {e['msg']}"
            for e in error.errors(include_input=False)
        ]
        raise _MalformedError("; ".join(told)) from None
    except ValueError:
        raise _MalformedError("the form cannot be read") from None


def _takes(model: type[BaseModel]) -> dict[str, Any]:
    """The part of the OpenAPI description that says what a route's body is."""
    schema = model.model_json_schema()
    types = ("application/json", "application/x-www-form-urlencoded")
    return {"requestBody": {"required": True, "content": {kind: {"schema": schema} for kind in types}}}


def _install_guard(api: FastAPI, guard: Guard) -> None:
    async def check(request: Request, call_next: RequestResponseEndpoint) -> Response:
        refusal = guard.refuse(request.method, {k.lower(): v for k, v in request.headers.items()})
        if refusal is not None:
            answer = fail(refusal.status, "unauthorized", refusal.message)
            if refusal.status == 401:  # noqa: PLR2004  RFC 9110 11.6.1: a 401 names the scheme
                answer.headers["www-authenticate"] = "Bearer"
            return answer
        return await call_next(request)

    api.add_middleware(BaseHTTPMiddleware, dispatch=check)


def _install_errors(api: FastAPI) -> None:
    @api.exception_handler(_MalformedError)
    async def malformed(_request: Request, error: _MalformedError) -> JSONResponse:
        return fail(400, "malformed_request", str(error))

    @api.exception_handler(RequestValidationError)
    async def invalid(_request: Request, _error: RequestValidationError) -> JSONResponse:
        return fail(400, "malformed_request", "A parameter is given twice or has the wrong type.")

    @api.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> JSONResponse:
        name = "not_found" if error.status_code in {404, 405} else "malformed_request"
        answer = fail(
            error.status_code, name, f"There is no {request.method} {request.url.path}; see /openapi.json."
        )
        answer.headers.update(error.headers or {})
        return answer

    @api.exception_handler(StoreError)
    async def not_stored(_request: Request, error: StoreError) -> JSONResponse:
        answer = fail(503, "internal_server_error", str(error))
        answer.headers["retry-after"] = "30"
        return answer

    @api.exception_handler(Exception)
    async def broken(request: Request, error: Exception) -> JSONResponse:
        log.error("request.failed", path=request.url.path, error=type(error).__name__, because=str(error))
        return fail(500, "internal_server_error", "The daemon's log says why.")
