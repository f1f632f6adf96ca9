"""Chains of operands and operators, which the grammar keeps flat, made into trees by their precedences."""

import itertools
from typing import Any

from engine.language import syntax
from engine.language.source import Place

_PRECEDENCE = {
    "||": 1, "&&": 2, "==": 3, "!=": 3, "<": 4, ">": 4, "<=": 4, ">=": 4, "+": 5, "-": 5, "*": 6, "/": 6, "%": 6,
}  # fmt: skip
#: A chain with more operands and operators than this is built in halves, as far as its operators allow.
LONG_CHAIN = 64


def operation(chain: list[Any]) -> syntax.Expression:
    """The tree of a flat chain: all operators group to the left, but for what a long one gains by halving."""
    return _climb(chain) if len(chain) <= LONG_CHAIN else _split(chain, ["||", "&&"])


def _climb(chain: list[Any]) -> syntax.Expression:
    """A flat chain of operands and operators as a tree, by precedence climbing."""
    operands: list[syntax.Expression] = [chain[0]]
    waiting: list[str] = []
    for i in range(1, len(chain), 2):
        operator = chain[i].text
        while waiting and _PRECEDENCE[waiting[-1]] >= _PRECEDENCE[operator]:
            _reduce(operands, waiting.pop())
        waiting.append(operator)
        operands.append(chain[i + 1])
    while waiting:
        _reduce(operands, waiting.pop())
    return operands[0]


def _split(chain: list[Any], operators: list[str]) -> syntax.Expression:
    """A long chain parted at its logical operators: they may group anyhow, so their tree need not be deep."""
    if not operators:
        return _climb(chain)
    cuts = [i for i in range(1, len(chain), 2) if chain[i].text == operators[0]]
    edges = [-1, *cuts, len(chain)]
    parts = [_split(chain[a + 1 : b], operators[1:]) for a, b in itertools.pairwise(edges)]
    return _balance(parts, operators[0])


def _balance(parts: list[syntax.Expression], operator: str) -> syntax.Expression:
    if len(parts) == 1:
        return parts[0]
    middle = (len(parts) + 1) // 2
    left, right = _balance(parts[:middle], operator), _balance(parts[middle:], operator)
    return syntax.Binary(span=_join(left, right), operator=operator, left=left, right=right)


def _reduce(operands: list[syntax.Expression], operator: str) -> None:
    right = operands.pop()
    left = operands.pop()
    operands.append(syntax.Binary(span=_join(left, right), operator=operator, left=left, right=right))


def _join(first: Any, last: Any) -> Place:
    return Place(first.span.source, first.span.first, last.span.last)
