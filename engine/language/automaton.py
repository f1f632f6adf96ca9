"""What Lark makes of the grammar: the automaton that drives every parse, as plain data.

``python -m engine.language.automaton`` (``make tables``) writes it beside the grammar.
"""

import json
import zlib
from collections.abc import Iterator
from typing import Any

from lark import Lark
from lark.lexer import Lexer
from lark.parsers.lalr_analysis import Shift

from engine.language.build import Builder
from engine.language.scan import Scanner
from engine.language.source import Source
from engine.resources import grammar, shipped

GRAMMAR = "hcl.lark"
KEPT = "hcl.tables.json"


class ModeStackLexer(Lexer):
    """Lark's door to the scanner."""

    def __init__(self, lexer_conf: Any) -> None:
        """Take Lark's configuration, of which nothing is needed: the grammar declares its terminals."""

    def lex(self, text: Any) -> Iterator[Any]:  # type: ignore[override]
        """The tokens of a text, the mark of its end included. (Lark takes this form from custom lexers, too.)"""
        return Scanner(Source(text, "")).tokens()


def make_lark() -> Lark:
    """Lark with the grammar, the scanner and the tree builder."""
    return Lark(
        grammar(GRAMMAR),
        parser="lalr",
        lexer=ModeStackLexer,
        start="file",
        transformer=Builder(),
        maybe_placeholders=False,
    )


def made_by_lark() -> dict[str, Any]:
    """The automaton.

    ``rules`` are (method of the builder, or null where the only child stands for itself; number of children; name). For
    each state ``actions`` says by the type of a token which state follows, or with ``-1 - n`` that rule n is complete;
    ``gotos`` says which state follows a rule. States are numbered as they are met from the first one on: Lark's own
    numbers differ from run to run.
    """
    automaton = make_lark().parse_interactive().parser_state.parse_conf
    order = [automaton.start_state]
    numbers = {automaton.start_state: 0}
    rules: dict[Any, int] = {}
    actions: list[dict[str, int]] = []
    gotos: list[dict[str, int]] = []
    for state in order:
        act: dict[str, int] = {}
        go: dict[str, int] = {}
        for name, (kind, argument) in sorted(
            (str(symbol), to) for symbol, to in automaton.states[state].items()
        ):
            if kind is not Shift:
                act[name] = -1 - rules.setdefault(argument, len(rules))
                continue
            if argument not in numbers:
                numbers[argument] = len(order)
                order.append(argument)
            (act if name.isupper() or name == "$END" else go)[name] = numbers[argument]
        actions.append(act)
        gotos.append(go)
    return {
        "grammar": checksum(),
        "start": 0,
        "end": numbers[automaton.end_state],
        "rules": [_described(rule) for rule in rules],
        "actions": actions,
        "gotos": gotos,
    }


def _described(rule: Any) -> list[Any]:
    passes = rule.options.expand1 and not rule.alias and len(rule.expansion) == 1
    name = str(rule.origin.name)
    return [None if passes else str(rule.alias or name), len(rule.expansion), name]


def checksum() -> int:
    """What tells the grammar from any other."""
    return zlib.crc32(grammar(GRAMMAR).encode())


if __name__ == "__main__":
    made = json.dumps(made_by_lark(), separators=(",", ":"))
    shipped(f"grammars/{KEPT}").write_text(made + "\n", encoding="utf-8")
