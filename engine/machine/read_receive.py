"""Reads `receive` blocks, and has the one that a provisioner without any gets."""

from collections.abc import Iterable
from dataclasses import replace
from functools import cache

from engine.language import parse, syntax
from engine.machine.definition import Receive
from engine.machine.read_names import ROOTS
from engine.machine.reading import Reader, Roots, settled

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
    found: list[Receive] = []
    for block in blocks:
        if not reader.check_shape(block):
            continue
        receive = _receive(reader, block)
        if receive is not None:
            found.append(receive)
    return tuple(found)


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


def _receive(reader: Reader, block: syntax.Block) -> Receive | None:
    nodes = {attribute.name: attribute.value for attribute in block.body.attributes}
    expressions = {
        name: reader.expression(nodes[name], RECEIVE_ROOTS, explained=True, attribute=name)
        for name in ("when", "entity", "fire", "once_per", "ordered_by")
        if name in nodes
    }
    entity, fire = expressions.get("entity"), expressions.get("fire")
    if entity is None or fire is None or None in expressions.values():
        return None
    source, kind = block.labels[0].value.lower(), block.labels[1].value
    return Receive(
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
