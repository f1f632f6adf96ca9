"""Reads a `statemachine` block: its states, in both forms, and the transitions between them."""

from collections.abc import Mapping

from engine.diagnostics import errors_in
from engine.language import syntax
from engine.machine.canonical import hash_of, meaning_of_machine
from engine.machine.check import check_machine
from engine.machine.definition import ANY, Machine, State
from engine.machine.drafts import Alias, MachineDraft, StateDraft
from engine.machine.read_transition import read_transition
from engine.machine.reading import Reader, settled

_FORMS = 'Write state "NAME" { on "EVENT" { … } }, or state "NAME" "EVENT" { transition = "…" }.'
_WITH_EVENT = 2


def read_machine(
    reader: Reader, block: syntax.Block, project: str, aliases: Mapping[str, Alias] | None
) -> Machine | None:
    """The machine; None if anything in the file so far is wrong."""
    draft = _draft(reader, block, project, aliases)
    check_machine(reader, draft)
    if errors_in(reader.diagnostics) or draft.initial is None:
        return None
    names = (
        {name: name for name, state in draft.states.items() if not state.internal}
        if aliases is None
        else {name: alias.status for name, alias in aliases.items()}
    )
    states = {
        name: State(name=name, alias=None if s.internal else names[name], final=s.final, span=s.span)
        for name, s in draft.states.items()
    }
    transitions = tuple(d.transition for d in draft.transitions if d.transition is not None)
    meaning = meaning_of_machine(
        name=project,
        initial=draft.initial,
        states=states.values(),
        aliases=names,
        transitions=transitions,
        names=reader.names,
    )
    return Machine(
        name=project,
        initial=draft.initial,
        states=states,
        transitions=transitions,
        aliases=names,
        names=reader.names,
        hash=hash_of(meaning),
    )


def _draft(
    reader: Reader, block: syntax.Block, project: str, aliases: Mapping[str, Alias] | None
) -> MachineDraft:
    if reader.check_shape(block) and block.labels[0].value.lower() != project:
        reader.report(
            "state_machine_id_mismatch",
            f'The statemachine is called "{block.labels[0].value}", its provisioner "{project}"',
            f'Call it "{project}" too.',
            block.labels[0].span,
        )
    draft = MachineDraft(name=project, span=settled(block.header_span), aliases=aliases)
    initial = block.body.attribute("initial")
    if initial is not None:
        draft.initial = reader.constant_text(initial)
        draft.initial_span = initial.value.span
    for inner in block.body.blocks_of("state"):
        _read_state(reader, inner, draft)
    return draft


def _read_state(reader: Reader, block: syntax.Block, draft: MachineDraft) -> None:
    if not block.labels:
        reader.report("wrong_labels", "A state has no name", _FORMS, block.header_span)
        return
    short = len(block.labels) == _WITH_EVENT
    if not reader.check_shape(block, "state event" if short else "state"):
        return
    label = block.labels[0]
    if label.value != ANY and not reader.check_free(label):
        return
    if label.value != ANY:
        state = draft.states.setdefault(
            label.value, StateDraft(name=label.value, span=settled(block.header_span))
        )
        if not short:
            _read_settings(reader, block, state)
    elif not short:
        _no_settings(reader, block.body)
    if short:
        _read_candidate(reader, label.value, block.labels[1], block, draft)
        return
    for inner in block.body.blocks_of("on"):
        if reader.check_shape(inner):
            _read_candidate(reader, label.value, inner.labels[0], inner, draft)


def _read_candidate(
    reader: Reader, source: str, event: syntax.Label, block: syntax.Block, draft: MachineDraft
) -> None:
    if reader.check_free(event):
        draft.transitions.append(read_transition(reader, source, event, block))


def _read_settings(reader: Reader, block: syntax.Block, state: StateDraft) -> None:
    if state.full is not None:
        detail = f"The first one is at {state.full}: put everything into it."
        reader.report("duplicate_state", f'State "{state.name}" has two blocks', detail, block.header_span)
        return
    state.full = block.header_span
    final = block.body.attribute("final")
    if final is not None:
        fine, value = reader.constant(final.value)
        if fine and not isinstance(value, bool):
            reader.report(
                "wrong_type", '"final" is neither true nor false', "Write final = true.", final.value.span
            )
        state.final = value is True
    alias = block.body.attribute("alias")
    if alias is not None:
        fine, value = reader.constant(alias.value)
        if fine and value is not None:
            detail = "Write alias = null for an internal state; other aliases stand in the aliasmapper."
            reader.report("wrong_type", "The alias of a state block is null", detail, alias.value.span)
        state.internal = fine and value is None


def _no_settings(reader: Reader, body: syntax.Body) -> None:
    for name in ("final", "alias"):
        attribute = body.attribute(name)
        if attribute is not None:
            detail = "Set it in the blocks of the states that are meant."
            reader.report(
                "wildcard_setting", f'"{ANY}" is no state: it has no {name}', detail, attribute.name_span
            )
