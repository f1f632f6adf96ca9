"""What a measurement is to reach: a goal for its ratio or its value, and a table that says which are met."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """A bound for one member of a row."""

    #: ``ratio`` or ``value``.
    of: str
    at_least: float | None = None
    at_most: float | None = None

    def met(self, row: Mapping[str, Any]) -> bool:
        measured = row[self.of]
        return (self.at_least is None or measured >= self.at_least) and (
            self.at_most is None or measured <= self.at_most
        )

    def __str__(self) -> str:
        bounds = [("at least", self.at_least), ("at most", self.at_most)]
        return f"{self.of} {' and '.join(f'{word} {bound:g}' for word, bound in bounds if bound is not None)}"


def held_against(row: dict[str, Any], goal: Goal) -> dict[str, Any]:
    """The row with its goal, and whether it is met."""
    return {**row, "goal": str(goal), "met": goal.met(row)}


def table(rows: Iterable[Mapping[str, Any]]) -> str:
    """The rows that say whether they meet their goal, one a line; empty if none does."""
    lines = [
        (
            row["name"],
            f"{row['value']:g} {row['unit']}",
            f"{row['reference_value']:g} ({row['reference']})",
            f"{row['ratio']:g}",
            row["goal"],
            "yes" if row["met"] else "NO",
        )
        for row in rows
        if "met" in row
    ]
    if not lines:
        return ""
    titled = [("what", "measured", "reference", "ratio", "goal", "met"), *lines]
    widths = [max(len(line[n]) for line in titled) for n in range(6)]
    return "\n".join(
        "  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip() for line in titled
    )
