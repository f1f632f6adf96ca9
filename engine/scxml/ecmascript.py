"""Reads the part of ECMAScript's expressions that has a counterpart in the language: into a tree, or a problem."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

T = TypeVar("T")

#: Levels of nesting; deeper expressions are refused.
_DEEPEST = 50


class UnreadableError(Exception):
    """The expression uses something that has no counterpart; the message says what."""


class InvalidError(UnreadableError):
    """No processor can evaluate the expression: it is none, or names a variable that there is not."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, text, boolean, or None for ``null`` and ``undefined``."""

    value: Decimal | str | bool | None


@dataclass(frozen=True, slots=True)
class Name:
    """A variable, or ``_event``, ``_name`` and their like."""

    name: str


@dataclass(frozen=True, slots=True)
class Member:
    """``target.name``, ``target["name"]`` or ``target[0]``."""

    target: "Node"
    key: "Node"


@dataclass(frozen=True, slots=True)
class Call:
    """``In("a")``, ``Math.max(1, 2)``."""

    function: "Node"
    arguments: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Unary:
    """``!``, ``-`` or ``typeof``."""

    operator: str
    operand: "Node"


@dataclass(frozen=True, slots=True)
class Binary:
    """Two operands and what is between them."""

    operator: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class Conditional:
    """``condition ? then : otherwise``."""

    condition: "Node"
    then: "Node"
    otherwise: "Node"


@dataclass(frozen=True, slots=True)
class Array:
    """``[1, 2]``."""

    items: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Object:
    """``{ a: 1 }``."""

    items: "tuple[tuple[str, Node], ...]"


Node = Literal | Name | Member | Call | Unary | Binary | Conditional | Array | Object

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?)"
    r"|(?P<text>'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\")"
    r"|(?P<name>[A-Za-z_$][\w$]*)"
    r"|(?P<sign>===|!==|==|!=|<=|>=|&&|\|\||\+\+|--|[-+*/%<>!?:.,()\[\]{}=&|;]))"
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "b": "\b", "f": "\f", "v": "\v"}
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))")
_WORDS: Mapping[str, bool | None] = {"true": True, "false": False, "null": None, "undefined": None}
#: Words that are no names and have no counterpart.
_FOREIGN = frozenset({
    "function", "new", "in", "instanceof", "delete", "void", "this", "return", "var", "let", "const", "class", "async",
    "await", "yield", "if", "for", "while", "do", "switch", "throw", "try", "super", "import", "export",
})  # fmt: skip
#: Words with which no expression begins.
_STATEMENTS = frozenset(
    {"return", "var", "const", "if", "for", "while", "do", "switch", "throw", "try", "export"}
)
_BINDING = {
    "||": 1, "&&": 2, "|": 2.3, "&": 2.6, "==": 3, "!=": 3, "===": 3, "!==": 3, "<": 4, ">": 4, "<=": 4, ">=": 4, "+": 5, "-": 5,
    "*": 6, "/": 6, "%": 6,
}  # fmt: skip


def read_expression(text: str) -> Node:
    """The tree of an expression; raises `UnreadableError`."""
    return _Parser(text).whole()


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._at = 0
        self._depth = 0

    def whole(self) -> Node:
        found = self._expression()
        if self._peek() == ";":
            self._at += 1
        if self._at < len(self._tokens):
            raise UnreadableError(f"it cannot go on with {self._peek()}")
        return found

    def _peek(self) -> str:
        kind, text = self._tokens[self._at] if self._at < len(self._tokens) else ("", "")
        return text if kind in ("sign", "name") else f"{kind} {text}" if kind else ""

    def _take(self, sign: str) -> None:
        if self._at >= len(self._tokens):
            raise InvalidError(f"{sign} is missing at its end")
        if self._peek() != sign:
            raise UnreadableError(f"{sign} is missing")
        self._at += 1

    def _expression(self) -> Node:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise UnreadableError("it is nested too deep")
        found = self._binary(0)
        if self._peek() == "?":
            self._at += 1
            then = self._expression()
            self._take(":")
            found = Conditional(found, then, self._expression())
        self._depth -= 1
        return found

    def _binary(self, least: float) -> Node:
        left = self._unary()
        while (binding := _BINDING.get(self._peek(), 0)) > least:
            operator = self._peek()
            self._at += 1
            left = Binary(operator, left, self._binary(binding))
        if self._peek() in ("=", "++", "--", "in", "instanceof"):
            raise UnreadableError(f"{self._peek()} has no counterpart")
        return left

    def _unary(self) -> Node:
        operators = []
        while (sign := self._peek()) in ("!", "-", "+", "typeof", "++", "--"):
            if sign in ("++", "--", "+"):
                raise UnreadableError(f"{sign} before a value has no counterpart")
            operators.append(sign)
            self._at += 1
            if len(operators) > _DEEPEST:
                raise UnreadableError("it is nested too deep")
        found = self._chain()
        for operator in reversed(operators):
            found = Unary(operator, found)
        return found

    def _chain(self) -> Node:
        found = self._primary()
        for _ in range(_DEEPEST):
            sign = self._peek()
            if sign == ".":
                self._at += 1
                found = Member(found, Literal(self._name()))
            elif sign == "[":
                self._at += 1
                found = Member(found, self._expression())
                self._take("]")
            elif sign == "(":
                self._at += 1
                found = Call(found, tuple(self._listed(")", self._expression)))
            else:
                return found
        raise UnreadableError("it is nested too deep")

    def _name(self) -> str:
        kind, text = self._tokens[self._at] if self._at < len(self._tokens) else ("", "")
        if kind != "name":
            raise UnreadableError("a name is missing")
        self._at += 1
        return text

    def _primary(self) -> Node:
        if self._at >= len(self._tokens):
            raise InvalidError("it ends too early")
        kind, text = self._tokens[self._at]
        self._at += 1
        if kind == "number":
            return Literal(Decimal(text))
        if kind == "text":
            return Literal(_unescaped(text[1:-1]))
        if text in _WORDS:
            return Literal(_WORDS[text])
        if kind == "name" and text not in _FOREIGN:
            return Name(text)
        if text == "(":
            found = self._expression()
            self._take(")")
            return found
        if text == "[":
            return Array(tuple(self._listed("]", self._expression)))
        if text == "{":
            return Object(tuple(self._listed("}", self._member)))
        if text in _STATEMENTS:
            raise InvalidError(f"{text} begins a statement")
        raise UnreadableError(f"{text} has no counterpart")

    def _listed(self, end: str, read: Callable[[], T]) -> list[T]:
        found: list[T] = []
        while self._peek() != end:
            found.append(read())
            if self._peek() != end:
                self._take(",")
        self._at += 1
        return found

    def _member(self) -> tuple[str, Node]:
        kind, text = self._tokens[self._at] if self._at < len(self._tokens) else ("", "")
        if kind not in ("name", "text"):
            raise UnreadableError("a name is missing")
        self._at += 1
        self._take(":")
        return (text if kind == "name" else _unescaped(text[1:-1])), self._expression()


def _tokens(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise UnreadableError(f"{text[at:].strip()[:1]} has no counterpart")
        found.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return found


def _unescaped(text: str) -> str:
    def one(found: re.Match[str]) -> str:
        code = found[1] or found[2]
        return chr(int(code, 16)) if code else _ESCAPES.get(found[3], found[3])

    return _ESCAPE.sub(one, text)
