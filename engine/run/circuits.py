"""Obey the breakers: who may call a worker's backend now, and who waits until another's call has come through.

Of those that wait for one backend, one comes back to try; the others are woken when it answers. So a hundred thousand
entities that wait cost nothing.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from engine.decide.breaker import Breaker, BreakerPolicy, Circuit, admit, is_well, told
from engine.frozen import frozen
from engine.model import Attempt, Entity, Observation
from engine.run.pauses import PAUSED

log = structlog.get_logger()

#: How many entities one backend remembers to wake. If there were more, all that wait for anything are looked at when it is well.
MOST_HELD = 50_000
#: How the reason of an event or effect ends that waits for such a backend.
IS_LEFT_ALONE = ", which did not answer others"


@frozen
class Standing:
    """How one backend stands with this daemon: what an operator sees of its breaker."""

    #: The worker, and the host where the worker calls several.
    backend: str
    circuit: Circuit
    #: Open: not called before this moment. Half open: when the probe is given up. Closed: None.
    until: datetime | None
    #: Calls in a row that the backend did not answer.
    failures: int
    #: What the last of them said, and when; None where the last call went well.
    error: str | None
    failed_at: datetime | None
    #: How many entities wait for it.
    waiting: int


@dataclass(slots=True)
class _Line:
    """One backend: its breaker, and who waits."""

    breaker: Breaker = field(default_factory=Breaker)
    #: Who comes back to try when it is time.
    herald: Entity | None = None
    #: Who is woken when it is well, and whether others wait for whom there was no room.
    held: dict[Entity, None] = field(default_factory=dict)
    overfull: bool = False
    #: The last failure.
    error: str | None = None
    failed_at: datetime | None = None


class Circuits:
    """The breakers of one daemon, by the name of the backend."""

    def __init__(
        self,
        clock: Callable[[], datetime],
        hurry: Callable[[Entity], None],
        hurry_all: Callable[[], None],
        policy: BreakerPolicy | None = None,
    ) -> None:
        """Take the time, and how to say that an entity need not wait any longer, or that none need."""
        self._clock = clock
        self._hurry = hurry
        self._hurry_all = hurry_all
        self._policy = policy if policy is not None else BreakerPolicy()
        self._lines: dict[str, _Line] = {}
        self._shut: dict[str, dict[Entity, None]] = {}

    def shut(self, workers: frozenset[str]) -> None:
        """Let nobody call these workers until told otherwise; whoever waited for others goes on."""
        before, self._shut = self._shut, {w: self._shut.get(w, {}) for w in workers}
        for worker, waiting in before.items():
            if worker not in workers:
                for entity in waiting:
                    self._hurry(entity)

    def paused(self, backend: str, entity: Entity) -> datetime | None:
        """None if nobody has paused the backend's worker, else until when to wait; `shut` says when it is sooner."""
        for worker, waiting in self._shut.items():
            if backend == worker or backend.startswith(f"{worker} "):
                if len(waiting) < MOST_HELD:
                    waiting[entity] = None
                return self._clock() + PAUSED
        return None

    def wait(self, backend: str, entity: Entity) -> datetime | None:
        """None if the entity's call may be made now, and its outcome must be told; else how long to wait."""
        line = self._lines.get(backend)
        if line is None:
            return None
        line.breaker, until = admit(line.breaker, self._clock(), self._policy)
        if until is None:
            line.held.pop(entity, None)
            line.herald = None if line.herald == entity else line.herald
            if line.breaker.circuit is Circuit.HALF_OPEN:
                log.info("circuit.probing", backend=backend, entity=entity.id)
            return None
        if line.breaker.circuit is Circuit.OPEN and line.herald in {None, entity}:
            line.held.pop(entity, None)
            line.herald = entity
            return until
        if line.herald == entity:  # somebody else was first: if that fails, another one comes back to try
            line.herald = None
        if len(line.held) < MOST_HELD:
            line.held[entity] = None
        else:
            line.overfull = True
        return until + timedelta(seconds=self._policy.probe)

    def tell(self, backend: str, said: Attempt | Observation) -> None:
        """What came of a call that was let through."""
        well = is_well(said.outcome, said.exchanges, said.retry_after)
        line = self._lines.get(backend)
        if line is None:
            if well is not False:
                return
            line = self._lines[backend] = _Line()
        before = line.breaker.circuit
        line.breaker = told(line.breaker, well=well, now=self._clock(), policy=self._policy)
        after = line.breaker.circuit
        if well is False:
            line.error, line.failed_at = said.detail, self._clock()
        if line.breaker.until is None and not line.breaker.failures:
            del self._lines[backend]
        if after is Circuit.CLOSED and before is not Circuit.CLOSED:
            log.info("circuit.closed", backend=backend, waiting=len(line.held))
            waiting = [*line.held, *([line.herald] if line.herald is not None else [])]
            line.held.clear()
            line.herald = None
            for entity in waiting:
                self._hurry(entity)
            if line.overfull:
                line.overfull = False
                self._hurry_all()
        elif after is Circuit.OPEN and before is not Circuit.OPEN:
            until = line.breaker.until
            log.warning(
                "circuit.opened",
                backend=backend,
                because=said.detail,
                until=until.isoformat() if until is not None else None,
                waiting=len(line.held),
            )
            self._next_herald(line)
        elif before is Circuit.HALF_OPEN and well is None:
            self._next_herald(line)

    def standings(self, workers: Iterable[str]) -> list[Standing]:
        """How these workers stand, and each backend that did not answer lately, by name."""
        names = {*workers, *self._lines}
        return [_standing(name, self._lines.get(name) or _Line()) for name in sorted(names)]

    def _next_herald(self, line: _Line) -> None:
        """Let one of those that are held come back: it will be told when to try."""
        if line.herald is None and line.held:
            self._hurry(next(iter(line.held)))


def _standing(backend: str, line: _Line) -> Standing:
    return Standing(
        backend=backend,
        circuit=line.breaker.circuit,
        until=line.breaker.until,
        failures=line.breaker.failures,
        error=line.error,
        failed_at=line.failed_at,
        waiting=len(line.held) + (line.herald is not None),
    )
