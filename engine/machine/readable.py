"""What of a provisioner could be read, whole or not: enough for checks that look at one part of it at a time."""

from collections.abc import Iterable

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


@frozen
class Candidate:
    """A transition, as far as it could be read."""

    event: str
    #: Its expressions, without those that a syntax error is in.
    expressions: tuple[Expression, ...]


@frozen
class Readable:
    """The parts of one provisioner."""

    #: The project.
    name: str
    heard: tuple[Heard, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    #: The full names of its machine's states, and of its histories; none if some of them could not be read.
    states: tuple[str, ...] = ()
    histories: tuple[str, ...] = ()
    #: Every event that the machine raises itself.
    raised: frozenset[str] = frozenset()
    #: Its names, as far as they could be read.
    names: Names
    #: The worker of every action, and where it stands.
    called: tuple[tuple[str, Span], ...] = ()


def raised_in(body: syntax.Body) -> Iterable[str]:
    """The events that the blocks in a body raise, at any depth, whatever else is wrong with them."""
    waiting = [body]
    while waiting:
        for block in waiting.pop().blocks:
            if block.type == "raise" and block.labels:
                yield block.labels[0].value
            waiting.append(block.body)
