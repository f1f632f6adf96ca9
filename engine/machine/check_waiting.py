"""What must hold of a state that awaits a person."""

from engine.diagnostics import Severity
from engine.machine.definition import ANY
from engine.machine.drafts import MachineDraft
from engine.machine.reading import Reader
from engine.model import END


def check_waiting(reader: Reader, machine: MachineDraft) -> None:
    """Warn of every state that asks people and leads nowhere, whatever they answer."""
    for state in machine.states.values():
        asked = state.awaits
        if asked is None:
            continue
        sources = {*machine.around(state.name), ANY}
        leading = (d for d in machine.transitions if d.source in sources and d.target not in (None, END))
        if not any(d.target != state.name for d in leading):
            detail = "Give one of its answers a transition, or the state an after or on block."
            summary = f'Nothing leads out of "{state.name}", whatever is answered'
            reader.report("await_without_way_out", summary, detail, asked.span, severity=Severity.WARNING)
