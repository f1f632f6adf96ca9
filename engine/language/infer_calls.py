"""Types of calls: arguments that a function does not take, and what it gives back, as its registration says."""

from typing import TYPE_CHECKING

from engine.language import syntax
from engine.language.functions.function import ACCEPTED, Function, converted
from engine.language.infer_results import RESULTS
from engine.language.infer_texts import chosen, looked_for
from engine.language.meter import TOO_LARGE
from engine.language.types import ANY, UNKNOWN, Type, joined, named
from engine.language.values import UnfitError

if TYPE_CHECKING:
    from engine.language.infer import Inference, Names

#: Kinds of parameters that are strings.
_SPELLED = ("pattern", "timestamp", "duration", "format")
#: What `contains` takes, and `lookup` at least.
_PAIR = 2
_PATHS = (syntax.Variable, syntax.GetAttribute, syntax.Index)


def call_type(inference: "Inference", node: syntax.Call, names: "Names") -> Type:
    """What a call gives."""
    function = inference.functions.get(node.name)
    if function is not None and function.lazy:
        return _attempts(inference, node, function, names)
    arguments = [inference.infer(argument, names) for argument in node.arguments]
    if function is None:
        return ANY
    if node.expand:
        last = arguments.pop()
        if last.kinds and "list" not in last.kinds:
            summary = f'The argument before "..." must be a list, not {last.told()}'
            inference.fail(node.arguments[-1], "not_a_list", summary, "Its elements become the arguments.")
            return ANY
        arguments += last.items or ()
    for position, argument in enumerate(arguments):
        blamed = node.arguments[min(position, len(node.arguments) - 1)]
        why = _refusal(function, position, argument, path=isinstance(blamed, _PATHS))
        if why:
            parameter = function.parameter(position)
            summary = f'The argument "{parameter.name}" of {function.name} {why}'
            detail = f"It is written {function.signature}."
            inference.fail(blamed, "function_failed", summary, detail)
    if node.name == "contains" and not node.expand and len(arguments) == _PAIR:
        inference.compare(node, arguments[0].element(), arguments[1])
        looked_for(inference, node, arguments[0], arguments[1])
    if node.name == "lookup" and not node.expand and len(arguments) >= _PAIR:
        chosen(inference, node.arguments[0], arguments[0], node.arguments[1], arguments[1])
    rule = None if node.expand or not arguments else RESULTS.get(node.name)
    return named(function.returns) if rule is None else rule(arguments)


def _refusal(function: Function, position: int, argument: Type, *, path: bool) -> str:
    """Why a function takes no value of the type, as what follows "the argument"; empty where it may take one.

    A path to what is a list, or null, gives a function that skips null nothing that it could ever use.
    """
    if function.most is not None and position >= function.most:
        return ""  # of wrong numbers of arguments speaks `check_names`
    parameter = function.parameter(position)
    accepted = ACCEPTED.get(parameter.kind)
    if accepted is None or not argument.kinds:
        return ""
    if parameter.nullable and "null" in argument.kinds and not (path and len(argument.kinds) > 1):
        return ""
    if argument.value is not UNKNOWN:
        try:
            converted(argument.value, parameter)
        except UnfitError as error:
            return error.message
        return ""
    if not argument.spells and parameter.kind in ("number", "bool"):
        accepted -= {"string"}
    return "" if argument.kinds & accepted else f"is {argument.told()}, not {_article(parameter.kind)}"


def _article(kind: str) -> str:
    words = {"collection": "a list or an object", "object": "an object"}
    return words.get(kind, "a string" if kind in _SPELLED else f"a {kind}")


def _attempts(inference: "Inference", node: syntax.Call, function: Function, names: "Names") -> Type:
    """A call that deals with failures itself: it gives what an argument gives, or what it is registered to give."""
    tried = [inference.forgiven(argument, names) for argument in node.arguments]
    # Nothing deals with this one, and the first argument is always evaluated.
    stopped = [failure for _, failures in tried[:1] for failure in failures if failure.code == TOO_LARGE]
    inference.problems += stopped
    if function.name != "try" or node.expand or not tried:
        return named(function.returns)
    if all(failures for _, failures in tried):
        inference.problems += [] if stopped else tried[-1][1]
        return ANY
    return joined(found for found, failures in tried if not failures)
