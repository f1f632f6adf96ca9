"""What `interlock show` says of one entity, as JSON. A row that cannot be read leaves its part empty, and is named."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from engine.cli import standing
from engine.machine.masks import shown_context, shown_facts
from engine.run.answering import as_json, asked_of
from engine.store import deadletters, history, inbox, instances, outbox, pauses
from engine.store.database import Connection
from engine.store.deadletters import Wanted
from engine.store.history import HistoryRow
from engine.store.inbox import InboxRow
from engine.store.instances import Instance
from engine.store.legible import UNREADABLE, unreadable
from engine.store.outbox import OutboxRow
from engine.store.tables import PauseKind

#: How many dead letters are named.
_LETTERS = 10


def page_of(
    c: Connection, project: str, entity_id: str, limit: int, now: datetime, *, unserved: str | None = None
) -> dict[str, Any]:
    """Everything of one entity, `limit` rows of a kind at most; what of it is `damaged` is said in sentences.

    `unserved` says why nothing serves its project now, if so.
    """
    damaged: list[str] = []

    def read(what: str, part: Callable[[], Any], otherwise: Any) -> Any:
        try:
            return part()
        except UNREADABLE as error:
            damaged.append(unreadable(what, error))
            return otherwise

    of = (c, project, entity_id)
    page: dict[str, Any] = {
        "entity": entity_id,
        "project": project,
        **read("its instance", lambda: _of_instance(instances.load(*of)), _of_instance(None)),
        "paused": read("what is paused", lambda: _paused(c, project), []),
        "lane": read("its lane", lambda: standing.head_of(*of, now), []),
        "given_up": read("its dead letters", lambda: _given_up(*of), []),
        "history": read("its history", lambda: [_decision(r) for r in history.of_entity(*of, limit)], []),
        "events": read("its events", lambda: [_event(r) for r in inbox.of_entity(*of, limit)], []),
        "effects": read("its effects", lambda: [_effect(r) for r in outbox.of_entity(*of, limit)], []),
    }
    page["standing"] = standing.of_page(page, unserved)
    del page["lane"], page["given_up"]
    return {**page, "damaged": damaged}


def _of_instance(instance: Instance | None) -> dict[str, Any]:
    if instance is None:
        nothing: dict[str, Any] = dict.fromkeys(
            ("state", "observed_status", "version", "machine_hash", "updated_at")
        )
        return {**nothing, "context": {}, "timers": [], "approvals": []}
    snapshot = instance.snapshot
    timers = sorted(snapshot.timers.items(), key=lambda item: item[1])
    return {
        "state": snapshot.state,
        "observed_status": instance.observed_status,
        "version": snapshot.version,
        "context": shown_context(snapshot),
        "machine_hash": instance.machine_hash,
        "updated_at": instance.updated_at,
        "timers": [{"event": event, "due_at": datetime.fromisoformat(due)} for event, due in timers],
        "approvals": [as_json(asked) for asked in asked_of(instance)],
    }


def _paused(c: Connection, project: str) -> list[dict[str, Any]]:
    return [
        {"kind": p.kind, "since": p.since, "reason": p.reason}
        for p in pauses.find(c)
        if p.kind is PauseKind.ALL or (p.kind is PauseKind.PROJECT and p.name == project)
    ]


def _given_up(c: Connection, project: str, entity_id: str) -> list[standing.Standing]:
    found = deadletters.find(c, Wanted(project=project, entity_id=entity_id), _LETTERS)
    return [standing.given_up(letter) for letter in found]


def _decision(row: HistoryRow) -> dict[str, Any]:
    return {
        "version": row.version,
        "at": row.at,
        "event": row.event,
        "before": row.before,
        "after": row.after,
        "verdict": row.verdict,
        "because": row.trace.because,
        "facts": shown_facts(row.facts),
        "trace": row.trace,
    }


def _event(row: InboxRow) -> dict[str, Any]:
    return {
        "number": row.id,
        "delivery": row.delivery_row_id,
        "event": row.event,
        "status": row.status,
        "verdict": row.verdict,
        "attempts": row.attempts,
        "due_at": row.due_at,
        "because": row.because,
    }


def _effect(row: OutboxRow) -> dict[str, Any]:
    return {
        "number": row.id,
        "event": row.inbox_id,
        "kind": row.effect.kind,
        "name": row.effect.name,
        "worker": row.effect.worker,
        "to": row.effect.target_status or row.effect.target,
        "status": row.status,
        "attempts": row.attempts,
        "due_at": row.due_at,
        "detail": row.last_detail,
        "idempotency_key": row.key,
    }
