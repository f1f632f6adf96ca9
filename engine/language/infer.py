"""What an expression can give, and what in it fails for certain, found without any event.

The types of the names that it uses go in. Out come the type of its value, and failures: each is one for all values that
the names can have. What only may fail is not reported, nor what may not be evaluated at all: behind ``&&``, ``||`` and
``?:``, in a loop that may have nothing to go over, inside `try` and `can`. What depends on no name is simply evaluated.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from engine.diagnostics import Diagnostic
from engine.language import syntax
from engine.language.arithmetic import advice, text_advice
from engine.language.choices import Stranger
from engine.language.depth import children
from engine.language.expressions import Compiler
from engine.language.failure import FailureError
from engine.language.functions import STANDARD
from engine.language.functions.function import Function
from engine.language.infer_calls import call_type
from engine.language.infer_choices import conditional_type
from engine.language.infer_equality import Unequal, never_equal
from engine.language.infer_loops import for_type, splat_type, template_for_type
from engine.language.infer_paths import attribute_type, element_type
from engine.language.infer_texts import compared
from engine.language.meter import MAX_STEPS, MAX_TEXT, ExhaustedError, Meter, too_large
from engine.language.source import Place
from engine.language.types import (
    ANY,
    BOOL,
    NUMBER,
    STRING,
    UNKNOWN,
    Fields,
    Type,
    bounded,
    joined,
    map_of,
    object_of,
    tuple_of,
    type_of,
)
from engine.language.values import UnfitError, number, text, truth

#: What may be spent on evaluating a part that depends on no name.
_STEPS, _TEXT = 20_000, 100_000
#: How many parts of one expression may take all that an evaluation may, to see whether that is enough.
_WHOLE = 2

#: What to do where a number is needed, by the kind of what is there.
_NUMBERS = {
    "null": "Give it a value to fall back on: coalesce(value, 0).",
    "list": "Take one element of it, or its length.",
    "object": "Take an attribute of it.",
    "bool": "Choose between two numbers: value ? 1 : 0.",
}

Names = Mapping[str, Type]


class Missing(NamedTuple):
    """An attribute that an object of somebody else's does not have, as far as is known."""

    #: What asks for it.
    node: syntax.Expression
    #: The object, as it is written.
    path: str
    name: str
    fields: Fields


class Inferred(NamedTuple):
    """What was found out about an expression."""

    type: Type
    #: What fails for certain whenever it is evaluated.
    problems: tuple[Diagnostic, ...]
    missing: tuple[Missing, ...]
    #: Comparisons that always come out the same, and texts that are not known to come: warnings.
    doubts: tuple[Diagnostic, ...] = ()


def infer(node: syntax.Expression, names: Names, functions: Mapping[str, Function] = STANDARD) -> Inferred:
    """The type of an expression's value; names that are not given are anything."""
    inference = Inference(functions)
    inference.find_constants(node)
    found = inference.infer(node, names)
    once = {id(failure.node): failure for failure in reversed(inference.problems)}
    problems = tuple(_diagnostic(failure, node) for failure in reversed(once.values()))
    doubts = tuple(one.as_diagnostic() for one in inference.unequal.values())
    doubts += tuple(one.as_diagnostic() for one in inference.strangers.values())
    return Inferred(type=found, problems=problems, missing=tuple(inference.missing), doubts=doubts)


def _diagnostic(failure: FailureError, whole: syntax.Expression) -> Diagnostic:
    places = [n.span.settled() if isinstance(n.span, Place) else n.span for n in (failure.node, whole)]
    return Diagnostic(
        code=failure.code,
        summary=failure.summary,
        detail=failure.detail,
        subject=places[0],
        context=places[1] if failure.node is not whole else None,
    )


