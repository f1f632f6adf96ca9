"""Ways into a value: root names, attributes and indexes."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NoReturn

from engine.language import syntax
from engine.language.failure import FailureError, Run, wording
from engine.language.meter import Meter
from engine.language.suggest import did_you_mean
from engine.language.values import UnfitError, kind, number, show, text


def path(node: syntax.Expression, root: str, names: list[str]) -> Run:
    """``root.name.name`` in one closure; what goes wrong is found out by walking again."""
    if not names:

        def run_root(scope: Mapping[str, Any], _meter: Meter) -> Any:
            try:
                return scope[root]
            except KeyError:
                return _no_root(node, root, scope)

        return run_root

    def run(scope: Mapping[str, Any], _meter: Meter) -> Any:
        try:
            value = scope[root]
            for name in names:
                value = value[name]
        except (KeyError, TypeError, IndexError):
            return _walk(node, root, scope)
        return value

    return run


def _walk(node: syntax.Expression, root: str, scope: Mapping[str, Any]) -> Any:
    steps: list[syntax.GetAttribute] = []
    while isinstance(node, syntax.GetAttribute):
        steps.append(node)
        node = node.target
    value = scope[root] if root in scope else _no_root(node, root, scope)
    for step in reversed(steps):
        value = attribute_of(value, step)
    return value


def _no_root(node: syntax.Expression, root: str, scope: Mapping[str, Any]) -> NoReturn:
    names = [name for name in scope if name != "*"]
    raise FailureError(
        node,
        "unknown_name",
        f'There is no "{root}" here',
        did_you_mean(root, names) or f"There are {', '.join(sorted(names))}.",
    )


def get_attribute(node: syntax.GetAttribute, target: Run) -> Run:
    """``target.name`` of anything that is no plain path."""
    return lambda scope, meter: attribute_of(target(scope, meter), node)


def attribute_of(value: Any, node: syntax.GetAttribute) -> Any:
    """One attribute of an object."""
    if isinstance(value, Mapping):
        try:
            return value[node.name]
        except KeyError:
            raise FailureError(
                node,
                "attribute_missing",
                lambda: f'{wording(node.target)} has no attribute "{node.name}"',
                lambda: _other_attributes(value, node.name),
            ) from None
    if isinstance(value, (list, tuple)):
        advice = f"Take one element, {wording(node.target)}[0].{node.name}, or all: {wording(node.target)}[*].{node.name}."
    elif value is None:
        advice = f"Guard it, {wording(node.target)} != null && …, or use try."
    else:
        advice = "Only objects have attributes."
    raise FailureError(
        node,
        "no_attributes",
        f'{wording(node.target)} is {kind(value)} and has no attribute "{node.name}"',
        advice,
    )


def _other_attributes(value: Mapping[str, Any], missing: str) -> str:
    """What an object without that attribute has instead."""
    names = [str(name) for name in value]
    listed = ", ".join(sorted(names)[:8]) + (", …" if len(names) > 8 else "")  # noqa: PLR2004
    return did_you_mean(missing, names) or (f"It has {listed}." if names else "It is an empty object.")


def index(node: syntax.Index, target: Run, key: Run) -> Run:
    """``target[key]``."""

    def run(scope: Mapping[str, Any], meter: Meter) -> Any:
        return _element(node, target(scope, meter), key(scope, meter))

    return run


def _element(node: syntax.Index, value: Any, key: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return _nth(node, value, key)
    if isinstance(value, Mapping):
        try:
            name = text(key)
        except UnfitError as error:
            raise FailureError(
                node.key, "index_unfit", f"The key {error.message}", "Attributes of an object have names."
            ) from None
        try:
            return value[name]
        except KeyError:
            raise FailureError(
                node,
                "attribute_missing",
                lambda: f"{wording(node.target)} has no attribute {show(name)}",
                lambda: did_you_mean(name, [str(known) for known in value]) or "Use lookup for a default.",
            ) from None
    raise FailureError(
        node,
        "not_indexable",
        f"{wording(node.target)} is {kind(value)} and has no elements",
        "Only lists and objects have.",
    )


def _nth(node: syntax.Index, value: Any, key: Any) -> Any:
    try:
        position = number(key)
    except UnfitError as error:
        raise FailureError(
            node.key, "index_unfit", f"The index of a list {error.message}", "Elements are counted from 0."
        ) from None
    if isinstance(position, Decimal) or not 0 <= position < len(value):
        having = (
            f"it has {len(value)} element{'s' if len(value) != 1 else ''}, counted from 0"
            if value
            else "it is empty"
        )
        raise FailureError(
            node,
            "index_out_of_range",
            f"{wording(node.target)} has no element {show(key)}",
            f"{having.capitalize()}.",
        )
    return value[position]
