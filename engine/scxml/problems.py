"""What cannot be said, collected with its place in the document."""

from dataclasses import replace

from engine.diagnostics import Diagnostic, Severity, errors_in
from engine.machine.reporting import settled
from engine.machine.values import printable
from engine.scxml.document import Element

#: So many are told one by one.
_MOST_TOLD = 200
_LONGEST = 300


class Problems:
    """The problems of one document, in the order in which they were found."""

    def __init__(self) -> None:
        """Begin without any."""
        self.found: list[Diagnostic] = []
        self._more = 0

    def unsupported(self, element: Element, what: str, instead: str) -> None:
        """Add something that the language has no word for."""
        self.list_problem("scxml_unsupported", what, instead, element)

    def expression(self, element: Element, text: str, why: str) -> None:
        """Add an expression that cannot be written in the language."""
        self.list_problem(
            "scxml_expression",
            f"{' '.join(text.split())} cannot be said: {why}",
            "Say it with operators, texts, numbers and variables that have a <data>.",
            element,
        )

    def name(self, element: Element, what: str, instead: str) -> None:
        """Add a name that names nothing, or too much."""
        self.list_problem("scxml_name", what, instead, element)

    def left_out(self, element: Element, what: str, why: str, *, harmless: bool = False) -> None:
        """Add something that is not in the definition, which does the same without it or nearly so."""
        severity = Severity.NOTE if harmless else Severity.WARNING
        self.list_problem("scxml_left_out", what, why, element, severity=severity)

    def differs(self, element: Element, what: str, how: str) -> None:
        """Add something that the definition does in another way."""
        self.list_problem("scxml_differs", what, how, element, severity=Severity.WARNING)

    def list_problem(
        self, code: str, summary: str, detail: str, element: Element, *, severity: Severity = Severity.ERROR
    ) -> None:
        """Add a problem at an element."""
        if len(self.found) >= _MOST_TOLD and severity is not Severity.ERROR:
            return
        if len(self.found) >= _MOST_TOLD and self._more:
            self._more += 1
            self.found[-1] = replace(self.found[-1], summary=f"There are {self._more} more problems")
            return
        self._more = int(len(self.found) >= _MOST_TOLD)
        self.found.append(
            Diagnostic(
                code=code,
                summary="There is 1 more problem" if self._more else _line(summary),
                detail=_line(detail),
                subject=settled(element.place),
                severity=severity,
            )
        )

    @property
    def any(self) -> bool:
        """Whether something cannot be said."""
        return errors_in(self.found)


def _line(text: str) -> str:
    return printable(text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…")
