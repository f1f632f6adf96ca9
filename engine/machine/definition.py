"""What a definition says, as frozen values. `engine.machine.read` makes them; nothing else does."""

from collections.abc import Iterator, Mapping
from dataclasses import field
from enum import StrEnum
from typing import Any

from engine.diagnostics import Span
from engine.frozen import frozen
from engine.machine.expression import Expression, Names
from engine.machine.properties import Property
from engine.machine.test_blocks import Test
from engine.machine.values import composed
from engine.model import AFTER, AWAIT, EFFECT_FAILED

#: As the source of a transition: every state that is not final.
ANY = "*"
#: As the event of a transition: none, it is tried whenever a state was entered or left (`always`).
ALWAYS = "<always>"
#: As the event of a transition: every event that is not the engine's own.
ANY_EVENT = "*"
#: Ends the event of a transition that waits for a name and all names that go on after it with a dot.
ANY_MORE = ".*"
#: Between the names of states that an instance is in at once.
TOGETHER = " & "


@frozen
class Action:
    """An extra call that a transition makes."""

    #: The worker of ``workers.yaml``, or a built-in processor, that makes it.
    worker: str
    #: Its own name, for logs and traces.
    name: str
    #: What it is called with.
    arguments: Mapping[str, Expression]
    #: Made in its place when it is given up (`on_failure`).
    fallbacks: "tuple[Action, ...]" = ()
    span: Span


@frozen
class Raise:
    """An event that the machine sends itself (`raise`), or one that it takes back while it waits (`cancel`)."""

    #: The event's name.
    event: str
    #: It is taken back.
    cancels: bool = False
    #: Must hold for it to be raised; None = always.
    when: Expression | None = None
    #: What is seen as ``event`` when it is decided; None = what is seen as ``event`` where it is raised.
    payload: Expression | None = None
    #: Gives how long it waits; None = it is decided in this step, before anything from outside.
    delay: Expression | None = None
    span: Span

    def expressions(self) -> tuple[Expression, ...]:
        """All that is evaluated for it."""
        return tuple(e for e in (self.when, self.payload, self.delay) if e is not None)


@frozen
class Transition:
    """What may happen on an event in a state."""

    #: The event's name, or a pattern of names (`covers`); for a timer `Timer.event`, for an eventless one `ALWAYS`, for an
    #: answer ``await.STATE.CHOICE``.
    event: str
    #: The full name of the state that declares it, or `ANY`.
    source: str
    #: The full name of a state or a history, or several joined by `TOGETHER`, or `engine.model.END`; None = no state is
    #: left.
    target: str | None
    #: Leaves the state that declares it though the target is inside.
    leave: bool = True
    #: Must hold for the transition to be taken; None = always.
    guard: Expression | None = None
    #: An object that is merged into the instance's context; null deletes.
    set: Expression | None = None
    #: Decorates the call that moves the entity in the backend.
    request: Mapping[str, Expression] = field(default_factory=dict)
    #: Made after that call, in this order.
    actions: tuple[Action, ...] = ()
    #: How many people have to give the answer whose event it waits for.
    needs: int = 1
    #: Events that it sends itself, and takes back, in this order.
    raises: tuple[Raise, ...] = ()
    #: Where it is declared: the header of its block.
    span: Span


class Kind(StrEnum):
    """What a state is made of."""

    #: Nothing: an instance can be just there.
    ATOMIC = "atomic"
    #: States, of which it is always in one.
    COMPOUND = "compound"
    #: Regions, in all of which it is at once.
    PARALLEL = "parallel"


@frozen
class Reaction:
    """What is done whenever a state is entered, or left."""

    #: An object that is merged into the instance's context; null deletes.
    set: Expression | None = None
    actions: tuple[Action, ...] = ()
    raises: tuple[Raise, ...] = ()
    span: Span


@frozen
class Timer:
    """An `after` block: set when its state is entered, cancelled when it is left."""

    #: The event that the engine sends itself when it has run out: ``after.STATE.NUMBER``.
    event: str
    #: Gives a duration such as ``"72h"``, or a number of seconds.
    delay: Expression
    span: Span


@frozen
class Await:
    """An `await` block: people are asked when its state is entered, and not any more when it is left."""

    #: Gives the name of the person who may answer, or a list of names.
    people: Expression
    #: What may be answered, in the order of the definition, and how many people have to say so at least.
    choices: Mapping[str, int]
    span: Span


@frozen
class State:
    """A place where an instance can be."""

    #: The full name: those of the states around it and its own, joined by dots.
    name: str
    #: What the backend calls it; None for an internal state, of which the backend knows nothing, and for one that has
    #: the alias of a state around it (`Machine.shown`).
    alias: str | None
    #: Nothing leads out of it.
    final: bool = False
    #: What is seen as ``event`` when the end of the state around it is decided; None = what is seen where it is entered.
    payload: Expression | None = None
    #: The full name of the state around it; None at the top.
    parent: str | None = None
    kind: Kind = Kind.ATOMIC
    #: The full name of the state or history in it that is entered with it, or several joined by `TOGETHER`; None unless
    #: it is compound.
    initial: str | None = None
    on_enter: Reaction | None = None
    on_exit: Reaction | None = None
    timers: tuple[Timer, ...] = ()
    awaits: Await | None = None
    #: Where it is declared first.
    span: Span


