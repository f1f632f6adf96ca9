"""Representatives: a few values of a path that stand for all it can have, as far as its uses can tell them apart.

They are complete for uses that are not opaque. Two values fall into one class if every atom comes out alike for both:
true, false or "cannot be evaluated". A constant is a class of its own; so is every gap between the numbers that a path is
compared with; true and false are two; whatever is left over behaves like a text that nothing else mentions, and a path
that is missing behaves like one of the wrong kind.
"""

from collections.abc import Iterable
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final

from engine.language.values import UnfitError, number
from engine.machine.atoms import Path, Use


class Missing:
    """In place of a value: the path is not there."""

    def __repr__(self) -> str:
        """Name it."""
        return "missing"


MISSING: Final = Missing()

#: How many values that no constant mentions are kept apart; more paths than this in one comparison are sampled.
MOST_FRESH = 4

_FRESH = ("one", "two", "three", "four")


def representatives(path: Path, use: Use | None) -> tuple[Any, ...]:
    """The values to be tried for a path, likely ones first."""
    plain = f"some {path[-1]}"
    if use is None or not _asks(use):
        return (plain,)
    others = use.others
    values: list[Any] = [*use.constants]
    values += [True, False] if use.truth else []
    values += _around(use) if use.bounds else []
    values += _FRESH[: min(others + 1, MOST_FRESH)] if others else [plain]
    values += use.samples
    if path[0] != "delivery":
        values.append(MISSING)
    unique: dict[tuple[type, str], Any] = {(_kind(value), repr(value)): value for value in reversed(values)}
    return tuple(reversed(unique.values()))


def _asks(use: Use) -> bool:
    return bool(use.constants or use.bounds or use.truth or use.presence or use.opaque or use.joined)


def _kind(value: Any) -> type:
    return bool if isinstance(value, bool) else type(value)


def _around(use: Use) -> Iterable[Any]:
    """Every number that matters, one in every gap between, and the same numbers spelled as texts."""
    points = sorted({_exact(value) for value in (*use.bounds, *_numbers(use.constants))})
    gaps = [points[0] - 1, *((a + b) / 2 for a, b in pairwise(points)), points[-1] + 1]
    for value in sorted({*points, *gaps}):
        yield _written(value)
    for value in points:
        if not any(isinstance(c, str) and c == str(_written(value)) for c in use.constants):
            yield str(_written(value))


def _numbers(values: Iterable[Any]) -> Iterable[Any]:
    for value in values:
        try:
            yield number(value)
        except UnfitError:
            continue


def _exact(value: Any) -> Decimal:
    return Decimal(value)


def _written(value: Decimal) -> float:
    """The number as JSON has it."""
    return int(value) if value == value.to_integral_value() else float(value)
