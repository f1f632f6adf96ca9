"""What must hold between the parts of a machine; every breach is reported at its own place.

The codes are the predecessor's where it had one: ``transition_state_unregistered``, ``conflicts``,
``state_id_alias_mapping_not_found``.
"""

from engine.diagnostics import Severity
from engine.machine.definition import ANY
from engine.machine.drafts import MachineDraft, TransitionDraft
from engine.machine.reading import Reader
from engine.model import END


def check_machine(reader: Reader, machine: MachineDraft) -> None:
    """Report every breach in one machine."""
    _check_initial(reader, machine)
    _check_targets(reader, machine)
    _check_conflicts(reader, machine)
    _check_finals(reader, machine)
    _check_aliases(reader, machine)
    _check_requests(reader, machine)


def _check_initial(reader: Reader, machine: MachineDraft) -> None:
    if machine.initial is None or machine.initial_span is None or machine.initial in machine.states:
        return
    detail = reader.suggest(machine.initial, machine.states) or f'Add state "{machine.initial}" {{ … }}.'
    summary = f'The initial state "{machine.initial}" has no block'
    reader.report("initial_state_unregistered", summary, detail, machine.initial_span)


def _check_targets(reader: Reader, machine: MachineDraft) -> None:
    for draft in machine.transitions:
        if draft.target is None or draft.target == END or draft.target in machine.states:
            continue
        detail = reader.suggest(draft.target, machine.states) or f'Add state "{draft.target}" {{ … }}.'
        summary = f'The target "{draft.target}" has no state block'
        reader.report("transition_state_unregistered", summary, detail, draft.target_span, context=draft.span)


def _check_conflicts(reader: Reader, machine: MachineDraft) -> None:
    """After a candidate without a guard, another one for the same state and event could never be taken."""
    unguarded: dict[tuple[str, str], TransitionDraft] = {}
    for draft in machine.transitions:
        place = (draft.source, draft.event)
        first = unguarded.get(place)
        if first is not None:
            reader.report(
                "conflicts",
                f'State "{draft.source}" has a second transition on "{draft.event}"',
                f"The one at {first.span} is always taken, so this one at {draft.span} never is: "
                "remove one, or give all but the last a guard (when = …).",
                draft.span,
                context=first.span,
            )
        elif not draft.guarded:
            unguarded[place] = draft


def _check_finals(reader: Reader, machine: MachineDraft) -> None:
    for draft in machine.transitions:
        state = machine.states.get(draft.source)
        if state is not None and state.final:
            detail = "Remove the transition, or final = true."
            summary = f'"{draft.source}" is final: nothing leads out of it'
            reader.report("final_state_left", summary, detail, draft.span, context=state.full)


def _check_aliases(reader: Reader, machine: MachineDraft) -> None:
    if machine.aliases is None:
        return
    for name, state in machine.states.items():
        alias = machine.aliases.get(name)
        if alias is None and not state.internal:
            spare = machine.aliases.keys() - machine.states.keys()
            hint = reader.suggest(name, spare)
            detail = f'Add {name}: "…" to aliases, or alias = null to the state if the backend knows nothing of it.'
            summary = f'State "{name}" has no alias'
            reader.report("state_id_alias_mapping_not_found", summary, f"{hint} {detail}".strip(), state.span)
        if alias is not None and state.internal:
            detail = f"Remove the alias at {alias.span}, or alias = null from the state."
            summary = f'State "{name}" is internal and has an alias'
            reader.report("internal_state_has_alias", summary, detail, state.full or state.span)
    for name, alias in machine.aliases.items():
        if name not in machine.states:
            detail = reader.suggest(name, machine.states) or "Remove it, or add the state."
            summary = f'The alias "{name}" names no state'
            reader.report("alias_without_state", summary, detail, alias.span, severity=Severity.WARNING)


def _check_requests(reader: Reader, machine: MachineDraft) -> None:
    """A request decorates the call that moves the entity; where there is no call, it would vanish."""
    for draft in machine.transitions:
        target = machine.states.get(draft.target or "")
        if not draft.decorated or target is None or draft.source == ANY:
            continue
        if target.internal or draft.target == draft.source:
            why = "the target is internal" if target.internal else "the state stays the same"
            detail = "Remove the request, or make the call with an action block."
            reader.report("request_without_call", f"No call is made here: {why}", detail, draft.span)
