"""The management API, with the paths, bodies and codes of the predecessor (rows U1 to U8 of its behaviour).

It is imported at the first management request, because FastAPI costs memory that an idle daemon need not spend.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import parse_qsl

import structlog
from fastapi import FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.responses import Response

from engine import __version__
from engine.errors import HookExistsError, HookMissingError, SettingError
from engine.run.hooks import HookRequest, Issued, import_hook, register, update
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


class Registration(BaseModel):
    """The body of register and update."""

    model_config = ConfigDict(str_strip_whitespace=True)

    provider: str
    repo_id: str
    repo_path: str


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


class _Malformed(Exception):  # noqa: N818  it is a control value of this module, not an error of the project
    """The body is not what the route takes."""


def make_api(store: Store, guard: Guard, clock: Callable[[], datetime]) -> FastAPI:
    """The application with all management routes, each also without the ``/conduit`` prefix."""
    api = FastAPI(
        title="Interlock",
        version=__version__,
        summary="Registers hooks; deliveries are received beside it.",
        docs_url=None,
        redoc_url=None,
    )
    # A second route with the same operation is there for users of the predecessor; it is not described twice.
    refusals: dict[int | str, dict[str, Any]] = {
        code: {"model": Failure} for code in (400, 401, 403, 404, 409, 415, 500)
    }

    async def issue(
        request: Request, body: type[Registration], make: Callable[[Any], Issued]
    ) -> Issuing | JSONResponse:
        wanted = await _body(request, body)
        try:
            issued = await run_in_threadpool(make, wanted)
        except HookExistsError as error:
            return fail(409, "duplicate_registration", str(error))
        except HookMissingError as error:
            return fail(404, "unregistered_webhook", str(error))
        except SettingError as error:
            return fail(400, "malformed_request", str(error))
        return Issuing(data=Credentials(secret=issued.secret, uri=issued.uri))

    @api.post(
        "/conduit/webhooks/register", status_code=201, response_model=Issuing, responses=refusals,
        openapi_extra=_takes(Registration),
    )
    @api.post("/webhooks/register", status_code=201, response_model=Issuing, include_in_schema=False)
    async def register_hook(request: Request) -> Any:
        """Register a hook; the secret is in this answer and nowhere else."""
        return await issue(
            request, Registration, lambda wanted: register(store, _asked(wanted), clock())
        )

    @api.patch(
        "/webhooks/update", status_code=201, response_model=Issuing, responses=refusals,
        openapi_extra=_takes(Registration),
    )
    @api.patch("/conduit/webhooks/update", status_code=201, response_model=Issuing, include_in_schema=False)
    async def update_hook(request: Request) -> Any:
        """Give an existing hook a new secret; the old one is refused from now on."""
        return await issue(request, Registration, lambda wanted: update(store, _asked(wanted), clock()))

    @api.patch(
        "/internal/webhooks/import", status_code=201, response_model=Issuing, responses=refusals,
        openapi_extra=_takes(Import),
    )
    @api.patch("/conduit/internal/webhooks/import", status_code=201, response_model=Issuing, include_in_schema=False)
    async def import_secret(request: Request) -> Any:
        """Register or update a hook with the secret that its source has already."""
        return await issue(
            request, Import, lambda wanted: import_hook(store, _asked(wanted), wanted.secret, clock())
        )

    @api.get("/conduit/webhooks/list", response_model=Listing, responses=refusals)
    @api.get("/webhooks/list", response_model=Listing, include_in_schema=False)
    def list_hooks(provider: Annotated[str, Query()] = "") -> Any:
        """The hooks of one source; none is a 404, as the predecessor has it."""
        if not provider:
            return fail(400, "param_missing", "Add ?provider=github.")
        with store.read() as connection:
            found = hooks.list_of(connection, provider)
        if not found:
            return fail(404, "unregistered_webhook", f"No {provider} hook is registered.")
        return Listing(data=[Listed(repo_id=h.repo_id, provider=h.source) for h in found])

    @api.get("/conduit/webhooks/find", response_model=Found, responses=refusals)
    @api.get("/webhooks/find", response_model=Found, include_in_schema=False)
    def find_hook(provider: Annotated[str, Query()] = "", repo_id: Annotated[str, Query()] = "") -> Any:
        """One hook, without its secret."""
        if not provider or not repo_id:
            return fail(400, "param_missing", "Add ?provider=github&repo_id=NAME.")
        with store.read() as connection:
            found = hooks.find(connection, provider, repo_id)
        if found is None:
            return fail(404, "unregistered_webhook", f"No {provider} hook is registered for {repo_id}.")
        return Found(data=Listed(repo_id=found.repo_id, provider=found.source))

    _install_guard(api, guard)
    _install_errors(api)
    return api


def _asked(wanted: Registration) -> HookRequest:
    return HookRequest(source=wanted.provider, repo_id=wanted.repo_id, repo_path=wanted.repo_path)


async def _body(request: Request, model: type[Registration]) -> Registration:
    """The body as JSON or as a form, whichever its content type says; raises `_Malformed`."""
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > _BIGGEST_BODY:
            raise _Malformed(f"the body is larger than {_BIGGEST_BODY} bytes")
    try:
        if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            return model.model_validate(dict(parse_qsl(bytes(raw).decode(), max_num_fields=20)))
        return model.model_validate_json(bytes(raw))
    except ValidationError as error:
        told = [f"{'.'.join(map(str, e['loc'])) or 'the body'}: {e['msg']}" for e in error.errors(include_input=False)]
        raise _Malformed("; ".join(told)) from None
    except ValueError:
        raise _Malformed("the form cannot be read") from None


def _takes(model: type[Registration]) -> dict[str, Any]:
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
    @api.exception_handler(_Malformed)
    async def malformed(_request: Request, error: _Malformed) -> JSONResponse:
        return fail(400, "malformed_request", str(error))

    @api.exception_handler(RequestValidationError)
    async def invalid(_request: Request, _error: RequestValidationError) -> JSONResponse:
        return fail(400, "malformed_request", "A parameter is given twice or has the wrong type.")

    @api.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> JSONResponse:
        name = "not_found" if error.status_code in {404, 405} else "malformed_request"
        answer = fail(error.status_code, name, f"There is no {request.method} {request.url.path}; see /openapi.json.")
        answer.headers.update(error.headers or {})
        return answer

    @api.exception_handler(Exception)
    async def broken(request: Request, error: Exception) -> JSONResponse:
        log.error("request.failed", path=request.url.path, error=type(error).__name__, because=str(error))
        return fail(500, "internal_server_error", "The daemon's log says why.")
