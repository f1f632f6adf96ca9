"""What an expression looks at: every path of names in it that starts at a name of the scope."""

from collections.abc import Iterator
from typing import Any

from engine.frozen import frozen
from engine.language import syntax
from engine.language.depth import children


@frozen
class Reference:
    """One path: ``event.release.id`` has the root ``event`` and the steps ``release`` and ``id``."""

    root: str
    #: Names and indexes that are written out; the path ends before the first one that is computed.
    steps: tuple[Any, ...]
    #: The whole of it, to be shown and evaluated.
    node: syntax.Expression


_NONE: frozenset[str] = frozenset()


def references(node: syntax.Expression, past: str = "") -> Iterator[Reference]:
    """Every reference in an expression, in the order of the text; names that a ``for`` binds are none.

    What a function of the name `past` is called with is left out. Works without recursion: the tree may be deeper than
    Python's stack.
    """
    todo: list[tuple[syntax.Node, frozenset[str]]] = [(node, _NONE)]
    while todo:
        current, bound = todo.pop()
        if isinstance(current, syntax.Call) and current.name == past:
            continue
        if isinstance(current, syntax.Variable | syntax.GetAttribute | syntax.Index):
            found, computed = _path(current)
            if found is not None and found.root not in bound:
                yield found
            todo.extend((child, bound) for child in reversed(computed))
            continue
        todo.extend(reversed(_inside(current, bound)))


def _path(node: syntax.Expression) -> tuple[Reference | None, list[syntax.Expression]]:
    """The reference that a chain of names and indexes is, and the expressions in it that are computed."""
    links: list[Any] = []
    computed: list[syntax.Expression] = []
    current = node
    while isinstance(current, syntax.GetAttribute | syntax.Index):
        if isinstance(current, syntax.GetAttribute):
            links.append(current.name)
        elif isinstance(current.key, syntax.Literal):
            links.append(current.key.value)
        else:
            computed.append(current.key)
            links.clear()  # what follows a computed index depends on its value
        current = current.target
    computed.reverse()
    if isinstance(current, syntax.Variable):
        return Reference(root=current.name, steps=tuple(reversed(links)), node=node), computed
    return None, [current, *computed]


def _inside(node: syntax.Node, bound: frozenset[str]) -> list[tuple[syntax.Node, frozenset[str]]]:
    if isinstance(node, syntax.For | syntax.TemplateFor):
        inner = bound | {name for name in (node.key, node.value) if name is not None}
        return [(child, bound if child is node.collection else inner) for child in children(node)]
    return [(child, bound) for child in children(node)]
