"""The members of an object as they are written."""

from engine.language import syntax
from engine.machine.atoms import Uses
from engine.machine.expression import Expression


def written_out(uses: Uses, expression: Expression) -> dict[str, syntax.Expression] | None:
    """The members of an object, if it is written with plain keys; else None."""
    node = uses.unfolded(expression.node)
    if not isinstance(node, syntax.Object):
        return None
    keys = [item.key for item in node.items]
    if not all(isinstance(key, syntax.Literal) for key in keys):
        return None
    return {str(item.key.value): item.value for item in node.items if isinstance(item.key, syntax.Literal)}
