"""Values worth a try for the paths in an expression that cannot be taken apart."""

from collections.abc import Iterable
from typing import Any

from engine.language import syntax
from engine.language.depth import children
from engine.machine.use import is_same

_MOST = 24


def samples_for(node: syntax.Expression) -> list[Any]:
    """Values worth a try for the paths in an opaque expression, made of the constants and names in it."""
    found: list[Any] = []
    for value, attributes in _hints(node):
        if isinstance(value, str):
            found += [value, f"{value}x", f"x{value}", [value], *({a: value} for a in attributes)]
            found += [[{a: value}] for a in attributes]
        elif isinstance(value, int) and not isinstance(value, bool):
            found += [
                value,
                value + 1,
                value - 1,
                ["x"] * min(max(value + 1, 0), 8),
                "x" * min(max(value + 1, 0), 8),
            ]
    generic: list[Any] = ["x", True, False, 1, "", [], {}, None]
    unique: list[Any] = []
    for value in (*found, *generic):
        if not any(is_same(value, known) for known in unique):
            unique.append(value)
    return unique[:_MOST]


def _hints(node: syntax.Expression) -> Iterable[tuple[Any, tuple[str, ...]]]:
    literals: list[Any] = []
    attributes: list[str] = []
    todo: list[syntax.Node] = [node]
    while todo:
        part = todo.pop()
        if isinstance(part, syntax.Literal):
            literals.append(part.value)
        if isinstance(part, syntax.Splat):
            todo.append(part.each)
        if isinstance(part, syntax.GetAttribute):
            attributes.append(part.name)
        todo += reversed(children(part))
    named = tuple(dict.fromkeys(attributes))[:3]
    return [(value, named) for value in literals]
