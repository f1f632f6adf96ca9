"""What an instance may have in its context, as far as a text says so that is not whole. Pure."""

from collections.abc import Collection, Iterable, Iterator

from engine.language import syntax
from engine.language.suggest import did_you_mean
from engine.machine.expression import Names
from engine.machine.scope_types import written_out
from engine.machine.shapes import SHAPES

_SET = "set"
_GIVEN = "given"
_CONTEXT = "context"


def set_in(machine: syntax.Block, names: Names) -> Collection[str] | None:
    """The names that a machine's block sets, at any depth; None where they are not written out, or cannot be read."""
    nodes: list[syntax.Expression] = []
    for block in _inside(machine):
        if did_you_mean(block.type, [_SET]) or block.type == _SET:
            return None
        nodes += _changes(block)
    return written_out(nodes, names)


def _changes(block: syntax.Block) -> Iterator[syntax.Expression]:
    """What the attributes of a block change, or are likely to be meant to, under a wrong name."""
    shape = SHAPES.get(block.type)
    if shape is not None and shape.open:
        return
    known = frozenset() if shape is None else shape.attributes()
    for attribute in block.body.attributes:
        strange = attribute.name not in known and (
            bool(did_you_mean(attribute.name, [_SET])) or isinstance(attribute.value, syntax.Object)
        )
        if attribute.name == _SET or strange:
            yield attribute.value


def given_in(tests: Iterable[syntax.Block], names: Names) -> Collection[str] | None:
    """The names that tests give to the context of their instances; None where they are not known."""
    nodes = [
        attribute.value
        for test in tests
        for block in test.body.blocks
        if block.type == _GIVEN or block.type not in SHAPES
        for attribute in block.body.attributes
        if attribute.name == _CONTEXT or did_you_mean(attribute.name, [_CONTEXT])
    ]
    return written_out(nodes, names)


def _inside(block: syntax.Block) -> Iterator[syntax.Block]:
    waiting = list(block.body.blocks)
    while waiting:
        inner = waiting.pop()
        yield inner
        waiting += inner.body.blocks
