"""Texts of which it is known which ones there are: a comparison with another one is a slip of the pen, most likely."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from engine.diagnostics import Diagnostic, Severity
from engine.language import syntax
from engine.language.failure import wording
from engine.language.source import Place
from engine.language.suggest import did_you_mean

_MOST_LISTED = 10
_LONGEST = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What a text is known to be one of, and how to tell of another one."""

    #: Those that are suggested.
    known: tuple[str, ...]
    #: Others that nothing is said about.
    others: frozenset[str] = frozenset()
    #: Several of them joined by this are one, too; empty = they never are.
    joint: str = ""
    #: The code of the problem.
    code: str
    #: What is wrong; ``{}`` stands for the text between quotes, ``{what}`` for what is held against it.
    summary: str
    #: What to do where no known one is near; ``{}`` stands for some of those that are.
    advice: str

    def has(self, text: str) -> bool:
        """Whether nothing is wrong with a text."""
        parts = text.split(self.joint) if self.joint else (text,)
        return not text or text in self.others or all(part in self.known for part in parts)

    def near(self, text: str) -> str:
        """A sentence with the one that is meant, or an empty one."""
        return did_you_mean(text, self.known)


class Stranger(NamedTuple):
    """A text where only others are known to come."""

    #: Where it stands, or what gives it.
    node: syntax.Expression
    text: str
    choices: Choices
    #: What it is held against.
    beside: syntax.Expression

    def as_diagnostic(self) -> Diagnostic:
        """The warning, with what may have been meant."""
        span, choices = self.node.span, self.choices
        shown = self.text if len(self.text) <= _LONGEST else f"{self.text[: _LONGEST - 1]}…"
        return Diagnostic(
            code=choices.code,
            summary=choices.summary.replace("{}", f'"{shown}"').replace("{what}", wording(self.beside)),
            detail=choices.near(self.text) or choices.advice.replace("{}", _listed(choices.known)),
            subject=span.settled() if isinstance(span, Place) else span,
            severity=Severity.WARNING,
        )


def together(left: Choices | None, right: Choices | None, *texts: str) -> Choices | None:
    """What a text is one of that comes from the left or the right; one side may be these `texts` instead."""
    one, other = left or right, right if left is not None else None
    if one is None or (other is None and not texts):
        return None
    if other is one:
        return one
    more = texts if other is None else (*other.known, *other.others)
    return replace(one, others=one.others.union(more))


def _listed(known: Iterable[str]) -> str:
    names = sorted(known)
    more = f" and {len(names) - _MOST_LISTED} more" if len(names) > _MOST_LISTED else ""
    return ", ".join(names[:_MOST_LISTED]) + more
