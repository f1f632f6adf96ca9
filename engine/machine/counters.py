"""What instances count: parts of the context that only ever grow by constants, or only ever shrink, until they are set anew. Pure.

Where such a part is held against constants alone, all values beyond the last of these are alike, and stay so: whatever is
counted on only leads further. So it has finitely many values that make a difference, though there is no end to them.
"""

from collections.abc import Iterable, Iterator

from engine.language import syntax
from engine.language.values import number
from engine.machine.atoms import Uses, path_of
from engine.machine.definition import Transition
from engine.machine.domains import numbers_of
from engine.machine.use import Path, Use
from engine.machine.values import canonical
from engine.machine.written import written_out

#: Which way an operator counts.
_WAYS = {"+": 1, "-": -1}


def counters(uses: Uses, transitions: Iterable[Transition]) -> dict[Path, int]:
    """What is only ever counted by these, and set to constants: 1 where it grows, -1 where it shrinks."""
    ways: dict[Path, set[int | None]] = {}
    for transition in transitions:
        if transition.set is None:
            continue
        items = written_out(uses, transition.set)
        if items is None:
            return {}  # whatever it is may be written there
        for name, node in items.items():
            path = ("context", name)
            ways.setdefault(path, set()).add(_way(uses, path, node))
    found = ((path, way - {0}) for path, way in ways.items() if None not in way)
    return {path: only for path, way in found if len(way) == 1 for only in way if only is not None}


def place_of(use: Use, way: int, value: object) -> str:
    """A text that is equal for values of a counter that cannot be told apart, now or later; `use` is all that is asked of it."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        exact = number(value)
        if all(exact > bound if way > 0 else exact < bound for bound in map(number, numbers_of(use))):
            return "beyond"
    return canonical(value)


def _way(uses: Uses, path: Path, node: syntax.Expression) -> int | None:
    """Which way a value counts on from what stands at the path; 0 for a constant, None for anything else."""
    if uses.constant(node) is not None:
        return 0
    node = uses.unfolded(node)
    if not isinstance(node, syntax.Binary) or node.operator not in _WAYS:
        return None
    for what, by in _sides(node):
        step = uses.constant(by)
        if step is not None and _is_it(uses, path, what):
            size = step[1]
            return _WAYS[node.operator] if type(size) is int and size > 0 else None
    return None


def _sides(node: syntax.Binary) -> Iterator[tuple[syntax.Expression, syntax.Expression]]:
    """What is counted on, and by how much."""
    yield node.left, node.right
    if node.operator == "+":
        yield node.right, node.left


def _is_it(uses: Uses, path: Path, node: syntax.Expression) -> bool:
    """Whether it is what stands at the path, or a constant where nothing does."""
    node = uses.unfolded(node)
    if isinstance(node, syntax.Call) and node.name in ("try", "coalesce") and not node.expand:
        first, *others = node.arguments or (node,)
        return path_of(uses.unfolded(first)) == path and all(uses.constant(one) is not None for one in others)
    return path_of(node) == path
