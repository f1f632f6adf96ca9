"""How a tree is pickled: node by node, inner ones first, so that no depth is too much for the pickler.

A pickler calls itself for what is in what; a tree that the parser accepts can be deeper than that may go.
"""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any, NamedTuple


class _At(NamedTuple):
    """Stands for a node that comes earlier."""

    number: int


#: A node's class, and what it holds.
Stored = tuple[type[Any], tuple[Any, ...]]


def store(root: Any, kind: type[Any]) -> tuple[Stored, ...]:
    """The nodes of a tree, each with `_At` for those in it; nodes are instances of `kind`."""
    numbers: dict[int, int] = {}
    stored: list[Stored] = []
    waiting = [(root, False)]
    while waiting:
        node, ready = waiting.pop()
        if id(node) in numbers:
            continue
        if ready:
            held = tuple(_replaced(value, kind, numbers) for value in _values(node))
            numbers[id(node)] = len(stored)
            stored.append((type(node), held))
        else:
            waiting.append((node, True))
            waiting += [(inner, False) for inner in _inner(node, kind)]
    return tuple(stored)


def restore(stored: tuple[Stored, ...]) -> Any:
    """The tree again."""
    made: list[Any] = []
    for kind, held in stored:
        names = (one.name for one in fields(kind))
        made.append(kind(**{name: _found(value, made) for name, value in zip(names, held, strict=True)}))
    return made[-1]


def _values(node: Any) -> Iterator[Any]:
    return (getattr(node, one.name) for one in fields(node))


def _inner(node: Any, kind: type[Any]) -> Iterator[Any]:
    for value in _values(node):
        yield from (each for each in (value if type(value) is tuple else (value,)) if isinstance(each, kind))


def _replaced(value: Any, kind: type[Any], numbers: dict[int, int]) -> Any:
    if isinstance(value, kind):
        return _At(numbers[id(value)])
    return tuple(_replaced(each, kind, numbers) for each in value) if type(value) is tuple else value


def _found(value: Any, made: list[Any]) -> Any:
    if isinstance(value, _At):
        return made[value.number]
    return tuple(_found(each, made) for each in value) if type(value) is tuple else value
