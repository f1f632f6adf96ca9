"""Reads `state` and `parallel` blocks, in both forms, and all that stands in them, at any depth."""

from engine.diagnostics import Span
from engine.language import syntax
from engine.machine.definition import ALWAYS, ANY, ANY_EVENT, Timer
from engine.machine.drafts import HistoryDraft, MachineDraft, StateDraft
from engine.machine.durations import seconds_of
from engine.machine.read_await import read_await
from engine.machine.read_names import ROOTS
from engine.machine.read_transition import only, optional, read_flag, read_reaction, read_transition
from engine.machine.reading import FIRST, Reader
from engine.machine.reporting import settled
from engine.model import AFTER, AWAIT

_FORMS = 'Write state "NAME" { on "EVENT" { … } }, or state "NAME" "EVENT" { transition = "…" }.'
_WITH_EVENT = 2
#: What a state has and `ANY` has not.
_OF_STATES = ("after", "always", "await", "on_enter", "on_exit", "state", "parallel", "history")


def read_states(reader: Reader, body: syntax.Body, draft: MachineDraft, parent: str | None = None) -> None:
    """Add the states of a body, which are right inside `parent`, to the machine."""
    for block in body.blocks:
        if block.type in ("state", "parallel"):
            _read_state(reader, block, draft, parent)


def _read_state(reader: Reader, block: syntax.Block, draft: MachineDraft, parent: str | None) -> None:
    if not block.labels:
        reader.report("wrong_labels", "A state has no name", _FORMS, block.header_span)
        reader.lose(block)
        return
    short = block.type == "state" and len(block.labels) == _WITH_EVENT
    if not reader.check_shape(block, "state event" if short else block.type):
        return
    label = block.labels[0]
    if label.value == ANY and block.type == "state":
        _read_any(reader, block, draft, parent, short=short)
        return
    if not reader.check_free(label):
        return
    state = _state(reader, label, block, draft, parent)
    if state is None:
        return
    if short:
        _read_candidate(reader, state.name, block.labels[1], block, draft)
        return
    if _is_second(reader, block, state):
        return
    state.parallel = block.type == "parallel"
    _read_settings(reader, block, state)
    _read_candidates(reader, block, state.name, draft)
    _read_timers(reader, block, state, draft)
    read_await(reader, block, state, draft)
    for kind in ("on_enter", "on_exit"):
        inner = only(reader, block.body, kind, "A state")
        if inner is not None:
            setattr(state, kind, read_reaction(reader, inner))
    read_states(reader, block.body, draft, state.name)
    _read_histories(reader, block, state.name, draft)


def _state(
    reader: Reader, label: syntax.Label, block: syntax.Block, draft: MachineDraft, parent: str | None
) -> StateDraft | None:
    """The draft that the block speaks of; None if its name is another's."""
    name = _full_name(reader, label, parent)
    if name is None:
        return None
    state = draft.states.get(name)
    if state is None:
        state = StateDraft(name=name, span=settled(block.header_span), parent=parent)
        draft.states[name] = state
        if parent is not None:
            draft.states[parent].children.append(name)
    if state.parent != parent or name in draft.histories:
        _taken(reader, name, state.span, label.span)
        return None
    return state


def _full_name(reader: Reader, label: syntax.Label, parent: str | None) -> str | None:
    if parent is None:
        return label.value
    if "." in label.value:
        detail = "Its full name is made with dots; its own name has none."
        reader.report("bad_name", f'"{label.value}" cannot be a name in a state', detail, label.span)
        return None
    return f"{parent}.{label.value}"


def _taken(reader: Reader, name: str, first: Span, place: Span) -> None:
    detail = (
        f"The first one is at {first}: give one of them another name, or write it where the first one is."
    )
    reader.report("duplicate_state", f'"{name}" names two things', detail, place, related=[(first, FIRST)])


def _is_second(reader: Reader, block: syntax.Block, state: StateDraft) -> bool:
    if state.full is None:
        state.full = block.header_span
        return False
    detail = f"The first one is at {state.full}: put everything into it."
    summary = f'State "{state.name}" has two blocks'
    reader.report("duplicate_state", summary, detail, block.header_span, related=[(state.full, FIRST)])
    return True


