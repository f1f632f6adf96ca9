"""Types along a path: attributes and elements, as `engine.language.paths` finds their values."""

from typing import TYPE_CHECKING, Any

from engine.language import syntax
from engine.language.binary import whole_part
from engine.language.failure import wording
from engine.language.infer_texts import chosen
from engine.language.suggest import did_you_mean
from engine.language.types import ANY, NOTHING, UNKNOWN, Type, join
from engine.language.values import UnfitError, number, show, text

if TYPE_CHECKING:
    from engine.language.infer import Inference

_SHOWN = 8


def attribute_type(inference: "Inference", node: syntax.GetAttribute, target: Type) -> Type:
    """What ``target.name`` is."""
    if not target.kinds:
        return NOTHING
    if "object" not in target.kinds:
        path = wording(node.target)
        advice = (
            f"Take one element, {path}[0].{node.name}, or all: {path}[*].{node.name}."
            if "list" in target.kinds
            else f"Guard it, {path} != null && …, or use try."
            if target.only("null")
            else "Only objects have attributes."
        )
        summary = f'{path} is {target.told()} and has no attribute "{node.name}"'
        inference.fail(node, "no_attributes", summary, advice)
        return ANY
    return _attribute(inference, node, target, node.name)


def _attribute(
    inference: "Inference", node: syntax.GetAttribute | syntax.Index, target: Type, name: str
) -> Type:
    found = target.attribute(name)
    if found is not None:
        return found
    path = wording(node.target)
    if target.fields is not None:
        from engine.language.infer import Missing

        inference.missing.append(Missing(node=node, path=path, name=name, fields=target.fields))
        return ANY
    names = sorted(target.members or ())
    listed = ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")
    advice = did_you_mean(name, names) or (f"It has {listed}." if names else "It is an empty object.")
    inference.fail(node, "attribute_missing", f'{path} has no attribute "{name}"', advice)
    return ANY


def element_type(inference: "Inference", node: syntax.Index, target: Type, key: Type) -> Type:
    """What ``target[key]`` is."""
    if not target.kinds or not key.kinds:
        return NOTHING
    lists, objects = "list" in target.kinds, "object" in target.kinds
    if not lists and not objects:
        summary = f"{wording(node.target)} is {target.told()} and has no elements"
        inference.fail(node, "not_indexable", summary, "Only lists and objects have.")
        return ANY
    if lists and objects:
        return join(target.element(), target.attributes())
    if lists:
        return _element(inference, node, target, key)
    chosen(inference, node.target, target, node.key, key)
    return _member(inference, node, target, key)


def _element(inference: "Inference", node: syntax.Index, target: Type, key: Type) -> Type:
    if key.value is UNKNOWN:
        if not key.kinds & {"number", "string"}:
            summary = f"The index of a list is {key.told()}, not a number"
            inference.fail(node.key, "index_unfit", summary, "Elements are counted from 0.")
        return target.element()
    try:
        position = whole_part(number(key.value))
    except UnfitError as error:
        summary = f"The index of a list {error.message}"
        inference.fail(node.key, "index_unfit", summary, "Elements are counted from 0.")
        return ANY
    count = None if target.items is None else len(target.items)
    if position is None or position < 0 or (count is not None and position >= count):
        summary = f"{wording(node.target)} has no element {show(key.value)}"
        inference.fail(node, "index_out_of_range", summary, _having(count))
        return ANY
    return target.element() if target.items is None else target.items[position]


def _having(count: int | None) -> str:
    if count is None:
        return "Elements are whole numbers, counted from 0."
    return f"It has {count} element{'s' if count != 1 else ''}, counted from 0." if count else "It is empty."


def _member(inference: "Inference", node: syntax.Index, target: Type, key: Type) -> Type:
    name: Any = None
    if key.value is not UNKNOWN:
        try:
            name = text(key.value)
        except UnfitError:
            name = None
    if name is not None:
        return _attribute(inference, node, target, name)
    if not key.kinds & {"string", "number", "bool"}:
        summary = f"The key is {key.told()}, which has no text"
        inference.fail(node.key, "index_unfit", summary, "Attributes of an object have names.")
        return ANY
    return target.attributes()
