"""The decorator of the values that cross a layer: frozen, slotted, keyword-only, compared by what they hold.

`frozen` is `dataclass(frozen=True, slots=True, kw_only=True)`, except that its classes share one comparison, one hash
and one ``repr``. A dataclass compiles a text for each of its methods when it is defined, and `interlock check`, which an
editor runs at every save, defines 140 of them: that alone was a third of its time.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from operator import attrgetter
from reprlib import recursive_repr
from typing import Any, TypeVar, dataclass_transform

#: How many levels of values in values ``repr`` shows.
_DEEPEST_SHOWN = 30

_Class = TypeVar("_Class")


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def frozen(cls: type[_Class]) -> type[_Class]:
    """Make a value's class: what `dataclasses.replace` and `fields` take, and hashable if all it holds is."""
    return share_methods(dataclass(cls, frozen=True, slots=True, kw_only=True, eq=False, repr=False))


def share_methods(cls: type[_Class]) -> type[_Class]:
    """Give a dataclass the methods that all values share, except for those that its own text defines."""
    for name, method in _SHARED.items():
        if cls.__dict__.get(name) is None:
            setattr(cls, name, method)
    names = tuple(one.name for one in fields(cls) if one.compare)  # type: ignore[arg-type]
    cls._compared = staticmethod(_getter(names))  # type: ignore[attr-defined]
    return cls


def _getter(names: tuple[str, ...]) -> Callable[[object], object]:
    """What takes those attributes off a value, as a tuple; an `attrgetter` of a single name would give it bare."""
    if not names:
        return _nothing
    return attrgetter(*names) if len(names) > 1 else attrgetter(*names, *names)


def _nothing(_: object) -> tuple[()]:
    return ()


def _equal(self: Any, other: Any) -> Any:
    if other.__class__ is not self.__class__:
        return NotImplemented
    return self._compared(self) == self._compared(other)


def _hash(self: Any) -> int:
    return hash(self._compared(self))


@recursive_repr()
def _repr(self: Any) -> str:
    return _shown(self, _DEEPEST_SHOWN)


def _shown(value: Any, levels: int) -> str:
    """The value as text, with dots for values that are further inside than so many levels."""
    kind = value.__class__
    if kind is tuple and value:
        inner = ", ".join(_shown(each, levels) for each in value)
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if kind.__repr__ is not _repr:
        return repr(value)
    if not levels:
        return f"{kind.__qualname__}(...)"
    held = ((one.name, getattr(value, one.name)) for one in fields(value) if one.repr)
    return f"{kind.__qualname__}({', '.join(f'{name}={_shown(each, levels - 1)}' for name, each in held)})"


_SHARED = {"__eq__": _equal, "__hash__": _hash, "__repr__": _repr}
