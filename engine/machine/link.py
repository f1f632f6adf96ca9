"""Puts the names of modules beside those of the definition that uses them, so that a machine needs only one `Names`.

A module's ``var`` becomes a member of the one ``var``, called after the module, and its ``local.x`` the local of that
name with the module's before it: ``var["module.review"].grace`` and ``local["module.review.late"]``. No author's names
begin so, and what is shown stays as it was written.
"""

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from typing import Any

from engine.frozen import frozen
from engine.language import syntax
from engine.language.expressions import compile_expression
from engine.language.types import Type, object_of
from engine.machine.expression import Expression, Names
from engine.machine.references import references
from engine.machine.sensitive import Place

#: How the names of modules begin.
MODULE = "module."


@frozen
class Link:
    """Where a module's names are found among all of a provisioner."""

    #: What stands before them; empty for the definition's own.
    prefix: str
    #: Its own names, of which there may be more in the whole.
    names: Names

    def local(self, name: str) -> str:
        """What a local is called in the whole."""
        return f"{self.prefix}.{name}" if self.prefix else name


def whole(links: Iterable[Link]) -> Names:
    """The names of a provisioner and its modules together; its own come first."""
    variables: dict[str, Any] = {}
    types: dict[str, Type] = {}
    locals_: dict[str, Expression] = {}
    sensitive: set[Place] = set()
    for link in links:
        sensitive |= {(link.prefix, *place) if link.prefix else place for place in link.names.sensitive}
        variables.update({link.prefix: link.names.variables} if link.prefix else link.names.variables)
        types.update({link.prefix: object_of(link.names.types)} if link.prefix else link.names.types)
        locals_.update({link.local(name): linked(e, link) for name, e in link.names.locals.items()})
    return Names(variables=variables, locals=locals_, types=types, sensitive=frozenset(sensitive))


def linked(expression: Expression, link: Link) -> Expression:
    """The same expression with names of the whole."""
    node = _linked(expression.node, link, frozenset())
    looks = []
    for look in expression.looks:
        seen = _linked(look.node, link, frozenset())
        looks.append(replace(look, node=seen, compiled=compile_expression(seen)))
    return replace(
        expression,
        node=node,
        compiled=compile_expression(node),
        references=tuple(references(node)),
        looks=tuple(looks),
    )


def _linked(node: Any, link: Link, bound: frozenset[str]) -> Any:
    """A node with its names replaced; one call for each level, as a tree may be 200 deep."""
    own = _member(node, link, bound) if isinstance(node, syntax.GetAttribute | syntax.Index) else None
    if own is not None:
        return own
    if isinstance(node, syntax.Variable):
        return node if node.name in bound else _bare(node, link)
    inner = bound
    if isinstance(node, syntax.For | syntax.TemplateFor):
        inner = bound | {name for name in (node.key, node.value) if name is not None}
    changed: dict[str, Any] = {}
    for field in fields(node):
        value = getattr(node, field.name)
        names = bound if field.name == "collection" else inner
        if isinstance(value, syntax.Node):
            changed[field.name] = _linked(value, link, names)
        elif isinstance(value, tuple):
            parts = []
            for part in value:
                parts.append(_linked(part, link, names) if isinstance(part, syntax.Node) else part)  # noqa: PERF401
            changed[field.name] = tuple(parts)
    return replace(node, **changed) if changed else node


def _member(node: Any, link: Link, bound: frozenset[str]) -> syntax.Expression | None:
    """``local.x`` or ``local["x"]`` of the whole; None for anything else, and for what needs no change."""
    if not isinstance(node.target, syntax.Variable) or node.target.name in bound:
        return None
    name = _name_in(node)
    if node.target.name == "local" and name is not None:
        return syntax.GetAttribute(span=node.span, target=node.target, name=link.local(name))
    if node.target.name == "var" and name is not None and not link.prefix:
        return syntax.GetAttribute(span=node.span, target=node.target, name=name)
    return None


def _name_in(node: Any) -> str | None:
    if isinstance(node, syntax.GetAttribute):
        return node.name
    key = node.key
    return key.value if isinstance(key, syntax.Literal) and isinstance(key.value, str) else None


def _bare(node: syntax.Variable, link: Link) -> syntax.Expression:
    """``var`` or ``local`` as a whole: in a provisioner with modules there are more names than the author's."""
    if node.name == "var" and link.prefix:
        return syntax.GetAttribute(span=node.span, target=node, name=link.prefix)
    members: Mapping[str, Any] = {"var": link.names.variables, "local": link.names.locals}.get(node.name, {})
    if node.name not in ("var", "local"):
        return node
    items = tuple(
        syntax.ObjectItem(
            span=node.span,
            key=syntax.Literal(span=node.span, value=name),
            value=syntax.GetAttribute(
                span=node.span, target=node, name=link.local(name) if node.name == "local" else name
            ),
        )
        for name in members
    )
    return syntax.Object(span=node.span, items=items)
