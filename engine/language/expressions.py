"""Expressions made ready to run: each node becomes a closure once, and evaluating calls closures.

Evaluation is total. It depends on nothing but the scope, ends after a bounded number of steps (`engine.language.meter`),
and either gives a value or raises `EvaluationError` with a diagnostic that shows the values involved. Kinds are not
mixed up silently: logic needs bools, ``==`` of different kinds is false, a missing attribute is an error (`try` and `can`
deal with that), and numbers are those of HCL's reference.
"""

from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from engine.diagnostics import Diagnostic, Span
from engine.errors import EvaluationError
from engine.language import syntax
from engine.language.arithmetic import binary, unary
from engine.language.conditions import conditional_closure
from engine.language.failure import FailureError, Run, wording
from engine.language.functions import STANDARD
from engine.language.functions.function import Function
from engine.language.loops import for_closure, splat_closure, template_for_closure
from engine.language.meter import ExhaustedError, Meter, too_large
from engine.language.names import check_names, roots_of, traversals_of
from engine.language.paths import get_attribute, index, path
from engine.language.source import Place
from engine.language.values import UnfitError, kind, show, text

_MAX_DETAIL = 400
_MAX_REFERENCES = 4

#: A reference as its author wrote it, and what evaluates it.
_Reference = tuple[str, Run]

__all__ = ["Compiled", "check_names", "compile_expression"]


class Compiled:
    """An expression, ready to be evaluated any number of times."""

    __slots__ = ("_functions", "_references", "_run", "node", "roots")

    def __init__(self, node: syntax.Expression, functions: Mapping[str, Function]) -> None:
        #: The expression.
        self.node = node
        #: The root names that it uses.
        self.roots: frozenset[str] = roots_of(node)
        self._functions = functions
        self._references: list[_Reference] | None = None
        self._run = Compiler(functions).compile(node)

    def evaluate(self, scope: Mapping[str, Any]) -> Any:
        """The value for these names; raises `EvaluationError`."""
        try:
            return self._run(scope, Meter())
        except FailureError as failure:
            involved = self._involved(failure.node, scope)
            raise EvaluationError(self._diagnostic(failure, involved), involved, failure.node) from None
        except ExhaustedError as error:
            summary, detail = too_large(error)
            raise EvaluationError(
                Diagnostic(
                    code="evaluation_too_large",
                    summary=summary,
                    detail=detail,
                    subject=_settled(self.node),
                )
            ) from None

    def values(self, scope: Mapping[str, Any]) -> str:
        """The values of the references in the expression, for a trace: ``event.action is "closed"``."""
        if self._references is None:
            self._references = _references(self.node, self._functions)
        return _describe(self._references, scope)

    def _involved(self, node: syntax.Node, scope: Mapping[str, Any]) -> str:
        """The values that made a node fail; of a path that leads nowhere, the value where it ends."""
        shown = _describe(_references(node, self._functions), scope)
        while not shown and isinstance(node, (syntax.GetAttribute, syntax.Index, syntax.Splat)):
            node = node.target
            if not isinstance(node, syntax.Variable):
                shown = _describe(_references(node, self._functions), scope)
        return shown

    def _diagnostic(self, failure: FailureError, involved: str) -> Diagnostic:
        detail = failure.detail
        if involved:
            detail = f"{detail} Here {involved}." if detail else f"Here {involved}."
        return Diagnostic(
            code=failure.code,
            summary=failure.summary,
            detail=detail if len(detail) <= _MAX_DETAIL else detail[: _MAX_DETAIL - 1] + "…",
            subject=_settled(failure.node),
            context=_settled(self.node) if failure.node is not self.node else None,
        )


def compile_expression(node: syntax.Expression, functions: Mapping[str, Function] = STANDARD) -> Compiled:
    """Make an expression ready. Unknown names and functions are found by `check_names`; here they fail when reached."""
    return Compiled(node, functions)


def _settled(node: syntax.Node) -> Span:
    return node.span.settled() if isinstance(node.span, Place) else node.span


