"""An expression of a definition, ready to be evaluated and explained, and the names a file gives to its expressions."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import Any

from engine.errors import EvaluationError
from engine.frozen import frozen
from engine.language import syntax
from engine.language.expressions import Compiled
from engine.language.types import Type
from engine.language.values import show
from engine.machine.references import Reference, references
from engine.machine.sensitive import Place, Sensitive, token


@frozen
class Look:
    """Something that an expression looks at, kept to be shown."""

    #: As written: ``event.action``.
    text: str
    node: syntax.Expression
    compiled: Compiled
    #: It leads to a sensitive variable: where nobody says what stands in its place, it is left out.
    hidden: bool = False


@frozen
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
    #: The attribute that it is given to, where that takes certain types only.
    attribute: str = ""

    def evaluate(self, scope: Mapping[str, Any]) -> Any:
        """Its value; raises `engine.errors.EvaluationError`, which shows no sensitive value."""
        try:
            return self.compiled.evaluate(scope)
        except EvaluationError as problem:
            sensitive = sensitive_in(scope)
            hidden = None if sensitive is None else sensitive.hidden(problem, self.node)
            if hidden is None:
                raise
            raise EvaluationError(hidden, node=problem.node) from None

    def seen(self, scope: Mapping[str, Any]) -> str:
        """What it looks at, with the values there: ``event.action is "created"``; empty if it looks at nothing."""
        return ", ".join(filter(None, (_seen(look, scope) for look in self.looks)))

    def shown(self, value: Any, scope: Mapping[str, Any]) -> str:
        """A value that it gave, for a person; if it is sensitive, what stands in its place."""
        sensitive = sensitive_in(scope)
        origins = None if sensitive is None else sensitive.of_value(self.node)
        return token(origins) if origins else show(value)

    def mask(self, scope: Mapping[str, Any]) -> Any:
        """What to show of its value (`Sensitive.mask`)."""
        sensitive = sensitive_in(scope)
        return None if sensitive is None else sensitive.mask(self.node)


def sensitive_in(scope: Mapping[str, Any]) -> Sensitive | None:
    """What is not to be shown of what is evaluated in a scope; None = nothing."""
    return getattr(scope.get("local"), "sensitive", None)


#: All states that an instance is in, in the scope of what is decided about it.
_ACTIVE = "active"


def _seen(look: Look, scope: Mapping[str, Any]) -> str:
    sensitive = sensitive_in(scope)
    if sensitive is None and look.hidden:
        return ""
    hidden = "" if sensitive is None else sensitive.seen(next(references(look.node)))
    if hidden:
        return f"{look.text} is {hidden}"
    if look.text == _ACTIVE:  # a guard that asks for one of many is asked about by name
        return f"{_ACTIVE} is {', '.join(scope.get(_ACTIVE, ()))}"
    try:
        return f"{look.text} is {show(look.compiled.evaluate(scope))}"
    except EvaluationError:
        return f"{look.text} is missing"


@frozen
class Names:
    """What ``var`` and ``local`` mean in one definition; `engine.machine.link` says how modules' names stand in it."""

    #: Values, one for each `variable` block.
    variables: Mapping[str, Any] = field(default_factory=dict)
    #: Expressions, evaluated when they are asked for; none depends on itself.
    locals: Mapping[str, Expression] = field(default_factory=dict)
    #: What each variable can be, whoever gives it a value.
    types: Mapping[str, Type] = field(default_factory=dict)
    #: The variables whose values are not to be shown.
    sensitive: frozenset[Place] = frozenset()
    #: What of the expressions is made of them; None = nothing.
    hidden: Sensitive | None = field(default=None, compare=False, repr=False)
    #: The same, also where that is nothing: an instance may remember what is sensitive to no machine any more.
    studied: Sensitive | None = field(default=None, compare=False, repr=False)

    def scope(self, **roots: Any) -> dict[str, Any]:
        """A scope with these roots, ``var`` and ``local``."""
        hidden = self.hidden
        if hidden is not None and "context" not in roots:
            hidden = hidden.outside
        roots["var"] = self.variables
        roots["local"] = _Locals(self.locals, roots, hidden)
        return roots

    def remembering(self, past: Mapping[str, Sequence[str]]) -> "Names":
        """The same names, for an instance that remembers that as sensitive, perhaps from another version of its machine."""
        if not past or self.studied is None:
            return self
        grown = self.studied.grown(past)
        return self if grown is self.studied else replace(self, hidden=grown, studied=grown)

    def hiding(self, sensitive: Sensitive | None) -> "Names":
        """The same names, with what is not to be shown; None = whatever a value is made of, it is."""
        empty = sensitive is None or sensitive.is_empty()
        return replace(self, hidden=None if empty else sensitive, studied=sensitive)

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
    """The locals of a file for one scope: each is evaluated when it is first asked for, and once, even if it fails."""

    __slots__ = ("_expressions", "_failures", "_scope", "_values", "sensitive")

    def __init__(
        self, expressions: Mapping[str, Expression], scope: Mapping[str, Any], sensitive: Sensitive | None
    ) -> None:
        #: What is not to be shown of what is evaluated in the scope.
        self.sensitive = sensitive
        self._expressions = expressions
        self._scope = scope
        self._values: dict[str, Any] = {}
        self._failures: dict[str, EvaluationError] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._values:
            if name in self._failures:
                raise self._failures[name].with_traceback(None)
            try:
                self._values[name] = self._expressions[name].evaluate(self._scope)
            except EvaluationError as failure:
                self._failures[name] = failure
                raise
        return self._values[name]

    def __contains__(self, name: object) -> bool:
        return name in self._expressions

    def __iter__(self) -> Iterator[str]:
        return iter(self._expressions)

    def __len__(self) -> int:
        return len(self._expressions)
