"""Which values that are remembered cannot be told apart: configurations that differ in nothing else are one. Pure."""

from bisect import bisect_left
from typing import Any

from engine.language.values import UnfitError, kind, number, truth
from engine.machine.use import Use
from engine.machine.values import NotPlainError, canonical, plain

_SCALARS = (str, bool, int, float)


def class_of(use: Use, value: Any) -> str:
    """A text that is equal for values for which everything that `use` asks comes out alike.

    `use` is all that is asked: of constants, of order with constants, of truth and of presence.
    """
    if not isinstance(value, _SCALARS) or any(_same(constant, value) for constant in use.constants):
        return canonical(value)
    told = [f"some {kind(value)}"]
    if use.truth:
        told.append(str(truth(value)))
    if use.bounds:
        told.append(_place(sorted(use.bounds), value))
    return " ".join(told)


def rough_class(value: Any) -> str:
    """A text that is equal for values of which an expression can make something, whatever it is, or cannot."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return kind(value)
    told = _place([0], value)
    return f"{kind(value)} {told} {truth(value)}" if isinstance(value, str) else f"{kind(value)} {told}"


def _same(constant: Any, value: Any) -> bool:
    try:
        return isinstance(constant, bool) == isinstance(value, bool) and bool(plain(constant) == value)
    except NotPlainError:  # no value that is remembered is that number
        return False


def _place(bounds: list[Any], value: Any) -> str:
    """Where a value stands among numbers."""
    try:
        exact = number(value)
    except UnfitError:
        return "no number"
    below = bisect_left(bounds, exact)
    return f"{below}{'=' if below < len(bounds) and bounds[below] == exact else ''}"