def _references(node: syntax.Node, functions: Mapping[str, Function]) -> list[_Reference]:
    compiler = Compiler(functions)
    return [(wording(found, 60), compiler.compile(found)) for found in traversals_of(node)]


def _describe(references: list[_Reference], scope: Mapping[str, Any]) -> str:
    shown: list[str] = []
    for name, run in references:
        try:
            shown.append(f"{name} is {show(run(scope, Meter()))}")
        except (FailureError, ExhaustedError, EvaluationError):
            continue
        if len(shown) == _MAX_REFERENCES:
            break
    return ", ".join(shown)


class Compiler:
    """Makes closures of nodes; one method a kind of node."""

    def __init__(self, functions: Mapping[str, Function]) -> None:
        self.functions = functions

    def compile(self, node: syntax.Expression) -> Run:
        """The closure of one node."""
        return _MAKERS[type(node)](self, node)

    def literal(self, node: syntax.Literal) -> Run:
        """A value as written."""
        value = node.value
        return lambda _scope, _meter: value

    def parentheses(self, node: syntax.Parentheses) -> Run:
        """What is between them."""
        return self.compile(node.inner)

    def reference(self, node: syntax.Variable | syntax.GetAttribute) -> Run:
        """``event.action``: a root name and attributes, in one closure."""
        names: list[str] = []
        root: syntax.Expression = node
        while isinstance(root, syntax.GetAttribute):
            names.append(root.name)
            root = root.target
        names.reverse()
        if isinstance(root, syntax.Variable):
            return path(node, root.name, names)
        assert isinstance(node, syntax.GetAttribute)  # noqa: S101 - a bare variable is its own root
        return get_attribute(node, self.compile(node.target))

    def index(self, node: syntax.Index) -> Run:
        """``target[key]``."""
        return index(node, self.compile(node.target), self.compile(node.key))

    def splat(self, node: syntax.Splat) -> Run:
        """``target[*]…``."""
        return splat_closure(self.compile(node.target), self.compile(node.each))

    def splat_item(self, _node: syntax.SplatItem) -> Run:
        """The element that the splat around it is at."""
        return lambda scope, _meter: scope["*"]

    def unary(self, node: syntax.Unary) -> Run:
        """``-x`` and ``!x``."""
        return unary(node, self.compile(node.operand))

    def binary(self, node: syntax.Binary) -> Run:
        """``left operator right``."""
        return binary(node, self.compile(node.left), self.compile(node.right))

    def conditional(self, node: syntax.Conditional) -> Run:
        """One side's value, as the type that both sides have in common."""
        return conditional_closure(node, *map(self.compile, (node.condition, node.then, node.otherwise)))

    def list(self, node: syntax.Tuple) -> Run:
        """``[a, b]``."""
        items = [self.compile(item) for item in node.items]
        return lambda scope, meter: [item(scope, meter) for item in items]

    def object(self, node: syntax.Object) -> Run:
        """``{ key = value }``; of two equal keys the later one counts."""
        items = [(item.key, self.compile(item.key), self.compile(item.value)) for item in node.items]

        def run(scope: Mapping[str, Any], meter: Meter) -> Any:
            made = {}
            for key_node, key, value in items:
                name = key(scope, meter)
                if type(name) is not str:
                    name = _key(key_node, name)
                made[name] = value(scope, meter)
            return made

        return run

    def loop(self, node: syntax.For) -> Run:
        """``[for …]`` and ``{for …}``."""
        return for_closure(
            node,
            self.compile(node.collection),
            self.compile(node.result_key) if node.result_key is not None else None,
            self.compile(node.result),
            self.compile(node.condition) if node.condition is not None else None,
        )

    def template(self, node: syntax.Template) -> Run:
        """Text with values in it; a single ``${value}`` keeps its kind."""
        parts = [(part, self.compile(part)) for part in node.parts]
        if node.wrapped:
            return parts[0][1]

        def run(scope: Mapping[str, Any], meter: Meter) -> Any:
            words = []
            for part, value_of in parts:
                value = value_of(scope, meter)
                if type(value) is not str:
                    value = _word(part, value)
                meter.make(len(value))
                words.append(value)
            return "".join(words)

        return run

    def template_if(self, node: syntax.TemplateIf) -> Run:
        """``%{ if … }``."""
        return self.conditional(
            syntax.Conditional(
                span=node.span, condition=node.condition, then=node.then, otherwise=node.otherwise
            )
        )

    def template_for(self, node: syntax.TemplateFor) -> Run:
        """``%{ for … }``."""
        return template_for_closure(node, self.compile(node.collection), self.compile(node.body))

    def call(self, node: syntax.Call) -> Run:
        """``name(arguments)``."""
        function = self.functions.get(node.name)
        arguments = [self.compile(argument) for argument in node.arguments]
        if function is None:
            return lambda _scope, _meter: _unknown_function(node)
        if function.lazy:
            return _lazy_call(node, function, arguments)
        call = function.call

        def run(scope: Mapping[str, Any], meter: Meter) -> Any:
            values = [argument(scope, meter) for argument in arguments]
            if node.expand:
                values += _expanded(node, values.pop())
                meter.step(len(values))
            try:
                return call(values, meter)
            except UnfitError as error:
                at = error.argument
                blamed = node if at is None or at >= len(node.arguments) else node.arguments[at]
                raise FailureError(
                    blamed, "function_failed", error.message, f"It is written {function.signature}."
                ) from None

        return run


