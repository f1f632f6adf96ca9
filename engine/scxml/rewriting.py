"""Rewrites trees of ECMAScript expressions: variables become their values, and what is decided already goes away."""

from collections.abc import Mapping
from dataclasses import replace

from engine.scxml.ecmascript import (
    Array,
    Binary,
    Call,
    Conditional,
    Literal,
    Member,
    Name,
    Node,
    Object,
    Unary,
)

NEVER = Literal(value=False)
ALWAYS = Literal(value=True)

#: Parts of one expression, and how deep they stand in each other: more than a person would write.
_LARGEST = 600
_DEEPEST = 60


def with_values(node: Node, values: Mapping[str, Node]) -> Node:  # noqa: PLR0911 - one line a kind
    """The expression with variables replaced by their values."""
    match node:
        case Name(name):
            return values.get(name, node)
        case Member(target, key):
            return Member(with_values(target, values), with_values(key, values))
        case Call(function, arguments):
            return Call(function, tuple(with_values(a, values) for a in arguments))
        case Unary():
            return replace(node, operand=with_values(node.operand, values))
        case Binary():
            return replace(node, left=with_values(node.left, values), right=with_values(node.right, values))
        case Conditional(condition, then, otherwise):
            return Conditional(*(with_values(part, values) for part in (condition, then, otherwise)))
        case Array(items):
            return Array(tuple(with_values(item, values) for item in items))
        case Object(items):
            return Object(tuple((key, with_values(item, values)) for key, item in items))
    return node


def parts_of(node: Node) -> tuple[Node, ...]:
    """The expressions right inside an expression."""
    match node:
        case Member(one, two) | Binary(_, one, two):
            return one, two
        case Call(function, arguments):
            return function, *arguments
        case Unary(_, operand):
            return (operand,)
        case Conditional(condition, then, otherwise):
            return condition, then, otherwise
        case Array(items):
            return items
        case Object(items):
            return tuple(item for _, item in items)
    return ()


def names_in(node: Node) -> set[str]:
    """The variables that an expression reads."""
    own = {node.name} if isinstance(node, Name) else set()
    return own.union(*map(names_in, parts_of(node)))


def folded(node: Node) -> Node:
    """The expression without what is decided already."""
    match node:
        case Unary("!", Literal(bool(value))):
            return Literal(not value)
        case Binary("&&", Literal(bool(value)), right):
            return folded(right) if value else NEVER
        case Binary("||", Literal(bool(value)), right):
            return ALWAYS if value else folded(right)
        case Conditional(Literal(bool(value)), then, otherwise):
            return folded(then if value else otherwise)
    return node


def is_large(node: Node) -> bool:
    """Whether an expression is larger than any that a person would write."""
    todo: list[tuple[Node, int]] = [(node, 0)]
    for _ in range(_LARGEST):
        if not todo:
            return False
        part, depth = todo.pop()
        if depth > _DEEPEST:
            return True
        todo += [(inner, depth + 1) for inner in parts_of(part)]
    return True
