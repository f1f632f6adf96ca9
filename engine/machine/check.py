"""What must hold between the parts of a machine; every breach is reported at its own place.

The codes are the predecessor's where it had one: ``transition_state_unregistered``, ``conflicts``,
``state_id_alias_mapping_not_found``.
"""

from engine.diagnostics import Severity
from engine.machine.check_nesting import check_nesting, check_together
from engine.machine.check_raises import check_raises
from engine.machine.check_waiting import check_waiting
from engine.machine.definition import ALWAYS, ANY, Kind, covers, is_pattern
from engine.machine.drafts import MachineDraft, StateDraft, TransitionDraft
from engine.machine.reading import Reader
from engine.model import DONE_STATE, END

#: `END` without its brackets.
_END_NAME = END.strip("<>")


def check_machine(reader: Reader, machine: MachineDraft) -> None:
    """Report every breach in one machine."""
    _check_initial(reader, machine)
    _check_targets(reader, machine)
    _check_conflicts(reader, machine)
    _check_endless(reader, machine)
    _check_completions(reader, machine)
    _check_finals(reader, machine)
    check_nesting(reader, machine)
    check_waiting(reader, machine)
    _check_aliases(reader, machine)
    _check_requests(reader, machine)
    check_raises(reader, machine)


def _check_initial(reader: Reader, machine: MachineDraft) -> None:
    if machine.initial is None or machine.initial_span is None:
        return
    for name in machine.named(machine.initial):
        if name not in machine.states and not machine.hides(name):
            summary = f'The initial state "{name}" has no block'
            detail = _instead(reader, machine, name)
            reader.report("initial_state_unregistered", summary, detail, machine.initial_span)
    check_together(reader, machine, machine.initial, machine.initial_span)


def _check_targets(reader: Reader, machine: MachineDraft) -> None:
    for draft in machine.transitions:
        if draft.target is None or draft.target == END:
            continue
        for name in machine.named(draft.target):
            if name in machine.states or name in machine.histories or machine.hides(name):
                continue
            summary = f'The target "{name}" has no state block'
            detail = _instead(reader, machine, name, draft.source, target=True)
            reader.report(
                "transition_state_unregistered",
                summary,
                detail,
                draft.target_span,
                context=draft.span,
                related=[(draft.span, "the transition")],
            )
        check_together(reader, machine, draft.target, draft.target_span)
        _check_kept(reader, machine, draft)
    for history in machine.histories.values():
        for name in [] if history.target is None else machine.named(history.target):
            if name not in machine.states and not machine.hides(name):
                summary = f'The target "{name}" has no state block'
                detail = _instead(reader, machine, name, history.parent)
                reader.report("transition_state_unregistered", summary, detail, history.target_span)


def _check_kept(reader: Reader, machine: MachineDraft, draft: TransitionDraft) -> None:
    """A state is kept only where the targets are inside it, and where one of its states is left at a time."""
    if draft.transition is None or draft.transition.leave or draft.target is None:
        return
    state = machine.states.get(draft.source)
    parents = [
        machine.histories[n].parent if n in machine.histories else n for n in machine.named(draft.target)
    ]
    inside = [n for n in parents if n in machine.states and draft.source in machine.around(n)]
    strict = all(
        n != draft.source or name in machine.histories
        for n, name in zip(parents, machine.named(draft.target), strict=True)
    )
    if state is None or state.kind is not Kind.COMPOUND or len(inside) != len(parents) or not strict:
        detail = "Remove leave = false, or name a state inside as the target."
        summary = f'"{draft.source}" is left here in any case'
        reader.report("state_left_anyway", summary, detail, draft.span)


def _instead(
    reader: Reader, machine: MachineDraft, name: str, scope: str | None = None, *, target: bool = False
) -> str:
    """What may have been meant by a name that names nothing in `scope`; as a `target` a history, or the end, perhaps."""
    if target and name.lower().strip("<>") == _END_NAME:
        return f'Did you mean "{END}"?'
    inner = [full for full in machine.states if full.endswith(f".{name}")]
    if inner:
        return f'From here it is called "{inner[0]}".'
    around = machine.around(scope) if scope in machine.states else []
    histories = machine.histories.values() if target else ()
    near = [child.rpartition(".")[2] for outer in around for child in machine.states[outer].children]
    near += [h.name.rpartition(".")[2] for h in histories if h.parent in around]
    full = [*machine.states, *(h.name for h in histories)]
    return reader.suggest(name, [*near, *full]) or f'Add state "{name}" {{ … }}.'


def _check_conflicts(reader: Reader, machine: MachineDraft) -> None:
    """After a candidate without a guard, another one for the same state and event could never be taken."""
    unguarded: dict[str, list[TransitionDraft]] = {}
    for draft in machine.transitions:
        first = next((d for d in unguarded.get(draft.source, ()) if covers(d.event, draft.event)), None)
        if first is not None:
            reader.report(
                "conflicts",
                f'State "{draft.source}" has a second transition {draft.on}',
                f"The one at {first.span} is always taken, so this one at {draft.span} never is: "
                "remove one, or give all but the last a guard (when = …).",
                draft.span,
                related=[(first.span, "this one is always taken")],
            )
        elif not draft.guarded:
            unguarded.setdefault(draft.source, []).append(draft)


