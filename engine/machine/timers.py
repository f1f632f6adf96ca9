"""Timers as events that the engine sends itself: their names, and what such an event carries."""

from collections.abc import Mapping
from datetime import datetime

from engine.model import AFTER, Entity, Event, Snapshot

# The timer of a state ends with its number, so that no state's can be taken for this.
_RAISED = f"{AFTER}<"
_END = ">"


def raise_timer(event: str) -> str:
    """The timer of a delayed `raise` of that event."""
    return f"{_RAISED}{event}{_END}"


def raised_by(timer: str) -> str | None:
    """The event that a timer raises when it has run out; None if it belongs to a state."""
    if timer.startswith(_RAISED) and timer.endswith(_END):
        return timer.removeprefix(_RAISED).removesuffix(_END)
    return None


def timer_event(entity: Entity, event: str, due: str) -> Event:
    """The event of a timer that has run out; `due` is the time that `Snapshot.timers` has for it."""
    return Event(name=event, entity=entity, payload=timer_payload(due))


def timer_payload(due: str) -> Mapping[str, str]:
    """What expressions see as ``event`` when a timer has run out."""
    return {"due": due}


def is_timer(event: Event) -> bool:
    """Whether an event is that of a timer."""
    return event.receive is None and event.name.startswith(AFTER)


def is_pending(snapshot: Snapshot, event: Event) -> bool:
    """Whether a timer's event is that of the timer as it was set last, and not cancelled since."""
    due = event.payload.get("due") if isinstance(event.payload, Mapping) else None
    return due is not None and snapshot.timers.get(event.name) == due


def next_due(snapshot: Snapshot) -> tuple[datetime, str] | None:
    """When the next pending timer is due, and its event; None without any. Of two at once, the one that was set first."""
    pending = ((datetime.fromisoformat(due), event) for event, due in snapshot.timers.items())
    return min(pending, key=lambda timer: timer[0], default=None)
