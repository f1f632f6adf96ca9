"""What is known of a whole document before its parts are converted: its variables, its events, what nothing sends."""

from collections.abc import Iterator
from dataclasses import replace

from engine.machine.definition import ANY_EVENT, ANY_MORE, covers
from engine.scxml.content import ERROR, Facts, data_of
from engine.scxml.document import Element
from engine.scxml.ecmascript import Array, Literal, Node, UnreadableError, read_expression
from engine.scxml.expressions import Kind, Scope, Type
from engine.scxml.problems import Problems

#: Attributes that hold an expression.
_EXPRESSIONS = ("cond", "expr", "location")
#: Attributes that name a variable which is given a value.
_GIVEN = ("location", "idlocation", "item", "index")


def data_in(root: Element) -> list[Element]:
    """The variables of a document."""
    return [data for model in root.walk() if model.name == "datamodel" for data in model.all("data")]


def facts_of(root: Element) -> Facts:
    """What is known of a document."""
    elements = list(root.walk())
    texts = [v for e in elements for k, v in e.attributes.items() if k in _EXPRESSIONS]
    events = [token for e in elements if e.name == "transition" for token in (e.get("event") or "").split()]
    sends: dict[str, list[str]] = {}
    for send in elements:
        if send.name == "send" and send.get("id") is not None:
            sends.setdefault(send.attributes["id"], []).append(send.get("event") or "")
    given = {(e.get(k) or "").strip() for e in elements for k in _GIVEN}
    constants: dict[str, Node] = {}
    for data in data_in(root):
        name, node = data.get("id") or "", _node(data)
        if name not in given and isinstance(node, Literal | Array):
            constants[name] = node
    return Facts(
        sends=sends,
        reads_data=any("_event" in text and "data" in text for text in texts),
        expects_errors=any(covers(pattern(token), ERROR) for token in events),
        constants=constants,
    )


def unsent(root: Element) -> list[str]:
    """The members of ``_event`` that no event has, as nothing in the document sends one that has them."""
    sends = [e for e in root.walk() if e.name == "send"]
    found = ["invokeid", *([] if any(e.get("id") for e in sends) else ["sendid"])]
    return found if sends else [*found, "origin", "origintype"]


def pattern(token: str) -> str:
    """The events that a token of a transition means, as the language writes them."""
    return ANY_EVENT if token in ("*", ".*") else token.removesuffix("*").removesuffix(".") + ANY_MORE


def types_of(root: Element, scope: Scope) -> dict[str, Type]:
    """What each variable may be, from all that it is given anywhere."""
    scope = replace(scope, types={})
    types: dict[str, Type] = {}
    for data in data_in(root):
        scope.types = types
        types[data.get("id") or ""] = _type(data, scope)
    if root.get("binding") == "late":
        types = {name: replace(kind, missing=True) for name, kind in types.items()}
    for name, kind in _looped(root):
        types[name] = types[name].joined(kind) if name in types else replace(kind, missing=True)
    for element in root.walk():
        place = (element.get("idlocation") or "").strip()
        if place in types:
            types[place] = types[place].joined(Type(Kind.TEXT))
    assigns = [e for e in root.walk() if e.name == "assign"]
    for _ in range(len(types) + 2):
        scope.types, before = types, dict(types)
        for assign in assigns:
            name = (assign.get("location") or "").strip()
            if name in types:
                types[name] = types[name].joined(_type(assign, scope))
        if types == before:
            break
    return types


def _looped(root: Element) -> Iterator[tuple[str, Type]]:
    """The variables of loops."""
    for loop in root.walk():
        item, index = loop.get("item"), loop.get("index")
        if loop.name == "foreach" and item is not None and item.isidentifier():
            yield item, Type(Kind.ANY, missing=True)
            if index is not None:
                yield index, Type(Kind.NUMBER)


def _type(element: Element, scope: Scope) -> Type:
    """What a <data> or <assign> may give."""
    node = _node(element)
    return Type(Kind.ANY, missing=True) if node is None else scope.type_of(node)


def _node(element: Element) -> Node | None:
    text = element.get("expr")
    if text is None:
        return data_of(element, Problems())
    try:
        return read_expression(text)
    except UnreadableError:
        return None
