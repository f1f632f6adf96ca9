"""Reads a `statemachine` block: its states and the transitions between them."""

from collections.abc import Mapping

from engine.diagnostics import errors_in
from engine.language import syntax
from engine.machine.canonical import hash_of, meaning_of_machine
from engine.machine.check import check_machine
from engine.machine.definition import History, Machine, State
from engine.machine.drafts import Alias, MachineDraft, StateDraft
from engine.machine.expression import Names
from engine.machine.read_state import read_states
from engine.machine.reading import Reader
from engine.machine.reporting import settled
from engine.machine.resolve import resolve_names

#: What is wrong with names of the backend says nothing about where the machine leads.
OF_ALIASES = frozenset(
    {
        "alias_inside_parallel",
        "duplicate_alias",
        "duplicate_alias_value",
        "internal_state_has_alias",
        "request_without_call",
        "state_id_alias_mapping_not_found",
    }
)


def read_draft(
    reader: Reader, block: syntax.Block, project: str, aliases: Mapping[str, Alias] | None, label: str
) -> tuple[MachineDraft, bool]:
    """The project's machine as far as it could be read, and whether it is whole; whatever is wrong is reported.

    `label` is what its block is called where it is written.
    """
    before, gaps = len(reader.diagnostics), len(reader.gaps)
    lost, nameless = len(reader.lost), len(reader.nameless)
    draft = _draft(reader, block, project, aliases, label)
    draft.lost = frozenset(reader.lost[lost:])
    draft.nameless = frozenset(reader.nameless[nameless:])
    check_machine(reader, draft)
    broken = errors_in(p for p in reader.diagnostics[before:] if p.code not in OF_ALIASES)
    return draft, not broken and len(reader.gaps) == gaps and draft.initial is not None


def machine_of(draft: MachineDraft, project: str, names: Names) -> Machine:
    """The machine of a draft that is whole; `names` are all that its expressions may use."""
    aliases = draft.aliases
    statuses = (
        {name: name for name, state in draft.states.items() if draft.says_alias(name) and not state.internal}
        if aliases is None
        else {name: alias.status for name, alias in aliases.items()}
    )
    states = {name: _state(state, statuses) for name, state in draft.states.items()}
    histories = {
        name: History(name=name, parent=h.parent, deep=h.deep, target=h.target, span=h.span)
        for name, h in draft.histories.items()
    }
    transitions = tuple(d.transition for d in draft.transitions if d.transition is not None)
    meaning = meaning_of_machine(
        name=project,
        initial=draft.initial or "",
        states=states.values(),
        histories=histories.values(),
        aliases=statuses,
        transitions=transitions,
        names=names,
    )
    return Machine(
        name=project,
        initial=draft.initial or "",
        states=states,
        histories=histories,
        shown={name: draft.shown(name) or name for name in states},
        transitions=transitions,
        aliases=statuses,
        names=names,
        hash=hash_of(meaning),
    )


def _state(draft: StateDraft, names: Mapping[str, str]) -> State:
    return State(
        name=draft.name,
        alias=None if draft.internal else names.get(draft.name),
        final=draft.final,
        payload=draft.payload,
        parent=draft.parent,
        kind=draft.kind,
        initial=draft.initial,
        on_enter=draft.on_enter,
        on_exit=draft.on_exit,
        timers=tuple(draft.timers),
        awaits=draft.awaits,
        span=draft.span,
    )


def _draft(
    reader: Reader, block: syntax.Block, project: str, aliases: Mapping[str, Alias] | None, label: str
) -> MachineDraft:
    if reader.check_shape(block) and block.labels[0].value.lower() != label:
        reader.report(
            "state_machine_id_mismatch",
            f'The statemachine is called "{block.labels[0].value}", its provisioner "{label}"',
            f'Call it "{label}" too.',
            block.labels[0].span,
        )
    draft = MachineDraft(name=project, span=settled(block.header_span), aliases=aliases)
    initial = block.body.attribute("initial")
    if initial is not None:
        draft.initial = reader.constant_text(initial)
        draft.initial_span = initial.value.span
    read_states(reader, block.body, draft)
    resolve_names(draft)
    return draft
