"""The type of ``?:``: that of either side, made one as `engine.language.unify` does it with values."""

from typing import TYPE_CHECKING

from engine.language import syntax
from engine.language.types import UNKNOWN, Type, join, loosened
from engine.language.values import truth

if TYPE_CHECKING:
    from engine.language.infer import Inference, Names


def conditional_type(
    inference: "Inference", node: syntax.Conditional | syntax.TemplateIf, names: "Names"
) -> Type:
    """``?:`` and ``%{ if }``: one side fails without consequence, both do not."""
    condition = inference.infer(node.condition, names)
    inference.needs_bool(node.condition, condition, "The condition of ?: must be true or false")
    then, first = inference.perhaps(node.then, names)
    otherwise, second = inference.perhaps(node.otherwise, names)
    held = None if condition.value is UNKNOWN else truth(condition.value)
    if held is not None:
        inference.problems += first if held else second
    elif first and second:
        inference.problems += first + second
    sure = not first and not second and all(inference.is_sure(n, names) for n in (node.then, node.otherwise))
    if sure and _never_alike(then, otherwise):
        summary = f"The sides of ?: are {then.told()} and {otherwise.told()}"
        inference.fail(node, "sides_differ", summary, "Give both sides values of one type.")
    whole = join(then, otherwise)
    return whole if _is_one(then, otherwise) else loosened(whole)


def _is_one(left: Type, right: Type) -> bool:
    """Whether nothing is converted to make the sides alike."""
    kinds = (left.kinds | right.kinds) - {"null"}
    return len(kinds) <= 1 and not kinds & {"list", "object"}


def _never_alike(left: Type, right: Type) -> bool:
    """Whether no value of one type and no value of the other have a type in common."""
    return not any(_may_be_alike(a, b) for a in left.kinds for b in right.kinds) and bool(
        left.kinds and right.kinds
    )


def _may_be_alike(left: str, right: str) -> bool:
    pair = {left, right}
    return left == right or "null" in pair or ("string" in pair and not pair & {"list", "object"})
