"""Which values are made of sensitive ones. Found by reading expressions once, so that deciding costs nothing more. Pure.

A value is sensitive if the expression that gives it names a sensitive variable, a `local` or a member of the context that
is made of one, or an event that carries one, or calls ``sensitive(…)``; what stands in ``nonsensitive(…)`` does not count.
It is a matter of what is written and not of the values: a member of the context that a sensitive value is set to anywhere
in a machine is sensitive in each of its states. Where a sensitive value would be shown, a text stands that says what it is
made of: ``(sensitive: var.token)``.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from engine.diagnostics import Diagnostic
from engine.errors import EvaluationError
from engine.language import syntax
from engine.language.depth import children
from engine.language.functions.sensitivity import HIDES, SHOWS
from engine.machine.evaluated import arguments, changes, conditions, heard, others, payloads
from engine.machine.references import Reference, references

if TYPE_CHECKING:
    from engine.machine.definition import Machine, Receive
    from engine.machine.expression import Expression, Names

#: What a value is made of: names of variables; an empty name is a call of ``sensitive(…)``. Empty: it may be shown.
Origins = frozenset[str]
#: A member of a variable: its name, or its module's and its own.
Place = tuple[str, ...]
_Studied = tuple["Machine", tuple["Receive", ...], tuple["Expression", ...]]

_NOTHING: Origins = frozenset()
#: In place of the name of a member of the context: any of them.
_ANY = "*"
#: Names of the scope whose values explanations show, besides variables, locals and the states' names.
_SHOWN = ("event", "delivery", "context")
_ROOTS = frozenset((*_SHOWN, "entity", "state", "previous", "active", "fired", "var", "local", "now"))
_LOGIC = ("&&", "||")
#: How the place of a member of the context begins.
_MEMBER = "context."
_NOWHERE: Any = None
#: Of instances that remember what their machine does not know as sensitive, as many kinds are kept ready.
_MOST_KEPT = 256


def token(origins: Iterable[str]) -> str:
    """What stands in place of a value that is made of these."""
    named = ", ".join(sorted(origin for origin in origins if origin))
    return f"(sensitive: {named})" if named else "(sensitive)"


def calls_it(node: syntax.Expression) -> bool:
    """Whether an expression says ``sensitive(…)``, outside ``nonsensitive(…)``."""
    todo: list[syntax.Node] = [node]
    while todo:
        current = todo.pop()
        if isinstance(current, syntax.Call):
            if current.name == HIDES:
                return True
            if current.name == SHOWS:
                continue
        todo += children(current)
    return False


class Sensitive:
    """What is sensitive in the expressions of one definition or machine."""

    def __init__(self, names: "Names", past: Mapping[str, Iterable[str]] | None = None) -> None:
        """Take the names that expressions use; `past` is what an instance remembers as sensitive (`Snapshot.sensitive`)."""
        self._variables = names.sensitive
        self._bodies = {name: local.node for name, local in names.locals.items()}
        self._past = {place: frozenset(origins) for place, origins in (past or {}).items()}
        self._event = self._past.get("event", _NOTHING)
        self._context: dict[str, Origins] = {
            place.removeprefix(_MEMBER): origins for place, origins in self._past.items() if place != "event"
        }
        #: Paths that are compared with something sensitive: shown, they would tell what it is.
        self.beside: dict[tuple[str, tuple[Any, ...]], Origins] = {}
        self._kept: dict[tuple[int, bool], tuple[syntax.Node, Origins]] = {}
        self._studied: _Studied | None = None
        self._grown: dict[tuple[tuple[str, tuple[str, ...]], ...], Sensitive] = {}
        #: What holds where events come from outside and nothing is remembered: in `receive` blocks.
        self.outside: Sensitive = self

    @classmethod
    def of(
        cls,
        machine: "Machine",
        receives: Iterable["Receive"],
        claims: Iterable["Expression"],
        past: Mapping[str, Iterable[str]] | None = None,
    ) -> "Sensitive":
        """What is sensitive in a machine, what it listens to and what is claimed about it."""
        found = cls(machine.names, past)
        found._studied = (machine, tuple(receives), tuple(claims))
        found._spread(machine)
        found.outside = cls(machine.names, {"event": found._past.get("event", _NOTHING)})
        found.outside.compare(r.when for r in found._studied[1] if r.when is not None)
        found.beside |= found.outside.beside
        found.compare((*conditions(machine), *found._studied[2]))
        return found

    def _spread(self, machine: "Machine") -> None:
        """Find what is sensitive of the context, and of the events that the machine sends itself."""
        merged = [e.node for e in changes(machine)]
        sent = [e.node for e in payloads(machine)]
        before = None
        while before != (self._context, self._event):
            before = (dict(self._context), self._event)
            for node in merged:
                for name, origins in self.members(node).items():
                    self._context[name] = self._context.get(name, _NOTHING) | origins
            for node in sent:
                self._event |= self.of_value(node)
            self._kept.clear()

    def is_empty(self) -> bool:
        """Whether nothing is sensitive: then nobody need ask."""
        if self._studied is None or self._variables or self._context or self._event:
            return False
        machine, receives, claims = self._studied
        listed = (*conditions(machine), *arguments(machine), *others(machine))
        listed = (*listed, *changes(machine), *payloads(machine), *heard(receives), *claims)
        return not any(map(calls_it, [*(e.node for e in listed), *self._bodies.values()]))

    def grown(self, past: Mapping[str, Iterable[str]]) -> "Sensitive":
        """The same with what an instance remembers as sensitive since another version of its machine."""
        news = {
            place: tuple(sorted(set(origins) - self._known(place)))
            for place, origins in past.items()
            if not set(origins) <= self._known(place)
        }
        if not news or self._studied is None:
            return self
        key = tuple(sorted(news.items()))
        if key not in self._grown:
            if len(self._grown) > _MOST_KEPT:
                self._grown.clear()
            both = {
                place: self._past.get(place, _NOTHING) | set(news.get(place, ()))
                for place in {*self._past, *news}
            }
            self._grown[key] = Sensitive.of(*self._studied, both)
        return self._grown[key]

    def _known(self, place: str) -> Origins:
        if place == "event":
            return self._event
        name = place.removeprefix(_MEMBER)
        return self._context.get(name, _NOTHING) | self._context.get(_ANY, _NOTHING)

    # What is sensitive

    def of_value(self, node: syntax.Expression) -> Origins:
        """What of a sensitive kind the value of an expression is made of."""
        return self._of(node, told=False)

    def of_words(self, node: syntax.Expression) -> Origins:
        """The same for words about how it is evaluated: what is said to be nonsensitive counts, and what it is compared with."""
        return self._of(node, told=True)

    def _of(self, node: syntax.Expression, *, told: bool) -> Origins:
        kept = self._kept.get((id(node), told))
        if kept is None:
            found = _NOTHING
            for reference in references(node, "" if told else SHOWS):
                found |= self.of_reference(reference)
                if told:
                    found |= self._told_beside(reference)
            if calls_it(node):
                found |= {""}
            kept = self._kept[id(node), told] = (node, found)
        return kept[1]

    def of_reference(self, reference: Reference) -> Origins:
        """What of a sensitive kind a path leads to."""
        steps = reference.steps
        if reference.root == "var":
            return frozenset(
                _said(place)
                for place in self._variables
                if all(a == b for a, b in zip(place, steps, strict=False))
            )
        if reference.root == "local":
            bodies = self._bodies
            meant = [n for n in steps[:1] if n in bodies] if steps else list(bodies)
            return frozenset().union(*(self.of_value(bodies[name]) for name in meant))
        if reference.root == "context":
            names = (steps[0], _ANY) if steps else tuple(self._context)
            return frozenset().union(*(self._context.get(name, _NOTHING) for name in names))
        return self._event if reference.root == "event" else _NOTHING

    def _told_beside(self, reference: Reference) -> Origins:
        steps = reference.steps
        found = _NOTHING
        for (root, path), origins in self.beside.items():
            if root == reference.root and path == steps[: len(path)]:
                found |= origins
        return found

    def compare(self, expressions: Iterable["Expression"]) -> None:
        """Find the paths that conditions compare with something sensitive, or call a function with beside it."""
        for node in self._apart([expression.node for expression in expressions]):
            origins = self.of_words(node)
            for reference in references(node) if origins else ():
                if reference.root in _SHOWN:
                    path = (reference.root, reference.steps)
                    self.beside[path] = self.beside.get(path, _NOTHING) | origins
        self._kept.clear()

    def _apart(self, nodes: list[syntax.Expression]) -> Iterator[syntax.Expression]:
        """The parts of conditions that do not tell of one another when they are shown, those of locals included."""
        todo: list[syntax.Node] = list(nodes)
        seen: set[int] = set()
        while todo:
            current = todo.pop()
            if id(current) in seen:
                continue
            seen.add(id(current))
            if _is_logic(current):
                todo += children(current)
            elif isinstance(current, syntax.Expression):
                yield current
                named = (r.steps[0] for r in references(current) if r.root == "local" and r.steps)
                todo += [self._bodies[name] for name in named if name in self._bodies]

    def members(self, node: syntax.Expression) -> dict[str, Origins]:
        """What is sensitive in the object that an expression gives, by the name of the member."""
        node = self.body_of(node)
        if isinstance(node, syntax.Object):
            found: dict[str, Origins] = {}
            for item in node.items:
                key = _key(item)
                origins = self.of_value(item.value) | (
                    _NOTHING if key is not None else self.of_value(item.key)
                )
                if origins:
                    name = _ANY if key is None else key
                    found[name] = found.get(name, _NOTHING) | origins
            return found
        origins = self.of_value(node)
        return {_ANY: origins} if origins else {}

    def body_of(self, node: syntax.Expression) -> syntax.Expression:
        """An expression, or the one that a local stands for which it names, without parentheses."""
        while True:
            node = _bare(node)
            if not isinstance(node, syntax.GetAttribute) or not isinstance(node.target, syntax.Variable):
                return node
            body = self._bodies.get(node.name) if node.target.name == "local" else None
            if body is None:
                return node
            node = body

    # What is shown in its place

    def mask(self, node: syntax.Expression) -> Any:
        """What to show of the value of an expression: None for all of it, a text in its place, or the same by member."""
        origins = self.of_value(node)
        if not origins:
            return None
        node = self.body_of(node)
        if not isinstance(node, syntax.Object) or not all(map(is_written_out, node.items)):
            return token(origins)
        masks: dict[str, Any] = {}
        for item in node.items:
            name, mask = _key(item) or "", self.mask(item.value)
            if mask is not None:
                masks[name] = token(self.of_value(item.value)) if name in masks else mask
        return masks

    def seen(self, reference: Reference) -> str:
        """The text in place of what a path leads to; empty if that may be shown."""
        origins = self.of_reference(reference) | self._told_beside(reference)
        return token(origins) if origins else ""

    def remembered(self, context: Mapping[str, Any], raised: Mapping[str, Any]) -> dict[str, list[str]]:
        """What of a context, and of events that wait, is sensitive: what `Snapshot.sensitive` says."""
        if not (self._context or self._event):
            return {}
        anything = self._context.get(_ANY, _NOTHING)
        found = {f"{_MEMBER}{name}": self._context.get(name, _NOTHING) | anything for name in sorted(context)}
        if raised:
            found["event"] = self._event
        return {place: sorted(origins) for place, origins in found.items() if origins}

    def shown(self, root: str, value: Any) -> Any:
        """What may be shown of a context, or of a payload that was made up so that something holds."""
        if root == "context" and isinstance(value, Mapping):
            known = {
                name: self._context.get(name, _NOTHING) | self._context.get(_ANY, _NOTHING) for name in value
            }
            value = {name: token(known[name]) if known[name] else item for name, item in value.items()}
        return self._shown((root,), value)

    def _shown(self, path: tuple[Any, ...], value: Any) -> Any:
        origins = self._told_beside(Reference(root=path[0], steps=path[1:], node=_NOWHERE))
        if origins:
            return token(origins)
        if isinstance(value, Mapping):
            return {name: self._shown((*path, name), item) for name, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._shown((*path, number), item) for number, item in enumerate(value)]
        return value

    def hidden(self, problem: EvaluationError, node: syntax.Expression) -> Diagnostic | None:
        """In place of a problem with an expression one that shows no value; None if nothing it tells of is sensitive."""
        failed = problem.node
        looked = [node] if failed is None or _leans(failed) else _looked_at(failed)
        origins: Origins = frozenset().union(*(self.of_words(one) for one in looked))
        found = problem.diagnostic
        if not origins:
            return None
        return Diagnostic(
            code=found.code,
            summary=f"What is wrong with it would show {token(origins)}",
            detail=f"`interlock explain {found.code}` says what that can be.",
            subject=found.subject,
            context=found.context,
        )


def _said(place: Place) -> str:
    return f"var.{place[0]}" if len(place) == 1 else ".".join((*place[:-1], "var", place[-1]))


def _bare(node: syntax.Expression) -> syntax.Expression:
    while isinstance(node, syntax.Parentheses):
        node = node.inner
    return node


def _key(item: syntax.ObjectItem) -> str | None:
    """The name of a member, if it is written out."""
    key = _bare(item.key)
    return str(key.value) if isinstance(key, syntax.Literal) else None


def _leans(node: syntax.Node) -> bool:
    """Whether a part of an expression has names or elements that only the rest of it gives."""
    todo = [node]
    while todo:
        current = todo.pop()
        if isinstance(current, syntax.SplatItem):
            return True
        todo += children(current)
    return not isinstance(node, syntax.Expression) or any(r.root not in _ROOTS for r in references(node))


def _looked_at(node: syntax.Node) -> list[syntax.Expression]:
    """What a problem with a part of an expression tells of: of a path that leads nowhere, where it ends."""
    inner = children(node) if isinstance(node, syntax.GetAttribute | syntax.Index) else (node,)
    return [one for one in inner if isinstance(one, syntax.Expression)]


def is_written_out(item: syntax.ObjectItem) -> bool:
    """Whether the name of a member stands there as it is."""
    return _key(item) is not None


def _is_logic(node: syntax.Node) -> bool:
    """Whether nothing but the truth of its parts makes the value of a node."""
    if isinstance(node, syntax.Binary):
        return node.operator in _LOGIC
    if isinstance(node, syntax.Unary):
        return node.operator == "!"
    return isinstance(node, syntax.Parentheses)


def _reactions(machine: "Machine") -> Iterator[Any]:
    return (r for s in machine.states.values() for r in (s.on_enter, s.on_exit) if r is not None)
