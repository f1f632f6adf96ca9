"""A payload that is made up while it is looked at: each path gets a value when an expression asks for it.

`Chooser` enumerates: run something with its facts, and it names the values for the next run, until every combination
that makes a difference was tried. What is never asked for is never chosen, so the number of runs is that of the leaves of
the decision tree, not that of all combinations.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from engine.machine.domains import MISSING
from engine.machine.use import Path

#: Gives the values to be tried for a path.
Domain = Callable[[Path], tuple[Any, ...]]


class Chooser:
    """Values for paths, one combination at a time."""

    __slots__ = ("_domain", "_known", "_made", "_names", "_nowhere", "_trail", "chosen")

    def __init__(
        self, domain: Domain, known: frozenset[Path], nowhere: Callable[[Path], bool] = lambda _: False
    ) -> None:
        """Take the values to try, every path that anything may ask for, and which of them lead `nowhere`."""
        self._domain = domain
        self._nowhere = nowhere
        self._names: dict[Path, list[str]] = {}
        for path in sorted(known):
            for length in range(1, len(path)):
                names = self._names.setdefault(path[:length], [])
                if path[length] not in names:
                    names.append(path[length])
        self._known = known
        #: For each choice made in order: which value, of how many.
        self._trail: list[list[int]] = []
        #: How many of them were made in this run.
        self._made = 0
        #: The values of this run, by path.
        self.chosen: dict[Path, Any] = {}

    def facts(self, root: str) -> "Facts":
        """What a root name stands for in this run."""
        return Facts(self, (root,))

    def next(self) -> bool:
        """Go on to the next combination; False if there is none."""
        while self._trail and self._trail[-1][0] + 1 >= self._trail[-1][1]:
            self._trail.pop()
        if not self._trail:
            return False
        self._trail[-1][0] += 1
        self.chosen = {}
        self._made = 0
        return True

    def value(self, path: Path) -> Any:
        """The value of a path in this run; `MISSING` if it is not there."""
        if path in self.chosen:
            return self.chosen[path]
        inner = path in self._names
        if inner and self._nowhere(path):
            value: Any = MISSING
        elif inner and path not in self._known:
            value = Facts(self, path)
        else:
            domain = self._domain(path)
            options = (Facts(self, path), *domain) if inner else domain
            value = options[self._choose(len(options))] if len(options) > 1 else options[0]
        self.chosen[path] = value
        return value

    def _choose(self, count: int) -> int:
        if self._made == len(self._trail):
            self._trail.append([0, count])
        chosen = self._trail[self._made][0]
        self._made += 1
        return chosen

    def names(self, path: Path) -> list[str]:
        """The attributes of a path that were looked at in this run and are there.

        It chooses none: an error message lists the names of an object, and must not decide what is in it.
        """
        found = ((name, self.chosen.get((*path, name), MISSING)) for name in self._names.get(path, ()))
        return [name for name, value in found if value is not MISSING]

    def payload(self, root: str) -> dict[str, Any]:
        """What was made up below a root name in this run, as plain values."""
        return nested({p[1:]: v for p, v in self.chosen.items() if p[0] == root and len(p) > 1})


class Facts(Mapping[str, Any]):
    """One object of the payload."""

    __slots__ = ("_chooser", "_path")

    def __init__(self, chooser: Chooser, path: Path) -> None:
        self._chooser = chooser
        self._path = path

    def __getitem__(self, name: str) -> Any:
        value = self._chooser.value((*self._path, str(name)))
        if value is MISSING:
            raise KeyError(name)
        return value

    def __contains__(self, name: object) -> bool:
        return self._chooser.value((*self._path, str(name))) is not MISSING

    def __iter__(self) -> Iterator[str]:
        return iter(self._chooser.names(self._path))

    def __len__(self) -> int:
        return len(self._chooser.names(self._path))


def nested(chosen: Mapping[Path, Any]) -> dict[str, Any]:
    """Values by path as one object, without those that are `MISSING`."""
    made: dict[str, Any] = {}
    for path in sorted(chosen, key=len):
        value = chosen[path]
        if value is MISSING:
            continue
        at = made
        for step in path[:-1]:
            at = at.setdefault(step, {})
        if isinstance(value, Facts):
            at.setdefault(path[-1], {})
        else:
            at[path[-1]] = value
    return {name: _listed(value) for name, value in made.items()}


def _listed(value: Any) -> Any:
    """Objects whose attributes are the numbers from 0 are meant as lists."""
    if not isinstance(value, dict):
        return value
    inner = {name: _listed(item) for name, item in value.items()}
    if inner and sorted(inner) == [str(i) for i in range(len(inner))]:
        return [inner[str(i)] for i in range(len(inner))]
    return inner
