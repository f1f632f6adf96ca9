"""What of a provisioner could be read, whole or not: enough for checks that look at one part of it at a time."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import field

from engine.diagnostics import Span
from engine.frozen import frozen
from engine.language import syntax
from engine.machine.expression import Expression, Names


@frozen
class Heard:
    """A `receive` block, as far as it could be read."""

    source: str
    type: str
    #: What it fires; None if that could not be read, so that it may be anything.
    fire: syntax.Expression | None
    #: Its expressions, without those that a syntax error is in.
    expressions: tuple[Expression, ...]
    span: Span
    #: No error is in it.
    sound: bool = True


@frozen
class Candidate:
    """A transition, as far as it could be read."""

    event: str
    #: Its expressions, without those that a syntax error is in.
    expressions: tuple[Expression, ...]


@frozen
class Call:
    """What an action or a request gives to a worker, as far as it could be read."""

    #: The action's name; None for a request.
    action: str | None
    #: None = the worker that serves the project.
    worker: str | None
    #: By name; None for a value that could not be read.
    arguments: Mapping[str, Expression | None] = field(default_factory=dict)
    #: Where each name stands.
    places: Mapping[str, Span] = field(default_factory=dict)
    #: The header of the action's block; for a request, that of the transition's.
    span: Span
    #: The whole block that gives them.
    block: Span
    #: No syntax error hides an argument.
    whole: bool = True


@frozen
class Readable:
    """The parts of one provisioner."""

    #: The project.
    name: str
    heard: tuple[Heard, ...] = ()
    #: There is, or may be, a `receive` block that could not be read: anything may come in, and fire anything.
    deaf: bool = False
    candidates: tuple[Candidate, ...] = ()
    #: What is evaluated whatever has come in, claims included, of a provisioner that is not whole.
    elsewhere: tuple[Expression, ...] = ()
    #: The names that the machine sets in the context, of a provisioner that is not whole; None where they are not known.
    set_names: Collection[str] | None = None
    #: The names that its tests give to the context; None where they are not known.
    given_names: Collection[str] | None = ()
    #: The full names of its machine's states, and of its histories; none if some of them could not be read.
    states: tuple[str, ...] = ()
    histories: tuple[str, ...] = ()
    #: Every event that the machine raises itself.
    raised: frozenset[str] = frozenset()
    #: Its names, as far as they could be read.
    names: Names
    #: What its actions and requests give to workers.
    calls: tuple[Call, ...] = ()

    @property
    def called(self) -> list[tuple[str, Span]]:
        """The worker of every action, and where it stands."""
        return [(call.worker, call.span) for call in self.calls if call.worker is not None]


def raised_in(body: syntax.Body) -> Iterable[str]:
    """The events that the blocks in a body raise, at any depth, whatever else is wrong with them."""
    waiting = [body]
    while waiting:
        for block in waiting.pop().blocks:
            if block.type == "raise" and block.labels:
                yield block.labels[0].value
            waiting.append(block.body)
