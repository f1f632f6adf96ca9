"""Reads `locals` blocks: with the variables, what ``var`` and ``local`` mean in a module."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from engine.diagnostics import Span
from engine.language import syntax
from engine.machine.expression import Expression, Names
from engine.machine.read_variables import Declared
from engine.machine.reading import FIRST, Reader, Roots
from engine.machine.scope_types import variable_type
from engine.machine.sensitive import Sensitive

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

#: How many locals deep a local may depend on others.
_DEEPEST = 50


def read_names(
    reader: Reader,
    body: syntax.Body,
    declared: Mapping[str, Declared],
    values: Mapping[str, Any],
    secret: Collection[str] = (),
) -> None:
    """Set the reader's names from the blocks of a module, whose variables have these values.

    Of the variables those in `secret` are sensitive, whatever they say of themselves.
    """
    reader.hidden = frozenset(n for n, variable in declared.items() if variable.sensitive or n in secret)
    reader.names = Names(variables=values)
    found, places = _locals(reader, body)
    reader.names = Names(variables=values, locals=found)
    reader.broken = frozenset(places) - found.keys()
    sound = _without_cycles(reader, _declared(reader, found), places)
    types = {
        name: variable_type(v.type, nullable=not v.required and v.default is None)
        for name, v in declared.items()
    }
    hidden = frozenset((name,) for name in reader.hidden)
    reader.names = Names(variables=values, locals=sound, types=types, sensitive=hidden)
    reader.names = replace(reader.names, hidden=Sensitive(reader.names))
    reader.broken = frozenset(places) - sound.keys()
    given = {a.name: a.value for block in body.blocks_of("locals") for a in reversed(block.body.attributes)}
    reader.check_locals([given[name] for name in places if name in reader.broken])


def _declared(reader: Reader, found: Mapping[str, Expression]) -> dict[str, Expression]:
    """The locals that need only what is declared, directly or not; a name that is not was reported."""
    known = {
        name: expression
        for name, expression in found.items()
        if not [r for r in expression.references if not reader.check_declared(r)]
    }
    names = Names(locals=found)
    wanted_by: dict[str, list[str]] = {}
    for name, expression in known.items():
        for needed in names.direct(expression):
            wanted_by.setdefault(needed, []).append(name)
    lost = [name for name in found if name not in known]
    while lost:
        lost += [name for name in wanted_by.get(lost.pop(), ()) if known.pop(name, None) is not None]
    return known


def _locals(reader: Reader, body: syntax.Body) -> tuple[dict[str, Expression], dict[str, Span]]:
    found: dict[str, Expression] = {}
    places: dict[str, Span] = {}
    for block in body.blocks_of("locals"):
        reader.check_shape(block)
        for attribute in block.body.attributes:
            place = attribute.name_span
            first = places.setdefault(attribute.name, place)
            if first is not place:
                detail = f"The first one is at {first}: keep one of them."
                summary = f"local.{attribute.name} is declared twice"
                reader.report("duplicate_local", summary, detail, place, related=[(first, FIRST)])
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
