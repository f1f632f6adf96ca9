"""Comparisons whose sides are never equal, by their types: nothing converts a number to a text there, or back."""

from typing import NamedTuple

from engine.diagnostics import Diagnostic, Severity
from engine.language import syntax
from engine.language.failure import wording
from engine.language.source import Place
from engine.language.types import NULL, Type
from engine.language.values import UnfitError, number, truth

#: What an element of a list of objects is usually told by.
_USUAL = "name"


class Unequal(NamedTuple):
    """A comparison with ``==`` or ``!=``, or a call of `contains`, that always comes out the same."""

    node: syntax.Binary | syntax.Call
    #: What is compared: for `contains` an element of the list, and what is looked for.
    left: Type
    right: Type

    def as_diagnostic(self) -> Diagnostic:
        """The warning, with what to write instead."""
        span = self.node.span
        what = "None of the elements is ever equal" if self._is_call() else "The sides are never equal"
        return Diagnostic(
            code="never_equal",
            summary=f"{what}: one is {_told(self.left)}, the other {_told(self.right)}",
            detail=self._advice(),
            subject=span.settled() if isinstance(span, Place) else span,
            severity=Severity.WARNING,
        )

    def _is_call(self) -> bool:
        return isinstance(self.node, syntax.Call)

    def _sides(self) -> tuple[syntax.Expression, syntax.Expression]:
        if isinstance(self.node, syntax.Binary):
            return self.node.left, self.node.right
        return self.node.arguments[0], self.node.arguments[1]

    def _advice(self) -> str:
        nodes = self._sides()
        for constant, other in ((self.right, self.left), (self.left, self.right)):
            spelled = constant.value
            if isinstance(spelled, str) and other.only("number", "bool", "null") and _spells(spelled, other):
                return f"Write {spelled} without quotes."
        if self._is_call() and self.left.only("object", "null") and self.right.only("string", "null"):
            if self.left.attribute(_USUAL) is not None:
                written = f"contains({wording(nodes[0])}[*].{_USUAL}, {wording(nodes[1])})"
                return f"Look for it among a part of each element: {written}."
            return "Look for it among a part of each element: contains(list[*].name, value)."
        if {"list"} == self.left.kinds - NULL.kinds or {"list"} == self.right.kinds - NULL.kinds:
            return "Look for it in the list: contains(list, value)."
        if "object" in self.left.kinds or "object" in self.right.kinds:
            return "Compare a part of the object."
        return "Nothing is converted here: compare with a value of the same type, or convert with tostring or tonumber."


def never_equal(left: Type, right: Type) -> bool:
    """Whether no value of one type equals one of the other; null is compared to find out whether there is anything."""
    kinds = left.kinds - NULL.kinds, right.kinds - NULL.kinds
    return bool(kinds[0] and kinds[1]) and not left.kinds & right.kinds


def _told(found: Type) -> str:
    return Type(kinds=found.kinds - NULL.kinds).told()


def _spells(written: str, other: Type) -> bool:
    """Whether a text is a number, or a bool, that was put between quotes."""
    if "number" not in other.kinds:
        return truth(written) is not None
    try:
        number(written)
    except UnfitError:
        return False
    return True
