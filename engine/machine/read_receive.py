"""Reads `receive` blocks, and has the one that a provisioner without any gets."""

from collections.abc import Iterable
from dataclasses import replace
from functools import cache

from engine.language import parse, syntax
from engine.machine.definition import Receive
from engine.machine.read_names import ROOTS
from engine.machine.readable import Heard
from engine.machine.reading import Reader, Roots
from engine.machine.reporting import settled

#: What a `receive` block can use: there is no instance yet.
RECEIVE_ROOTS: Roots = {root: ROOTS[root] for root in ("event", "delivery", "var", "local")}

#: One published release moves an issue once, though GitHub sends created, published and released.
DEFAULT = """
receive "github" "release" {
  when     = event.action == "published"
  entity   = issue_keys(event.release.body)
  once_per = event.release.id
  fire     = "next"
}
"""


def read_receives(reader: Reader, blocks: Iterable[syntax.Block]) -> tuple[Receive, ...]:
    """The `receive` blocks that could be read."""
    return tuple(receive for receive, _ in read_heard(reader, blocks) if receive is not None)


def read_heard(reader: Reader, blocks: Iterable[syntax.Block]) -> list[tuple[Receive | None, Heard]]:
    """Every `receive` block with its labels: whole if all of it could be read, and as far as it could be."""
    return [_read(reader, block) for block in blocks if reader.check_shape(block)]


def numbered(receives: Iterable[Receive]) -> tuple[Receive, ...]:
    """The same, each with a key of its own: the second block of a source's event type is ``github.release#2``."""
    found: list[Receive] = []
    for receive in receives:
        earlier = sum((other.source, other.type) == (receive.source, receive.type) for other in found)
        found.append(replace(receive, key=f"{receive.key}#{earlier + 1}") if earlier else receive)
    return tuple(found)


@cache
def default_receives() -> tuple[Receive, ...]:
    """What a provisioner without a `receive` block listens to: the same values for all of them."""
    filename = "the default receive block"
    tree = parse(DEFAULT, filename).tree
    return () if tree is None else read_receives(Reader({filename: DEFAULT}), tree.blocks)


def heard_of(receive: Receive) -> Heard:
    """What is known of a block that could be read."""
    read = (receive.when, receive.entity, receive.fire, receive.once_per, receive.ordered_by)
    return Heard(
        source=receive.source,
        type=receive.type,
        fire=receive.fire.node,
        expressions=tuple(expression for expression in read if expression is not None),
        span=receive.span,
    )


def _read(reader: Reader, block: syntax.Block) -> tuple[Receive | None, Heard]:
    nodes = {attribute.name: attribute.value for attribute in block.body.attributes}
    before, told = len(reader.expressions), len(reader.diagnostics)
    expressions = {
        name: reader.expression(nodes[name], RECEIVE_ROOTS, explained=True, attribute=name)
        for name in ("when", "entity", "fire", "once_per", "ordered_by")
        if name in nodes
    }
    wrong = {name for name, one in expressions.items() if one is None or not reader.is_sound(one, told)}
    source, kind = block.labels[0].value.lower(), block.labels[1].value
    entity, fire = expressions.get("entity"), expressions.get("fire")
    heard = Heard(
        source=source,
        type=kind,
        fire=None if fire is None or "fire" in wrong else fire.node,
        expressions=tuple(reader.expressions[before:]),
        span=settled(block.header_span),
        sound=not wrong,
    )
    if entity is None or fire is None or None in expressions.values():
        return None, heard
    receive = Receive(
        key=f"{source}.{kind}",
        source=source,
        type=kind,
        when=expressions.get("when"),
        entity=entity,
        fire=fire,
        once_per=expressions.get("once_per"),
        ordered_by=expressions.get("ordered_by"),
        span=settled(block.header_span),
    )
    return receive, heard
