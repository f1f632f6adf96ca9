"""What is asked of one path: the constants it is compared with, whether it is there, the paths it is held against."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

#: A root name and the names of attributes: ``("event", "release", "id")``.
Path = tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class Use:
    """What is asked of one path."""

    #: What it is compared with for equality.
    constants: list[Any] = field(default_factory=list)
    #: The numbers it is compared with for order.
    bounds: list[Any] = field(default_factory=list)
    #: It is used as a truth value.
    truth: bool = False
    #: It is asked whether it is there.
    presence: bool = False
    #: Paths that it is compared with or copied to.
    joined: set[Path] = field(default_factory=set)
    #: Paths that it is compared with for order.
    ordered: set[Path] = field(default_factory=set)
    #: Values worth a try, where it is used in a way that cannot be taken apart.
    samples: list[Any] = field(default_factory=list)
    opaque: bool = False
    #: How many people have to be kept apart from it besides.
    beside: int = 0
    #: Its value says who is asked.
    asks: bool = False
    #: If it may be a list of those: so many people whom nothing names make a difference; 0 if it is none.
    several: int = 0

    def compare(self, *values: Any) -> None:
        """Add constants that it is compared with; true is not 1."""
        self.constants += [v for v in values if not any(is_same(v, known) for known in self.constants)]

    def merge(self, other: "Use") -> None:
        """Let whatever is asked of another path be asked of this one, whose value comes there."""
        self.meet(other)
        self.asks |= other.asks
        self.several = max(self.several, other.several)

    def meet(self, other: "Use") -> None:
        """Let whatever is asked of another path be asked of this one, which is compared with it."""
        self.compare(*other.constants)
        self.bounds += [value for value in other.bounds if value not in self.bounds]
        self.truth |= other.truth
        self.presence |= other.presence
        self.opaque |= other.opaque
        self.joined |= other.joined
        self.ordered |= other.ordered
        self.beside = max(self.beside, other.beside)
        self.sample(*other.samples)

    def sample(self, *values: Any) -> None:
        """Add values that are worth a try."""
        self.samples += [v for v in values if not any(is_same(v, known) for known in self.samples)]

    @property
    def extent(self) -> int:
        """Grows with each thing that is asked."""
        lists = (self.constants, self.bounds, self.joined, self.ordered, self.samples)
        return (
            sum(map(len, lists))
            + self.truth
            + self.presence
            + self.opaque
            + self.beside
            + self.asks
            + self.several
        )

    @property
    def others(self) -> int:
        """How many values that are not known beforehand it is compared with."""
        return count_unknown(self.joined | self.ordered) + self.beside


def count_unknown(paths: Iterable[Path]) -> int:
    """How many of the paths have values that are not known beforehand."""
    return sum(path[0] in ("event", "delivery", "context") for path in paths)


def is_same(left: Any, right: Any) -> bool:
    """Whether two values are one and the same to an expression: true is not 1."""
    return type(left) is type(right) and bool(left == right)