def _read_any(
    reader: Reader, block: syntax.Block, draft: MachineDraft, parent: str | None, *, short: bool
) -> None:
    if parent is not None:
        detail = f'Write on "EVENT" {{ … }} in "{parent}" itself: it holds for all states in it.'
        reader.report("wildcard_inside", f'"{ANY}" stands in no other state', detail, block.header_span)
        return
    if short:
        _read_candidate(reader, ANY, block.labels[1], block, draft)
        return
    detail = "Set it in the blocks of the states that are meant."
    for name in ("final", "alias", "initial"):
        attribute = block.body.attribute(name)
        if attribute is not None:
            summary = f'"{ANY}" is not a state: it has no {name}'
            reader.report("wildcard_setting", summary, detail, attribute.name_span)
    for inner in block.body.blocks:
        if inner.type in _OF_STATES:
            summary = f'"{ANY}" is not a state: it has no {inner.type}'
            reader.report("wildcard_setting", summary, detail, inner.header_span)
    for inner in block.body.blocks_of("on"):
        if reader.check_shape(inner):
            _read_candidate(reader, ANY, inner.labels[0], inner, draft)


def _read_candidates(reader: Reader, block: syntax.Block, source: str, draft: MachineDraft) -> None:
    for inner in block.body.blocks:
        if inner.type == "on" and reader.check_shape(inner):
            _read_candidate(reader, source, inner.labels[0], inner, draft)
        elif inner.type == "always" and reader.check_shape(inner):
            draft.transitions.append(read_transition(reader, source, ALWAYS, inner))


def _read_candidate(
    reader: Reader, source: str, event: syntax.Label, block: syntax.Block, draft: MachineDraft
) -> None:
    if event.value != ANY_EVENT and not reader.check_free(event):
        return
    if event.value.startswith((AFTER, AWAIT)):
        kind, what = ("after", "a timer") if event.value.startswith(AFTER) else ("await", "an answer")
        detail = f"Write an {kind} block, or choose another name."
        reader.report("bad_name", f'"{event.value}" is the name of {what}', detail, event.span)
        return
    draft.transitions.append(read_transition(reader, source, event.value, block))


def _read_timers(reader: Reader, block: syntax.Block, state: StateDraft, draft: MachineDraft) -> None:
    for number, inner in enumerate(block.body.blocks_of("after"), start=1):
        if not reader.check_shape(inner):
            continue
        attribute = inner.body.attribute("delay")
        delay = optional(reader, attribute, ROOTS)
        event = f"{AFTER}{state.name}.{number}"
        draft.transitions.append(read_transition(reader, state.name, event, inner))
        if delay is None or attribute is None:
            continue
        if {r.root for r in delay.references} <= {"var"}:
            fine, value = reader.constant(attribute.value, shown=False)
            if not fine:
                continue
            try:
                seconds_of(value)
            except ValueError as problem:
                detail = 'Write a duration such as "72h", "1h30m" or "7d", or a number of seconds.'
                said = reader.said(attribute.value, problem)
                reader.report("wrong_type", f"The delay {said}", detail, attribute.value.span)
        state.timers.append(Timer(event=event, delay=delay, span=settled(inner.header_span)))


def _read_histories(reader: Reader, block: syntax.Block, parent: str, draft: MachineDraft) -> None:
    for inner in block.body.blocks_of("history"):
        if not reader.check_shape(inner) or not reader.check_free(inner.labels[0]):
            continue
        label = inner.labels[0]
        name = _full_name(reader, label, parent)
        if name is None:
            continue
        known = draft.histories.get(name) or draft.states.get(name)
        if known is not None:
            _taken(reader, name, known.span, label.span)
            continue
        attribute = inner.body.attribute("transition")
        draft.histories[name] = HistoryDraft(
            name=name,
            parent=parent,
            deep=read_flag(reader, inner.body, "deep"),
            target=None if attribute is None else reader.constant_text(attribute),
            target_span=inner.header_span if attribute is None else attribute.value.span,
            span=settled(inner.header_span),
        )


def _read_settings(reader: Reader, block: syntax.Block, state: StateDraft) -> None:
    state.final = read_flag(reader, block.body, "final")
    event = block.body.attribute("event")
    state.payload = optional(reader, event, ROOTS)
    if event is not None and not (state.final and state.parent):
        detail = "Remove it: only a final state inside another one ends that one, with an event."
        reader.report("event_without_end", f'"{state.name}" ends no state', detail, event.name_span)
    initial = block.body.attribute("initial")
    if initial is not None and block.type == "state":
        state.initial = reader.constant_text(initial)
        state.initial_span = initial.value.span
    alias = block.body.attribute("alias")
    if alias is not None:
        fine, value = reader.constant(alias.value)
        if fine and value is not None:
            detail = "Write alias = null for an internal state; other aliases stand in the aliasmapper."
            reader.report("wrong_type", "The alias of a state block is null", detail, alias.value.span)
        state.internal = fine and value is None
