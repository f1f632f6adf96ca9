"""Lark's LALR tables for the grammar, with the tree builder's methods in them, made at the first parse."""

import functools
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.language.build import Builder
from engine.language.scan import Scanner
from engine.language.source import Source
from engine.resources import grammar

if TYPE_CHECKING:
    from lark import Lark

#: To shift: (None, next state, ""); to reduce: (builder method, number of children, name of the rule), where None for
#: the method says that the only child stands for itself, as in a chain of precedences.
Action = tuple[Callable[[list[Any]], Any] | None, int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """The automaton, flat: looking up Lark's own rule objects takes longer than everything else in a parse."""

    #: For each state, what to do for a token's type.
    actions: list[dict[str, Action]]
    #: For each state, the state that follows a finished rule.
    gotos: list[dict[str, int]]
    #: The first state.
    start: int
    #: The state in which the whole file has been read.
    end: int


def make_lark() -> "Lark":
    """Lark with the grammar, the scanner and the tree builder."""
    from lark import Lark
    from lark.lexer import Lexer

    class ModeStackLexer(Lexer):
        """Lark's door to the scanner."""

        def __init__(self, lexer_conf: Any) -> None:
            """Take Lark's configuration, of which nothing is needed: the grammar declares its terminals."""

        def lex(self, text: Any) -> Iterator[Any]:  # type: ignore[override]
            """The tokens of a text, the mark of its end included. (Lark takes this form from custom lexers, too.)"""
            return Scanner(Source(text, "")).tokens()

    return Lark(
        grammar("hcl.lark"),
        parser="lalr",
        lexer=ModeStackLexer,
        start="file",
        transformer=Builder(),
        maybe_placeholders=False,
    )


@functools.cache
def tables() -> Tables:
    """The tables, once a process."""
    from lark.parsers.lalr_analysis import Shift

    automaton = make_lark().parse_interactive().parser_state.parse_conf
    actions: list[dict[str, Action]] = []
    gotos: list[dict[str, int]] = []
    for state in range(len(automaton.states)):
        act: dict[str, Action] = {}
        go: dict[str, int] = {}
        for symbol, (kind, argument) in automaton.states[state].items():
            name = sys.intern(str(symbol))  # Lark's own strings compare in Python, at every look-up
            if kind is not Shift:
                rule = sys.intern(str(argument.origin.name))
                passes = argument.options.expand1 and not argument.alias and len(argument.expansion) == 1
                build = None if passes else automaton.callbacks[argument]
                act[name] = (build, len(argument.expansion), rule)
            elif name.isupper() or name == "$END":
                act[name] = (None, argument, "")
            else:
                go[name] = argument
        actions.append(act)
        gotos.append(go)
    return Tables(actions=actions, gotos=gotos, start=automaton.start_state, end=automaton.end_state)
