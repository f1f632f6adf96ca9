"""What the expressions of a machine ask of each value they look at: the ground on which guards become finite.

A guard is taken apart into atoms: a path compared with constants, used as a truth value, asked for its presence, or
compared with another path. Where every use of a path is of these kinds, a few representatives stand for all values
that it can have (`engine.machine.domains`). Whatever else looks at a path (a function, arithmetic) is opaque: its
values can only be sampled, and whoever concludes something from that has to say so.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from engine.errors import EvaluationError
from engine.language import syntax
from engine.language.depth import children
from engine.language.expressions import compile_expression
from engine.language.values import UnfitError, number
from engine.machine.expression import Names
from engine.machine.references import references
from engine.machine.samples import samples_for
from engine.machine.use import Path, Use, is_same

#: A constant, or a path: what one side of a comparison can be.
Term = tuple[bool, Any]

_ORDER = frozenset({"<", "<=", ">", ">="})
_COMPARED = _ORDER | {"==", "!=", "&&", "||"}

#: Numbers worth a try where what comes in is held against what is remembered.
_STEPS = (1, 2, 3)


@dataclass(slots=True, kw_only=True)
class Uses:
    """What some expressions ask of all the paths in them."""

    names: Names
    of: dict[Path, Use] = field(default_factory=dict)
    #: What they do with an event is opaque somewhere, or with the context.
    opaque: bool = False
    opaque_context: bool = False
    #: What was taken apart already, as a condition, as terms or as a value, by identity; the nodes are kept alive.
    done: dict[tuple[str, int], tuple[syntax.Expression, list[Term] | None]] = field(default_factory=dict)

    @property
    def extent(self) -> int:
        """Grows with each thing that is asked of anything."""
        return len(self.of) + sum(use.extent for use in self.of.values())

    def use(self, path: Path) -> Use:
        """What is asked of a path."""
        return self.of.setdefault(path, Use())

    def _asked(self, path: Path) -> Use:
        """The same, where the answer decides something: time and the entity's name are not explored."""
        if path[0] == "now" or path in (("entity",), ("entity", "id")):
            self.opaque = True
        return self.use(path)

    # Conditions

    def condition(self, node: syntax.Expression) -> None:
        """Add what a condition asks."""
        node = self.unfolded(node)
        if self._is_done("condition", node) or self.constant(node) is not None:
            return
        path = path_of(node)
        if path is not None:
            self._asked(path).truth = True
        elif isinstance(node, syntax.Unary) and node.operator == "!":
            self.condition(node.operand)
        elif isinstance(node, syntax.Binary):
            self._binary(node)
        elif isinstance(node, syntax.Conditional):
            for part in (node.condition, node.then, node.otherwise):
                self.condition(part)
        elif isinstance(node, syntax.Call):
            self._call(node)
        else:
            self._truths(node)

    def _truths(self, node: syntax.Expression) -> None:
        terms = self.terms(node)
        if terms is None:
            self._opaque(node)
        for is_path, path in terms or ():
            if is_path:
                self._asked(path).truth = True

    def _binary(self, node: syntax.Binary) -> None:
        if node.operator in ("&&", "||"):
            self.condition(node.left)
            self.condition(node.right)
            return
        left, right = self.terms(node.left), self.terms(node.right)
        if left is None or right is None:
            self._opaque(node)
        elif node.operator in ("==", "!="):
            self._equal(left, right)
        elif node.operator in _ORDER:
            self._ordered(node, left, right)
        else:
            self._opaque(node)

    def _equal(self, left: list[Term], right: list[Term]) -> None:
        for side, other in ((left, right), (right, left)):
            for is_path, path in side:
                if not is_path:
                    continue
                for also_path, value in other:
                    if also_path and value == path:
                        self._asked(path).presence = True
                    elif also_path:
                        self._asked(path).joined.add(value)
                    else:
                        self._asked(path).compare(value)

    def _ordered(self, node: syntax.Binary, left: list[Term], right: list[Term]) -> None:
        for side, other in ((left, right), (right, left)):
            for is_path, path in side:
                if not is_path:
                    continue
                for also_path, value in other:
                    if also_path:
                        self._in_order(node, path, value)
                        continue
                    try:
                        bound = number(value)
                    except UnfitError:
                        continue  # never true, whatever the path is
                    if bound not in (bounds := self._asked(path).bounds):
                        bounds.append(bound)

    def _in_order(self, node: syntax.Expression, path: Path, other: Path) -> None:
        """Two paths in order: all of it is known if both come in with the event, else some numbers are worth a try."""
        if path == other:  # it is in order with itself if it is a number
            self._asked(path).bounds.append(0)
            return
        self._asked(path).ordered.add(other)
        if path[0] == other[0] == "event":
            return
        self._opaque(node)
        if path[0] in ("event", "context"):
            self.use(path).sample(*_STEPS)

    def _call(self, node: syntax.Call) -> None:
        if node.name == "can" and len(node.arguments) == 1:
            terms = self.terms(node.arguments[0])
            if terms is None:
                self.condition(node.arguments[0])
            for is_path, path in terms or ():
                if is_path:
                    self._asked(path).presence = True
        elif node.name == "try" and not node.expand:
            for argument in node.arguments:
                self.condition(argument)
        elif node.name == "contains" and len(node.arguments) == 2 and not node.expand:  # noqa: PLR2004
            self._contains(node)
        else:
            self._truths(node)

    def _contains(self, node: syntax.Call) -> None:
        listed = self.constant(node.arguments[0])
        terms = self.terms(node.arguments[1])
        if listed is None or not isinstance(listed[1], list) or terms is None:
            self._opaque(node)
            return
        self._equal(terms, [(False, value) for value in listed[1]])
        for is_path, path in terms:
            if is_path:
                self._asked(path).presence = True

    def equals(self, node: syntax.Expression, value: Any) -> None:
        """Add what it takes to know whether an expression has that value."""
        terms = self.terms(node)
        if terms is None:
            self._opaque(self.unfolded(node))
        else:
            self._equal(terms, [(False, value)])

    def either(self, terms: Iterable[Term], values: Iterable[Any]) -> None:
        """Add what it takes to know whether one of these terms has one of these values."""
        self._equal(list(terms), [(False, value) for value in values])

    # Values

    def terms(self, node: syntax.Expression) -> list[Term] | None:
        """The constants and paths that a value can be; None if it is made in another way."""
        node = self.unfolded(node)
        key = ("terms", id(node))
        if key not in self.done:
            found = self._terms(node)
            self.done[key] = (node, None if found is None else _once(found))
        return self.done[key][1]

    def _terms(self, node: syntax.Expression) -> list[Term] | None:
        constant = self.constant(node)
        if constant is not None:
            return [constant]
        path = path_of(node)
        if path is not None:
            return [(True, path)]
        if isinstance(node, syntax.Template) and node.wrapped:
            return self.terms(node.parts[0])
        if isinstance(node, syntax.Index):
            return self._picked(node)
        parts: tuple[syntax.Expression, ...] = ()
        if isinstance(node, syntax.Conditional):
            self.condition(node.condition)
            parts = (node.then, node.otherwise)
        elif isinstance(node, syntax.Call) and node.name in ("try", "coalesce") and not node.expand:
            parts = node.arguments
        found = [self.terms(part) for part in parts]
        if not found or None in found:
            return None
        terms = [term for part in found for term in part or ()]
        for is_path, path in terms:
            if is_path and isinstance(node, syntax.Call):
                use = self.use(path)
                use.presence = True
                use.compare(*([None, ""] if node.name == "coalesce" else []))
        return terms

    def _picked(self, node: syntax.Index) -> list[Term] | None:
        """What ``{ a = 1, b = 2 }[key]`` can be: the key is compared with every name."""
        target = self.unfolded(node.target)
        keys = self.terms(node.key)
        if not isinstance(target, syntax.Object) or keys is None:
            return None
        names = [self.constant(item.key) for item in target.items]
        found = [self.terms(item.value) for item in target.items]
        if None in names or None in found:
            return None
        self._equal(keys, [name for name in names if name is not None])
        return [term for part in found for term in part or ()]

    def value(self, node: syntax.Expression) -> None:
        """Add what it takes to evaluate a value that nothing is concluded from: an argument of a call."""
        node = self.unfolded(node)
        if self._is_done("value", node) or self.constant(node) is not None:
            return
        path = path_of(node)
        if path is not None:
            self.use(path)
        elif isinstance(node, syntax.Template | syntax.Tuple | syntax.Object | syntax.ObjectItem):
            for part in children(node):
                if isinstance(part, syntax.Expression):
                    self.value(part)
                else:
                    self.value(part.value)  # type: ignore[attr-defined]  # an ObjectItem
        elif isinstance(node, syntax.Conditional | syntax.TemplateIf):
            self.condition(node.condition)
            self.value(node.then)
            self.value(node.otherwise)
        elif isinstance(node, syntax.Call) and node.name in ("try", "coalesce"):
            for part in node.arguments:
                self.value(part)
        elif _is_condition(node):
            self.condition(node)
        else:
            self._opaque(node)

    def _is_done(self, what: str, node: syntax.Expression) -> bool:
        """Whether a node, which many locals may lead to, was looked at in this way before; now it was."""
        key = (what, id(node))
        known = key in self.done
        self.done[key] = (node, None)
        return known

    # What cannot be taken apart

    def _opaque(self, node: syntax.Expression) -> None:
        samples = samples_for(node)
        for path in self.read_by(node):
            if path[0] not in ("event", "delivery", "context"):
                self._asked(path)
                continue
            if path[0] == "context":
                self.opaque_context = True
            else:
                self.opaque = True
            use = self.use(path)
            use.opaque = True
            use.sample(*samples)

    def read_by(self, node: syntax.Expression) -> Iterator[Path]:
        """Every path that an expression reads, those behind its locals included."""
        todo = list(references(node))
        done: set[str] = set()
        while todo:
            reference = todo.pop(0)
            if reference.root != "local":
                yield (reference.root, *map(str, reference.steps))
                continue
            wanted = reference.steps[:1] or tuple(self.names.locals)
            for name in wanted:
                if name not in done and name in self.names.locals:
                    done.add(name)
                    todo += self.names.locals[name].references

    def constant(self, node: syntax.Expression) -> Term | None:
        """The value of an expression that depends on no event, as a term; None if it depends, or has none."""
        if any(path[0] != "var" for path in self.read_by(node)):
            return None
        try:
            return False, compile_expression(node).evaluate(self.names.scope())
        except EvaluationError:
            return None

    def unfolded(self, node: syntax.Expression) -> syntax.Expression:
        """The expression without parentheses, and in place of a local what it stands for."""
        while True:
            if isinstance(node, syntax.Parentheses):
                node = node.inner
                continue
            path = path_of(node)
            if path is None or path[0] != "local" or len(path) == 1 or path[1] not in self.names.locals:
                return node
            stands_for = self._inside(self.names.locals[path[1]].node, path[2:])
            if stands_for is None:
                return node
            node = stands_for

    def _inside(self, node: syntax.Expression, steps: Path) -> syntax.Expression | None:
        for step in steps:
            node = self.unfolded(node)
            if isinstance(node, syntax.Object):
                items = {i.key.value: i.value for i in node.items if isinstance(i.key, syntax.Literal)}
                if step not in items or len(items) != len(node.items):
                    return None
                node = items[step]
            elif path_of(node) is not None:
                node = syntax.GetAttribute(span=node.span, target=node, name=step)
            else:
                return None
        return node


def _is_condition(node: syntax.Expression) -> bool:
    if isinstance(node, syntax.Unary):
        return node.operator == "!"
    return isinstance(node, syntax.Binary) and node.operator in _COMPARED


def _once(terms: list[Term]) -> list[Term]:
    """The terms in their order, each once."""
    kept: list[Term] = []
    paths: set[Path] = set()
    for is_path, value in terms:
        known = value in paths if is_path else any(is_same(value, other) for also, other in kept if not also)
        if not known:
            kept.append((is_path, value))
            if is_path:
                paths.add(value)
    return kept


def path_of(node: syntax.Expression) -> Path | None:
    """The path that an expression is, if it is nothing else."""
    steps: list[str] = []
    while True:
        if isinstance(node, syntax.GetAttribute):
            steps.append(node.name)
            node = node.target
        elif isinstance(node, syntax.Index) and isinstance(node.key, syntax.Literal):
            steps.append(str(node.key.value))
            node = node.target
        elif isinstance(node, syntax.Parentheses):
            node = node.inner
        elif isinstance(node, syntax.Variable):
            return (node.name, *reversed(steps))
        else:
            return None
