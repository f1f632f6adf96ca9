"""Everything that visits the elements of a collection."""

from collections.abc import Iterator, Mapping
from typing import Any

from engine.language import syntax
from engine.language.failure import FailureError, Run
from engine.language.meter import Meter
from engine.language.values import UnfitError, kind, text, truth


def for_closure(
    node: syntax.For, collection: Run, key: Run | None, result: Run, condition: Run | None
) -> Run:
    """``[for …]``, or ``{for …}`` where there is a key."""

    def scopes(scope: Mapping[str, Any], meter: Meter) -> Iterator[dict[str, Any]]:
        every = _scopes(node, collection, scope, meter)
        return (
            every
            if condition is None
            else (inner for inner in every if _holds(node, condition(inner, meter)))
        )

    if key is None:
        return lambda scope, meter: [result(inner, meter) for inner in scopes(scope, meter)]

    def run(scope: Mapping[str, Any], meter: Meter) -> Any:
        made: dict[str, Any] = {}
        for inner in scopes(scope, meter):
            name = _key(node, key(inner, meter))
            if node.grouped:
                made.setdefault(name, []).append(result(inner, meter))
            elif name in made:
                raise FailureError(
                    node.result_key or node,
                    "key_twice",
                    f'Two elements have the key "{name[:40]}"',
                    'Write "..." after the value to collect them in a list.',
                )
            else:
                made[name] = result(inner, meter)
        return made

    return run


def _holds(node: syntax.For, held: Any) -> bool:
    chosen = truth(held)
    if chosen is not None:
        return chosen
    raise FailureError(
        node.condition or node,
        "not_a_bool",
        f"The condition of a for must be true or false, not {kind(held)}",
    )


def template_for_closure(node: syntax.TemplateFor, collection: Run, body: Run) -> Run:
    """``%{ for … }``: the body's text once for each element."""

    def run(scope: Mapping[str, Any], meter: Meter) -> Any:
        return "".join([body(inner, meter) for inner in _scopes(node, collection, scope, meter)])

    return run


def splat_closure(target: Run, each: Run) -> Run:
    """``target[*]…``: null has no elements, and what is no list is one element."""

    def run(scope: Mapping[str, Any], meter: Meter) -> Any:
        value = target(scope, meter)
        if value is None:
            return []
        inner = dict(scope)
        made = []
        for element in value if isinstance(value, (list, tuple)) else (value,):
            meter.step()
            inner["*"] = element
            made.append(each(inner, meter))
        return made

    return run


def _scopes(
    node: syntax.For | syntax.TemplateFor, collection: Run, scope: Mapping[str, Any], meter: Meter
) -> Iterator[dict[str, Any]]:
    """The scope of each element in turn: one dictionary, overwritten, because nothing keeps it."""
    values = collection(scope, meter)
    if isinstance(values, (list, tuple)):
        pairs: Iterator[tuple[Any, Any]] = enumerate(values)
    elif isinstance(values, Mapping):
        pairs = ((name, values[name]) for name in sorted(values))
    else:
        raise FailureError(
            node.collection,
            "not_a_collection",
            f"A for goes over a list or an object, not {kind(values)}",
            "Put it in brackets for a list of one.",
        )
    inner = dict(scope)
    for name, value in pairs:
        meter.step()
        if node.key is not None:
            inner[node.key] = name
        inner[node.value] = value
        yield inner


def _key(node: syntax.For, value: Any) -> str:
    try:
        return text(value)
    except UnfitError as error:
        raise FailureError(
            node.result_key or node,
            "key_not_text",
            f"This key {error.message}",
            "The keys of an object are text.",
        ) from None
