"""Representatives: a few values of a path that stand for all it can have, as far as its uses can tell them apart.

They are complete for uses that are not opaque. Two values fall into one class if every atom comes out alike for both:
true, false or "cannot be evaluated". A constant is a class of its own; so is every gap between the numbers that a path is
compared with; true and false are two; whatever is left over behaves like a text that nothing else mentions, and a path
that is missing behaves like one of the wrong kind.

A text that spells a number is in order as that number is, and one that spells a truth value is used as that; both are equal
to no number and to no bool. So where a path is compared for equality as well, such texts are classes of their own.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from fractions import Fraction
from itertools import combinations, count, islice, pairwise
from math import ceil, floor
from typing import Any, Final

from engine.language.values import UnfitError, number
from engine.machine.use import Path, Use, count_unknown
from engine.machine.values import NotPlainError, plain


class Missing:
    """In place of a value: the path is not there."""

    def __repr__(self) -> str:
        """Name it."""
        return "missing"


MISSING: Final = Missing()

#: How many values that no constant mentions are kept apart; more paths than this in one comparison are sampled.
MOST_FRESH = 4

#: Of more people than this, not every list is tried.
_MOST_CROWDED = 6

_FRESH = ("one", "two", "three", "four")

#: All that is true, and all that is false.
_TRUTHS = ((True, "true", "1"), (False, "false", "0"))


def stand_ins(path: Path, use: Use | None) -> frozenset[str]:
    """The texts that stand for all that nothing mentions."""
    return frozenset((_other(path), *_FRESH)).difference(
        value for value in (() if use is None else (*use.constants, *use.samples)) if isinstance(value, str)
    )


def _other(path: Path) -> str:
    return f"some {path[-1]}"


def representatives(path: Path, use: Use | None, *, whole: bool = False) -> tuple[Any, ...]:
    """The values to be tried for a path, likely ones first; of numbers only `whole` ones where it has no others."""
    other = _other(path)
    if use is None or not _asks(use):
        return (other,)
    values: list[Any] = [*_received(use.constants)]
    values += _truths(use) if use.truth else []
    values += _around(use, whole=whole) if use.bounds or use.ordered else []
    values += _FRESH[: fresh_ones(use)] if fresh_ones(use) > 1 else [other]
    values += _crowds(use) if use.several else []
    values += use.samples
    if path[0] != "delivery":
        values.append(MISSING)
    unique: dict[tuple[type, str], Any] = {(_kind(value), repr(value)): value for value in reversed(values)}
    return tuple(reversed(unique.values()))


def _received(values: Iterable[Any]) -> Iterable[Any]:
    """The values as they come in with an event: no payload has a number that JSON's doubles have not."""
    for value in values:
        with suppress(NotPlainError):
            yield plain(value)


def _asks(use: Use) -> bool:
    return bool(
        use.constants
        or use.bounds
        or use.truth
        or use.presence
        or use.opaque
        or use.joined
        or use.ordered
        or use.asks
    )


def _kind(value: Any) -> type:
    return bool if isinstance(value, bool) else type(value)


def fresh_ones(use: Use) -> int:
    """How many values that nothing mentions may have to differ from each other."""
    return min(count_unknown(use.joined) + use.beside + 1, MOST_FRESH)


def _crowd(use: Use) -> list[str]:
    """Who may be on a list of people: all who are named, and as many others as make a difference."""
    named = [value for value in use.constants if isinstance(value, str) and value]
    named += [
        name for value in use.constants if isinstance(value, list) for name in value if isinstance(name, str)
    ]
    return list(dict.fromkeys((*named, *_FRESH[: use.several])))


def is_crowded(use: Use) -> bool:
    """Whether more people may be on a list than are tried together."""
    return bool(use.several) and (use.several > MOST_FRESH or len(_crowd(use)) > _MOST_CROWDED)


