"""What keeps an entity, if anything does: what an operator wants to know of it first."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from engine.run.circuits import IS_LEFT_ALONE
from engine.run.pauses import IS_PAUSED
from engine.store import inbox, outbox, parked
from engine.store.database import Connection
from engine.store.deadletters import DeadLetter, LetterKind
from engine.store.tables import InboxStatus, PauseKind

#: One thing that keeps it: which kind, one sentence, and until when, where that is known.
Standing = dict[str, Any]


def head_of(c: Connection, project: str, entity_id: str, now: datetime) -> list[Standing]:
    """What the entity's lane is at: an event to be decided, or an effect to be performed, and when next."""
    row = inbox.head(c, project, entity_id)
    if row is None:
        return []
    found = _deciding(row, now) if row.status is InboxStatus.PENDING else _performing(c, row, now)
    behind = inbox.lane_length(c, project, entity_id) - 1
    if behind > 0:
        found.append(_one("behind", f"{_events(behind)} behind that"))
    return found


def of_page(page: Mapping[str, Any], unserved: str | None = None) -> list[Standing]:
    """What of a page keeps its entity: pauses, the lane, what was given up, people, and timers; in this order.

    And before them, that its project is served by nothing, where its lane does not say so itself.
    """
    paused = list(_paused(page))
    if unserved is not None and not any(kept["kind"] == "parked" for kept in page["lane"]):
        gone = f"{unserved}; put it back, or give up what waits with `interlock deadletters bury --project {page['project']}`"
        paused.insert(0, _one("unserved", gone))
    lane = [
        kept for kept in page["lane"] if not (paused and kept["kind"] == "working")
    ]  # it would be, if it were let
    return [*paused, *lane, *page["given_up"], *_awaited(page["approvals"]), *_timed(page)]


def _one(kind: str, because: str, until: datetime | None = None) -> Standing:
    return {"kind": kind, "because": because, "until": until}


def _deciding(row: inbox.InboxRow, now: datetime) -> list[Standing]:
    held = _held(f"event {row.event} is not decided", row.because)
    if held is not None:
        return [held]
    if row.is_due(now):
        return [_one("working", f"event {row.event} is to be decided now")]
    why = f": {row.because}" if row.because else ""
    what = f"event {row.event} could not be decided, {_tries(row.attempts)}{why}"
    return [_one("waiting", what, row.due_at)]


def _performing(c: Connection, row: inbox.InboxRow, now: datetime) -> list[Standing]:
    left = outbox.pending(c, row.id)
    if not left:
        return [_one("working", f"event {row.event} is being finished")]
    effect = left[0]
    called = f"{effect.effect.kind} {effect.effect.target_status or effect.effect.name}"
    by = f" of worker {effect.effect.worker}" if effect.effect.worker else ""
    held = _held(f"{called}{by} is not called", effect.last_detail)
    if held is not None:
        return [held]
    if effect.is_due(now):
        return [_one("working", f"{called}{by} is to be called now, {_tries(effect.attempts)}")]
    what = f"{called}{by} did not come through, {_tries(effect.attempts)}: {effect.last_detail}"
    return [_one("waiting", what, effect.due_at)]


def _held(what: str, reason: str) -> Standing | None:
    """That it is parked, its worker paused, or its backend left alone; None if its row says none of these."""
    if parked.is_parked(reason):
        return _one("parked", f"{what}: {reason}; `interlock deadletters bury` gives it up")
    if reason.endswith(IS_PAUSED):
        return _one("paused", f"{what}: {reason}; `interlock resume` lets it go on")
    if reason.endswith(IS_LEFT_ALONE):
        return _one(
            "waiting",
            f"{what}: {reason}, and goes on when one call gets through; `interlock backends` says more",
        )
    return None


def _paused(page: Mapping[str, Any]) -> Iterator[Standing]:
    for paused in page["paused"]:
        what = "everything" if paused["kind"] is PauseKind.ALL else f"project {page['project']}"
        why = f": {paused['reason']}" if paused["reason"] else ""
        since = paused["since"].astimezone().strftime("%Y-%m-%d %H:%M:%S")
        yield _one("paused", f"{what} is paused since {since}{why}; `interlock resume` lets it go on")


def given_up(letter: DeadLetter) -> Standing:
    """A dead letter of the entity."""
    what = f"event {letter.event}" if letter.kind is LetterKind.EVENT else f"action {letter.action}"
    because = (
        f"{what} was given up: {letter.because}; `interlock deadletters retry {letter.name}` puts it back"
    )
    return _one("given_up", because)


def _awaited(approvals: Sequence[Mapping[str, Any]]) -> Iterator[Standing]:
    for asked in approvals:
        until = None if asked["until"] is None else datetime.fromisoformat(asked["until"])
        who = ", ".join(asked["from"]) or "anybody"
        yield _one(
            "awaiting", f"{who} is asked for {' or '.join(asked['choices'])} in {asked['state']}", until
        )


def _timed(page: Mapping[str, Any]) -> Iterator[Standing]:
    if page["timers"]:
        first = page["timers"][0]
        yield _one("timer", f"timer {first['event']} runs out", first["due_at"])


def _tries(attempts: int) -> str:
    return "not tried yet" if attempts == 0 else "tried once" if attempts == 1 else f"tried {attempts} times"


def _events(count: int) -> str:
    return "1 more event is" if count == 1 else f"{count} more events are"
