"""Perform and confirm: hand an effect to its processor, and obey what `decide.retry` says about the answer."""

from collections.abc import Callable, Sequence
from datetime import datetime
from traceback import format_exc
from typing import TypeVar

import structlog

from engine.decide.retry import DeadLetter, Done, RetryAt, RetryPolicy, after
from engine.errors import StoreError
from engine.model import (
    EFFECT_FAILED,
    Attempt,
    EffectKind,
    Entity,
    Event,
    Outcome,
    Snapshot,
)
from engine.processors.processor import Call
from engine.run.circuits import IS_LEFT_ALONE, Circuits
from engine.run.echoes import echoes_of, without
from engine.run.exchanges import telling
from engine.run.hub import Hub
from engine.run.lanes import Idle, Progress, Turn, Waiting
from engine.run.load import Serving
from engine.run.parking import park_effect
from engine.run.pauses import IS_PAUSED
from engine.run.reading import read
from engine.run.trouble import Trouble
from engine.store import commit, history, inbox, instances, once, outbox
from engine.store.database import Connection, Store

log = structlog.get_logger()

T = TypeVar("T")


class Performer:
    """Performs the effects of one decision, in order, each until it is done or a dead letter."""

    def __init__(
        self,
        store: Store,
        hub: Callable[[], Hub],
        serving: Callable[[], Serving],
        clock: Callable[[], datetime],
        policy: RetryPolicy,
        circuits: Circuits,
        trouble: Trouble,
    ) -> None:
        """Take the parts; `hub` and `serving` are asked anew for each effect, because both can be reloaded."""
        self._trouble = trouble
        self._circuits = circuits
        self._store = store
        self._hub = hub
        self._serving = serving
        self._clock = clock
        self._policy = policy

    async def perform(
        self, row: inbox.InboxRow, *, fresh: bool, pending: Sequence[outbox.OutboxRow] | None = None
    ) -> Turn:
        """Do the next effect of the decision; `pending` are those that are left, if they are at hand.

        `fresh` says that the decision was committed by this process just now: then no earlier attempt can have
        happened unseen, and the first call is made without asking the backend before.
        """
        entity = Entity(project=row.project, id=row.entity_id)
        if pending is None:
            pending = await read(self._store, lambda c: outbox.pending(c, row.id))
        if not pending:
            await self._write(lambda c: _finish(c, row, self._clock()))
            return Progress()
        effect_row = pending[0]
        if not effect_row.is_due(self._clock()):
            return Waiting(effect_row.due_at)
        missing = self._hub().missing(entity.project, effect_row.effect)
        if missing is not None:
            return await park_effect(self._store, effect_row, missing, self._clock())
        backend = self._hub().backend_of(entity.project, effect_row.effect)
        until = self._circuits.paused(backend, entity)
        if until is not None:
            await self._remark(effect_row, f"{backend}{IS_PAUSED}")
            return Waiting(until)
        until = self._circuits.wait(backend, entity)
        if until is not None:
            await self._remark(effect_row, f"waits for {backend}{IS_LEFT_ALONE}")
            return Waiting(until)
        attempt_number = effect_row.attempts + 1
        attempt = await self._call(entity, effect_row, attempt_number, fresh=fresh)
        self._circuits.tell(backend, attempt)
        return await self._obey(row, entity, effect_row, attempt_number, attempt, last=len(pending) == 1)

    async def _call(
        self, entity: Entity, effect_row: outbox.OutboxRow, number: int, *, fresh: bool
    ) -> Attempt:
        processor = self._hub().for_effect(entity.project, effect_row.effect)
        call = Call(
            entity=entity,
            effect=effect_row.effect,
            idempotency_key=effect_row.key,
            attempt=number,
            read_back=effect_row.read_back or not fresh,
        )
        log.info("effect.calling", **_named(entity, effect_row), attempt=number, read_back=call.read_back)
        echoes = echoes_of(effect_row.effect)
        with telling(entity, echoes) as tell_rest:
            try:
                attempt = await processor.perform(call)
            except Exception as error:  # noqa: BLE001  it is logged
                # A processor promises to answer with values; one that breaks its promise must not break the lane.
                failed = format_exc() if echoes is None else echoes.hide(format_exc())
                log.error("processor.failed", **_named(entity, effect_row), exception=failed)  # noqa: TRY400  hidden first
                return Attempt(
                    outcome=Outcome.UNKNOWN, detail=f"the processor failed: {type(error).__name__}"
                )
            tell_rest(attempt.exchanges)
        return attempt if echoes is None else without(echoes, attempt)

    async def _obey(
        self,
        row: inbox.InboxRow,
        entity: Entity,
        effect_row: outbox.OutboxRow,
        number: int,
        attempt: Attempt,
        *,
        last: bool,
    ) -> Turn:
        now = self._clock()
        what = after(
            number - effect_row.earlier_attempts,
            attempt,
            now,
            self._policy,
            key=effect_row.key,
            since=effect_row.retried_at or effect_row.created_at,
            read_back=effect_row.read_back,
        )
        said = {
            **_named(entity, effect_row),
            "attempt": number,
            "detail": attempt.detail,
            "key": effect_row.key,
        }
        match what:
            case Done():
                more = await self._trouble.write(
                    lambda c: self._done(c, row, effect_row, number, attempt, now, last=last)
                )
                log.info(
                    "effect.confirmed",
                    **said,
                    outcome=attempt.outcome.value,
                    observed=attempt.observed,
                )
                return Progress() if more else Idle()
            case RetryAt(at=at, read_back=read_back):

                def postpone(c: Connection) -> None:
                    outbox.record_attempt(c, effect_row.id, number, attempt, now)
                    outbox.postpone(c, effect_row.id, number, at, read_back, attempt.detail)
                    inbox.postpone(c, row.id, row.attempts, at, attempt.detail)

                await self._trouble.write(postpone)
                log.warning("effect.waiting", **said, outcome=attempt.outcome.value, until=at.isoformat())
                return Waiting(at)
            case DeadLetter(reason=reason):
                await self._trouble.write(
                    lambda c: self._bury(c, row, effect_row, number, attempt, reason, now, last=last)
                )
                log.error("effect.dead", **said, outcome=attempt.outcome.value, because=reason)
        return Progress()

    def _done(
        self,
        c: Connection,
        row: inbox.InboxRow,
        effect_row: outbox.OutboxRow,
        number: int,
        attempt: Attempt,
        now: datetime,
        *,
        last: bool,
    ) -> bool:
        """Whether there is more to do for the entity."""
        outbox.record_attempt(c, effect_row.id, number, attempt, now)
        outbox.finish(c, effect_row.id, number, attempt.detail, now)
        if attempt.observed is not None:
            instances.observed(c, row.project, row.entity_id, attempt.observed, now)
        if last:
            _finish(c, row, now)
        return not last or inbox.next_of(c, row.project, row.entity_id) is not None

    def _bury(
        self,
        c: Connection,
        row: inbox.InboxRow,
        effect_row: outbox.OutboxRow,
        number: int,
        attempt: Attempt,
        reason: str,
        now: datetime,
        *,
        last: bool,
    ) -> None:
        """A dead transition call ends its decision; a dead action does not stop what takes its place or comes after it."""
        outbox.record_attempt(c, effect_row.id, number, attempt, now)
        outbox.bury(c, effect_row.id, number, reason, now)
        if effect_row.effect.kind is EffectKind.TRANSITION:
            outbox.drop_rest(c, row.id, now)
            inbox.bury(c, row.id, reason, now)
            once.release(c, row.id)
            if not self._hub().for_project(row.project).observes:
                self._restore(c, row, reason, now)
            self._raise_failed(c, row, effect_row, reason, now)
        elif not outbox.fall_back(c, effect_row, now) and last:
            _finish(c, row, now)

    def _raise_failed(
        self, c: Connection, row: inbox.InboxRow, effect_row: outbox.OutboxRow, reason: str, now: datetime
    ) -> None:
        """Tell the machine, if it wants to know; what it then calls in vain is not told again."""
        provisioner = self._serving().provisioners.get(row.provisioner)
        if row.event == EFFECT_FAILED or provisioner is None or not provisioner.machine.knows(EFFECT_FAILED):
            return
        effect = effect_row.effect
        payload = {
            "event": row.event,
            "source": effect.source,
            "target": effect.target,
            "target_status": effect.target_status,
            "reason": reason,
        }
        entity = Entity(project=row.project, id=row.entity_id)
        inbox.insert_own(c, row.provisioner, Event(name=EFFECT_FAILED, entity=entity, payload=payload), now)

    def _restore(self, c: Connection, row: inbox.InboxRow, reason: str, now: datetime) -> None:
        """Where nothing observes, the instance goes back to where the decision that failed had found it."""
        held = instances.load(c, row.project, row.entity_id)
        # None is found where somebody damaged the instance.
        found = history.of_entity(c, row.project, row.entity_id, 1)
        if held is None or not found or found[0].inbox_id != row.id:
            return
        newest = found[0]
        before = newest.facts.get("snapshot")
        snapshot = (
            Snapshot(**before)
            if before is not None
            else Snapshot(state=newest.before or held.snapshot.state, placed=False)
        )
        commit.restore(c, inbox=row, instance=held, snapshot=snapshot, because=reason, now=now)

    async def _remark(self, effect: outbox.OutboxRow, detail: str) -> None:
        """Say in the effect's row why nothing happens; no attempt is counted."""
        if effect.last_detail != detail:
            await self._write(
                lambda c: outbox.postpone(
                    c, effect.id, effect.attempts, effect.due_at, effect.read_back, detail
                )
            )

    async def _write(self, work: Callable[[Connection], T]) -> T:
        return await self._store.commit(work)


def _finish(c: Connection, row: inbox.InboxRow, now: datetime) -> None:
    """All effects of the decision are done: its verdict stands."""
    if row.verdict is None:
        raise StoreError(
            f"event {row.id} of the inbox is being performed without a verdict: the store was changed"
        )
    inbox.finish(c, row.id, row.verdict, row.because, now)


def _named(entity: Entity, effect_row: outbox.OutboxRow) -> dict[str, str | None]:
    effect = effect_row.effect
    return {
        "entity": entity.id,
        "project": entity.project,
        "effect": effect.kind.value,
        "name": effect.name,
        "worker": effect.worker or None,
        "to": effect.target_status or effect.target,
    }