def _crowds(use: Use) -> Iterable[list[str]]:
    """Every list of people that makes a difference; where there are too many, only some."""
    people = _crowd(use)
    if not is_crowded(use):
        sizes: Iterable[int] = range(1, len(people) + 1)
        yield from (list(group) for size in sizes for group in combinations(people, size))
        return
    yield people
    yield from ([name] for name in people)
    yield from (list(pair) for pair in combinations(people[:_MOST_CROWDED], 2))


def _truths(use: Use) -> Iterable[Any]:
    """As many values that are true as can be told apart, and as many that are false."""
    for spellings in _TRUTHS:
        yield from islice((v for v in spellings if not _mentioned(use, v)), fresh_ones(use))


def _around(use: Use, *, whole: bool) -> Iterable[Any]:
    """Every number that matters, some in every gap between, and the same numbers spelled as texts.

    Values that are compared with each other may all fall into one gap: there is a number for each of them. Where they are in
    order *and* compared for equality, two of them can be the same number and yet not equal: so one is spelled as a text.
    """
    points = sorted({_exact(value) for value in numbers_of(use)})
    together = fresh_ones(use)
    many = min(use.others + 1, MOST_FRESH)
    for value in sorted({*points, *(_whole_gaps if whole else _gaps)(points, many)}):
        number_itself = _written(value)
        yield number_itself
        texts = together - 1 if use.ordered or value in points else 0
        texts += _mentioned(use, number_itself) + (use.truth and value in (0, 1))
        yield from islice((t for t in _spellings(value) if not _mentioned(use, t)), texts)


def _mentioned(use: Use, value: Any) -> bool:
    """Whether it is one of the constants: those are tried anyway."""
    alike = (str,) if isinstance(value, str) else (bool,) if isinstance(value, bool) else (int, float)
    return any(_kind(c) in alike and c == value for c in _received(use.constants))


def _gaps(points: Sequence[Fraction], many: int) -> Iterable[Fraction]:
    """So many numbers below all points, between each two, and above all; whole ones where there is room."""
    if not points:
        yield from (Fraction(number) for number in range(1, many + 1))
        return
    for by in range(1, many + 1):
        yield points[0] - by
        yield points[-1] + by
    for left, right in pairwise(points):
        step = (right - left) / (many + 1)
        step = Fraction(step // 1) if step >= 1 and many > 1 else step
        yield from (left + step * by for by in range(1, many + 1))


def _whole_gaps(points: Sequence[Fraction], many: int) -> Iterable[Fraction]:
    """So many whole numbers below all points, between each two, and above all; fewer where there are no more."""
    if not points:
        yield from (Fraction(number) for number in range(1, many + 1))
        return
    for by in range(1, many + 1):
        yield Fraction(ceil(points[0]) - by)
        yield Fraction(floor(points[-1]) + by)
    for left, right in pairwise(points):
        below, room = floor(left), ceil(right) - floor(left) - 1
        step = max(room // (many + 1), 1)
        yield from (Fraction(below + step * by) for by in range(1, min(many, room) + 1))


def _spellings(value: Fraction) -> Iterable[str]:
    """The texts for one number, shortest first, without end."""
    text = str(_written(value))
    yield text
    point = "" if "." in text else "."
    yield from (f"{text}{point}{'0' * zeros}" for zeros in count(1))


def numbers_of(use: Use) -> tuple[Any, ...]:
    """The numbers that what is asked of a path tells from others."""
    # As texts, 0 and 1 are truth values as well.
    return (*use.bounds, *_numbers(use.constants), *((0, 1) if use.truth else ()))


def _numbers(values: Iterable[Any]) -> Iterable[Any]:
    for value in values:
        try:
            yield number(value)
        except UnfitError:
            continue


def _exact(value: Any) -> Fraction:
    return Fraction(*value.as_integer_ratio())


def _written(value: Fraction) -> float:
    """The number as JSON has it."""
    return int(value) if value.denominator == 1 else float(value)
