"""Types of variables: what `type` says, or the default shows; and whether a value is of a type. Nothing is converted.

Only a text that comes from where there are no other values (the environment, a flag) is read as the type says.
"""

from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from itertools import islice
from typing import Any

from engine.errors import EvaluationError
from engine.frozen import frozen
from engine.language import parse, syntax
from engine.language.binary import BinaryFraction
from engine.language.expressions import check_names, compile_expression
from engine.language.values import kind, parse_number
from engine.machine.reading import Reader
from engine.machine.values import NotPlainError, plain

#: What stands for itself.
SIMPLE = ("string", "number", "bool", "any")
#: What is made of another type.
_MADE = ("list", "map")
#: How they are written.
_SHOWN = {"list": "list(TYPE)", "map": "map(TYPE)", "object": "object({ NAME = TYPE })"}
#: What other languages call a type, and what it is called here.
_HABITS = {
    **dict.fromkeys(("text", "str", "char", "varchar", "uuid"), "string"),
    **dict.fromkeys(("int", "integer", "float", "double", "decimal", "long", "num"), "number"),
    **dict.fromkeys(("boolean", "flag"), "bool"),
    **dict.fromkeys(("array", "tuple", "set", "sequence"), "list"),
    **dict.fromkeys(("dict", "hash", "mapping", "hashmap"), "map"),
    **dict.fromkeys(("struct", "record"), "object"),
    **dict.fromkeys(("dynamic", "unknown", "mixed"), "any"),
}
#: Faults of one value.
_MOST_TOLD = 8
_KNOWN = "string, number, bool, any, list(TYPE), map(TYPE) and object({ name = TYPE, other = optional(TYPE, DEFAULT) })"


@frozen
class Type:
    """What values a variable takes."""

    #: ``string``, ``number``, ``bool``, ``any``, ``list``, ``map`` or ``object``.
    name: str
    #: Of the elements of a list or a map.
    inner: "Type | None" = None
    #: Of the members of an object.
    members: Mapping[str, "Type"] = field(default_factory=dict)
    #: A member that may be left out: then it is `default`.
    optional: bool = False
    default: Any = None

    def __str__(self) -> str:
        """Write it as in a definition."""
        if self.name == "object":
            text = f"object({{ {', '.join(f'{name} = {inner}' for name, inner in self.members.items())} }})"
        else:
            text = self.name if self.inner is None else f"{self.name}({self.inner})"
        return f"optional({text})" if self.optional else text

    @property
    def told(self) -> str:
        """What values are of it, in words."""
        return "any value" if self.name == "any" else f"a value of type {self}"


ANY = Type(name="any")


class UnfitValueError(ValueError):
    """A value is not of a type; the message says where in it, what is there and what should be, and no value."""


def read_type(reader: Reader, node: syntax.Expression) -> Type | None:
    """The type that an expression names; None if it was reported to be none."""
    if isinstance(node, syntax.Unread):
        return None
    if isinstance(node, syntax.Variable) and node.name in SIMPLE:
        return Type(name=node.name)
    if isinstance(node, syntax.Call) and len(node.arguments) == 1 and not node.expand:
        [argument] = node.arguments
        if node.name in _MADE:
            inner = read_type(reader, argument)
            return None if inner is None else Type(name=node.name, inner=inner)
        if node.name == "object" and isinstance(argument, syntax.Object):
            return _object(reader, argument)
    _report_unknown(reader, node)
    return None


def _report_unknown(reader: Reader, node: syntax.Expression) -> None:
    written = reader.text(node.span)
    name = str(getattr(node, "name", getattr(node, "value", "")))
    meant = _HABITS.get(name.lower(), name)
    shown = _SHOWN.get(meant, meant)
    if isinstance(node, syntax.Literal) and meant in (*SIMPLE, *_SHOWN):
        detail = f"Write it without quotes: type = {shown}."
    elif isinstance(node, syntax.Variable) and meant in _SHOWN:
        detail = f"Say of what: {shown}."
    elif meant != name:
        detail = f'Did you mean "{shown}"?'
    else:
        detail = reader.suggest(name, [*SIMPLE, *_MADE, "object"]) or f"The types are {_KNOWN}."
    reader.report("unknown_type", f"{written} is not a type", detail, node.span)


def _object(reader: Reader, node: syntax.Object) -> Type | None:
    members: dict[str, Type] = {}
    for item in node.items:
        member = _member(reader, item.value)
        if member is None:
            return None
        if not isinstance(item.key, syntax.Literal):
            reader.report("unknown_type", "A member of a type has a name", "Write a name.", item.key.span)
            return None
        members[str(item.key.value)] = member
    return Type(name="object", members=members)


