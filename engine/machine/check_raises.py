"""What must hold between the events that a machine sends itself and the transitions that wait for them."""

from collections.abc import Iterator

from engine.diagnostics import Severity
from engine.machine.definition import Raise, covers
from engine.machine.drafts import MachineDraft
from engine.machine.reading import Reader


def check_raises(reader: Reader, machine: MachineDraft) -> None:
    """Report events that are sent or taken back for nothing."""
    raises = list(_raises(machine))
    known = {draft.event for draft in machine.transitions}
    delayed = {one.event for one in raises if one.delay is not None}
    for one in raises:
        if one.cancels and one.event not in delayed:
            detail = (
                reader.suggest(one.event, delayed)
                or "Only an event that was raised with a delay can be taken back."
            )
            summary = f'No raise block sends "{one.event}" with a delay'
            reader.report("cancel_without_raise", summary, detail, one.span)
        elif not one.cancels and not any(covers(event, one.event) for event in known):
            detail = (
                reader.suggest(one.event, known) or "Add a transition on this event, or remove the block."
            )
            summary = f'"{one.event}" is raised, which no transition of {machine.name} knows'
            reader.report("event_never_handled", summary, detail, one.span, severity=Severity.WARNING)


def _raises(machine: MachineDraft) -> Iterator[Raise]:
    for draft in machine.transitions:
        yield from () if draft.transition is None else draft.transition.raises
    for state in machine.states.values():
        for reaction in (state.on_enter, state.on_exit):
            yield from () if reaction is None else reaction.raises
