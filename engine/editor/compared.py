"""What expressions make of the names of states: what they hold them against, and where nobody can follow them.

An expression is read into its form: a list that is equal for expressions that mean the same. What is held against a name
stands in it as a value, worked out, because the value is what the name has to be equal to, however it is written.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any

from engine.errors import EvaluationError
from engine.frozen import frozen
from engine.language import syntax
from engine.language.depth import children
from engine.language.expressions import compile_expression
from engine.machine.expression import Names
from engine.machine.references import references

_CONSTANT = frozenset({"var", "local"})
_NONE: frozenset[str] = frozenset()
_TWO, _THREE = 2, 3


@frozen
class Roots:
    """The names of a scope that hold names of states, each with what it holds."""

    #: Of the event `effect.failed`: its fields that do; empty where nobody waits for it.
    failed: frozenset[str] = _NONE
    #: `fired` may be an event that is called after a state.
    fired: bool = False

    def kind(self, node: syntax.Expression, bound: frozenset[str]) -> "str | None":
        """Whether a node is the name of a ``state``, of an ``event``, or the list of ``active`` states; None = of nothing."""
        path = _path(node)
        if not path or path[0] in bound:
            return None
        root = path[0]
        if len(path) == 1 and root in ("state", "previous"):
            return "state"
        if len(path) == 1 and (root == "active" or (root == "fired" and self.fired)):
            return "active" if root == "active" else "event"
        if len(path) == _TWO and root == "event" and path[1] in self.failed:
            return "event" if path[1] == "event" else "state"
        return None

    def holds(self, node: syntax.Expression, bound: frozenset[str]) -> bool:
        """Whether a node holds such a name, alone or among others."""
        path = _path(node)
        if path[:1] == ["event"] and "event" not in bound:
            return bool(self.failed) and not self.failed.isdisjoint(path[1:2] or self.failed)
        return self.kind(node, bound) is not None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Held:
    """A constant that is held against a name."""

    #: ``state`` or ``event``: what the name is of.
    kind: str
    value: Any
    #: Where it is written.
    node: syntax.Expression


@dataclass(slots=True, kw_only=True)
class Form:
    """What an expression means, as far as names of states go into it."""

    #: Everything but what is held against a name; equal for equal meaning.
    rest: list[Any] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    #: Where a name goes into something else than a comparison with a constant.
    astray: list[syntax.Expression] = field(default_factory=list)
    #: The locals that count with all that they are.
    locals: list[str] = field(default_factory=list)


def form_of(node: syntax.Expression, names: Names, roots: Roots) -> Form:
    """Read an expression. Works without recursion: the tree may be deeper than Python's stack."""
    found = Form()
    todo: list[tuple[syntax.Node, frozenset[str]]] = [(node, _NONE)]
    while todo:
        current, bound = todo.pop()
        current = _open(current)
        below = _compared(found, current, bound, names, roots)
        if below is None:
            below = _named(found, current, bound, names, roots)
        if below is None:
            below = _plain(found, current, bound)
        todo += reversed(below)
    return found


_Below = list[tuple[syntax.Node, frozenset[str]]]


def _compared(
    form: Form, node: syntax.Node, bound: frozenset[str], names: Names, roots: Roots
) -> _Below | None:
    """A comparison of a name with a constant, or of two names; None if it is something else."""
    for what, name, other, rest in _comparisons(node):
        kind = roots.kind(name, bound)
        if kind is None or (kind == "active") is not (what == "active"):
            continue
        form.rest += [what, type(node).__name__, getattr(node, "operator", ""), *_path(name)]
        kind = "state" if kind == "active" else kind
        if roots.kind(other, bound) == kind:
            form.rest += _path(_open(other))
        elif _is_constant(other, bound, names):
            try:
                value = compile_expression(other).evaluate(names.scope())
            except (EvaluationError, KeyError):
                form.astray.append(other)
            else:
                form.held.append(Held(kind=kind, value=value, node=other))
        else:
            form.astray.append(other)
        return [(each, bound) for each in rest]
    return None