def _member(reader: Reader, node: syntax.Expression) -> Type | None:
    """The type of a member: ``TYPE``, ``optional(TYPE)`` or ``optional(TYPE, DEFAULT)``."""
    if not (isinstance(node, syntax.Call) and node.name == "optional" and len(node.arguments) in (1, 2)):
        return read_type(reader, node)
    inner = read_type(reader, node.arguments[0])
    fine, default = True, None
    if len(node.arguments) > 1:
        fine, default = reader.constant(node.arguments[1], roots={})
    if inner is None or not fine:
        return None
    try:
        default = plain(default)
        if default is not None:
            check_type(inner, default)
    except (UnfitValueError, NotPlainError) as problem:
        summary = f"The default of a member is not of its type: {problem}"
        reader.report("wrong_type", summary, f"Write {_article(inner)}.", node.arguments[1].span)
        return None
    return replace(inner, optional=True, default=filled(inner, default))


def shown_type(value: Any) -> Type:
    """The type that a default shows: its kind, with whatever it contains; null shows nothing."""
    if isinstance(value, bool):
        return Type(name="bool")
    if isinstance(value, str):
        return Type(name="string")
    if isinstance(value, int | float | BinaryFraction):
        return Type(name="number")
    if isinstance(value, Mapping):
        return Type(name="map", inner=ANY)
    return Type(name="list", inner=ANY) if isinstance(value, list | tuple) else ANY


def check_type(wanted: Type, value: Any) -> None:
    """Raise `UnfitValueError`, which tells every fault up to a few, unless the value is of the type."""
    found = list(islice(_faults(wanted, value, "it"), _MOST_TOLD + 1))
    if found:
        more = [] if len(found) <= _MOST_TOLD else ["and so on"]
        raise UnfitValueError("; ".join(found[:_MOST_TOLD] + more))


def _faults(wanted: Type, value: Any, path: str) -> Iterator[str]:
    """What of a value is not of its type, in words."""
    if wanted.name == "any" or (value is None and wanted.optional):
        return
    if shown_type(value).name != ("map" if wanted.name == "object" else wanted.name):
        yield f"{_told(path)} is {kind(value)}, not {_article(wanted)}"
    elif wanted.name == "list" and wanted.inner is not None:
        for number, item in enumerate(value):
            yield from _faults(wanted.inner, item, f"{path}[{number}]")
    elif wanted.name == "map" and wanted.inner is not None:
        for name, item in value.items():
            yield from _faults(wanted.inner, item, f"{path}.{name}")
    elif wanted.name == "object":
        yield from _faults_of_members(wanted.members, value, path)


def _told(path: str) -> str:
    """A part of a value in words: of ``it[1].a`` that is "its part [1].a"."""
    part = path.removeprefix("it").lstrip(".")
    return f"its part {part}" if part else "it"


def _faults_of_members(wanted: Mapping[str, Type], value: Mapping[str, Any], path: str) -> Iterator[str]:
    for name, inner in wanted.items():
        if name in value:
            yield from _faults(inner, value[name], f"{path}.{name}")
        elif not inner.optional:
            yield f'{_told(path)} has no member "{name}"'
    for name in value:
        if name not in wanted:
            yield f'{_told(path)} has a member "{name}", which the type does not name'


def filled(wanted: Type, value: Any) -> Any:
    """A value of the type, with the members that were left out."""
    if value is None or wanted.name in SIMPLE:
        return value
    if wanted.name == "object":
        left_out = {name: inner.default for name, inner in wanted.members.items() if name not in value}
        return {**left_out, **{name: filled(wanted.members[name], item) for name, item in value.items()}}
    inner = wanted.inner or ANY
    if wanted.name == "map":
        return {name: filled(inner, item) for name, item in value.items()}
    return [filled(inner, item) for item in value]


def read_as(wanted: Type, text: str) -> Any:
    """What a text from the environment or a flag says for that type; raises `UnfitValueError`.

    It is itself for a string, and where nothing is known; ``true`` or ``false``, or digits, for a bool or a number;
    for anything else a value in HCL, which JSON is too: ``["a", "b"]``.
    """
    if wanted.name in ("string", "any"):
        return text
    if wanted.name == "bool":
        if text not in ("true", "false"):
            raise UnfitValueError("it is neither true nor false")
        return text == "true"
    if wanted.name == "number":
        number = parse_number(text.strip())
        if number is None:
            raise UnfitValueError("it is a text that spells no number")
        return number
    return _evaluated(wanted, text)


def _evaluated(wanted: Type, text: str) -> Any:
    parsed = parse(f"value = {text}\n", "a variable")
    items = (
        [] if parsed.tree is None or parsed.diagnostics else [*parsed.tree.attributes, *parsed.tree.blocks]
    )
    if len(items) != 1 or not isinstance(items[0], syntax.Attribute) or check_names(items[0].value, {}):
        raise UnfitValueError(f"it is not written like {_article(wanted)} in HCL or JSON")
    try:
        return compile_expression(items[0].value).evaluate({})
    except EvaluationError:
        raise UnfitValueError("it cannot be evaluated") from None


def _article(wanted: Type) -> str:
    return f"{'an' if wanted.name == 'object' else 'a'} {replace(wanted, optional=False)}"
