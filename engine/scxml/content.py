"""Turns executable content, which is done line by line, into what the language has: one `set`, then what is raised.

The lines are followed with the values that variables have at each of them, written in what they were before the first; so
an assignment that builds on another one comes out as one expression. What is raised is evaluated after the `set`: its own
expressions can be kept as they are, unless a variable in them is assigned once more further down.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from engine.machine import writing
from engine.machine.definition import is_pattern
from engine.model import is_own_event
from engine.scxml.document import NAMESPACE, Element
from engine.scxml.ecmascript import (
    Array,
    Binary,
    Call,
    Conditional,
    Literal,
    Member,
    Name,
    Node,
    Object,
    Unary,
    UnreadableError,
    read_expression,
)
from engine.scxml.expressions import Scope
from engine.scxml.problems import Problems

_INTERNAL = "#_internal"
#: How a <send> says that an event goes to a state machine.
_TO_MACHINES = frozenset(
    {"http://www.w3.org/TR/scxml/#SCXMLEventProcessor", "http://www.w3.org/TR/scxml/", "scxml"}
)
_DELAY = re.compile(r"(\d*\.?\d+)(ms|s|m|h)")
#: Parts of one expression: more than any that a person would write.
_LARGEST = 150
_NEVER = Literal(value=False)
_ALWAYS = Literal(value=True)


@dataclass(slots=True, kw_only=True)
class Seen:
    """An expression, and how often each variable had been assigned where it stands."""

    node: Node
    versions: Mapping[str, int]


@dataclass(slots=True, kw_only=True)
class Raised:
    """An event that is raised, or taken back."""

    element: Element
    event: str
    cancels: bool = False
    when: tuple[Seen, ...] = ()
    payload: Seen | None = None
    delay: str | Seen | None = None


@dataclass(slots=True, kw_only=True)
class Content:
    """What a list of executable elements does."""

    problems: Problems
    scope: Scope
    #: The events of <send> elements by their id.
    sends: Mapping[str, Sequence[str]]
    #: The document looks at what events carry: an event without anything must be seen to carry nothing.
    reads_data: bool
    _values: dict[str, Node] = field(default_factory=dict)
    _versions: dict[str, int] = field(default_factory=dict)
    _raised: list[Raised] = field(default_factory=list)
    _path: tuple[Seen, ...] = ()

    def run(self, elements: Iterable[Element]) -> None:
        """Follow the elements, one after the other."""
        for element in elements:
            read = _READERS.get(element.name) if element.namespace == NAMESPACE else None
            if read is None:
                instead = "Take it out, and let an action or the sender do it."
                self.problems.unsupported(element, f"<{element.name}> has no counterpart", instead)
            else:
                read(self, element)

    def assign(self, element: Element, name: str, node: Node) -> None:
        """Give a variable a value."""
        if name not in self.scope.types:
            self.problems.expression(element, name, "it is no variable that has a <data>")
            return
        self._give(element, name, _folded(_with(node, self._values)))

    def _give(self, element: Element, name: str, value: Node) -> None:
        """Let a variable have a value that is written in what was there before the first element."""
        if _is_large(value):
            instead = "Take the assignments apart, into several states."
            self.problems.unsupported(
                element, f"What {name} comes to is too long for one expression", instead
            )
            value = Name(name)
        self._values[name] = value
        self._versions[name] = self._versions.get(name, 0) + 1

    def parsed(self, element: Element, text: str) -> Node | None:
        """The tree of an expression; None if it was reported."""
        try:
            node = read_expression(text)
            self.scope.value(node)  # it must be sayable where it stands
        except UnreadableError as problem:
            self.problems.expression(element, text, str(problem))
            return None
        return node

    def tested(self, element: Element, text: str) -> Node | None:
        """The tree of a condition; None if it was reported."""
        try:
            node = read_expression(text)
            self.scope.condition(node)
        except UnreadableError as problem:
            self.problems.expression(element, text, str(problem))
            return None
        return node

    # As a definition

    def lines(self) -> Iterator[str]:
        """The `set` attribute and the blocks, as lines of a definition."""
        kept = {name: node for name, node in self._values.items() if node != Name(name)}
        if kept:
            yield "set = {"
            for name, node in kept.items():
                yield f"{_key(name)} = {self.scope.value(node)}"
            yield "}"
        for raised in self._raised:
            try:
                yield from self._block(raised)
            except UnreadableError as problem:
                self.problems.unsupported(
                    raised.element, f'"{raised.event}" cannot be said: {problem}', _LATER
                )

    @property
    def empty(self) -> bool:
        """Whether nothing is done."""
        return not self._raised and all(node == Name(name) for name, node in self._values.items())

    def _block(self, raised: Raised) -> Iterator[str]:
        if raised.cancels and raised.when:
            raise UnreadableError("a cancel under a condition has no counterpart")
        inner = []
        if raised.when:
            whole = raised.when[0].node
            for one in raised.when[1:]:
                whole = Binary("&&", whole, one.node)
            inner.append(f"when = {self.scope.condition(self._still(whole, raised.when))}")
        if raised.payload is not None:
            inner.append(f"event = {self.scope.value(self._still(raised.payload.node, [raised.payload]))}")
        if isinstance(raised.delay, str):
            inner.append(f"delay = {raised.delay}")
        elif raised.delay is not None:
            inner.append(f"delay = {self.scope.value(self._still(raised.delay.node, [raised.delay]))}")
        yield f"{'cancel' if raised.cancels else 'raise'} {writing.text(raised.event)} {{"
        yield from inner
        yield "}"

    def _still(self, node: Node, seen: Iterable[Seen]) -> Node:
        """The expression, if it has the same value after all is assigned."""
        for one in seen:
            for name in _names(one.node):
                if one.versions.get(name, 0) != self._versions.get(name, 0):
                    raise UnreadableError(f"{name} is assigned once more after it")
        return node

    # The elements

    def _assign(self, element: Element) -> None:
        location = (element.get("location") or "").strip()
        text = element.get("expr")
        node = data_of(element, self.problems) if text is None else self.parsed(element, text)
        if node is not None:
            self.assign(element, location, node)

    def _raise(self, element: Element) -> None:
        event = element.get("event") or ""
        if self._is_event(element, event):
            self._add(element, event, self._nothing(), None)

    def _send(self, element: Element) -> None:
        for name in ("idlocation", "targetexpr", "typeexpr"):
            if element.get(name) is not None:
                instead = "A raise block names its event and goes to the machine itself."
                self.problems.unsupported(element, f"{name} of <send> has no counterpart", instead)
                return
        target, kind = element.get("target"), element.get("type")
        if target not in (None, "", _INTERNAL) or (kind is not None and kind not in _TO_MACHINES):
            instead = (
                "Only events that the machine sends itself are converted. Call others with an action block."
            )
            self.problems.unsupported(element, "This <send> goes to somebody else", instead)
            return
        event = element.get("event")
        if event is None:
            event = self._constant(element, element.get("eventexpr") or "")
        if event is None or not self._is_event(element, event):
            return
        delay = self._delay(element) if target != _INTERNAL else None
        fine, payload = self._payload(element)
        if fine and delay is not False:
            self._add(element, event, payload, None if target == _INTERNAL else delay)

    def _add(self, element: Element, event: str, payload: Node | None, delay: Any) -> None:
        versions = dict(self._versions)
        self._raised.append(
            Raised(
                element=element,
                event=event,
                when=self._path,
                payload=None if payload is None else Seen(node=payload, versions=versions),
                delay=Seen(node=delay, versions=versions) if isinstance(delay, Node) else delay,
            )
        )

    def _is_event(self, element: Element, event: str) -> bool:
        if (
            not event
            or event != event.strip()
            or is_pattern(event)
            or is_own_event(event)
            or not event.isprintable()
        ):
            self.problems.name(
                element, f'"{event}" is no event that a machine can raise', "Choose another name."
            )
            return False
        return True

    def _constant(self, element: Element, text: str) -> str | None:
        node = self.parsed(element, text)
        if node is None:
            return None
        node = _folded(_with(node, self._values))
        if isinstance(node, Literal) and isinstance(node.value, str):
            return node.value
        self.problems.expression(element, text, "a raise block names its event, and an expression does not")
        return None

    def _delay(self, element: Element) -> Any:
        """The delay as text, or an expression that gives it; False if it was reported."""
        text, expression = element.get("delay"), element.get("delayexpr")
        node: Node | None = None
        if text is None and expression is not None:
            node = self.parsed(element, expression)
            if node is None:
                return False
            known = _folded(_with(node, self._values))
            if isinstance(known, Literal) and isinstance(known.value, str):
                text = known.value
            else:
                return node
        if text is None:
            return "0"
        match = _DELAY.fullmatch(text.strip())
        if match is None:
            self.problems.expression(element, text, "it is no delay such as 2s or 100ms")
            return False
        amount = Decimal(match[1])
        return writing.text(f"{amount:f}{match[2]}") if amount else "0"

    def _payload(self, element: Element) -> tuple[bool, Node | None]:
        """Whether it can be said what an event carries, and that."""
        items: list[tuple[str, Node]] = []
        for name in (element.get("namelist") or "").split():
            node = self.parsed(element, name)
            if node is None:
                return False, None
            items.append((name, node))
        for param in element.all("param"):
            node = self.parsed(param, param.get("expr") or param.get("location") or "")
            if node is None:
                return False, None
            items.append((param.get("name") or "", node))
        if items:
            return True, Object(tuple(dict(items).items()))
        for content in element.all("content"):
            text = content.get("expr")
            node = data_of(content, self.problems) if text is None else self.parsed(content, text)
            return node is not None, node
        return True, self._nothing()

    def _nothing(self) -> Node | None:
        return Literal(None) if self.reads_data else None

    def _cancel(self, element: Element) -> None:
        wanted = element.get("sendid")
        if wanted is None:
            wanted = self._constant(element, element.get("sendidexpr") or "")
        events = self.sends.get(wanted or "", ())
        if len(set(events)) != 1:
            if wanted is not None:
                self.problems.name(
                    element, f'No single <send> has the id "{wanted}"', "Give each <send> its own id."
                )
            return
        self._raised.append(Raised(element=element, event=events[0], cancels=True, when=self._path))

    def _log(self, element: Element) -> None:
        why = "Every decision is logged, with what it saw."
        self.problems.left_out(element, "<log> is left out", why, harmless=True)

    def _if(self, element: Element) -> None:
        branches: list[tuple[Element, list[Element]]] = [(element, [])]
        for child in element.children:
            if child.name in ("elseif", "else"):
                branches.append((child, []))
            else:
                branches[-1][1].append(child)
        before, versions, path = dict(self._values), dict(self._versions), self._path
        outcomes: list[tuple[Node, dict[str, Node]]] = []
        no: tuple[Seen, ...] = ()
        for head, body in branches:
            node = _ALWAYS if head.name == "else" else self.tested(head, head.get("cond") or "")
            if node is None:
                return
            known = _folded(_with(node, before))
            if known != _NEVER:
                here = () if known == _ALWAYS else (Seen(node=node, versions=versions),)
                self._values, self._path = dict(before), (*path, *no, *here)
                self.run(body)
                outcomes.append((known, self._values))
                if known == _ALWAYS:
                    break
                no = (*no, Seen(node=Unary("!", node), versions=versions))
        self._path = path
        self._values = before
        for name in dict.fromkeys(n for _, values in outcomes for n in values):
            whole = before.get(name, Name(name))
            if all(values[name] is whole for _, values in outcomes if name in values):
                continue
            for condition, values in reversed(outcomes):
                value = values.get(name, before.get(name, Name(name)))
                whole = value if condition == _ALWAYS else Conditional(condition, value, whole)
            self._give(element, name, whole)


_LATER = "Raise the event before the assignment matters, or give the value a variable of its own."
_READERS = {
    "assign": Content._assign,  # noqa: SLF001 - a table of its own methods
    "raise": Content._raise,  # noqa: SLF001
    "send": Content._send,  # noqa: SLF001
    "cancel": Content._cancel,  # noqa: SLF001
    "log": Content._log,  # noqa: SLF001
    "if": Content._if,  # noqa: SLF001
}


def data_of(element: Element, problems: Problems) -> Node | None:
    """What the text in an element stands for: JSON, or the text itself without spare spaces; None if it was reported."""
    if element.get("src") is not None:
        problems.unsupported(element, "src is not read", "Write the value into the document.")
        return None
    if element.children:
        problems.unsupported(element, "XML as a value has no counterpart", "Write it as JSON.")
        return None
    text = " ".join(element.text.split())
    if not text:
        return Literal(None)
    try:
        return _tree(json.loads(text, parse_float=Decimal, parse_int=Decimal))
    except (ValueError, RecursionError):
        pass
    try:  # what is neither JSON nor an expression is a text
        return read_expression(text) if text[0] in "[{" else Literal(text)
    except UnreadableError:
        return Literal(text)


def _tree(value: Any) -> Node:
    if isinstance(value, list):
        return Array(tuple(map(_tree, value)))
    if isinstance(value, dict):
        return Object(tuple((key, _tree(item)) for key, item in value.items()))
    return Literal(value)


def _key(name: str) -> str:
    return (
        name if name.isidentifier() and name.isascii() and name not in ("for", "null") else writing.text(name)
    )


def _is_large(node: Node) -> bool:
    """Whether an expression is larger than any that a person would write."""
    todo: list[Node] = [node]
    for _ in range(_LARGEST):
        if not todo:
            return False
        todo += _parts(todo.pop())
    return True


def _parts(node: Node) -> tuple[Node, ...]:
    match node:
        case Member(one, two) | Binary(_, one, two):
            return one, two
        case Call(function, arguments):
            return function, *arguments
        case Unary(_, operand):
            return (operand,)
        case Conditional(condition, then, otherwise):
            return condition, then, otherwise
        case Array(items):
            return items
        case Object(items):
            return tuple(item for _, item in items)
    return ()


def _with(node: Node, values: Mapping[str, Node]) -> Node:  # noqa: PLR0911 - one line a kind
    """The expression with variables replaced by their values."""
    match node:
        case Name(name):
            return values.get(name, node)
        case Member(target, key):
            return Member(_with(target, values), _with(key, values))
        case Call(function, arguments):
            return Call(function, tuple(_with(a, values) for a in arguments))
        case Unary():
            return replace(node, operand=_with(node.operand, values))
        case Binary():
            return replace(node, left=_with(node.left, values), right=_with(node.right, values))
        case Conditional(condition, then, otherwise):
            return Conditional(_with(condition, values), _with(then, values), _with(otherwise, values))
        case Array(items):
            return Array(tuple(_with(item, values) for item in items))
        case Object(items):
            return Object(tuple((key, _with(item, values)) for key, item in items))
    return node


def _names(node: Node) -> set[str]:
    """The variables that an expression reads."""
    own = {node.name} if isinstance(node, Name) else set()
    return own.union(*map(_names, _parts(node)))


def _folded(node: Node) -> Node:
    """The expression without what is decided already."""
    match node:
        case Unary("!", Literal(bool(value))):
            return Literal(not value)
        case Binary("&&", Literal(bool(value)), right):
            return _folded(right) if value else _NEVER
        case Binary("||", Literal(bool(value)), right):
            return _ALWAYS if value else _folded(right)
        case Conditional(Literal(bool(value)), then, otherwise):
            return _folded(then if value else otherwise)
    return node
