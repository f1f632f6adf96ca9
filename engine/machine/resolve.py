"""Names of states in a definition become full names: looked for from where they stand, outwards."""

from collections.abc import Set as AbstractSet
from dataclasses import replace

from engine.machine.drafts import MachineDraft


def resolve_names(machine: MachineDraft) -> None:
    """Make every name in the draft that names something a full name; what names nothing stays as it was written."""
    known = machine.states.keys() | machine.histories.keys()
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
    """The full name: of something inside `scope`, else inside the state around it, and so on; as written if none is."""
    for outer in machine.around(scope) if name is not None and scope in machine.states else ():
        if f"{outer}.{name}" in known:
            return f"{outer}.{name}"
    return name
