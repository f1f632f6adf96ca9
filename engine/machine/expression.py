"""An expression of a definition, ready to be evaluated and explained, and the names a file gives to its expressions."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.errors import EvaluationError
from engine.language import syntax
from engine.language.expressions import Compiled
from engine.language.values import show
from engine.machine.references import Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Something that an expression looks at, kept to be shown."""

    #: As written: ``event.action``.
    text: str
    node: syntax.Expression
    compiled: Compiled


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """An expression, its text, and what it looks at."""

    node: syntax.Expression
    compiled: Compiled
    #: As written, on one line.
    text: str
    #: Every path of names in it.
    references: tuple[Reference, ...]
    #: What to show where its value has to be explained; empty where nobody asks why.
    looks: tuple[Look, ...] = ()

    def evaluate(self, scope: Mapping[str, Any]) -> Any:
        """Its value; raises `engine.errors.EvaluationError`."""
        return self.compiled.evaluate(scope)

    def seen(self, scope: Mapping[str, Any]) -> str:
        """What it looks at, with the values there: ``event.action is "created"``; empty if it looks at nothing."""
        return ", ".join(_seen(look, scope) for look in self.looks)


#: All states that an instance is in, in the scope of what is decided about it.
_ACTIVE = "active"


def _seen(look: Look, scope: Mapping[str, Any]) -> str:
    if look.text == _ACTIVE:  # a guard that asks for one of many is asked about by name
        return f"{_ACTIVE} is {', '.join(scope.get(_ACTIVE, ()))}"
    try:
        return f"{look.text} is {show(look.compiled.evaluate(scope))}"
    except EvaluationError:
        return f"{look.text} is missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What ``var`` and ``local`` mean in one definition; `engine.machine.link` says how modules' names stand in it."""

    #: Values, one for each `variable` block.
    variables: Mapping[str, Any] = field(default_factory=dict)
    #: Expressions, evaluated when they are asked for; none depends on itself.
    locals: Mapping[str, Expression] = field(default_factory=dict)

    def scope(self, **roots: Any) -> dict[str, Any]:
        """A scope with these roots, ``var`` and ``local``."""
        roots["var"] = self.variables
        roots["local"] = _Locals(self.locals, roots)
        return roots

    def direct(self, expression: Expression) -> set[str]:
        """The names of the locals that an expression names itself."""
        return {name for r in expression.references if r.root == "local" for name in _members(r, self.locals)}

    def used_by(self, expressions: Iterable[Expression]) -> tuple[list[str], list[str]]:
        """The names of the locals and of the variables that the expressions need, directly or not, sorted."""
        found_locals: set[str] = set()
        found_variables: set[str] = set()
        todo = [reference for e in expressions for reference in e.references]
        while todo:
            reference = todo.pop()
            if reference.root == "var":
                found_variables.update(_members(reference, self.variables))
            elif reference.root == "local":
                new = _members(reference, self.locals) - found_locals
                found_locals |= new
                todo += [inner for name in new for inner in self.locals[name].references]
        return sorted(found_locals), sorted(found_variables)


def _members(reference: Reference, known: Mapping[str, Any]) -> set[str]:
    """The names that a reference to ``var`` or ``local`` may mean: all of them, if it does not say which."""
    if not reference.steps:
        return set(known)
    return {name for name in reference.steps[:1] if name in known}


class _Locals(Mapping[str, Any]):
    """The locals of a file for one scope: each is evaluated when it is first asked for, and once."""

    __slots__ = ("_expressions", "_scope", "_values")

    def __init__(self, expressions: Mapping[str, Expression], scope: Mapping[str, Any]) -> None:
        self._expressions = expressions
        self._scope = scope
        self._values: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._values:
            self._values[name] = self._expressions[name].evaluate(self._scope)
        return self._values[name]

    def __contains__(self, name: object) -> bool:
        return name in self._expressions

    def __iter__(self) -> Iterator[str]:
        return iter(self._expressions)

    def __len__(self) -> int:
        return len(self._expressions)
