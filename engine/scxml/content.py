"""Turns executable content, which is done line by line, into what the language has: one `set`, then what is raised.

The lines are followed with the values that variables have at each of them, written in what they were before the first; so
an assignment that builds on another one comes out as one expression. What is raised is evaluated after the `set`: its own
expressions can be kept as they are, unless a variable in them is assigned once more further down. Then a variable of its
own keeps the value.
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
    Conditional,
    InvalidError,
    Literal,
    Name,
    Node,
    Object,
    Unary,
    UnreadableError,
    read_expression,
)
from engine.scxml.expressions import Scope, key_of
from engine.scxml.problems import Problems
from engine.scxml.rewriting import ALWAYS, NEVER, folded, is_large, names_in, with_values

#: The event that SCXML sends where an expression cannot be evaluated.
ERROR = "error.execution"
_INTERNAL = "#_internal"
#: How a <send> says that an event goes to a state machine.
_TO_MACHINES = frozenset(
    {"http://www.w3.org/TR/scxml/#SCXMLEventProcessor", "http://www.w3.org/TR/scxml/", "scxml"}
)
_DELAY = re.compile(r"(\d*\.?\d+)(ms|s|m|h)")
#: Items of a list that a loop goes through.
_LONGEST_LOOP = 50


class _StoppedError(Exception):
    """The rest of a block is not done: an expression in it cannot be evaluated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a document before its content is converted."""

    #: The events of <send> elements by their id.
    sends: Mapping[str, Sequence[str]]
    #: It looks at what events carry: an event without anything must be seen to carry nothing.
    reads_data: bool
    #: It waits for the event that an expression could not be evaluated.
    expects_errors: bool
    #: The variables that keep the value they begin with.
    constants: Mapping[str, Node]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """An expression where it stands."""

    node: Node
    #: The same in what variables were before the first element.
    known: Node
    #: How often each variable had been assigned.
    versions: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Raised:
    """An event that is raised, or taken back."""

    element: Element
    event: str
    cancels: bool = False
    when: tuple[_Seen, ...] = ()
    payload: _Seen | None = None
    #: As the language writes it, or an expression; None = at once.
    delay: str | _Seen | None = None


@dataclass(slots=True, kw_only=True)
class Content:
    """What blocks of executable elements do, one after the other."""

    problems: Problems
    scope: Scope
    facts: Facts
    _values: dict[str, Node] = field(default_factory=dict)
    _versions: dict[str, int] = field(default_factory=dict)
    _raised: list[_Raised] = field(default_factory=list)
    #: The conditions under which the elements are done that are followed now.
    _path: tuple[_Seen, ...] = ()

    def run(self, elements: Iterable[Element]) -> None:
        """Follow the elements of one block."""
        try:
            self._follow(elements)
        except _StoppedError:
            return

    def begin(self, data: Element, *, late: bool = False) -> None:
        """Give a variable the value it begins with; a late one only where it has none yet."""
        name, text = data.get("id") or "", data.get("expr")
        if data.get("src") is None and text is None and not data.text.strip() and not data.children:
            return
        try:
            node = self._given_value(data)
        except _StoppedError:
            return
        if node is not None and late:
            node = Conditional(Binary("==", Name(name), Literal(None)), node, Name(name))
        if node is not None:
            self._assign_to(data, name, node)

    def carried(self, element: Element) -> Node | None:
        """What a <donedata> gives; None if it gives nothing, or cannot: then that is one of the things done."""
        try:
            return self._payload(element)[1]
        except _StoppedError:
            return None

    # As a definition

    @property
    def empty(self) -> bool:
        """Whether nothing is done."""
        return not self._raised and all(node == Name(name) for name, node in self._values.items())

    def lines(self) -> Iterator[str]:
        """The `set` attribute and the blocks, as lines of a definition."""
        blocks = [line for raised in self._raised for line in self._block(raised)]
        kept = {name: node for name, node in self._values.items() if node != Name(name)}
        if kept:
            yield "set = {"
            for name, node in kept.items():
                yield f"{key_of(name)} = {self.scope.value(node)}"
            yield "}"
        yield from blocks

    def _block(self, raised: _Raised) -> Iterator[str]:
        if raised.cancels and raised.when:
            instead = "Raise an event under the condition, and cancel in its transition."
            self.problems.unsupported(raised.element, "A <cancel> in an <if> has no counterpart", instead)
            return
        yield f"{'cancel' if raised.cancels else 'raise'} {writing.text(raised.event)} {{"
        if raised.when:
            held = [self._still(one) for one in raised.when]
            whole = held[0]
            for one in held[1:]:
                whole = Binary("&&", whole, one)
            yield f"when = {self.scope.condition(whole)}"
        if raised.payload is not None:
            payload = self._still(raised.payload)
            yield f"event = {self.scope.value(payload)}"
        if isinstance(raised.delay, str):
            yield f"delay = {raised.delay}"
        elif raised.delay is not None:
            delay = self._still(raised.delay)
            yield f"delay = {self.scope.value(delay)}"
        yield "}"

    def _still(self, seen: _Seen) -> Node:
        """An expression that has, after all is assigned, the value that this one had where it stands."""
        if all(seen.versions.get(n, 0) == self._versions.get(n, 0) for n in names_in(seen.node)):
            return seen.node
        name = f"kept_{len(self._values)}"
        while name in self.scope.types or name in self._values:
            name += "_"
        self._values[name] = seen.known
        self.scope = replace(self.scope, types={**self.scope.types, name: self.scope.type_of(seen.known)})
        return Name(name)

    # Values

    def _value(self, element: Element, text: str) -> Node | None:
        """The tree of an expression; None if it was reported."""
        try:
            node = read_expression(text)
            self.scope.value(node)  # it must be sayable where it stands
        except UnreadableError as problem:
            self._fail(element, text, problem)
            return None
        return node

    def _condition(self, element: Element, text: str) -> Node | None:
        """The tree of a condition; None if it was reported."""
        try:
            node = read_expression(text)
            self.scope.condition(node)
        except UnreadableError as problem:
            self._fail(element, text, problem)
            return None
        return node

    def _given_value(self, element: Element) -> Node | None:
        text = element.get("expr")
        return data_of(element, self.problems) if text is None else self._value(element, text)

    def _given_text(self, element: Element, name: str) -> str | None:
        """An attribute, or what the expression beside it is known to give; ``?`` if that cannot be known."""
        text = element.get(f"{name}expr")
        if text is None:
            return element.get(name)
        node = self._value(element, text)
        known = None if node is None else self._known(node)
        return known.value if isinstance(known, Literal) and isinstance(known.value, str) else "?"

    def _known(self, node: Node) -> Node:
        """The expression in what variables were before the first element, and as far as it is known."""
        return folded(with_values(with_values(node, self._values), self.facts.constants))

    def _seen(self, node: Node) -> _Seen:
        return _Seen(node=node, known=self._known(node), versions=dict(self._versions))

    def _fail(self, element: Element, text: str, problem: UnreadableError) -> None:
        """Report an expression; one that nobody can evaluate is an event, where the document waits for it."""
        if not (self.facts.expects_errors and isinstance(problem, InvalidError)) or self._path:
            self.problems.expression(element, text, str(problem))
            return
        how = "It sends error.execution whenever it is come to, and the rest of its block is left out."
        self.problems.differs(element, f"{' '.join(text.split())} cannot be evaluated: {problem}", how)
        self._raised.append(_Raised(element=element, event=ERROR, payload=self._nothing()))
        raise _StoppedError

    def _assign_to(self, element: Element, name: str, node: Node) -> None:
        if name not in self.scope.types:
            self._fail(element, name, InvalidError("it is not a variable that has a <data>"))
            return
        self._give(element, name, folded(with_values(node, self._values)))

    def _give(self, element: Element, name: str, value: Node) -> None:
        """Let a variable have a value that is written in what was there before the first element."""
        if is_large(value):
            instead = "Take the assignments apart, into several states."
            self.problems.unsupported(
                element, f"What {name} comes to is too long for one expression", instead
            )
            value = Name(name)
        self._values[name] = value
        self._versions[name] = self._versions.get(name, 0) + 1

    # The elements

    def _follow(self, elements: Iterable[Element]) -> None:
        for element in elements:
            read = _READERS.get(element.name) if element.namespace == NAMESPACE else None
            if read is None:
                instead = "Take it out, and let an action or the sender do it."
                self.problems.unsupported(element, f"<{element.name}> has no counterpart", instead)
            else:
                read(self, element)

    def _assign(self, element: Element) -> None:
        node = self._given_value(element)
        if node is not None:
            self._assign_to(element, (element.get("location") or "").strip(), node)

    def _raise(self, element: Element) -> None:
        event = element.get("event") or ""
        if self._is_event(element, event):
            self._add(element, event, self._nothing(), None)

    def _send(self, element: Element) -> None:
        target, kind = self._given_text(element, "target"), self._given_text(element, "type")
        if target not in (None, "", _INTERNAL) or (kind is not None and kind not in _TO_MACHINES):
            instead = "Call others with an action block: only what goes to the machine itself is converted."
            self.problems.unsupported(element, "This <send> goes to somebody else", instead)
            return
        event = self._given_text(element, "event")
        if event in (None, "?"):
            what = "This <send> has no event, or an expression decides which"
            self.problems.unsupported(element, what, "A raise block names its event.")
            return
        place = element.get("idlocation")
        if place is not None:
            self._assign_to(element, place.strip(), Literal(f"send.{element.place.start}"))
        if not event or not self._is_event(element, event):
            return
        known, delay = (True, None) if target == _INTERNAL else self._delay(element)
        fine, payload = self._payload(element)
        if known and fine:
            self._add(element, event, self._nothing() if payload is None else self._seen(payload), delay)

    def _add(self, element: Element, event: str, payload: _Seen | None, delay: str | _Seen | None) -> None:
        raised = _Raised(element=element, event=event, when=self._path, payload=payload, delay=delay)
        self._raised.append(raised)

    def _nothing(self) -> _Seen | None:
        return self._seen(Literal(None)) if self.facts.reads_data else None

    def _is_event(self, element: Element, event: str) -> bool:
        plain = event != "" and event == event.strip() and event.isprintable()
        if plain and not is_pattern(event) and not is_own_event(event) and not event.startswith("<"):
            return True
        self.problems.name(
            element, f'"{event}" is not an event that a machine can raise', "Choose another name."
        )
        return False

    def _delay(self, element: Element) -> tuple[bool, str | _Seen | None]:
        """Whether it can be said how long an event waits, and that."""
        text, expression = element.get("delay"), element.get("delayexpr")
        if text is None and expression is not None:
            node = self._value(element, expression)
            if node is None:
                return False, None
            known = self._known(node)
            if not isinstance(known, Literal) or not isinstance(known.value, str):
                return True, self._seen(node)
            text = known.value
        if text is None:
            return True, "0"
        match = _DELAY.fullmatch(text.strip())
        if match is None:
            self.problems.expression(element, text, "it is not a delay such as 2s or 100ms")
            return False, None
        amount = Decimal(match[1])
        return True, writing.text(f"{amount:f}{match[2]}") if amount else "0"

    def _payload(self, element: Element) -> tuple[bool, Node | None]:
        """Whether it can be said what an event carries, and that; nothing if it says nothing."""
        items: dict[str, Node | None] = {}
        for name in (element.get("namelist") or "").split():
            items[name] = self._value(element, name)
        for param in element.all("param"):
            text = param.get("expr") or param.get("location") or ""
            items[param.get("name") or ""] = self._value(param, text)
        whole = tuple((name, node) for name, node in items.items() if node is not None)
        if items:
            return len(whole) == len(items), Object(whole)
        for content in element.all("content"):
            node = self._given_value(content)
            return node is not None, node
        return True, None

    def _cancel(self, element: Element) -> None:
        wanted = self._given_text(element, "sendid")
        events = self.facts.sends.get(wanted or "", ())
        if len(set(events)) != 1 or not events[0]:
            what = f'No single <send> has the id "{wanted}"'
            self.problems.name(element, what, "Give each <send> its own id, and its event.")
            return
        self._raised.append(_Raised(element=element, event=events[0], cancels=True, when=self._path))

    def _log(self, element: Element) -> None:
        why = "Every decision is logged, with what it saw."
        self.problems.left_out(element, "<log> is left out", why, harmless=True)

    def _foreach(self, element: Element) -> None:
        """A loop over a list that is known is done line by line; no other can be said."""
        node = self._value(element, element.get("array") or "")
        known = None if node is None else self._known(node)
        item, index = element.get("item") or "", element.get("index")
        if isinstance(known, Literal) or not item.isidentifier():
            self._fail(element, item, InvalidError("a loop needs a list, and a variable for what is in it"))
        elif not isinstance(known, Array) or len(known.items) > _LONGEST_LOOP:
            instead = f"Only a list that never changes, of at most {_LONGEST_LOOP} items, is gone through."
            self.problems.unsupported(element, "This <foreach> has no counterpart", instead)
        else:
            for position, value in enumerate(known.items):
                self._assign_to(element, item, value)
                if index is not None:
                    self._assign_to(element, index, Literal(Decimal(position)))
                self._follow(element.children)

    def _if(self, element: Element) -> None:
        before, versions, path = dict(self._values), dict(self._versions), self._path
        outcomes: list[tuple[Node, dict[str, Node]]] = []
        no: tuple[_Seen, ...] = ()
        for head, body in _branches(element):
            node = ALWAYS if head.name == "else" else self._condition(head, head.get("cond") or "")
            if node is None:
                return
            known = folded(with_values(with_values(node, before), self.facts.constants))
            if known == NEVER:
                continue
            here = () if known == ALWAYS else (_Seen(node=node, known=known, versions=versions),)
            self._values, self._path = dict(before), (*path, *no, *here)
            self._follow(body)
            outcomes.append((known, self._values))
            if known == ALWAYS:
                break
            no = (*no, _Seen(node=Unary("!", node), known=Unary("!", known), versions=versions))
        self._path, self._values = path, before
        self._merge(element, outcomes)

    def _merge(self, element: Element, outcomes: Sequence[tuple[Node, Mapping[str, Node]]]) -> None:
        """Let variables have the value of whichever branch is taken."""
        before = dict(self._values)
        for name in dict.fromkeys(n for _, values in outcomes for n in values):
            whole = before.get(name, Name(name))
            if all(values.get(name, whole) is whole for _, values in outcomes):
                continue
            for condition, values in reversed(outcomes):
                value = values.get(name, before.get(name, Name(name)))
                whole = value if condition == ALWAYS else Conditional(condition, value, whole)
            self._give(element, name, whole)


_READERS = {
    "assign": Content._assign,  # noqa: SLF001 - a table of its own methods
    "raise": Content._raise,  # noqa: SLF001
    "send": Content._send,  # noqa: SLF001
    "cancel": Content._cancel,  # noqa: SLF001
    "log": Content._log,  # noqa: SLF001
    "if": Content._if,  # noqa: SLF001
    "foreach": Content._foreach,  # noqa: SLF001
}


def _branches(element: Element) -> list[tuple[Element, list[Element]]]:
    """The branches of an <if>: what begins each, and what is in it."""
    found: list[tuple[Element, list[Element]]] = [(element, [])]
    for child in element.children:
        if child.name in ("elseif", "else"):
            found.append((child, []))
        else:
            found[-1][1].append(child)
    return found


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
        return _tree(json.loads(text, parse_float=Decimal, parse_int=Decimal, parse_constant=str))
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
