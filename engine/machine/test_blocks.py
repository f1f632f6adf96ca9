"""What an author expects of a machine, example by example: the values of `test` blocks. `engine.decide.run_test` runs them."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import UTC, datetime, timedelta
from typing import Any

from engine.diagnostics import Span
from engine.frozen import frozen

#: What a test sees as ``now`` if it does not say it.
NOW = datetime(2024, 1, 1, tzinfo=UTC)

#: In place of a verdict: no event came of the delivery.
IGNORED = "ignored"


@frozen
class Given:
    """Where a test starts."""

    #: The entity's name; None = the first one that a delivery names, or else the project's number 1.
    entity: str | None = None
    #: The instance's state; None = the entity was never seen.
    state: str | None = None
    context: Mapping[str, Any] = field(default_factory=dict)
    #: What the backend says; None = no backend observes.
    status: str | None = None
    now: datetime = NOW


@frozen
class When:
    """Something that comes in: an event for the entity, or a delivery of a source."""

    #: The event's name, or the delivery's type.
    name: str
    #: Who sent the delivery; None for an event.
    source: str | None = None
    #: What expressions see as ``event``.
    payload: Any = field(default_factory=dict)
    #: What they see as ``delivery``, for an event.
    delivery: Mapping[str, Any] = field(default_factory=dict)
    span: Span


@frozen
class Advance:
    """Time passes: every timer that is due by then runs out, one after the other."""

    by: timedelta
    #: The timer that is due at that very moment and has not run out yet; those after it have not either.
    before: str | None = None
    span: Span


@frozen
class Then:
    """What is expected after all that came before it; what is not said is not compared."""

    #: ``state``, ``status``, ``context``, ``effects`` and ``verdict``, each with its value and place.
    expected: Mapping[str, tuple[Any, Span]]
    #: What to show in place of what is expected, where that is sensitive (`engine.machine.masks`).
    masks: Mapping[str, Any] = field(default_factory=dict)
    span: Span


@frozen
class Test:
    """One example."""

    name: str
    given: Given
    #: In the order of the file.
    course: tuple[When | Advance | Then, ...]
    #: What of the given context, and whether an event, is made of sensitive values, as `Snapshot.sensitive` has it.
    sensitive: Mapping[str, Sequence[str]] = field(default_factory=dict)
    span: Span
