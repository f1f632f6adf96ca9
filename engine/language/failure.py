"""Why an evaluation stopped, while it is on its way out; `Compiled.evaluate` makes a diagnostic of it."""

from collections.abc import Callable, Mapping
from typing import Any

from engine.language import syntax
from engine.language.meter import Meter
from engine.language.source import Place

#: A compiled expression: scope and meter in, value out.
Run = Callable[[Mapping[str, Any], Meter], Any]


class FailureError(Exception):
    """An expression's node could not be evaluated.

    Its words may be given as what makes them: within `try` nobody reads them, and to look for what was meant takes longer
    than to evaluate.
    """

    def __init__(
        self,
        node: syntax.Node,
        code: str,
        summary: Callable[[], str] | str,
        detail: Callable[[], str] | str = "",
    ) -> None:
        super().__init__(code)
        self.node = node
        self.code = code
        self._summary = summary
        self._detail = detail

    @property
    def summary(self) -> str:
        """What is wrong."""
        return self._summary if isinstance(self._summary, str) else self._summary()

    @property
    def detail(self) -> str:
        """What to do about it."""
        return self._detail if isinstance(self._detail, str) else self._detail()

    def __str__(self) -> str:
        return self.summary


def wording(node: syntax.Node, limit: int = 40) -> str:
    """The node as its author wrote it, on one line of at most `limit` characters."""
    if isinstance(node, syntax.SplatItem):
        return "each element"
    span = node.span
    if not isinstance(span, Place):
        return "this value"
    written = " ".join(span.source.text[span.first : min(span.last, span.first + 4 * limit)].split())
    return written if len(written) <= limit else written[: limit - 1] + "…"