@frozen
class History:
    """A target that stands for the states in its parent that were left last."""

    #: The full name.
    name: str
    #: The full name of the state whose past it keeps.
    parent: str
    #: It brings back the innermost states, not only the ones right inside its parent.
    deep: bool
    #: Where it leads before its parent was ever left: a state in it, or several joined by `TOGETHER`; None = as if the
    #: parent were entered.
    target: str | None
    span: Span


@frozen
class Machine:
    """States and the transitions between them."""

    name: str
    #: The full name of the state an instance starts in, or several joined by `TOGETHER`.
    initial: str
    #: By full name, in the order of the definition: outer states before those in them.
    states: Mapping[str, State]
    #: By full name.
    histories: Mapping[str, History] = field(default_factory=dict)
    #: For every state the one whose alias, or ``alias = null``, holds for it: itself, or one around it.
    shown: Mapping[str, str]
    #: In the order of the definition, which is the order in which candidates are tried.
    transitions: tuple[Transition, ...]
    #: State name to status name, spare ones (without a state) included.
    aliases: Mapping[str, str]
    #: What ``var`` and ``local`` mean in its expressions.
    names: Names
    #: SHA-256 of what the machine means, whatever its layout: lower-case hexadecimal digits.
    hash: str

    def actions(self) -> Iterator[Action]:
        """Every action that it can make, those that take the place of others included."""
        reactions = [r for s in self.states.values() for r in (s.on_enter, s.on_exit) if r is not None]
        todo = [action for transition in self.transitions for action in transition.actions]
        todo += [action for reaction in reactions for action in reaction.actions]
        while todo:
            action = todo.pop(0)
            todo[:0] = action.fallbacks
            yield action

    def named(self, target: str) -> list[str]:
        """The states and histories that a target names: one, or several that an instance can be in at once."""
        known = target in self.states or target in self.histories
        return [target] if known else target.split(TOGETHER)

    def raises(self) -> Iterator[Raise]:
        """Every event that it may send itself, or take back."""
        yield from (r for transition in self.transitions for r in transition.raises)
        reactions = (r for s in self.states.values() for r in (s.on_enter, s.on_exit) if r is not None)
        yield from (r for reaction in reactions for r in reaction.raises)

    def status_of(self, state: str) -> str | None:
        """What the backend calls a state, itself or one around it; None if it knows nothing of it."""
        found = self.states.get(self.shown.get(state, state))
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


def covers(event: str, name: str) -> bool:
    """Whether a transition that waits for `event` is meant by an event of that name, or by all that a pattern means.

    ``*`` is every event except the engine's own, other than `done.state`, ``a.*`` is ``a`` and all that begin with ``a.``.
    """
    if event == name:
        return True
    if event == ANY_EVENT:
        return name != EFFECT_FAILED and not name.startswith((AFTER, AWAIT, "<"))
    if not event.endswith(ANY_MORE) or name == ANY_EVENT:
        return False
    stem = event.removesuffix(ANY_MORE)
    return name == stem or name.startswith(f"{stem}.")


def is_pattern(event: str) -> bool:
    """Whether a transition's event means several names."""
    return event == ANY_EVENT or event.endswith(ANY_MORE)


def _pick(names: tuple[tuple[str, str], ...], wanted: str) -> str | None:
    exact = [state for state, name in names if name == wanted]
    if exact:
        return exact[0]
    folded = wanted.casefold()
    alike = [state for state, name in names if name.casefold() == folded]
    return alike[0] if len(alike) == 1 else None


@frozen
class Receive:
    """How deliveries of one type become events."""

    #: What it listens to, in one word: ``github.release``; the second block for that is ``github.release#2``.
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
    #: Gives a time or a number that grows from one event of an entity to the next; None = as they come.
    ordered_by: Expression | None = None
    span: Span


@frozen
class Provisioner:
    """The machine of one project, and what it listens to."""

    #: The project's name, lower case.
    name: str
    machine: Machine
    receives: tuple[Receive, ...]
    #: What its author claims about the machine.
    properties: tuple[Property, ...] = ()
    #: What its author expects of it, example by example.
    tests: tuple[Test, ...] = ()
    span: Span


@frozen
class Definition:
    """One file or folder, with the modules that it uses, read and found free of errors."""

    #: The file or folder, as the user calls it.
    filename: str
    #: The file's text; of several files all texts, written by `engine.machine.files.bundled`.
    source: str
    #: SHA-256 of all that carries meaning, variables' values included: lower-case hexadecimal digits.
    hash: str
    #: By the project's name, in the order of the file.
    provisioners: Mapping[str, Provisioner]
    #: The values of its variables: with these and `source` it can be read again (`engine.machine.read.read_again`).
    variables: Mapping[str, Any]
    #: The variables whose values are not to be shown.
    sensitive: frozenset[str] = frozenset()