def _comparisons(
    node: syntax.Node,
) -> Iterator[tuple[str, syntax.Expression, syntax.Expression, tuple[syntax.Expression, ...]]]:
    """How a node may compare: the way, what may be a name, what it is held against, and what else is in it."""
    if isinstance(node, syntax.Binary) and node.operator in ("==", "!="):
        yield "is", _open(node.left), node.right, ()
        yield "is", _open(node.right), node.left, ()
    elif isinstance(node, syntax.Index):
        yield "member", _open(node.key), node.target, ()
    elif isinstance(node, syntax.Call) and not node.expand:
        if node.name == "contains" and len(node.arguments) == _TWO:
            yield "active", _open(node.arguments[0]), node.arguments[1], ()
            yield "among", _open(node.arguments[1]), node.arguments[0], ()
        elif node.name == "lookup" and len(node.arguments) in (_TWO, _THREE):
            yield "member", _open(node.arguments[1]), node.arguments[0], node.arguments[2:]


def _named(form: Form, node: syntax.Node, bound: frozenset[str], names: Names, roots: Roots) -> _Below | None:
    """A path from a name of the scope; None if it is something else."""
    if not isinstance(node, syntax.Variable | syntax.GetAttribute | syntax.Index):
        return None
    if roots.holds(node, bound):
        form.astray.append(node)
        return []
    path = _path(node)
    if not path or path[0] in bound or path[0] not in ("event", *_CONSTANT):
        return None
    if path[0] == "event":
        form.rest += path
        return []
    if path[0] == "var":
        try:
            value = compile_expression(node).evaluate(names.scope())
        except (EvaluationError, KeyError):
            value = names.variables
        form.rest += ["var", value]
        return []
    if len(path) > _TWO:
        return None
    form.rest += ["local", *path[1:]]
    form.locals += path[1:] or list(names.locals)
    return []


def _plain(form: Form, node: syntax.Node, bound: frozenset[str]) -> _Below:
    """Any other node: what is written in it, and what is below it."""
    below = children(node)
    form.rest += [type(node).__name__, len(below)]
    for each in fields(node):
        value = getattr(node, each.name)
        if not each.name.endswith("span") and not isinstance(value, syntax.Node | tuple):
            form.rest += [type(value).__name__, value]
    if isinstance(node, syntax.ObjectItem):
        form.rest.append(isinstance(node.key, syntax.Parentheses))
    if isinstance(node, syntax.For | syntax.TemplateFor):
        inner = bound | {name for name in (node.key, node.value) if name is not None}
        return [(child, bound if child is node.collection else inner) for child in below]
    return [(child, bound) for child in below]


def _is_constant(node: syntax.Expression, bound: frozenset[str], names: Names) -> bool:
    """Whether an expression depends on nothing but variables, and locals that depend on no more."""
    todo, done = [*references(node)], set[str]()
    while todo:
        reference = todo.pop()
        if reference.root not in _CONSTANT or reference.root in bound:
            return False
        if reference.root == "local":
            wanted = {str(reference.steps[0])} if reference.steps else set(names.locals)
            bound = _NONE  # what is bound around the expression is not known in a local
            for name in wanted - done:
                todo += names.locals[name].references if name in names.locals else ()
            done |= wanted
    return True


def _path(node: syntax.Node) -> list[str]:
    """The names that a node is a path of, the root first; empty if it is none, or one that is computed."""
    found: list[str] = []
    current = node
    while isinstance(current, syntax.GetAttribute | syntax.Index):
        if isinstance(current, syntax.GetAttribute):
            found.append(current.name)
        elif isinstance(current.key, syntax.Literal):
            found.append(str(current.key.value))
        else:
            return []
        current = current.target
    return [*reversed([*found, current.name])] if isinstance(current, syntax.Variable) else []


def _open(node: Any) -> Any:
    """What stands in parentheses, or alone in a text as an interpolation: it is the same as without them."""
    while isinstance(node, syntax.Parentheses) or (isinstance(node, syntax.Template) and node.wrapped):
        node = node.inner if isinstance(node, syntax.Parentheses) else node.parts[0]
    return node
