"""Where the readers of a definition put what is wrong with it: problems, one after another, with their places."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from engine.diagnostics import Diagnostic, Related, Severity, Span
from engine.language.suggest import did_you_mean
from engine.machine.values import printable

_LONGEST_LINE = 500
#: Looking for a similar name takes time; a file with more mistakes than this has another problem.
_MOST_SUGGESTIONS = 100
_MOST_LISTED = 20


class Reporter:
    """The texts of one module and the problems found in them so far."""

    def __init__(self, texts: Mapping[str, str], *, above: "Reporter | None" = None, story: str = "") -> None:
        """Take the texts by file name.

        Problems go where those of the reporter `above` go, each with the `story` of how it comes to that.
        """
        self.diagnostics: list[Diagnostic] = [] if above is None else above.diagnostics
        self._story = story
        self._suggestions = _MOST_SUGGESTIONS
        self._bytes = {name: text.encode("utf-8", "surrogatepass") for name, text in texts.items()}

    def add(self, problems: Iterable[Diagnostic]) -> None:
        """Add problems that were found elsewhere."""
        for problem in problems:
            self.diagnostics.append(replace(problem, story=self._story) if self._story else problem)

    def report(
        self,
        code: str,
        summary: str,
        detail: str,
        subject: Span,
        *,
        context: Span | None = None,
        related: Iterable[tuple[Span, str]] = (),
        severity: Severity = Severity.ERROR,
    ) -> None:
        """Add a problem; `related` are other places, each with what is there."""
        self.diagnostics.append(
            Diagnostic(
                code=code,
                summary=_line(summary),
                detail=_line(detail),
                subject=settled(subject),
                context=None if context is None else settled(context),
                related=tuple(Related(span=settled(span), message=message) for span, message in related),
                severity=severity,
                story=self._story,
            )
        )

    def text(self, span: Span) -> str:
        """What a file says in a range, on one line."""
        return " ".join(self._bytes[span.filename][span.start : span.end].decode("utf-8", "replace").split())

    def suggest(self, name: str, known: Iterable[str]) -> str:
        """A sentence with the known name that is most like `name`; empty if none is."""
        self._suggestions -= 1
        return did_you_mean(name, known) if self._suggestions >= 0 else ""

    def suggest_state(self, name: str, states: Iterable[str]) -> str:
        """A sentence with the state that is meant, perhaps one that was named without those around it; else with all."""
        known = list(states)
        inner = [state for state in known if state.endswith(f".{name}")]
        if inner:
            return f'Did you mean "{inner[0]}"? A state is named with those that it is in.'
        others = "" if len(known) <= _MOST_LISTED else f" and {len(known) - _MOST_LISTED} more"
        return self.suggest(name, known) or f"The states are {', '.join(known[:_MOST_LISTED])}{others}."


def _line(text: str) -> str:
    """A text that may repeat names from the file, fit for a terminal."""
    return printable(text if len(text) <= _LONGEST_LINE else text[: _LONGEST_LINE - 1] + "…")


def settled(span: Span) -> Span:
    """The range as a plain value: the tree's own ones work out their lines and columns anew each time."""
    return Span(
        filename=span.filename,
        start=span.start,
        end=span.end,
        line=span.line,
        column=span.column,
        end_line=span.end_line,
        end_column=span.end_column,
    )
