"""The words of the trade as frozen values: what crosses from one layer to another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from engine.frozen import frozen

#: The target that ends a machine's interest: no call is made and the state is kept (the predecessor's word).
END = "<end>"
#: Marks a member that is left out of stored JSON while it is empty: rows that were written before it keep their hashes.
SPARSE: Mapping[str, bool] = {"sparse": True}
#: The engine's own event: a transition call was given up.
EFFECT_FAILED = "effect.failed"
#: The engine's own events begin so: a timer ran out (`after.STATE.NUMBER`), a state came to its end (`done.state.STATE`).
AFTER = "after."
DONE_STATE = "done.state."
#: What a person answers begins so (`await.STATE.CHOICE`).
AWAIT = "await."


#: The engine's own event: a definition asks people in a state that was entered before it did.
ASKS = "<await>"


def is_own_event(name: str) -> bool:
    """Whether the engine itself makes events of that name, of a timer, say, or of an answer: no delivery can."""
    return name in (EFFECT_FAILED, ASKS) or name.startswith((AFTER, DONE_STATE, AWAIT))


def listens_to(receive: str) -> str:
    """What a `receive` block listens to, whichever of several for that it is: ``github.release``."""
    return receive.partition("#")[0]


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Entity:
    """The thing in the backend that moves through states."""

    #: The project it belongs to, lower case: ``soc``.
    project: str
    #: Its name in the backend: ``SOC-12``.
    id: str

    def __str__(self) -> str:
        """Write the entity as its users do."""
        return self.id


@frozen
class Delivery:
    """One received and verified webhook."""

    #: Who sent it: ``github``.
    source: str
    #: The source's name for what happened: ``release``.
    type: str
    #: The source's own identifier of this delivery, empty if it has none. Not signed by most sources.
    id: str
    #: When the daemon had read it, with time zone UTC.
    received_at: datetime
    #: The parsed payload.
    payload: Any


@frozen
class Event:
    """A normalised fact for one entity: what a machine decides about."""

    #: The event's name in the machine: ``next``.
    name: str
    #: The entity it is about.
    entity: Entity
    #: The `receive` block that made it, for instance ``github.release``, or ``github.release#2`` for the second block
    #: that listens to that; None for an event of the engine itself, and for what a person answered.
    receive: str | None = None
    #: The name and the value of ``once_per``, as canonical JSON: a second event with the same one is `repeated`.
    once: str | None = None
    #: The value of ``ordered_by``, as canonical JSON: an event with a smaller one than the last is `late`.
    ordered: str | None = None
    #: The payload that expressions see as ``event``.
    payload: Any = None
    #: What expressions see as ``delivery``: source, type, id, received_at.
    delivery: Mapping[str, Any] = field(default_factory=dict)


@frozen
class Snapshot:
    """Where an instance is."""

    #: The state's full name in the machine: ``review.waiting``; in a parallel state the innermost states of all
    #: regions, sorted: ``review.code.open & review.docs.done``.
    state: str
    #: What the instance remembers.
    context: Mapping[str, Any] = field(default_factory=dict)
    #: Counts decisions, from 0; the fence against a second decision from the same place.
    version: int = 0
    #: By `history` block the states that were left last, written like `state`.
    histories: Mapping[str, str] = field(default_factory=dict)
    #: Pending timers by their event, with the time they are due: RFC 3339 in UTC.
    timers: Mapping[str, str] = field(default_factory=dict)
    #: By `receive` block the value of ``ordered_by`` of the newest event, as canonical JSON.
    latest: Mapping[str, str] = field(default_factory=dict)
    #: By the timer of a delayed `raise` the payload that its event will have, if it has one of its own.
    raised: Mapping[str, Any] = field(default_factory=dict, metadata=SPARSE)
    #: False as long as nobody knows where the entity is: no step was made yet.
    placed: bool = True
    #: By state that awaits a person what it asks and what was answered so far (`engine.machine.approvals`), as JSON.
    awaits: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    #: How many timers ran out in a row, each of which set another that hardly waits.
    hurried: int = 0
    #: What of the context (``context.NAME``), and whether what waits in `raised` (``event``), is made of sensitive values:
    #: the variables that it is made of.
    sensitive: Mapping[str, Sequence[str]] = field(default_factory=dict, metadata=SPARSE)
    #: The hash of the machine that made it; empty before the first step.
    machine: str = field(default="", compare=False)

    def memory(self) -> dict[str, Any]:
        """What it keeps besides state, context, version and machine, as JSON: only what is there."""
        names = ("histories", "timers", "latest", "raised", "awaits", "sensitive")
        found: dict[str, Any] = {name: dict(kept) for name in names if (kept := getattr(self, name))}
        if self.hurried:
            found["hurried"] = self.hurried
        return found if self.placed else {**found, "placed": False}


class EffectKind(StrEnum):
    """What an effect does."""

    #: Moves the entity in its project's backend.
    TRANSITION = "transition"
    #: Makes an extra call.
    ACTION = "action"


@frozen
class Effect:
    """An action bound to its arguments: what is to be called."""

    #: A transition call comes first; actions follow in the order of the definition.
    kind: EffectKind
    #: The action's own name: ``announce``; for a transition call the target state.
    name: str
    #: The worker of ``workers.yaml``, or a built-in processor, that makes the call; empty = the project's own.
    worker: str = ""
    #: For a transition call: source and target state and, where there are aliases, the backend's status names.
    source: str | None = None
    target: str | None = None
    source_status: str | None = None
    target_status: str | None = None
    #: The evaluated `request` or `action` block.
    arguments: Mapping[str, Any] = field(default_factory=dict)
    #: What is performed in its place when it is given up (`on_failure`).
    fallbacks: "tuple[Effect, ...]" = field(default=(), metadata=SPARSE)
    #: What is shown in place of arguments that are sensitive, by name (`engine.machine.masks`).
    masks: Mapping[str, Any] = field(default_factory=dict, metadata=SPARSE)


class Verdict(StrEnum):
    """How a decision ended. The values are stable: they are stored, logged and documented."""

    #: A transition was taken.
    MOVED = "moved"
    #: A transition without a target was taken: it sets and calls, and no state is left. Or, on `ASKS`, people are asked.
    STAYED = "stayed"
    #: The transition leads to ``<end>``: nothing is called.
    ENDED = "ended"
    #: The event would lead from another state to where the entity is: it moved before, or by another hand.
    ALREADY_THERE = "already_there"
    #: No transition of the current state knows the event (the predecessor's name).
    EVENT_NOT_REGISTERED = "event_not_registered_for_state"
    #: Transitions know the event, and no guard held.
    GUARDED = "no_guard_held"
    #: A guard held, but the arguments of what it would call could not be evaluated: nothing moves.
    UNEVALUATED = "arguments_not_evaluated"
    #: The backend's status has no alias (the predecessor's name).
    UNALIASED = "unaliased_state_name"
    #: The instance's state is not in the machine (the predecessor's name).
    STATE_NOT_FOUND = "state_not_found_in_machine"
    #: `once_per` had this value before, or the same person gave the same answer.
    REPEATED = "repeated"
    #: `ordered_by` is older than that of an event decided before.
    LATE = "late"
    #: The timer was cancelled, or set anew, while its event waited.
    TIMER_CANCELLED = "timer_cancelled"
    #: `always` transitions, raised events, or timers that hardly wait, follow one another without end: nothing moves.
    ENDLESS = "endless_loop"
    #: A person's answer counts, and more people have to give it.
    COUNTED = "counted"
    #: The person is none of those who may answer.
    NOT_ALLOWED = "not_allowed"
    #: Nobody is asked, or not any more: what was answered is closed.
    NOT_AWAITED = "not_awaited"
    #: The backend does not know the entity, or hides it.
    ENTITY_NOT_FOUND = "entity_not_found"
    #: The backend did not say where the entity is, and will not: nothing moves.
    UNOBSERVED = "state_not_observed"
    #: The project has no machine any more.
    NO_MACHINE = "no_machine_for_project"


@frozen
class Candidate:
    """One transition that was looked at, and why it was or was not taken."""

    #: The state that declares it.
    source: str
    #: Where it leads.
    target: str
    #: Whether it was taken.
    taken: bool
    #: Why, in words for the operator: "no guard", "guard held", "guard false: event.action is \"created\"".
    reason: str
    #: Where it stands in the definition: ``jira.hcl:11:5``.
    place: str = ""
    #: What it was looked at for, after the step's own event: ``always``, ``done.state.review``; empty for that event.
    on: str = field(default="", metadata=SPARSE)


@frozen
class Trace:
    """Why a decision came out as it did."""

    #: The verdict.
    verdict: Verdict
    #: The state the decision started from; None where it could not be known.
    before: str | None
    #: The event's name.
    event: str
    #: The state after it.
    after: str | None
    #: Every transition looked at, in order.
    candidates: tuple[Candidate, ...] = ()
    #: One sentence for the operator.
    because: str = ""
    #: The state the instance was in, when the backend's status said otherwise.
    drift_from: str | None = None


@frozen
class Passage:
    """A configuration that a step came through: something that waits for no event led on from it."""

    #: Where that was.
    state: str
    #: What the instance remembered when it was left.
    context: Mapping[str, Any]


@frozen
class Step:
    """What a decision is: a value. Nothing else changes state."""

    snapshot: Snapshot
    effects: tuple[Effect, ...]
    trace: Trace
    #: Timers to set, or to set anew: when each is due, by its event.
    armed: Mapping[str, str] = field(default_factory=dict)
    #: Timers to cancel.
    cancelled: tuple[str, ...] = ()
    #: What it came through, in order, between where it began and where it ended.
    passed: tuple[Passage, ...] = ()

    @property
    def machine(self) -> str:
        """The hash of the machine that made it."""
        return self.snapshot.machine


class Outcome(StrEnum):
    """How one attempt of an effect, or one observation, ended."""

    #: The backend did it and said so.
    DONE = "done"
    #: Nothing had to be called: the backend was there already.
    ALREADY_THERE = "already_there"
    #: The backend said no for now (429, 503): the same call may succeed later.
    RETRY = "retry"
    #: Nobody knows whether it happened (timeout, conflict, broken connection): read back before calling again.
    UNKNOWN = "unknown"
    #: The backend said no and will say so again: a dead letter at once.
    REFUSED = "refused"


@frozen
class Exchange:
    """One HTTP exchange with a backend, without any header, secret or query value."""

    method: str
    url: str
    #: The answer's status; None if there was none.
    status: int | None
    #: How long it took.
    seconds: float


@frozen
class Attempt:
    """One attempt of an effect, as its processor reports it."""

    outcome: Outcome
    #: One sentence for the operator, with the backend's own words; never a secret.
    detail: str
    #: The entity's status as read back after the call; None where nothing was read.
    observed: str | None = None
    #: How long the backend asked to wait, in seconds.
    retry_after: float | None = None
    #: What went over the wire.
    exchanges: tuple[Exchange, ...] = ()


@frozen
class Observation:
    """What a backend said about an entity: a fact to be recorded."""

    outcome: Outcome
    #: The entity's status name, when the outcome is `DONE`.
    status: str | None = None
    detail: str = ""
    retry_after: float | None = None
    exchanges: tuple[Exchange, ...] = ()
    #: The backend answered that it does not know the entity (or hides it).
    missing: bool = False
