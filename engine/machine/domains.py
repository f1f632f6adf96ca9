"""Representatives: a few values of a path that stand for all it can have, as far as its uses can tell them apart.

They are complete for uses that are not opaque. Two values fall into one class if every atom comes out alike for both:
true, false or "cannot be evaluated". A constant is a class of its own; so is every gap between the numbers that a path is
compared with; true and false are two; whatever is left over behaves like a text that nothing else mentions, and a path
that is missing behaves like one of the wrong kind.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from fractions import Fraction
from itertools import count, islice, pairwise
from typing import Any, Final

from engine.language.values import UnfitError, number
from engine.machine.atoms import Path, Use
from engine.machine.values import NotPlainError, plain


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
    values: list[Any] = [*_received(use.constants)]
    values += [True, False] if use.truth else []
    values += _around(use) if use.bounds or use.ordered else []
    values += _FRESH[: min(others + 1, MOST_FRESH)] if use.joined and others else [plain]
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
        use.constants or use.bounds or use.truth or use.presence or use.opaque or use.joined or use.ordered
    )


def _kind(value: Any) -> type:
    return bool if isinstance(value, bool) else type(value)


def _around(use: Use) -> Iterable[Any]:
    """Every number that matters, some in every gap between, and the same numbers spelled as texts.

    Paths that are compared with each other for order may all fall into one gap: there is a number for each of them.
    """
    both = (0, 1) if use.truth and use.ordered else ()  # as texts these are truth values as well
    points = sorted({_exact(value) for value in (*use.bounds, *_numbers(use.constants), *both)})
    many = min(use.others + 1, MOST_FRESH) if use.ordered else 1
    values = sorted({*points, *_gaps(points, many)})
    for value in values:
        yield _written(value)
    # Texts that spell numbers are in order as these are, and equal to none: that shows only where both are asked.
    apart = use.ordered and use.joined
    for value in values if apart else points:
        spelled = (text for text in _spellings(value) if not any(_is(text, c) for c in use.constants))
        yield from islice(spelled, many if apart else 1)


def _is(text: str, constant: Any) -> bool:
    return isinstance(constant, str) and text == constant


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


def _spellings(value: Fraction) -> Iterable[str]:
    """The texts for one number, shortest first, without end."""
    text = str(_written(value))
    yield text
    point = "" if "." in text else "."
    yield from (f"{text}{point}{'0' * zeros}" for zeros in count(1))


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
