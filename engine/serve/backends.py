"""The management route of backends: which of them this daemon calls, and which it leaves alone because they do not answer.

Imported with the management API.
"""

from collections.abc import Callable, Sequence
from typing import Any

from pydantic import BaseModel

from engine.run.circuits import Standing
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


class BackendListing(BaseModel):
    """The answer of list."""

    success: bool = True
    data: list[BackendListed]


class BackendRoutes:
    """The endpoint."""

    def __init__(self, standings: Callable[[], Sequence[Standing]]) -> None:
        """Take whom to ask."""
        self._standings = standings

    async def list_backends(self) -> Any:
        """Every worker that this daemon calls, and each host of one that did not answer lately."""
        return {"data": [_as_json(standing) for standing in self._standings()]}


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


def _as_json(standing: Standing) -> dict[str, Any]:
    return {
        "backend": standing.backend,
        "circuit": standing.circuit.value,
        "until": None if standing.until is None else standing.until.isoformat(),
        "failures": standing.failures,
        "error": standing.error,
        "failed_at": None if standing.failed_at is None else standing.failed_at.isoformat(),
        "waiting": standing.waiting,
    }
