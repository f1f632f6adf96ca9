"""The types of HCL's information model, as far as the conformance suite writes them, and conversions to them."""

import json
from collections.abc import Mapping
from typing import Any

from engine.language import syntax
from engine.language.binary import BinaryFraction
from engine.language.printing import printed
from engine.language.values import number

#: A primitive's name, ``["map", element]``, ``["object", {name: type}]`` and so on: what the reference writes.
Type = Any

_PRIMITIVES = {"string": "string", "number": "number", "bool": "bool", "any": "dynamic"}


class UnfitTypeError(Exception):
    """A value cannot be converted."""


def read_type(node: syntax.Expression) -> Type:
    """The type that an expression writes: ``map(string)``."""
    match node:
        case syntax.Variable(name=name) if name in _PRIMITIVES:
            return _PRIMITIVES[name]
        case syntax.Call(name="list" | "set" | "map" as kind, arguments=(element,)):
            return [kind, read_type(element)]
        case syntax.Call(name="tuple", arguments=(syntax.Tuple(items=items),)):
            return ["tuple", [read_type(item) for item in items]]
        case syntax.Call(name="object", arguments=(syntax.Object(items=items),)):
            return [
                "object",
                {i.key.value: read_type(i.value) for i in items if isinstance(i.key, syntax.Literal)},
            ]
    raise ValueError(node)


def type_of(value: Any) -> Type:
    """The type of an evaluated value."""
    match value:
        case None:
            return "dynamic"
        case bool():
            return "bool"
        case int() | BinaryFraction():
            return "number"
        case str():
            return "string"
        case Mapping():
            return ["object", {name: type_of(inner) for name, inner in value.items()}]
    return ["tuple", [type_of(inner) for inner in value]]


def convert(value: Any, wanted: Type) -> tuple[Any, Type]:
    """The value as that type, and its final type, in which nothing is dynamic but null."""
    if wanted == "dynamic":
        return value, type_of(value)
    if value is None:
        return None, wanted
    if isinstance(wanted, str):
        return _primitive(value, wanted), wanted
    kind, inner = wanted
    if kind == "map" and isinstance(value, Mapping):
        made = {name: convert(item, inner) for name, item in value.items()}
        return {name: item for name, (item, _) in made.items()}, [
            kind,
            _common([t for _, t in made.values()], inner),
        ]
    if kind in ("list", "set") and isinstance(value, list):
        items = [convert(item, inner) for item in value]
        return [item for item, _ in items], [kind, _common([t for _, t in items], inner)]
    if kind == "tuple" and isinstance(value, list) and len(value) == len(inner):
        items = [convert(item, t) for item, t in zip(value, inner, strict=True)]
        return [item for item, _ in items], [kind, [t for _, t in items]]
    if kind == "object" and isinstance(value, Mapping) and set(inner) <= set(value):
        made = {name: convert(value[name], t) for name, t in inner.items()}
        return {name: item for name, (item, _) in made.items()}, [
            kind,
            {name: t for name, (_, t) in made.items()},
        ]
    raise UnfitTypeError(f"{type_of(value)} is no {wanted}")


def _common(found: list[Type], otherwise: Type) -> Type:
    return found[0] if found and all(t == found[0] for t in found) else otherwise


def _primitive(value: Any, wanted: str) -> Any:
    have = type_of(value)
    if have == wanted:
        return value
    if wanted == "string" and have in ("number", "bool"):
        return write(value)
    if wanted == "number" and have == "string":
        return number(value)
    if wanted == "bool" and value in ("true", "false"):
        return value == "true"
    raise UnfitTypeError(f"{have} is no {wanted}")


def write(value: Any) -> str:
    """A value as JSON, its numbers as the reference prints them."""
    match value:
        case bool() | None | str():
            return json.dumps(value, ensure_ascii=False)
        case int() | BinaryFraction():
            return printed(value)
        case Mapping():
            return (
                "{"
                + ",".join(f"{json.dumps(k, ensure_ascii=False)}:{write(value[k])}" for k in sorted(value))
                + "}"
            )
    return "[" + ",".join(map(write, value)) + "]"
