"""How deep an expression goes. Whoever walks a tree recursively may rely on the limit."""

from collections.abc import Callable
from typing import Any

from engine.language import syntax

#: The most levels of an attribute's expression, so that no walk over a tree reaches Python's recursion limit.
MAX_DEPTH = 200

_CHILDREN: dict[type, Callable[[Any], tuple[Any, ...]]] = {
    syntax.Template: lambda n: n.parts,
    syntax.TemplateIf: lambda n: (n.condition, n.then, n.otherwise),
    syntax.TemplateFor: lambda n: (n.collection, n.body),
    syntax.GetAttribute: lambda n: (n.target,),
    syntax.Index: lambda n: (n.target, n.key),
    syntax.Splat: lambda n: (n.target, n.each),
    syntax.Call: lambda n: n.arguments,
    syntax.Unary: lambda n: (n.operand,),
    syntax.Binary: lambda n: (n.left, n.right),
    syntax.Conditional: lambda n: (n.condition, n.then, n.otherwise),
    syntax.Parentheses: lambda n: (n.inner,),
    syntax.Tuple: lambda n: n.items,
    syntax.ObjectItem: lambda n: (n.key, n.value),
    syntax.Object: lambda n: n.items,
    syntax.For: lambda n: tuple(
        part for part in (n.collection, n.result_key, n.result, n.condition) if part is not None
    ),
}


def children(node: syntax.Node) -> tuple[syntax.Node, ...]:
    """The nodes directly below an expression's node, in the order of the text."""
    below = _CHILDREN.get(type(node))
    return below(node) if below is not None else ()


def too_deep(node: syntax.Expression, limit: int = MAX_DEPTH) -> bool:
    """Whether an expression goes deeper than so many levels, found without recursion."""
    level: list[syntax.Node] = [node]
    for _ in range(limit):
        level = [child for parent in level for child in children(parent)]
        if not level:
            return False
    return True
