"""What a definition says, as frozen values. `engine.machine.read` makes them; nothing else does."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.diagnostics import Span
from engine.machine.expression import Expression, Names
from engine.machine.values import composed

#: As the source of a transition: every state that is not final.
ANY = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """An extra call that a transition makes."""

    #: The worker of ``workers.yaml``, or a built-in processor, that makes it.
    worker: str
    #: Its own name, for logs and traces.
    name: str
    #: What it is called with.
    arguments: Mapping[str, Expression]
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """What may happen on an event in a state."""

    event: str
    #: The state that declares it, or `ANY`.
    source: str
    #: A state, or `engine.model.END`.
    target: str
    #: Must hold for the transition to be taken; None = always.
    guard: Expression | None = None
    #: An object that is merged into the instance's context; null deletes.
    set: Expression | None = None
    #: Decorates the call that moves the entity in the backend.
    request: Mapping[str, Expression] = field(default_factory=dict)
    #: Made after that call, in this order.
    actions: tuple[Action, ...] = ()
    #: Where it is declared: the header of its block.
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A place where an instance can be."""

    name: str
    #: What the backend calls it; None for an internal state, of which the backend knows nothing.
    alias: str | None
    #: Nothing leads out of it.
    final: bool = False
    #: Where it is declared first.
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """States and the transitions between them."""

    name: str
    initial: str
    #: In the order of the definition.
    states: Mapping[str, State]
    #: In the order of the definition, which is the order in which candidates are tried.
    transitions: tuple[Transition, ...]
    #: State name to status name, spare ones (without a state) included.
    aliases: Mapping[str, str]
    #: What ``var`` and ``local`` mean in its expressions.
    names: Names
    #: SHA-256 of what the machine means, whatever its layout: lower-case hexadecimal digits.
    hash: str

    def status_of(self, state: str) -> str | None:
        """What the backend calls a state; None if it knows nothing of it."""
        found = self.states.get(state)
        return None if found is None else found.alias

    def state_of(self, status: str) -> str | None:
        """The state for a backend's status name, or for a state's own name; None if there is no alias for it.

        Status names come first, and a name that is written exactly so comes before one that differs in case; where
        several differ only in case, none is meant. Composed and decomposed characters are the same.
        """
        status = composed(status)
        statuses = tuple(self.aliases.items())
        own = tuple((name, name) for name in self.aliases)
        return _pick(statuses, status) or _pick(own, status)


def _pick(names: tuple[tuple[str, str], ...], wanted: str) -> str | None:
    exact = [state for state, name in names if name == wanted]
    if exact:
        return exact[0]
    folded = wanted.casefold()
    alike = [state for state, name in names if name.casefold() == folded]
    return alike[0] if len(alike) == 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receive:
    """How deliveries of one type become events."""

    #: What it listens to, in one word: ``github.release``.
    key: str
    #: Who sends: ``github``.
    source: str
    #: What happened, in the source's words: ``release``.
    type: str
    #: Must hold for the delivery to mean anything; None = always.
    when: Expression | None
    #: Gives the entity's key, or a list of them.
    entity: Expression
    #: Gives the event's name.
    fire: Expression
    #: Gives a value that is the same for all deliveries about one fact; None = every delivery is a fact of its own.
    once_per: Expression | None
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Provisioner:
    """The machine of one project, and what it listens to."""

    #: The project's name, lower case.
    name: str
    machine: Machine
    receives: tuple[Receive, ...]
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One file, read and found free of errors."""

    filename: str
    #: Its text.
    source: str
    #: SHA-256 of all that carries meaning, variables' values included: lower-case hexadecimal digits.
    hash: str
    #: By the project's name, in the order of the file.
    provisioners: Mapping[str, Provisioner]
    #: The values of its variables: with these and `source` it can be read again.
    variables: Mapping[str, Any]
