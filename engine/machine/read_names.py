"""Reads `variable` and `locals` blocks: what ``var`` and ``local`` mean in a file."""

from collections.abc import Mapping
from typing import Any

from engine.diagnostics import Span
from engine.language import syntax
from engine.machine.expression import Expression, Names
from engine.machine.reading import Reader, Roots
from engine.machine.values import NotPlainError, plain

#: Every name that an expression can start with, wherever it stands.
ROOTS: Roots = {
    "event": None,
    "delivery": ("source", "type", "id", "received_at"),
    "entity": ("id", "project"),
    "state": None,
    "previous": None,
    "active": None,
    "fired": None,
    "context": None,
    "var": None,
    "local": None,
    "now": None,
}

#: Levels kept free around a variable's value, for the objects that it will be written in.
_ROOM = 10

#: How many locals deep a local may depend on others.
_DEEPEST = 50


def read_names(reader: Reader, body: syntax.Body, given: Mapping[str, Any]) -> None:
    """Set the reader's names from the blocks of a file; `given` values come before defaults."""
    variables = _variables(reader, body, given)
    reader.names = Names(variables=variables)
    found, places = _locals(reader, body)
    reader.names = Names(variables=variables, locals=found)
    reader.broken = frozenset(places) - found.keys()
    for expression in found.values():
        for reference in expression.references:
            reader.check_declared(reference)
    sound = _without_cycles(reader, found, places)
    reader.names = Names(variables=variables, locals=sound)
    reader.broken = frozenset(places) - sound.keys()


def _variables(reader: Reader, body: syntax.Body, given: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    places: dict[str, Span] = {}
    for block in body.blocks_of("variable"):
        if not reader.check_shape(block):
            continue
        name = block.labels[0].value
        if name in places:
            detail = f"The first one is at {places[name]}: keep one of them."
            reader.report(
                "duplicate_variable", f'Variable "{name}" is declared twice', detail, block.header_span
            )
            continue
        places[name] = block.header_span
        values[name] = _value(reader, block, name, given)
    return values


def _value(reader: Reader, block: syntax.Block, name: str, given: Mapping[str, Any]) -> Any:
    default = block.body.attribute("default")
    fine, value = (True, None) if default is None else reader.constant(default.value, roots={})
    place = block.header_span if default is None else default.value.span
    if name in given:
        value, fine = given[name], True
    elif default is None:
        detail = "Give it a default, or set it in workers.yaml or the environment."
        reader.report("variable_without_value", f'Variable "{name}" has no value', detail, place)
    try:
        return plain(value, _ROOM) if fine else None
    except NotPlainError as problem:
        reader.report("wrong_type", f'Variable "{name}" cannot have this value', f"{problem}.", place)
        return None


def _locals(reader: Reader, body: syntax.Body) -> tuple[dict[str, Expression], dict[str, Span]]:
    found: dict[str, Expression] = {}
    places: dict[str, Span] = {}
    for block in body.blocks_of("locals"):
        reader.check_shape(block)
        for attribute in block.body.attributes:
            first = places.setdefault(attribute.name, attribute.name_span)
            if first is not attribute.name_span:
                detail = f"The first one is at {first}: keep one of them."
                summary = f"local.{attribute.name} is declared twice"
                reader.report("duplicate_local", summary, detail, attribute.name_span)
                continue
            expression = reader.ready(attribute.value, ROOTS)
            if expression is not None:
                found[attribute.name] = expression
    return found, places


def _without_cycles(
    reader: Reader, found: Mapping[str, Expression], places: Mapping[str, Span]
) -> dict[str, Expression]:
    """The locals that can be evaluated; one that needs itself, or stands on too many others, is reported."""
    needs = {name: set(Names(locals=found).direct(expression)) for name, expression in found.items()}
    sound: dict[str, Expression] = {}
    waiting = dict(needs)
    for _ in range(_DEEPEST):
        ready = [name for name, needed in waiting.items() if needed <= sound.keys()]
        if not ready:
            break
        for name in ready:
            sound[name] = found[name]
            del waiting[name]
    for name, needed in waiting.items():
        others = ", ".join(f"local.{other}" for other in sorted(needed & waiting.keys()))
        reader.report(
            "local_cycle",
            f"local.{name} depends on itself, or on more than {_DEEPEST} locals in a row",
            f"It needs {others}: write out one of them.",
            places[name],
        )
    return sound
