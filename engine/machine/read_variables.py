"""Reads `variable` blocks: what a module takes, and which values it gets."""

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from engine.config.conceal import speaks_of_secret
from engine.diagnostics import Span
from engine.frozen import frozen
from engine.language import syntax
from engine.machine.given import Given, Values, given
from engine.machine.link import MODULE
from engine.machine.reading import FIRST, Reader
from engine.machine.reporting import settled
from engine.machine.shapes import SHAPES
from engine.machine.value_types import (
    ANY,
    Type,
    UnfitValueError,
    check_type,
    filled,
    read_as,
    read_type,
    shown_type,
)
from engine.machine.values import NotPlainError, plain

#: Levels kept free around a variable's value, for the objects that it will be written in.
_ROOM = 10


@frozen
class Declared:
    """One variable."""

    name: str
    #: What it takes: as `type` says, or else what its default is.
    type: Type
    #: There is no default: somebody has to give the value.
    required: bool
    default: Any = field(default=None, repr=False)
    #: Its own words about what it is for; empty without.
    description: str = ""
    #: Its value is not to be shown.
    sensitive: bool = False
    #: The header of its block.
    span: Span
    #: Where its default stands, or its header.
    default_span: Span
    #: It has a default that could not be read: why was reported.
    unread: bool = False


def read_variables(reader: Reader, body: syntax.Body) -> dict[str, Declared]:
    """The variables that a file or folder declares, by name."""
    found: dict[str, Declared] = {}
    for block in body.blocks_of("variable"):
        if not reader.check_shape(block):
            continue
        name = block.labels[0].value
        if name.startswith(MODULE):
            detail = f"Choose a name that does not begin with {MODULE}"
            reader.report("bad_name", f'"{name}" cannot name a variable', detail, block.labels[0].span)
        elif name in found:
            detail = f"The first one is at {found[name].span}: keep one of them."
            summary = f'Variable "{name}" is declared twice'
            reader.report(
                "duplicate_variable", summary, detail, block.header_span, related=[(found[name].span, FIRST)]
            )
        else:
            found[name] = _declared(reader, block, name)
    return found


def _declared(reader: Reader, block: syntax.Block, name: str) -> Declared:
    written = block.body.attribute("type")
    wanted = None if written is None else read_type(reader, written.value)
    default = block.body.attribute("default")
    sensitive = _flag(reader, block) or speaks_of_secret(name)
    # The line where a secret stands is not shown.
    place = block.header_span if default is None or sensitive else default.value.span
    if default is not None and sensitive:
        reader.veiled.append(settled(default.value.span))
    fine, value = (True, None) if default is None else reader.constant(default.value, roots={})
    try:
        value = plain(value, _ROOM) if fine else None
        if written is None and fine:
            wanted = shown_type(value)
        elif fine and value is not None and wanted is not None:
            check_type(wanted, value)
            value = filled(wanted, value)
    except NotPlainError as problem:
        reader.report("wrong_type", f'Variable "{name}" cannot have this value', f"{problem}.", place)
    except UnfitValueError as problem:
        summary = f'The default of variable "{name}" is not of its type'
        detail = f"It takes {(wanted or ANY).told}." if sensitive else f"{_sentence(problem)}."
        reader.report("wrong_type", summary, detail, place)
    misnamed = default is None and _misnames_default(reader, block)
    return Declared(
        name=name,
        type=wanted or ANY,
        required=default is None and not misnamed,
        default=value,
        description=_description(reader, block),
        sensitive=sensitive,
        span=settled(block.header_span),
        default_span=settled(place),
        unread=not fine or misnamed,
    )


def _misnames_default(reader: Reader, block: syntax.Block) -> bool:
    """Whether a variable has a default under a wrong name, which was reported."""
    names = [a.name for a in block.body.attributes if a.name not in SHAPES["variable"].attributes()]
    return any(reader.suggest(name, ["default"]) for name in names)


def _description(reader: Reader, block: syntax.Block) -> str:
    attribute = block.body.attribute("description")
    return "" if attribute is None else reader.constant_text(attribute) or ""


def _flag(reader: Reader, block: syntax.Block) -> bool:
    attribute = block.body.attribute("sensitive")
    if attribute is None:
        return False
    fine, value = reader.constant(attribute.value, roots={})
    if fine and not isinstance(value, bool):
        detail = "Write sensitive = true."
        reader.report("wrong_type", '"sensitive" is neither true nor false', detail, attribute.value.span)
    return value is True


def seems_sensitive(block: syntax.Block, name: str) -> bool:
    """Whether a variable's value is not to be shown, as far as its block says so without being read."""
    said = block.body.attribute("sensitive")
    return speaks_of_secret(name) or getattr(None if said is None else said.value, "value", False) is True


def value_of(variable: Declared, value: Any, *, written: bool = False) -> Any:
    """A value for a variable, as it will be recorded; raises `UnfitValueError` if it is not of its type.

    With `written` it is a text that is read as the type says. Null is taken where it is the default, too.
    """
    if written and isinstance(value, str):
        value = read_as(variable.type, value)
    try:
        value = plain(value, _ROOM)
    except NotPlainError as problem:
        raise UnfitValueError(str(problem)) from None
    if value is None and not variable.required and variable.default is None:
        return None
    check_type(variable.type, value)
    return filled(variable.type, value)


def values_of(reader: Reader, declared: Mapping[str, Declared], values: Values) -> dict[str, Any]:
    """The value of every variable of a definition, from outside or its default; what is wrong is reported."""
    found: dict[str, Any] = {}
    unvalued: set[str] = set()
    for name, variable in declared.items():
        value = given(values, name)
        found[name] = variable.default
        if value is not None:
            try:
                found[name] = value_of(variable, value.value, written=value.written)
            except UnfitValueError as problem:
                unvalued.add(name)
                _report_unfit(reader, variable, value, problem)
        elif variable.unread:
            unvalued.add(name)
        elif variable.required:
            unvalued.add(name)
            reader.report(
                "variable_without_value",
                f'Variable "{name}" has no value',
                f"{_purpose(variable)}There are three ways to give it one: default = … here, "
                f"`variables: {{{name}: …}}` for its worker in workers.yaml, "
                f"or INTERLOCK_VAR_{name} in the environment.",
                variable.span,
            )
    reader.unvalued = frozenset(unvalued)
    return found


def _purpose(variable: Declared) -> str:
    return f"{variable.description.rstrip('.')}. " if variable.description else ""


def _report_unfit(reader: Reader, variable: Declared, value: Given, problem: UnfitValueError) -> None:
    # The line where a secret stands is not shown.
    place = variable.span if variable.sensitive or value.span is None else value.span
    reader.report(
        "wrong_type",
        f'{value.origin} gives variable "{variable.name}" a wrong value{"" if variable.sensitive else f": {problem}"}',
        f"It takes {variable.type.told}, as {variable.span} says.",
        place,
    )


def _sentence(problem: Exception) -> str:
    text = str(problem)
    return text[:1].upper() + text[1:]