class Inference:
    """Walks one expression; mirrors `engine.language.expressions`, one method a kind of node."""

    def __init__(self, functions: Mapping[str, Function]) -> None:
        self.functions = functions
        #: What fails for certain if what is being looked at is evaluated.
        self.problems: list[FailureError] = []
        self.missing: list[Missing] = []
        #: By the node: one that is looked at again is the same comparison.
        self.unequal: dict[int, Unequal] = {}
        #: The same of texts where others are known to come, by the node and the text.
        self.strangers: dict[tuple[int, str], Stranger] = {}
        self._constants: set[int] = set()
        self._whole = _WHOLE

    def find_constants(self, node: syntax.Node) -> frozenset[str]:
        """Note the nodes without a free name; gives the free names of this one."""
        if isinstance(node, syntax.Variable):
            return frozenset((node.name,))
        if isinstance(node, syntax.SplatItem):
            return frozenset("*")
        free = [self.find_constants(child) for child in children(node)]
        bound: frozenset[str] = frozenset()
        if isinstance(node, (syntax.For, syntax.TemplateFor)):
            bound = frozenset(name for name in (node.key, node.value) if name is not None)
        elif isinstance(node, syntax.Splat):
            bound = frozenset("*")
        elif isinstance(node, syntax.Call) and node.name not in self.functions:
            free.append(frozenset(" "))
        # What they go over stands outside of what they bind.
        whole = free[0].union(*(names - bound for names in free[1:])) if bound else frozenset().union(*free)
        if not whole and not isinstance(node, (syntax.Literal, syntax.ObjectItem)):
            self._constants.add(id(node))
        return whole

    def infer(self, node: syntax.Expression, names: Names) -> Type:
        """The type of one node; what fails for certain is noted."""
        if id(node) not in self._constants:
            return _RULES[type(node)](self, node, names)
        found, failure = self._evaluated(node)
        if failure is not None:
            before = len(self.problems)
            _RULES[type(node)](self, node, names)  # there may be more than the one that came first
            if len(self.problems) == before:
                self.problems.append(failure)
        return found

    def perhaps(self, node: syntax.Expression, names: Names) -> tuple[Type, list[FailureError]]:
        """The same for a node that may not be evaluated, with its failures beside it."""
        kept, self.problems = self.problems, []
        found = self.infer(node, names)
        failures, self.problems = self.problems, kept
        return found, failures

    def forgiven(self, node: syntax.Expression, names: Names) -> tuple[Type, list[FailureError]]:
        """The same for a node whose failure is dealt with: what it lacks is not noted either."""
        missing = len(self.missing)
        found = self.perhaps(node, names)
        del self.missing[missing:]
        return found

    def fail(self, node: syntax.Node, code: str, summary: str, detail: str = "") -> None:
        """Note a failure."""
        self.problems.append(FailureError(node, code, summary, detail))

    def compare(self, node: syntax.Binary | syntax.Call, left: Type, right: Type) -> None:
        """Note a comparison that always comes out the same."""
        if never_equal(left, right):
            self.unequal[id(node)] = Unequal(node, left, right)

    def note(self, stranger: Stranger) -> None:
        """Note a text that is not known to come where it is looked for."""
        self.strangers[id(stranger.node), stranger.text] = stranger

    def is_sure(self, node: syntax.Expression, names: Names) -> bool:
        """Whether nothing can fail in it."""
        if isinstance(node, (syntax.Literal, syntax.SplatItem)) or id(node) in self._constants:
            return True
        if isinstance(node, syntax.Variable):
            return node.name in names
        if isinstance(node, (syntax.Tuple, syntax.Parentheses)):
            return all(self.is_sure(child, names) for child in children(node))  # type: ignore[arg-type]
        return isinstance(node, syntax.Object) and all(
            isinstance(item.key, syntax.Literal) and self.is_sure(item.value, names) for item in node.items
        )

    def _evaluated(self, node: syntax.Expression) -> tuple[Type, FailureError | None]:
        """The type of a node's only value, or why it has none."""
        meter = Meter()
        meter.steps, meter.text = _STEPS, _TEXT
        run = Compiler(self.functions).compile(node)
        try:
            return type_of(run({}, meter)), None
        except FailureError as failure:
            return ANY, failure
        except ExhaustedError as problem:
            if meter.steps < _STEPS - MAX_STEPS or meter.text < _TEXT - MAX_TEXT:
                return ANY, _too_large(node, problem)  # it asked for more at once than there ever is
        if not self._whole:
            return ANY, None
        self._whole -= 1
        try:
            run({}, Meter())
        except FailureError as failure:
            return ANY, failure
        except ExhaustedError as problem:
            return ANY, _too_large(node, problem)
        return ANY, None

    # Conversions

    def needs_number(self, node: syntax.Expression, found: Type, operator: str) -> None:
        """Note that an operand is no number and spells none."""
        why = _unfit(found, number, NUMBER, STRING)
        if why:
            told = {**_NUMBERS, "string": text_advice(operator)}
            advice = next((told[kind] for kind in told if found.only(kind, "null")), "")
            self.fail(node, "not_a_number", f'"{operator}" needs numbers: this {why}', advice)

    def needs_bool(self, node: syntax.Expression, found: Type, summary: str) -> None:
        """Note that a condition is no bool and spells none."""
        if _unfit(found, _bool, BOOL, STRING):
            told = found.told() if found.value is UNKNOWN else type_of(found.value).told()
            advice = "Compare it with something, for instance: value != null."
            self.fail(node, "not_a_bool", f"{summary}, not {told}", advice)

    def needs_text(self, node: syntax.Expression, found: Type, code: str, what: str, advice: str) -> None:
        """Note that something has no text."""
        if _unfit(found, text, STRING, NUMBER, BOOL):
            self.fail(node, code, f"{what} is {found.told()}, which has no text", advice)

    # Nodes

    def literal(self, node: syntax.Literal, _names: Names) -> Type:
        """A value as written."""
        return type_of(node.value)

    def parentheses(self, node: syntax.Parentheses, names: Names) -> Type:
        """What is between them."""
        return self.infer(node.inner, names)

    def variable(self, node: syntax.Variable, names: Names) -> Type:
        """What the name can be."""
        return names.get(node.name, ANY)

    def splat_item(self, _node: syntax.SplatItem, names: Names) -> Type:
        """What an element of the splat around it can be."""
        return names.get("*", ANY)

    def attribute(self, node: syntax.GetAttribute, names: Names) -> Type:
        """``target.name``."""
        return attribute_type(self, node, self.infer(node.target, names))

    def index(self, node: syntax.Index, names: Names) -> Type:
        """``target[key]``."""
        return element_type(self, node, self.infer(node.target, names), self.infer(node.key, names))

    def unary(self, node: syntax.Unary, names: Names) -> Type:
        """``-x`` and ``!x``."""
        found = self.infer(node.operand, names)
        if node.operator == "!":
            self.needs_bool(node.operand, found, '"!" needs true or false')
            return BOOL
        self.needs_number(node.operand, found, "-")
        return NUMBER

    def binary(self, node: syntax.Binary, names: Names) -> Type:
        """``left operator right``."""
        operator = node.operator
        left = self.infer(node.left, names)
        if operator in ("&&", "||"):
            self.logic(node, left, names)
            return BOOL
        right = self.infer(node.right, names)
        if operator in ("==", "!="):
            self.compare(node, left, right)
            compared(self, node, left, right)
            return BOOL
        self.needs_number(node.left, left, operator)
        self.needs_number(node.right, right, operator)
        if operator in ("/", "%") and right.value is not UNKNOWN and _is_zero(right.value):
            self.fail(node, "arithmetic", f'The result of "{operator}" divides by zero', advice(0))
        return BOOL if operator in ("<", "<=", ">", ">=") else NUMBER

    def logic(self, node: syntax.Binary, left: Type, names: Names) -> None:
        """The right side is only evaluated where the left one does not decide."""
        summary = f'"{node.operator}" needs true or false on both sides'
        self.needs_bool(node.left, left, summary)
        kept, self.problems = self.problems, []
        right = self.infer(node.right, names)
        self.needs_bool(node.right, right, summary)
        failures, self.problems = self.problems, kept
        held = None if left.value is UNKNOWN else truth(left.value)
        if held is (node.operator == "&&"):
            self.problems += failures

    def made_list(self, node: syntax.Tuple, names: Names) -> Type:
        """``[a, b]``."""
        return bounded(tuple_of([self.infer(item, names) for item in node.items]))

    def made_object(self, node: syntax.Object, names: Names) -> Type:
        """``{ key = value }``."""
        members: dict[str, Type] = {}
        unnamed: list[Type] = []
        for item in node.items:
            key = self.infer(item.key, names)
            value = self.infer(item.value, names)
            self.needs_text(item.key, key, "key_not_text", "This key", "The keys of an object are text.")
            try:
                name = None if key.value is UNKNOWN else text(key.value)
            except UnfitError:
                name = None
            if name is None:
                unnamed.append(value)
            else:
                members[name] = value
        return map_of(joined([*members.values(), *unnamed])) if unnamed else bounded(object_of(members))

    def template(self, node: syntax.Template, names: Names) -> Type:
        """Text with values in it."""
        if node.wrapped:
            return self.infer(node.parts[0], names)
        for part in node.parts:
            found = self.infer(part, names)
            advice = (
                'Give it a value to fall back on: coalesce(value, "none").'
                if found.only("null")
                else "Use join for a list, or jsonencode for anything."
            )
            self.needs_text(part, found, "no_text", "This value", advice)
        return STRING


