"""The parser's tables: what Lark makes of the grammar, kept beside it so that no process has to make them again.

Lark needs longer to read the grammar and to find its LALR(1) states than a definition takes to be parsed, checked and
proven. Hence ``grammars/hcl.tables.json`` holds what came out. It names the grammar that it was made of: for any other
one Lark is asked, so a changed grammar counts at once. A test holds the file against what Lark says.
"""

import functools
import json
import sys
import zlib
from collections.abc import Callable
from typing import Any

from engine.frozen import frozen
from engine.language.build import Builder
from engine.resources import grammar, shipped

#: To shift: (None, next state, ""), where `APPEND` for the state adds the token to the list on top; to reduce: (builder method, number of children, name of the rule), where None for
#: the method says that the only child stands for itself, as in a chain of precedences.
APPEND = -1
Action = tuple[Callable[[list[Any]], Any] | None, int, str]


@frozen
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


@functools.cache
def tables() -> Tables:
    """The tables, once a process."""
    kept = _kept()
    if kept is None:
        from engine.language.automaton import made_by_lark

        kept = made_by_lark()
    return _connected(kept)


def _kept() -> dict[str, Any] | None:
    """What was kept for this grammar; None if there is nothing, or it is of another one."""
    try:
        kept = json.loads(shipped("grammars/hcl.tables.json").read_bytes())
    except (OSError, ValueError):
        return None
    known = isinstance(kept, dict) and kept.get("grammar") == zlib.crc32(grammar("hcl.lark").encode())
    return kept if known else None


def _connected(made: dict[str, Any]) -> Tables:
    """The tables with the tree builder's methods in them."""
    builder = Builder()
    intern = sys.intern
    reductions: list[Action] = [
        (None if method is None else getattr(builder, method), count, intern(origin))
        for method, count, origin in made["rules"]
    ]
    actions: list[dict[str, Action]] = [
        {intern(name): (None, to, "") if to >= 0 else reductions[-1 - to] for name, to in state.items()}
        for state in made["actions"]
    ]
    gotos = [{intern(name): to for name, to in state.items()} for state in made["gotos"]]
    _shorten(actions, gotos)
    return Tables(
        actions=actions,
        gotos=gotos,
        start=made["start"],
        end=made["end"],
    )


def _shorten(actions: list[dict[str, Action]], gotos: list[dict[str, int]]) -> None:
    """Let a token that can only become one more item of the body on top become one at once."""
    for act, go in zip(actions, gotos, strict=True):
        if "attribute" not in go:
            continue
        for name, (build, to, _) in list(act.items()):
            if build is None and name in ("NEWLINE", "COMMA"):
                follows = set(actions[to].values())
                if len(follows) == 1 and next(iter(follows))[1:] == (2, "content"):
                    act[name] = (None, APPEND, "")
