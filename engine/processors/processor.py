"""The contract between the hub and a backend: frozen values and two protocols. A plug-in implements both."""

from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from engine.model import Attempt, Effect, Entity, Exchange, Observation


def _unheard(exchange: Exchange) -> None:
    """Nobody listens."""
    del exchange


#: Told of each exchange with a backend as it ends; whoever makes a call sets it for the time of the call.
on_exchange: ContextVar[Callable[[Exchange], None]] = ContextVar("on_exchange", default=_unheard)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One attempt to be made."""

    entity: Entity
    effect: Effect
    #: Stable over all attempts of this effect; sent as ``Idempotency-Key`` where the backend takes one.
    idempotency_key: str
    #: Counts from 1.
    attempt: int = 1
    #: An earlier attempt may have happened unseen: ask the backend before calling.
    read_back: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A worker's settings, references resolved."""

    #: The worker's name in ``workers.yaml``.
    worker: str
    #: The members of ``settings``, strings after ``env://NAME`` was replaced; secrets among them.
    values: Mapping[str, Any] = field(default_factory=dict, repr=False)
    #: Every string that an ``env://`` reference stood for; what of it is secret must show in no detail and no exchange.
    secrets: frozenset[str] = field(default=frozenset(), repr=False)


def any_value(value: Any, settings: Mapping[str, Any]) -> None:
    """Takes every value."""
    del value, settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """Something that an `action` or `request` block may say to a processor. Null always counts as not said."""

    #: What it is for, in a sentence or two.
    purpose: str
    #: What its value may be, in the words of the language: ``string``, ``map(string)``; empty = anything.
    types: tuple[str, ...] = ()
    #: Raises ValueError, with a sentence that shows no value, for one that cannot be used. It is given a value that is
    #: known before anything runs, and the worker's settings.
    check: Callable[[Any, Mapping[str, Any]], object] = any_value
    #: No call can be made without it; the worker's setting of the same name will do.
    required: bool = False
    #: Arguments that cannot be given together with it.
    excludes: tuple[str, ...] = ()


class Processor(Protocol):
    """A backend, connected. Its methods never raise for what a backend does: every answer is a value."""

    #: Whether the backend holds the state: then `observe` is called before each decision.
    observes: bool

    async def observe(self, entity: Entity) -> Observation:
        """Read the entity's status now."""

    async def perform(self, call: Call) -> Attempt:
        """Make the call once (with `read_back`, only if the backend shows that it did not happen) and confirm it."""

    async def close(self) -> None:
        """Release connections."""


class ProcessorMaker(Protocol):
    """What a plug-in registers: a name, its aliases, and how to connect."""

    #: The word after ``processor:`` in ``workers.yaml``.
    name: str
    #: Further worker names that mean this processor without saying so, for instance ``atlassian``.
    worker_names: Sequence[str]
    #: Settings the processor takes, with what each is for; anything else in ``settings`` is an error.
    settings: Mapping[str, str]
    #: Where a setting comes from if ``workers.yaml`` is silent: setting -> environment variable.
    defaults: Mapping[str, str]

    def check(self, settings: Settings) -> Sequence[str]:
        """What is missing or wrong in the settings; empty when `connect` will work.

        One sentence each that begins with the setting's name: "token is missing".
        """

    def connect(self, settings: Settings) -> Processor:
        """Make the processor; no I/O yet."""


@runtime_checkable
class TakesArguments(Protocol):
    """A maker may say, too, what its processor takes; what it says nothing about is not checked before it runs."""

    #: By name; anything else in an `action` or `request` block is an error.
    arguments: Mapping[str, Argument]
    #: With ``transitions_only = True`` beside it, the processor refuses every action.
