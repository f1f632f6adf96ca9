"""How much an evaluation may do and make, so that no expression over no payload holds the daemon up."""

from typing import Any

#: Elements visited, functions called, kilobytes of text read.
MAX_STEPS = 1_000_000
#: Characters of text made, over the whole evaluation.
MAX_TEXT = 64 * 1024 * 1024

#: The code of an evaluation that did or made more.
TOO_LARGE = "evaluation_too_large"

_TEXT_PER_STEP = 1024


class ExhaustedError(Exception):
    """The evaluation did or made more than it may. Not even `try` catches this."""


def too_large(problem: ExhaustedError) -> tuple[str, str]:
    """What is said of an expression that did: what is wrong, and what to do."""
    return f"This expression was stopped: {problem}", "Loop over less, or build less text."


class Meter:
    """What one evaluation has left."""

    __slots__ = ("steps", "text")

    def __init__(self) -> None:
        self.steps = MAX_STEPS
        self.text = MAX_TEXT

    def step(self, count: int = 1) -> None:
        """Take `count` steps."""
        self.steps -= count
        if self.steps < 0:
            raise ExhaustedError(f"it takes more than {MAX_STEPS:,} steps")

    def afford(self, count: int) -> None:
        """Ask for `count` steps to be left, without taking them."""
        if self.steps < count:
            self.step(count)

    def make(self, characters: int) -> None:
        """Ask for room before text of that length is made."""
        self.text -= characters
        if self.text < 0:
            raise ExhaustedError(f"it makes more than {MAX_TEXT:,} characters of text")

    def read(self, value: Any) -> None:
        """Pay for a function's look at a value: text by length, lists and objects by element."""
        if isinstance(value, str):
            self.step(1 + len(value) // _TEXT_PER_STEP)
        elif isinstance(value, (list, dict)):
            self.step(1 + len(value))
