"""What must hold between a state and the states in it."""

from engine.diagnostics import Span
from engine.machine.definition import TOGETHER, Kind
from engine.machine.drafts import MachineDraft, StateDraft
from engine.machine.reading import Reader


def check_nesting(reader: Reader, machine: MachineDraft) -> None:
    """Report every state that cannot be entered, or whose parts contradict each other."""
    for state in machine.states.values():
        _check_initial(reader, machine, state)
        if state.parallel:
            _check_regions(reader, machine, state)
        if state.final:
            _check_final(reader, state)
    _check_histories(reader, machine)
    _check_names(reader, machine)


def _check_initial(reader: Reader, machine: MachineDraft, state: StateDraft) -> None:
    place = state.initial_span
    if state.kind is Kind.COMPOUND and place is None:
        detail = (
            f'Add initial = "{state.children[0].rpartition(".")[2]}" to it: which state is entered with it.'
        )
        reader.report("missing_attribute", f'State "{state.name}" has no "initial"', detail, state.span)
    if place is None or state.initial is None:
        return
    if state.kind is not Kind.COMPOUND:
        detail = "Remove it, or add the states."
        reader.report(
            "initial_without_states", f'"{state.name}" has no state in it to begin with', detail, place
        )
    else:
        for name in machine.named(state.initial):
            _check_inside(reader, machine, state, name)
        check_together(reader, machine, state.initial, place)


def _check_inside(reader: Reader, machine: MachineDraft, state: StateDraft, initial: str) -> None:
    history = machine.histories.get(initial)
    if history is not None and history.target is None:
        detail = "Give it a transition: where it leads before there is a past."
        summary = f'"{state.name}" begins with "{initial}", which leads nowhere at first'
        reader.report("history_without_target", summary, detail, history.span)
        return
    if history is not None and state.name in machine.around(history.parent):
        return
    if initial not in machine.states and history is None:
        names = [child.rpartition(".")[2] for child in state.children]
        detail = reader.suggest(initial, names) or f"In it are {', '.join(names)}."
    elif history is not None or state.name not in machine.around(initial)[1:]:
        detail = f'Name a state in "{state.name}".'
    else:
        return
    summary = f'The initial state "{initial}" is not in "{state.name}"'
    reader.report("initial_state_unregistered", summary, detail, state.initial_span or state.span)


def check_together(reader: Reader, machine: MachineDraft, target: str, place: Span) -> None:
    """Report two states of a target that an instance cannot be in at once."""
    found = machine.apart(target)
    if found is not None:
        report_apart(reader, found, place)


def report_apart(reader: Reader, found: tuple[str, str], place: Span) -> None:
    """Report two states in which an instance cannot be at once."""
    one, two = sorted(found, key=len)
    if two.startswith(f"{one}."):
        summary, detail = f'"{two}" stands in "{one}"', "Name the inner one alone."
        reader.report("states_apart", summary, detail, place)
        return
    detail = f'Name one of them, or states in different regions of a parallel state, joined by "{TOGETHER}".'
    summary = f'Nothing is in "{found[0]}" and "{found[1]}" at once'
    reader.report("states_apart", summary, detail, place)


def _check_regions(reader: Reader, machine: MachineDraft, state: StateDraft) -> None:
    if not state.children:
        detail = "Add a state block for each region."
        reader.report("missing_block", f'The parallel state "{state.name}" has no region', detail, state.span)
    for region in state.children:
        if machine.states[region].final:
            detail = "Make a state in it final: it is done when all of its regions are."
            summary = f'The region "{region}" of a parallel state cannot be final'
            reader.report("final_state_nested", summary, detail, machine.states[region].span)


def _check_final(reader: Reader, state: StateDraft) -> None:
    if state.children:
        detail = f'Remove final = true from it; a final state in it ends it, with "done.state.{state.name}".'
        summary = f'"{state.name}" is final and has states in it'
        reader.report("final_state_nested", summary, detail, state.full or state.span)


def _check_histories(reader: Reader, machine: MachineDraft) -> None:
    for history in machine.histories.values():
        parent = machine.states[history.parent]
        if parent.kind is Kind.ATOMIC:
            detail = "Remove it, or add the states."
            summary = f'"{parent.name}" has no states in it to come back to'
            reader.report("history_without_states", summary, detail, history.span)
        named = [] if history.target is None else machine.named(history.target)
        if any(n in machine.states and parent.name not in machine.around(n)[1:] for n in named):
            detail = f'Name a state in "{parent.name}".'
            summary = f'A history of "{parent.name}" cannot lead to "{history.target}"'
            reader.report("history_leads_out", summary, detail, history.target_span)
        elif history.target is not None:
            check_together(reader, machine, history.target, history.target_span)


def _check_names(reader: Reader, machine: MachineDraft) -> None:
    """Where an instance can be in several states at once, their names are written together."""
    if not any(state.parallel for state in machine.states.values()):
        return
    for state in machine.states.values():
        if TOGETHER in state.name and not (state.parent is not None and TOGETHER in state.parent):
            detail = f'Choose a name without "{TOGETHER}".'
            summary = f'"{state.name}" cannot be a name in a machine with parallel states'
            reader.report("bad_name", summary, detail, state.span)
