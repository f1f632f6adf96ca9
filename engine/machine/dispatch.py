"""The fast path: what a machine would choose, looked up in a table that was made of the library's built machine. Pure.

It knows the first candidate whose guard holds, and nothing of traces. Where somebody has to be told why, the step decides;
where only the answer counts, thousands of times (proofs), it is looked up here. A property test that always runs holds
this table against the library.
"""

from collections.abc import Mapping
from typing import Any

from engine.errors import EvaluationError
from engine.language.values import truth
from engine.machine.compile import CompiledMachine
from engine.machine.definition import Transition
from engine.machine.expression import Expression
from engine.machine.tree import Configuration

#: Candidates in their order, each with its guard.
_Row = tuple[tuple[Expression | None, Transition], ...]


class Dispatch:
    """The candidates of every innermost state and event, with their guards."""

    __slots__ = ("_machine", "_table")

    def __init__(self, machine: CompiledMachine) -> None:
        """Take the machine; what it would try is found out when it is first asked for."""
        self._machine = machine
        self._table: dict[tuple[str, str], _Row] = {}

    def choose(self, state: str, event: str, scope: Mapping[str, Any]) -> Transition | None:
        """The transition that an innermost state takes on an event, for guards that see `scope`; None if it takes none."""
        row = self._table.get((state, event))
        for guard, transition in self._row(state, event) if row is None else row:
            if guard is None:
                return transition
            try:
                held = guard.compiled.evaluate(scope)
                if held is True or (held is not False and truth(held)):
                    return transition
            except EvaluationError:
                continue
        return None

    def _row(self, state: str, event: str) -> _Row:
        """The transitions of the library's machine, in the order in which it tries them."""
        order = self._machine.order(state, self._machine.meant(event))
        row = tuple((transition.guard, transition) for transition in order)
        if row:
            self._table[state, event] = row
        return row

    def moves(self, at: Configuration, event: str, scope: Mapping[str, Any]) -> bool:
        """Whether anything may be taken where the instance is."""
        return any(self.choose(state, event, scope) is not None for state in at.innermost)
