"""A machine while it is read: good enough to be checked, whole only if nothing was wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.diagnostics import Span
from engine.machine.definition import Transition


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """One member of ``aliases``."""

    state: str
    status: str
    #: Where the state is named.
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class TransitionDraft:
    """A transition as it was read."""

    source: str
    event: str
    #: Where it says that it leads; None if it does not say.
    target: str | None
    target_span: Span
    #: It has a guard, readable or not.
    guarded: bool
    #: It decorates the backend's call.
    decorated: bool
    span: Span
    #: The transition, if all of it could be read.
    transition: Transition | None


@dataclass(slots=True, kw_only=True)
class StateDraft:
    """A state as it was read so far; several blocks may speak of it."""

    name: str
    #: Its first block.
    span: Span
    #: Its block in the full form, if it has one.
    full: Span | None = None
    final: bool = False
    #: It says ``alias = null``.
    internal: bool = False


@dataclass(slots=True, kw_only=True)
class MachineDraft:
    """A machine as it was read."""

    name: str
    #: The header of its block.
    span: Span
    initial: str | None = None
    initial_span: Span | None = None
    states: dict[str, StateDraft] = field(default_factory=dict)
    transitions: list[TransitionDraft] = field(default_factory=list)
    #: None without an aliasmapper.
    aliases: Mapping[str, Alias] | None = None
