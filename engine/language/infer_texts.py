"""Texts that are held against others of which it is known which ones there are: with ``==``, `contains`, as keys."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.language import syntax
from engine.language.choices import Choices, Stranger
from engine.language.types import Type

if TYPE_CHECKING:
    from engine.language.infer import Inference


def compared(inference: "Inference", node: syntax.Binary, left: Type, right: Type) -> None:
    """Note a side of ``==`` or ``!=`` that the other one is not known to be."""
    sides = ((left, right.choices, node.left, node.right), (right, left.choices, node.right, node.left))
    for text, choices, blamed, other in sides:
        if choices is not None and isinstance(text.value, str) and not choices.has(text.value):
            inference.note(Stranger(_bare(blamed), text.value, choices, other))


def looked_for(inference: "Inference", node: syntax.Call, list_: Type, wanted: Type) -> None:
    """Note what `contains` looks for in vain, or among what."""
    among = list_.element().choices if list_.items is None else None
    if among is not None and isinstance(wanted.value, str) and not among.has(wanted.value):
        inference.note(Stranger(_bare(node.arguments[1]), wanted.value, among, node.arguments[0]))
    choices = wanted.choices
    if choices is None:
        return
    written = _bare(node.arguments[0])
    for position, item in enumerate(list_.items or ()):
        if isinstance(item.value, str) and not choices.has(item.value):
            here = isinstance(written, syntax.Tuple)
            blamed = _bare(written.items[position]) if isinstance(written, syntax.Tuple) else written
            _note(inference, Stranger(blamed, item.value, choices, node.arguments[1]), here=here)


def chosen(
    inference: "Inference", object_: syntax.Expression, target: Type, asked: syntax.Expression, key: Type
) -> None:
    """Note the names of an object that a key is never known to be."""
    choices = key.choices
    if choices is None or target.members is None or target.open:
        return
    written = _bare(object_)
    if not isinstance(written, syntax.Object):
        for name in target.members:
            if not choices.has(name):
                _note(inference, Stranger(written, name, choices, asked), here=False)
        return
    for name, place in _names(written):
        if not choices.has(name):
            inference.note(Stranger(place, name, choices, asked))


def _note(inference: "Inference", stranger: Stranger, *, here: bool) -> None:
    """What stands elsewhere may be there for others as well: only what is near to a known one is told."""
    choices: Choices = stranger.choices
    if here or choices.near(stranger.text):
        inference.note(stranger)


def _names(written: syntax.Object) -> Iterator[tuple[str, syntax.Expression]]:
    for item in written.items:
        key = _bare(item.key)
        if isinstance(key, syntax.Literal) and isinstance(key.value, str):
            yield key.value, key


def _bare(node: syntax.Expression) -> syntax.Expression:
    while isinstance(node, syntax.Parentheses):
        node = node.inner
    return node
