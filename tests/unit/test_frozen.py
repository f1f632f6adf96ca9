"""Frozen values are what dataclasses are, though they share their methods."""

from dataclasses import FrozenInstanceError, dataclass, field, replace
from typing import Any

import pytest

from engine.frozen import frozen


@frozen
class Point:
    """A value with a part that is not compared, and one that is not shown."""

    x: int
    tags: tuple[str, ...] = ()
    seen: int = field(default=0, compare=False)
    secret: str = field(default="", repr=False)


@frozen
class Same:
    """Another class with the same parts."""

    x: int
    tags: tuple[str, ...] = ()
    seen: int = field(default=0, compare=False)
    secret: str = field(default="", repr=False)


@frozen
class Single:
    """One part: compared by identity first, as in a dataclass."""

    value: Any = None


@frozen
class Empty:
    """Nothing in it."""


@frozen
class Cyclic:
    """Something that may hold itself."""

    parts: list[Any]


@frozen
class Own:
    """Says itself how it is compared."""

    name: str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Own) and other.name.lower() == self.name.lower()

    def __hash__(self) -> int:
        return hash(self.name.lower())

    def __repr__(self) -> str:
        return "own"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reference:
    """What Python itself makes of it."""

    x: int
    tags: tuple[str, ...] = ()
    seen: int = field(default=0, compare=False)
    secret: str = field(default="", repr=False)


def test_values_are_compared_by_what_they_hold() -> None:
    assert Point(x=1, seen=1) == Point(x=1, seen=2)
    assert hash(Point(x=1, seen=1)) == hash(Point(x=1, seen=2))
    assert Point(x=1) != Point(x=2)
    other: list[object] = [Same(x=1), (1, (), ""), None]
    assert Point(x=1) not in other
    assert Empty() == Empty()
    assert hash(Empty()) == hash(())
    nan = float("nan")
    assert Single(value=nan) == Single(value=nan)


def test_the_hash_is_the_one_of_a_dataclass() -> None:
    assert hash(Point(x=1, tags=("a",))) == hash(_Reference(x=1, tags=("a",)))


def test_what_holds_something_unhashable_is_unhashable() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(Single(value=[]))


def test_a_value_shows_its_parts() -> None:
    shown = repr(Point(x=1, tags=("a",), seen=2, secret="s"))
    assert shown == repr(_Reference(x=1, tags=("a",), seen=2, secret="s")).replace("_Reference", "Point")
    cyclic = Cyclic(parts=[])
    cyclic.parts.append(cyclic)
    assert repr(cyclic) == "Cyclic(parts=[...])"


def test_a_value_stays_as_it_is() -> None:
    point: Any = Point(x=1)
    with pytest.raises(FrozenInstanceError):
        point.x = 2
    with pytest.raises(AttributeError):
        object.__setattr__(point, "other", 1)
    assert replace(point, x=2) == Point(x=2)
    with pytest.raises(TypeError):
        Point(1)  # type: ignore[call-arg]


def test_a_class_keeps_the_methods_that_it_has() -> None:
    assert Own(name="A") == Own(name="a")
    assert len({Own(name="A"), Own(name="a")}) == 1
    assert repr(Own(name="A")) == "own"
