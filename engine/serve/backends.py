"""The management route of backends: which of them this daemon calls, and which it leaves alone because they do not answer.

Imported with the management API.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from engine.errors import StoreTroubleError
from engine.run.circuits import Standing
from engine.run.put_off import PutOff
from engine.run.runtime import Runtime
from engine.serve.api import Route


class BackendListed(BaseModel):
    """How one backend stands with this daemon."""

    backend: str
    circuit: str
    until: str | None
    failures: int
    error: str | None
    failed_at: str | None
    waiting: int
    #: None while the store cannot be read.
    put_off: int | None
    next_at: str | None


class BackendListing(BaseModel):
    """The answer of list."""

    success: bool = True
    data: list[BackendListed]


class BackendRoutes:
    """The endpoint."""

    def __init__(self, runtime: Runtime) -> None:
        """Take whom to ask."""
        self._runtime = runtime

    async def list_backends(self) -> Any:
        """Every worker that this daemon calls, and each host of one that did not answer lately."""
        if not self._runtime.backends():
            return {"data": []}
        try:
            put_off = await self._runtime.put_off()
        except StoreTroubleError:  # the circuits are known all the same, and `/readyz` says what is wrong
            return {"data": [_as_json(standing, None, None) for standing in self._runtime.backends()]}
        return {"data": [_counted(standing, put_off) for standing in self._runtime.backends(put_off)]}


def backend_routes(endpoints: BackendRoutes) -> tuple[Route, ...]:
    """Every route of backends."""
    return (
        Route(
            method="GET",
            paths=("/backends/list", "/conduit/backends/list"),
            endpoint=endpoints.list_backends,
            status=200,
            answer=BackendListing,
        ),
    )


def _counted(standing: Standing, put_off: Mapping[str, PutOff]) -> dict[str, Any]:
    found = put_off.get(standing.backend)
    return _as_json(standing, found, 0 if found is None else found.count)


def _as_json(standing: Standing, put_off: PutOff | None, count: int | None) -> dict[str, Any]:
    return {
        "backend": standing.backend,
        "circuit": standing.circuit.value,
        "until": None if standing.until is None else standing.until.isoformat(),
        "failures": standing.failures,
        "error": standing.error,
        "failed_at": None if standing.failed_at is None else standing.failed_at.isoformat(),
        "waiting": standing.waiting,
        "put_off": count,
        "next_at": None if put_off is None else put_off.next_at.isoformat(),
    }