def _check_endless(reader: Reader, machine: MachineDraft) -> None:
    """Without a guard, an eventless transition that does not leave its state is taken again and again."""
    guarded: set[str] = set()
    for draft in machine.transitions:
        if draft.event == ALWAYS and draft.guarded:
            guarded.add(draft.source)  # it may be what comes to an end of it
        elif draft.event == ALWAYS and draft.target in (None, draft.source) and draft.source not in guarded:
            detail = "Give it a guard (when = …) that its own set makes false, or a target."
            summary = f'The always block of "{draft.source}" is taken without end'
            reader.report("endless_loop", summary, detail, draft.span)


def _check_completions(reader: Reader, machine: MachineDraft) -> None:
    """An event that says that a state came to its end names a state that can."""
    ends = {
        DONE_STATE + name: state for name, state in machine.states.items() if state.kind is not Kind.ATOMIC
    }
    for draft in machine.transitions:
        if not draft.event.startswith(DONE_STATE) or is_pattern(draft.event):
            continue
        if draft.event not in ends:
            detail = (
                reader.suggest(draft.event, ends) or "Name a state that has states in it, by its full name."
            )
            summary = f'No state ends with "{draft.event}"'
            reader.report("completion_without_state", summary, detail, draft.span)
        elif not any(machine.states[s].final for s in _inside(machine, ends[draft.event])):
            detail = f'Give a state in "{draft.event.removeprefix(DONE_STATE)}" final = true.'
            summary = f'"{draft.event}" never comes: no state in it is final'
            reader.report("completion_without_state", summary, detail, draft.span)


def _inside(machine: MachineDraft, state: StateDraft) -> list[str]:
    """The states whose end is its own: those right inside it, or right inside its regions."""
    if not state.parallel:
        return state.children
    return [inner for region in state.children for inner in machine.states[region].children]


def _check_finals(reader: Reader, machine: MachineDraft) -> None:
    for draft in machine.transitions:
        state = machine.states.get(draft.source)
        if state is not None and state.final:
            detail = "Remove the transition, or final = true."
            summary = f'"{draft.source}" is final: nothing leads out of it'
            reader.report(
                "final_state_left",
                summary,
                detail,
                draft.span,
                related=[] if state.full is None else [(state.full, "the final state")],
            )


def _check_aliases(reader: Reader, machine: MachineDraft) -> None:
    aliases = machine.aliases
    for name, state in machine.states.items():
        alias = None if aliases is None else aliases.get(name)
        outer = None if state.parent is None else machine.shown(state.parent)
        parallel = next((s for s in machine.around(name)[1:] if machine.states[s].parallel), None)
        if alias is not None and state.internal:
            detail = f"Remove the alias at {alias.span}, or alias = null from the state."
            summary = f'State "{name}" is internal and has an alias'
            place = state.full or state.span
            reader.report(
                "internal_state_has_alias", summary, detail, place, related=[(alias.span, "its alias")]
            )
        elif parallel is not None and (state.internal or alias is not None):
            detail = (
                f'A backend shows one status at a time: give the alias to "{parallel}", for all states in it.'
            )
            summary = f'State "{name}" is in a parallel state and has an alias of its own'
            place = state.span if alias is None else alias.span
            reader.report("alias_inside_parallel", summary, detail, place)
        elif outer is not None and state.internal:
            detail = f'Remove alias = null, or the alias of "{outer}".'
            summary = f'State "{name}" is internal, and "{outer}" around it says what the backend shows'
            reader.report("internal_state_has_alias", summary, detail, state.full or state.span)
        elif aliases is not None and parallel is None and _is_bare(machine, state):
            _report_unaliased(reader, machine, state)
    for name, alias in (aliases or {}).items():
        if name not in machine.states and not machine.hides(name):
            detail = reader.suggest(name, machine.states) or "Remove it, or add the state."
            summary = f'The alias "{name}" names no state'
            reader.report("alias_without_state", summary, detail, alias.span, severity=Severity.WARNING)


def _is_bare(machine: MachineDraft, state: StateDraft) -> bool:
    """Whether an instance can be in a state of which nothing says what the backend shows."""
    return state.kind is not Kind.COMPOUND and machine.shown(state.name) is None


def _report_unaliased(reader: Reader, machine: MachineDraft, state: StateDraft) -> None:
    name = state.name
    spare = (machine.aliases or {}).keys() - machine.states.keys()
    key = name if state.parent is None else f'"{name}"'
    detail = f'Add {key}: "…" to aliases, or alias = null to the state if the backend knows nothing of it.'
    hint = reader.suggest(name, spare)
    summary = f'State "{name}" has no alias'
    reader.report("state_id_alias_mapping_not_found", summary, f"{hint} {detail}".strip(), state.span)


def _check_requests(reader: Reader, machine: MachineDraft) -> None:
    """A request decorates the call that moves the entity; where there is no call, it would vanish."""
    for draft in machine.transitions:
        if not draft.decorated or draft.source == ANY or draft.target not in machine.states:
            continue
        target = machine.shown(draft.target)
        if target is None:  # a compound state: the state in it that is entered says what is shown
            continue
        if machine.states[target].internal or target == machine.shown(draft.source):
            why = "the target is internal" if machine.states[target].internal else "the state stays the same"
            detail = "Remove the request, or make the call with an action block."
            reader.report("request_without_call", f"No call is made here: {why}", detail, draft.span)
