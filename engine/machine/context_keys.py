"""What expressions ask of the context that nothing ever sets."""

from collections.abc import Collection, Iterable, Iterator

from engine.diagnostics import Diagnostic, Severity
from engine.frozen import frozen
from engine.language import syntax
from engine.language.depth import children
from engine.language.suggest import did_you_mean
from engine.machine.reporting import settled

_CONTEXT = "context"
#: Functions that deal with what is not there.
_PROBES = frozenset(("try", "can"))
_LOOKUP = "lookup"
_MOST_LISTED = 10


@frozen
class Asked:
    """A member of the context that an expression names."""

    name: str
    node: syntax.Expression
    #: It may be missing: something deals with that.
    probed: bool


def asked_in(node: syntax.Expression) -> Iterator[Asked]:
    """Every member of the context that an expression names, in the order of the text; a computed name is none."""
    todo: list[tuple[syntax.Node, bool, bool]] = [(node, False, False)]
    while todo:
        at, probed, bound = todo.pop()
        name, place = (None, at) if bound else _member(at)
        if name is not None and isinstance(place, syntax.Expression):
            yield Asked(name=name, node=place, probed=probed or isinstance(at, syntax.Call))
        inner = probed or (isinstance(at, syntax.Call) and at.name in _PROBES)
        binds = bound or (isinstance(at, syntax.For | syntax.TemplateFor) and _CONTEXT in (at.key, at.value))
        todo.extend((child, inner, binds) for child in reversed(children(at)))


def _member(node: syntax.Node) -> tuple[str | None, syntax.Node]:
    """The member of the context that a node names, and where."""
    if isinstance(node, syntax.GetAttribute) and _is_context(node.target):
        return node.name, node
    key: syntax.Node | None = None
    place: syntax.Node = node
    if isinstance(node, syntax.Index) and _is_context(node.target):
        key = node.key
    elif isinstance(node, syntax.Call) and node.name == _LOOKUP and len(node.arguments) > 1:
        key = place = node.arguments[1]
        key = key if _is_context(node.arguments[0]) else None
    written = key.value if isinstance(key, syntax.Literal) else None
    return (written if isinstance(written, str) else None), place


def _is_context(node: syntax.Node) -> bool:
    return isinstance(node, syntax.Variable) and node.name == _CONTEXT


def unset_keys(expression: syntax.Expression, known: Collection[str]) -> Iterator[Diagnostic]:
    """What an expression asks of the context that is not among what is `known` to be set.

    What is asked with care, somewhere in the expression, is told only if it looks like something known.
    """
    asked = list(asked_in(expression))
    careful = {one.name for one in asked if one.probed}
    for one in asked:
        if one.name in known:
            continue
        near = did_you_mean(one.name, known)
        if near or one.name not in careful:
            yield Diagnostic(
                code="context_never_set",
                summary=f"Nothing sets context.{one.name}",
                detail=near
                or f"{_listed(known)} Set it, or give it a default: try(context.{one.name}, null).",
                subject=settled(one.node.span),
                context=settled(expression.span) if one.node is not expression else None,
                severity=Severity.WARNING,
            )


def _listed(known: Iterable[str]) -> str:
    names = sorted(known)
    more = f" and {len(names) - _MOST_LISTED} more" if len(names) > _MOST_LISTED else ""
    return f"What is set is {', '.join(names[:_MOST_LISTED])}{more}." if names else "Nothing at all is set."
