"""Writes expressions of ECMAScript in the language.

What a variable may be is known from all that is assigned to it: ``+`` adds numbers and joins texts, and a condition that is
no boolean becomes one. ``undefined`` is null, and what may be missing is read with ``try``.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from engine.machine import writing
from engine.scxml.ecmascript import (
    Array,
    Binary,
    Call,
    Conditional,
    InvalidError,
    Literal,
    Member,
    Name,
    Node,
    Object,
    Unary,
    UnreadableError,
)

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')


class Kind(StrEnum):
    """What a value is."""

    NUMBER = "a number"
    TEXT = "a text"
    BOOL = "a boolean"
    LIST = "a list"
    OBJECT = "an object"
    #: Nothing at all: null.
    NONE = "nothing"
    #: It cannot be told.
    ANY = "anything"


@dataclass(frozen=True, slots=True)
class Type:
    """What a value may be."""

    kind: Kind
    #: It may be missing, or null.
    missing: bool = False

    def joined(self, other: "Type") -> "Type":
        """What is one or the other."""
        missing = self.missing or other.missing or Kind.NONE in (self.kind, other.kind)
        kinds = {self.kind, other.kind} - {Kind.NONE}
        return Type(kinds.pop() if len(kinds) == 1 else Kind.ANY if kinds else Kind.NONE, missing)


_NOTHING = Type(Kind.NONE, missing=True)
_ANYTHING = Type(Kind.ANY, missing=True)
_LITERALS = ((bool, Kind.BOOL), (Decimal, Kind.NUMBER), (str, Kind.TEXT))
_COMPARED = {"==": "==", "===": "==", "!=": "!=", "!==": "!=", "<": "<", ">": ">", "<=": "<=", ">=": ">="}
#: Names that mean something else where an object begins with them.
_RESERVED = frozenset({"for", "null", "true", "false"})
_ARITHMETIC = frozenset("-*/%")
_LOGICAL = frozenset({"&&", "||"})
#: Of two booleans they mean the same as these.
_BITWISE = {"&": "&&", "|": "||"}
#: What an event has of its own only where it came from another session.
_UNKNOWN = ("origin", "origintype", "invokeid", "sendid")
_GLOBALS = frozenset(
    {
        "Math",
        "JSON",
        "Date",
        "Array",
        "Object",
        "String",
        "Number",
        "Boolean",
        "RegExp",
        "Symbol",
        "parseInt",
        "parseFloat",
        "isNaN",
        "NaN",
        "Infinity",
        "console",
        "globalThis",
        "encodeURIComponent",
    }
)
_LARGEST_POWER = 8
#: Functions of ``Math`` that the language has, by the number of their arguments (0 = any).
_MATH = {"floor": 1, "ceil": 1, "abs": 1, "max": 0, "min": 0}
#: What counts as false for a value of that kind, as the language writes it; objects and lists never do.
_FALSE = {Kind.NUMBER: "0", Kind.TEXT: '""'}


@dataclass(slots=True, kw_only=True)
class Scope:
    """What names mean in one document."""

    #: By variable.
    types: Mapping[str, Type] = field(default_factory=dict)
    #: The document's own name.
    document: str | None = None
    #: How to say that a state is active, by its id; raises `UnreadableError` if there is no such state, or no way.
    active: Callable[[str], str] = lambda _: "false"

    #: What no event has, as nothing in the document sends one that has it.
    unsent: Collection[str] = ()

    # Types

    def type_of(self, node: Node) -> Type:  # noqa: C901, PLR0911, PLR0912 - one line a kind
        """What a value may be."""
        match node:
            case Literal(None):
                return _NOTHING
            case Literal(value):
                return Type(next(kind for python, kind in _LITERALS if isinstance(value, python)))
            case Name("_name" | "_sessionid"):
                return Type(Kind.TEXT)
            case Member(Name("_event"), Literal(str(name))) if name in self.unsent:
                return _NOTHING
            case Name(name):
                return self.types.get(name, _ANYTHING)
            case Member(Name("_event"), Literal("name")):
                return Type(Kind.TEXT)
            case Member(_, Literal("length")):
                return Type(Kind.NUMBER)
            case Array():
                return Type(Kind.LIST)
            case Object():
                return Type(Kind.OBJECT)
            case Conditional(_, then, otherwise):
                return self.type_of(then).joined(self.type_of(otherwise))
            case Call(Member(Name("Math"), _), _) | Unary("-", _):
                return Type(Kind.NUMBER)
            case Call() | Unary():
                return Type(Kind.BOOL)
            case Binary(operator, left, right):
                return self._type_of_binary(operator, self.type_of(left), self.type_of(right))
            case _:
                return _ANYTHING

    def _type_of_binary(self, operator: str, left: Type, right: Type) -> Type:
        if operator in _COMPARED or operator in _BITWISE:
            return Type(Kind.BOOL)
        if operator in _LOGICAL:
            return left.joined(right)
        if operator != "+":
            return Type(Kind.NUMBER)
        kinds = {left.kind, right.kind}
        if Kind.TEXT in kinds:
            return Type(Kind.TEXT)
        return (
            Type(Kind.NUMBER)
            if Kind.NUMBER in kinds and kinds <= {Kind.NUMBER, Kind.ANY, Kind.NONE}
            else _ANYTHING
        )

    # Values

    def value(self, node: Node) -> str:  # noqa: C901, PLR0911 - one line a kind
        """The value as an expression of the language; raises `UnreadableError` if it cannot be said."""
        match node:
            case Literal(value):
                return _literal(value)
            case Array(items):
                return f"[{', '.join(map(self.value, items))}]"
            case Object(items):
                inner = ", ".join(f"{key_of(key)} = {self.value(item)}" for key, item in items)
                return f"{{ {inner} }}" if inner else "{}"
            case Conditional(condition, then, otherwise):
                return f"{self._operand(self.condition(condition))} ? {self._inner(then)} : {self._inner(otherwise)}"
            case Unary("-", operand):
                self._expect(operand, Kind.NUMBER)
                return f"-{self._inner(operand)}"
            case Binary(operator, left, right) if operator in _ARITHMETIC or operator == "+":
                return self._calculated(operator, left, right)
            case Binary(operator) if operator in _LOGICAL and self.type_of(node) != Type(Kind.BOOL):
                raise UnreadableError(f"{operator} gives one of its operands, which is not a boolean")
            case Binary() | Unary():
                return self.condition(node)
            case Call(Member(Name("Math"), Literal(str(name))), arguments) if name in _MATH:
                return self._math(name, arguments)
            case Call(Member(Name("Math"), Literal("pow")), (base, Literal(Decimal() as power))):
                return self._power(base, power)
            case Call():
                return self.condition(node)
            case Name() | Member():
                return self._read(node)
        raise UnreadableError("it has no counterpart")

    def condition(self, node: Node) -> str:  # noqa: C901 - one line a kind
        """Whether the value counts as true, as an expression that is a boolean; raises `UnreadableError`."""
        match node:
            case Binary(operator, left, right) if operator in _LOGICAL:
                return f"{self._side(operator, left)} {operator} {self._side(operator, right)}"
            case Binary(operator, left, right) if operator in _BITWISE:
                if {self.type_of(left), self.type_of(right)} != {Type(Kind.BOOL)}:
                    raise UnreadableError(f"{operator} of numbers has no counterpart")
                return self.condition(Binary(_BITWISE[operator], left, right))
            case Binary(operator, left, right) if operator in _COMPARED:
                return self._compared(operator, left, right)
            case Unary("!", operand):
                return f"!{self._operand(self.condition(operand))}"
            case Unary("typeof", _):
                raise UnreadableError("typeof has no counterpart but in typeof x === 'undefined'")
            case Call(Name("In"), (Literal(str(state)),)):
                return self.active(state)
            case Call(Member(Name("Math"), Literal(str(name))), _) if name in _MATH:
                return f"{self.value(node)} != 0"
            case Call():
                raise UnreadableError("this function has no counterpart")
            case Literal(value):
                return "true" if value else "false"
        return self._truth(node)

    def _truth(self, node: Node) -> str:
        found = self.type_of(node)
        if found.kind is Kind.NONE:
            return "false"
        if found.kind is Kind.ANY:
            return f'!contains([null, false, 0, ""], {self.value(node)})'
        value = self.value(node)
        if found.kind is Kind.BOOL:
            return f"{self._operand(value)} == true" if found.missing else value
        if found.kind in _FALSE:
            text = f"{self._operand(value)} != {_FALSE[found.kind]}"
            return f"{self._operand(value)} != null && {text}" if found.missing else text
        return f"{self._operand(value)} != null" if found.missing else "true"

    def _compared(self, operator: str, left: Node, right: Node) -> str:
        for one, other in ((left, right), (right, left)):
            if isinstance(one, Unary) and one.operator == "typeof":
                if other != Literal("undefined") or _COMPARED[operator] not in ("==", "!="):
                    raise UnreadableError("typeof has no counterpart but in typeof x === 'undefined'")
                return f"{self._inner(one.operand)} {_COMPARED[operator]} null"
        kinds = {self.type_of(left).kind, self.type_of(right).kind}
        if _COMPARED[operator] not in ("==", "!="):
            if not kinds <= {Kind.NUMBER, Kind.ANY}:
                raise UnreadableError(f"{operator} compares numbers only")
        elif len(kinds - {Kind.NONE, Kind.ANY}) > 1 and operator in ("==", "!="):
            raise UnreadableError(f"{operator} converts {' and '.join(sorted(kinds))} to each other")
        return f"{self._inner(left)} {_COMPARED[operator]} {self._inner(right)}"

    def _calculated(self, operator: str, left: Node, right: Node) -> str:
        kind = self.type_of(Binary(operator, left, right)).kind
        if operator in _ARITHMETIC or kind is Kind.NUMBER:
            self._expect(left, Kind.NUMBER)
            self._expect(right, Kind.NUMBER)
            return f"{self._inner(left)} {operator} {self._inner(right)}"
        if kind is not Kind.TEXT:
            raise UnreadableError("it cannot be told whether + adds numbers or joins texts")
        return f'"{self._part(left)}{self._part(right)}"'

    def _part(self, node: Node) -> str:
        """One side of joined texts, as it stands in a template."""
        if isinstance(node, Literal) and isinstance(node.value, str):
            return _literal(node.value)[1:-1]
        if self.type_of(node).kind not in (Kind.TEXT, Kind.NUMBER, Kind.ANY):
            raise UnreadableError(f"+ makes a text of {self.type_of(node).kind}")
        return f"${{{self.value(node)}}}"

    def _math(self, name: str, arguments: tuple[Node, ...]) -> str:
        if _MATH[name] not in (0, len(arguments)) or not arguments:
            raise UnreadableError(f"Math.{name} takes another number of arguments")
        for argument in arguments:
            self._expect(argument, Kind.NUMBER)
        return f"{name}({', '.join(map(self.value, arguments))})"

    def _power(self, base: Node, power: Decimal) -> str:
        if power not in range(1, _LARGEST_POWER + 1):
            raise UnreadableError(f"only powers from 1 to {_LARGEST_POWER} are written out")
        self._expect(base, Kind.NUMBER)
        return " * ".join([self._inner(base)] * int(power))

    def _expect(self, node: Node, kind: Kind) -> None:
        found = self.type_of(node).kind
        if found not in (kind, Kind.ANY):
            raise UnreadableError(f"{kind} is meant, and this is {found}")

    # Names

    def _read(self, node: Name | Member) -> str:
        if isinstance(node, Member) and node.key == Literal("length"):
            return f"length({self.value(node.target)})"
        path = self._path(node)
        return path if self._is_there(node) else f"try({path}, null)"

    def _is_there(self, node: Node) -> bool:
        match node:
            case Name("_name" | "_sessionid") | Member(Name("_event"), Literal("name" | "data")):
                return True
            case Member(Name("_event"), Literal(str(name))) if name in self.unsent:
                return True
            case Name(name):
                return not self.types.get(name, _ANYTHING).missing
            case _:
                return False

    def _path(self, node: Node) -> str:  # noqa: C901 - one line a kind
        match node:
            case Name("_name"):
                return writing.text(self.document or "")
            case Name("_sessionid"):
                return "entity.id"
            case Name(name) if name.startswith("_") or name in _GLOBALS:
                raise UnreadableError(f"{name} has no counterpart here")
            case Name(name):
                if name not in self.types:
                    raise InvalidError(f"there is no variable {name}")
                return f"context{_step(name)}"
            case Member(Name("_event"), Literal("name")):
                return "fired"
            case Member(Name("_event"), Literal("data")):
                return "event"
            case Member(Name("_event"), Literal(str(name))) if name in self.unsent:
                return "null"
            case Member(Name("_event"), Literal(str(name))):
                raise UnreadableError(f"_event.{name} has no counterpart")
            case Member(target, Literal(str(name))):
                return f"{self._path(target)}{_step(name)}"
            case Member(target, key):
                return f"{self._path(target)}[{self.value(key)}]"
        raise UnreadableError("a member of this has no counterpart")

    # Brackets

    def _inner(self, node: Node) -> str:
        text = self.value(node)
        composed = (
            isinstance(node, Binary | Call)
            and not _is_call(text)
            and self.type_of(node).kind is not Kind.TEXT
        )
        return f"({text})" if composed or isinstance(node, Conditional | Unary) else text

    def _side(self, operator: str, node: Node) -> str:
        text = self.condition(node)
        plain = isinstance(node, Binary) and (node.operator in _COMPARED or node.operator == operator)
        return text if plain else self._operand(text)

    @staticmethod
    def _operand(text: str) -> str:
        """A text as an operand: in brackets if it has operators."""
        return f"({text})" if " " in text and not _is_call(text) else text


def _is_call(text: str) -> bool:
    """Whether a text is one call from its first to its last character."""
    text = _QUOTED.sub("", text)
    name, bracket, _ = text.partition("(")
    if not bracket or not name.lstrip("!").isidentifier() or not text.endswith(")"):
        return False
    depth = 0
    for position, character in enumerate(text):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth == 0 and character == ")":
            return position == len(text) - 1
    return False


def _literal(value: Decimal | str | bool | None) -> str:  # noqa: FBT001 - any constant
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, str):
        if any("\ud800" <= c <= "\udfff" for c in value):
            raise UnreadableError("half of a character has no counterpart")
        return writing.text(value)
    return {True: "true", False: "false", None: "null"}[value]


def key_of(name: str) -> str:
    """A name as the key of an object."""
    return name if name.isidentifier() and name.isascii() and name not in _RESERVED else writing.text(name)


def _step(name: str) -> str:
    return f".{name}" if name.isidentifier() and name.isascii() else f"[{writing.text(name)}]"