def _too_large(node: syntax.Expression, problem: ExhaustedError) -> FailureError:
    summary, detail = too_large(problem)
    return FailureError(node, "evaluation_too_large", summary, detail)


def _bool(value: Any) -> bool:
    found = truth(value)
    if found is None:
        raise UnfitError("is no bool")
    return found


def _unfit(found: Type, convert: Callable[[Any], Any], *fits: Type) -> str:
    """Why a value of the type cannot be converted, as what follows "this"; empty where one may be."""
    if not found.kinds:
        return ""
    if found.value is not UNKNOWN:
        try:
            convert(found.value)
        except UnfitError as error:
            return error.message
        return ""
    kinds = found.kinds if found.spells or convert is text else found.kinds - STRING.kinds
    return "" if kinds & {k for t in fits for k in t.kinds} else f"is {found.told()}, not a number"


def _is_zero(value: Any) -> bool:
    try:
        return number(value) == 0
    except UnfitError:
        return False


_RULES: dict[type, Callable[[Inference, Any, Names], Type]] = {
    syntax.Literal: Inference.literal,
    syntax.Template: Inference.template,
    syntax.TemplateIf: conditional_type,
    syntax.TemplateFor: template_for_type,
    syntax.Variable: Inference.variable,
    syntax.GetAttribute: Inference.attribute,
    syntax.Index: Inference.index,
    syntax.Splat: splat_type,
    syntax.SplatItem: Inference.splat_item,
    syntax.Call: call_type,
    syntax.Unary: Inference.unary,
    syntax.Binary: Inference.binary,
    syntax.Conditional: conditional_type,
    syntax.Parentheses: Inference.parentheses,
    syntax.Tuple: Inference.made_list,
    syntax.Object: Inference.made_object,
    syntax.For: for_type,
}
