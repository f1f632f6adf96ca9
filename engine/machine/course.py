"""A way through a machine as a test goes it: events that come, and time that passes between them. Pure.

Timers run out by themselves when time passes, the one that is due first before others. Where an event comes first at the
very moment at which a timer is due, the clock stops before that timer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.frozen import frozen
from engine.machine.approvals import completed
from engine.machine.arrival import arrive
from engine.machine.compile import CompiledMachine
from engine.machine.moves import NOW, Move
from engine.machine.schedule import Schedule
from engine.machine.step import step
from engine.machine.timers import next_due, timer_event
from engine.model import Entity, Event, Snapshot, Step

#: More timers than this that run out in one go are taken for an endless loop, as tests do.
_MOST_TIMERS = 100


@frozen
class Pause:
    """Time passes."""

    by: timedelta
    #: The timer that is due at the end of it and has not run out yet.
    before: str | None = None


@dataclass(slots=True, kw_only=True)
class Walk:
    """One instance on its way, from a given state on."""

    machine: CompiledMachine
    entity: Entity
    at: Snapshot
    now: datetime = NOW
    #: The step that was made last.
    last: Step | None = None
    #: Where that one began, and on what event.
    before: Snapshot | None = None
    event: Event | None = None

    @classmethod
    def begin(cls, machine: CompiledMachine, given: Snapshot, entity: Entity) -> "Walk":
        """An instance that was put into a state just now."""
        at = arrive(machine, given.state, given.context, entity, NOW)
        return cls(machine=machine, entity=entity, at=at)

    def due(self) -> tuple[datetime, str] | None:
        """The timer that is due next, and when."""
        return next_due(self.at)

    def come(self, event: Event) -> None:
        """Decide about an event."""
        self._decide(completed(event, self.at, self.now))

    def runs_out(self, name: str) -> None:
        """Let a timer run out when it is due."""
        self.now = datetime.fromisoformat(self.at.timers[name])
        self._decide(timer_event(self.entity, name, self.at.timers[name]))

    def pause(self, pause: Pause) -> bool:
        """Let time pass; whether it came to an end."""
        until = self.now + pause.by
        for _ in range(_MOST_TIMERS):
            due = self.due()
            if due is None or due[0] > until or due == (until, pause.before):
                self.now = until
                return True
            self.runs_out(due[1])
        return False

    def _decide(self, event: Event) -> None:
        self.before, self.event = self.at, event
        self.last = step(self.machine, self.at, event, self.now)
        self.at = self.last.snapshot


def course_of(walk: Walk, way: Sequence[Move], times: Schedule) -> tuple[Event | Pause, ...] | None:
    """What comes in and how time passes on a way with these times; None if it cannot be gone so."""
    course: list[Event | Pause] = []
    clock = timedelta()
    ran_out = False
    for move, time in zip(way, times.moves, strict=True):
        name, now = move.event.name, NOW + time
        if not name:
            continue
        due = walk.due()
        if name in move.before.left:
            if due != (now, name):
                return None
            walk.runs_out(name)
            ran_out = True
            continue
        if due is not None and due[0] < now:
            return None
        if time > clock or ran_out:  # time passes before what comes next, if only to let what is due run out
            course.append(Pause(by=time - clock, before=_waiting(due, now)))
        walk.now = now
        walk.come(move.event)
        course.append(move.event)
        clock, ran_out = time, False
    end = NOW + times.end
    due = walk.due()
    if due is not None and due[0] < end:
        return None
    if times.end > clock or ran_out or not course:
        course.append(Pause(by=times.end - clock, before=_waiting(due, end)))
    walk.now = end
    return tuple(course)


def _waiting(due: tuple[datetime, str] | None, now: datetime) -> str | None:
    return due[1] if due is not None and due[0] == now else None


def follow(walk: Walk, course: Sequence[Event | Pause]) -> bool:
    """Go a course as a test does; whether it came to an end."""
    for part in course:
        if isinstance(part, Event):
            walk.come(part)
        elif not walk.pause(part):
            return False
    return True