def _lazy_call(node: syntax.Call, function: Function, arguments: list[Run]) -> Run:
    def run(scope: Mapping[str, Any], meter: Meter) -> Any:
        problem = function.arity_problem(len(arguments))
        if problem is not None or node.expand:
            raise FailureError(node, "function_failed", problem or f'{function.name} takes no "..."')
        meter.step()
        return function.implementation(
            meter, *[lambda argument=argument: argument(scope, meter) for argument in arguments]
        )

    return run


def _expanded(node: syntax.Call, value: Any) -> list[Any]:
    if isinstance(value, (list, tuple)):
        return list(value)
    raise FailureError(
        node.arguments[-1],
        "not_a_list",
        f'The argument before "..." must be a list, not {kind(value)}',
        "Its elements become the arguments.",
    )


def _unknown_function(node: syntax.Call) -> NoReturn:
    raise FailureError(node, "unknown_function", f'There is no function "{node.name}"')


def _key(node: syntax.Expression, value: Any) -> str:
    try:
        return text(value)
    except UnfitError as error:
        raise FailureError(
            node, "key_not_text", f"This key {error.message}", "The keys of an object are text."
        ) from None


def _word(node: syntax.Expression, value: Any) -> str:
    try:
        return text(value)
    except UnfitError as error:
        advice = (
            'Give it a value to fall back on: coalesce(value, "none").'
            if value is None
            else "Use join for a list, or jsonencode for anything."
        )
        raise FailureError(node, "no_text", f"This value {error.message}", advice) from None


_MAKERS: dict[type, Callable[[Compiler, Any], Run]] = {
    syntax.Literal: Compiler.literal,
    syntax.Template: Compiler.template,
    syntax.TemplateIf: Compiler.template_if,
    syntax.TemplateFor: Compiler.template_for,
    syntax.Variable: Compiler.reference,
    syntax.GetAttribute: Compiler.reference,
    syntax.Index: Compiler.index,
    syntax.Splat: Compiler.splat,
    syntax.SplatItem: Compiler.splat_item,
    syntax.Call: Compiler.call,
    syntax.Unary: Compiler.unary,
    syntax.Binary: Compiler.binary,
    syntax.Conditional: Compiler.conditional,
    syntax.Parentheses: Compiler.parentheses,
    syntax.Tuple: Compiler.list,
    syntax.Object: Compiler.object,
    syntax.For: Compiler.loop,
}
