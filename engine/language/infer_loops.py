"""Types of everything that visits the elements of a collection, as `engine.language.loops` does."""

from typing import TYPE_CHECKING

from engine.language import syntax
from engine.language.types import NOTHING, NUMBER, STRING, Type, join, list_of, map_of, tuple_of

if TYPE_CHECKING:
    from engine.language.infer import Inference, Names


def splat_type(inference: "Inference", node: syntax.Splat, names: "Names") -> Type:
    """``target[*]…``: null has no elements, and what is no list is one element."""
    target = inference.infer(node.target, names)
    single = Type(
        kinds=target.kinds - {"list", "null"},
        inner=target.inner,
        members=target.members,
        open=target.open,
        fields=target.fields,
    )
    elements = target.element() if "list" in target.kinds else NOTHING
    each, failures = inference.perhaps(node.each, {**names, "*": join(elements, single)})
    if "null" not in target.kinds and (target.items or "list" not in target.kinds) and target.kinds:
        inference.problems += failures
    if target.only("list") and target.items is not None:
        return tuple_of([each] * len(target.items))
    return list_of(each)


def for_type(inference: "Inference", node: syntax.For, names: "Names") -> Type:
    """``[for …]`` and ``{for …}``."""
    inner, certain, count = _each(inference, node, names)
    kept, inference.problems = inference.problems, []
    if node.condition is not None:
        condition = inference.infer(node.condition, inner)
        inference.needs_bool(node.condition, condition, "The condition of a for must be true or false")
    failures = inference.problems
    inference.problems = []
    if node.result_key is not None:
        key = inference.infer(node.result_key, inner)
        inference.needs_text(
            node.result_key, key, "key_not_text", "This key", "The keys of an object are text."
        )
    result = inference.infer(node.result, inner)
    if node.condition is None:
        failures += inference.problems
    inference.problems = kept + failures if certain else kept
    if node.result_key is not None:
        return map_of(list_of(result) if node.grouped else result)
    known = count is not None and node.condition is None
    return tuple_of([result] * (count or 0)) if known else list_of(result)


def template_for_type(inference: "Inference", node: syntax.TemplateFor, names: "Names") -> Type:
    """``%{ for … }``."""
    inner, certain, _ = _each(inference, node, names)
    _, failures = inference.perhaps(node.body, inner)
    if certain:
        inference.problems += failures
    return STRING


def _each(
    inference: "Inference", node: syntax.For | syntax.TemplateFor, names: "Names"
) -> tuple["Names", bool, int | None]:
    """The names in a loop's body, whether that is certain to be evaluated, and how often if that is known."""
    over = inference.infer(node.collection, names)
    if over.kinds and not over.kinds & {"list", "object"}:
        summary = f"A for goes over a list or an object, not {over.told()}"
        inference.fail(node.collection, "not_a_collection", summary, "Put it in brackets for a list of one.")
    lists, objects = "list" in over.kinds, "object" in over.kinds
    value = join(over.element() if lists else NOTHING, over.attributes() if objects else NOTHING)
    inner = {**names, node.value: value}
    if node.key is not None:
        inner[node.key] = join(NUMBER if lists else NOTHING, STRING if objects else NOTHING)
    count = len(over.items) if over.only("list") and over.items is not None else None
    return inner, bool(count), count
