"""The fast path: what a machine would choose, looked up in a table that was made of the library's built machine. Pure.

It knows the first candidate whose guard holds, and nothing of traces. Where somebody has to be told why, the step decides;
where only the answer counts, thousands of times (proofs), it is looked up here. A property test that always runs holds
this table against the library.
"""

from collections.abc import Mapping
from typing import Any

from engine.errors import EvaluationError
from engine.machine.compile import CompiledMachine
from engine.machine.definition import Transition
from engine.machine.expression import Expression
from engine.machine.tree import Configuration


class Dispatch:
    """The candidates of every innermost state and event, with their guards."""

    __slots__ = ("_table",)

    def __init__(self, machine: CompiledMachine) -> None:
        """Take the transitions out of the library's machine, in the order in which it would try them."""
        asked: list[Transition] = []

        def ask(transition: Transition) -> bool:
            asked.append(transition)
            return False

        table: dict[tuple[str, str], tuple[tuple[Expression | None, Transition], ...]] = {}
        for state, event in machine.table:
            asked.clear()
            machine.choose(_alone(state), event, ask)
            table[state, event] = tuple((transition.guard, transition) for transition in asked)
        self._table = table

    def choose(self, state: str, event: str, scope: Mapping[str, Any]) -> Transition | None:
        """The transition that an innermost state takes on an event, for guards that see `scope`; None if it takes none."""
        for guard, transition in self._table.get((state, event), ()):
            if guard is None:
                return transition
            try:
                if guard.compiled.evaluate(scope) is True:
                    return transition
            except EvaluationError:
                continue
        return None

    def moves(self, at: Configuration, event: str, scope: Mapping[str, Any]) -> bool:
        """Whether anything may be taken where the instance is."""
        return any(self.choose(state, event, scope) is not None for state in at.innermost)


def _alone(state: str) -> Configuration:
    """An innermost state by itself."""
    return Configuration(text=state, innermost=(state,), active=(state,))
