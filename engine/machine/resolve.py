"""Names of states in a definition become full names: looked for from where they stand, outwards.

Several names joined by `TOGETHER` mean several states at once, unless a state is called so.
"""

from collections.abc import Set as AbstractSet
from dataclasses import replace

from engine.machine.definition import TOGETHER
from engine.machine.drafts import MachineDraft


def resolve_names(machine: MachineDraft) -> None:
    """Make every name in the draft that names something a full name; what names nothing stays as it was written."""
    known = machine.states.keys() | machine.histories.keys()
    machine.initial = _found(machine, known, machine.initial, "")
    for state in machine.states.values():
        state.initial = _found(machine, known, state.initial, state.name)
    for history in machine.histories.values():
        history.target = _found(machine, known, history.target, history.parent)
    for position, draft in enumerate(machine.transitions):
        target = _found(machine, known, draft.target, draft.source)
        if target != draft.target:
            read = draft.transition
            whole = None if read is None else replace(read, target=target)
            machine.transitions[position] = replace(draft, target=target, transition=whole)


def _found(machine: MachineDraft, known: AbstractSet[str], name: str | None, scope: str) -> str | None:
    """The full name of what is meant, of several sorted; as written if nothing is."""
    if name is None:
        return None
    whole = _single(machine, known, name, scope)
    if whole in known or TOGETHER not in name:
        return whole
    return TOGETHER.join(sorted({_single(machine, known, part, scope) for part in name.split(TOGETHER)}))


def _single(machine: MachineDraft, known: AbstractSet[str], name: str, scope: str) -> str:
    """The full name: of something inside `scope`, else inside the state around it, and so on; as written if none is."""
    for outer in machine.around(scope) if scope in machine.states else ():
        if f"{outer}.{name}" in known:
            return f"{outer}.{name}"
    return name
