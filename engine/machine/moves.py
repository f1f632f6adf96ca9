"""Where an instance can be and what can happen there: the values of an exploration (`engine.machine.explore`)."""

from collections.abc import Mapping
from dataclasses import field
from datetime import UTC, datetime, timedelta

from engine.frozen import frozen
from engine.machine.definition import Transition
from engine.machine.properties import Property
from engine.model import Event, Snapshot

#: The moment at which everything happens.
NOW = datetime(2024, 1, 1, tzinfo=UTC)

#: A timer of a proof's own, which never runs out: how much is left of the time in which something has to happen.
DEADLINE = "<deadline>"

#: What is left of a timer that is due after the deadline: when exactly makes no difference.
BEYOND = timedelta(days=40_000)


@frozen
class Configuration:
    """Where an instance can be, with all that makes a difference to what it can do next."""

    snapshot: Snapshot
    #: Equal for configurations that cannot be told apart.
    key: str
    #: The same, but for how much is left of its timers.
    place: str
    #: The full names of all states it is in, those around others included.
    states: frozenset[str]
    #: What is left of each timer, in the order in which they were set.
    left: Mapping[str, timedelta]

    @property
    def timers(self) -> tuple[str, ...]:
        """The timers of the machine's own that run."""
        return tuple(name for name in self.left if name != DEADLINE)


@frozen
class Breach:
    """A claim that does not hold here."""

    property: Property
    #: What it looks at, with the values there.
    because: str


@frozen
class Move:
    """One thing that can happen, with a payload that makes it happen."""

    event: Event
    #: The transitions taken.
    taken: tuple[Transition, ...]
    before: Configuration
    after: Configuration
    #: The states of each configuration that it came through, in order.
    passed: tuple[frozenset[str], ...] = ()
    #: The timers that were set, or set anew, and for how long.
    armed: Mapping[str, timedelta] = field(default_factory=dict)
    #: Nothing happened but time: it passed, or a timer ran out in vain. It is not counted as a move.
    quiet: bool = False
    #: It met ``<end>``: nothing changed.
    ended: bool = False
    #: It set or called something, and led to no other state. It is counted as a move all the same.
    stayed: bool = False
    #: The claims that it breaks.
    breaches: tuple[Breach, ...] = ()

    @property
    def races(self) -> bool:
        """Whether it came first at the very moment at which another timer is due."""
        event, left = self.event.name, self.before.left
        return bool(event and left) and any(not left[name] for name in self.before.timers if name != event)

    def through(self, states: frozenset[str]) -> bool:
        """Whether it came through one of these states."""
        return bool(self.passed) and any(one & states for one in self.passed)


@frozen
class Moves:
    """Everything that can happen in one configuration."""

    #: In the order of events and candidates.
    found: tuple[Move, ...]
    #: Transitions that no payload was found for, though there may be one.
    undecided: tuple[Transition, ...]
    #: Why this may not be all, one reason each; empty if it is.
    sampled: tuple[str, ...]
    #: Other people may be asked, or answer, than those who were tried: what they bring about is not among these.
    partial: bool = False
