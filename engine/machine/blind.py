"""Events that are decided blind: nothing that they set off looks at what the instance remembers.

What such an event does is found out once, with a memory that is all placeholders, and is so with every memory: what is
written there is written over, and the rest is kept. Without that, each memory would be tried with each payload. Pure.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from engine.frozen import frozen
from engine.machine.definition import Machine, Transition
from engine.machine.evaluated import others, payloads
from engine.machine.expression import Expression
from engine.machine.flows import arguments_of
from engine.machine.question import Question
from engine.machine.values import canonical
from engine.machine.written import written_out

#: Stands for whatever is remembered; no payload that is tried has it.
_KEPT = "\x00"

#: A memory that is larger is tried as it is: with what is written besides, it may become too large.
_LARGEST = 64 * 1024


@frozen
class Blind:
    """What can be said of a whole machine, with what is claimed of it."""

    machine: Machine
    claims: tuple[Expression, ...]
    #: Some event may be decided blind.
    any: bool

    @classmethod
    def of(cls, machine: Machine, claims: tuple[Expression, ...]) -> "Blind":
        """Look at what no single event decides."""
        asks = any(state.awaits is not None for state in machine.states.values())
        everywhere = _roots(machine, (*others(machine), *payloads(machine)))
        told_apart = _roots(machine, claims) & {"event", "delivery", "fired"}
        may = not (asks or "context" in everywhere or told_apart or machine.names.hidden is not None)
        return cls(machine=machine, claims=claims, any=may)

    def written(self, question: Question, transitions: Iterable[Transition]) -> frozenset[str] | None:
        """The parts of the memory that may be written when one of these is taken; None where something looks at it."""
        if not self.any or any(p[0] == "context" for use in question.uses.of.values() for p in use.joined):
            return None
        names: set[str] = set()
        for transition in transitions:
            read = [e for e in (transition.guard, transition.set) if e is not None]
            read += arguments_of(transition)
            read += (e for raised in transition.raises for e in raised.expressions())
            items = {} if transition.set is None else written_out(question.uses, transition.set)
            if items is None or "context" in _roots(self.machine, read):
                return None
            names |= items.keys()
        return frozenset(names)


def blank(names: Iterable[str]) -> dict[str, Any]:
    """A memory of placeholders for these parts."""
    return dict.fromkeys(sorted(names), _KEPT)


def fits(context: Mapping[str, Any]) -> bool:
    """Whether a memory can be taken for a placeholder: it is so small that nothing fails for its size."""
    return len(canonical(dict(context))) <= _LARGEST


def kept(before: Mapping[str, Any], names: frozenset[str], after: Mapping[str, Any]) -> dict[str, Any]:
    """The memory that comes of `before`, where one of placeholders for these names has become `after`."""
    context = {name: value for name, value in before.items() if name not in names or after.get(name) == _KEPT}
    return context | {name: value for name, value in after.items() if value != _KEPT}


def is_written_over(after: Mapping[str, Any]) -> bool:
    """Whether no placeholder is left."""
    return _KEPT not in after.values()


def _roots(machine: Machine, expressions: Iterable[Expression]) -> set[str]:
    """What expressions look at, in locals too."""
    read = list(expressions)
    used, _ = machine.names.used_by(read)
    return {r.root for e in (*read, *(machine.names.locals[name] for name in used)) for r in e.references}
