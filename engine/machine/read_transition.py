"""Reads what may happen: the body of an ``on``, `always` or `after` block, or of a `state` block with two labels."""

from collections.abc import Mapping

from engine.diagnostics import Span
from engine.language import syntax
from engine.machine.definition import Action, Raise, Reaction, Transition, is_pattern
from engine.machine.drafts import TransitionDraft
from engine.machine.expression import Expression
from engine.machine.read_names import ROOTS
from engine.machine.readable import Call
from engine.machine.reading import FIRST, Reader, Roots
from engine.machine.reporting import settled
from engine.machine.shapes import SHAPES
from engine.model import AFTER, DONE_STATE, END, is_own_event

#: Blocks that make a transition do something though the state is kept.
_DOES = ("action", "raise", "cancel")

#: A guard is asked before anything happened: nothing is previous.
GUARD_ROOTS: Roots = {root: known for root, known in ROOTS.items() if root != "previous"}


def read_transition(
    reader: Reader, source: str, event: str, block: syntax.Block, *, needs: int = 1
) -> TransitionDraft:
    """Read one candidate; whatever is wrong with it is reported."""
    body = block.body
    before = len(reader.expressions)
    attribute = body.attribute("transition")
    target = None if attribute is None else reader.constant_text(attribute)
    guard = optional(reader, body.attribute("when"), GUARD_ROOTS, explained=True)
    change = optional(reader, body.attribute("set"), ROOTS)
    request = _request(reader, block)
    actions = read_actions(reader, body)
    raises = read_raises(reader, body)
    leave = read_flag(reader, body, "leave", default=True)
    if attribute is None:
        _check_internal(reader, block)
    if target == END:
        _check_end(reader, body)
    readable = (
        (target is not None or attribute is None)
        and (guard is not None or body.attribute("when") is None)
        and (change is not None or body.attribute("set") is None)
        and request is not None
        and actions is not None
        and raises is not None
    )
    return TransitionDraft(
        source=source,
        event=event,
        target=target,
        astray=attribute is not None and target is None,
        target_span=settled(block.header_span) if attribute is None else attribute.value.span,
        guarded=body.attribute("when") is not None or needs > 1,
        decorated=bool(body.blocks_of("request")),
        span=settled(block.header_span),
        transition=Transition(
            event=event,
            source=source,
            target=target,
            guard=guard,
            set=change,
            request=request or {},
            actions=actions or (),
            needs=needs,
            raises=raises or (),
            leave=leave,
            span=settled(block.header_span),
        )
        if readable
        else None,
        expressions=tuple(reader.expressions[before:]),
    )


def read_reaction(reader: Reader, block: syntax.Block) -> Reaction:
    """Read what is done when a state is entered or left; whatever is wrong with it is reported."""
    reader.check_shape(block)
    change = optional(reader, block.body.attribute("set"), ROOTS)
    return Reaction(
        set=change,
        actions=read_actions(reader, block.body) or (),
        raises=read_raises(reader, block.body) or (),
        span=settled(block.header_span),
    )


def read_actions(reader: Reader, body: syntax.Body) -> tuple[Action, ...] | None:
    """The actions of a body, in order; None if one was reported to be unreadable."""
    actions = [_action(reader, inner) for inner in body.blocks_of("action")]
    whole = tuple(a for a in actions if a is not None)
    return whole if len(whole) == len(actions) else None


def read_raises(reader: Reader, body: syntax.Body) -> tuple[Raise, ...] | None:
    """The events that a body raises and takes back, in order; None if one was reported to be unreadable."""
    raises = [_raise(reader, inner) for inner in body.blocks if inner.type in ("raise", "cancel")]
    whole = tuple(r for r in raises if r is not None)
    return whole if len(whole) == len(raises) else None


def read_flag(reader: Reader, body: syntax.Body, name: str, *, default: bool = False) -> bool:
    """An attribute that is true or false; the default if it is missing or was reported to be neither."""
    attribute = body.attribute(name)
    if attribute is None:
        return default
    fine, value = reader.constant(attribute.value)
    if fine and not isinstance(value, bool):
        detail = f"Write {name} = {'false' if default else 'true'}."
        reader.report("wrong_type", f'"{name}" is neither true nor false', detail, attribute.value.span)
    return value if fine and isinstance(value, bool) else default


def optional(
    reader: Reader, attribute: syntax.Attribute | None, roots: Roots, *, explained: bool = False
) -> Expression | None:
    """The expression of an attribute that may be missing."""
    return (
        None
        if attribute is None
        else reader.expression(attribute.value, roots, explained=explained, attribute=attribute.name)
    )


def only(reader: Reader, body: syntax.Body, kind: str, owner: str) -> syntax.Block | None:
    """The block of a kind of which there is one at most; more are reported."""
    blocks = body.blocks_of(kind)
    for later in blocks[1:]:
        detail = f"The first one is at {blocks[0].header_span}: put everything into it."
        reader.report(
            "duplicate_block",
            f"{owner} has one {kind}",
            detail,
            later.header_span,
            related=[(blocks[0].header_span, FIRST)],
        )
    return blocks[0] if blocks else None


def _request(reader: Reader, transition: syntax.Block) -> Mapping[str, Expression] | None:
    for inner in transition.body.blocks_of("request"):
        reader.check_shape(inner)
    block = only(reader, transition.body, "request", "A transition")
    return {} if block is None else _arguments(reader, block, transition)


def _action(reader: Reader, block: syntax.Block) -> Action | None:
    labelled = reader.check_shape(block)
    arguments = _arguments(reader, block, block if labelled else None)
    fallbacks = _fallbacks(reader, block)
    if not labelled or arguments is None or fallbacks is None:
        return None
    worker, name = (label.value for label in block.labels)
    return Action(
        worker=worker, name=name, arguments=arguments, fallbacks=fallbacks, span=settled(block.header_span)
    )


def _raise(reader: Reader, block: syntax.Block) -> Raise | None:
    if not reader.check_shape(block):
        return None
    label = block.labels[0]
    if is_pattern(label.value):
        detail = "Name one event: a pattern is only waited for."
        reader.report(
            "bad_name", f'"{label.value}" cannot be sent: it means several events', detail, label.span
        )
        return None
    if not reader.check_free(label):
        return None
    if is_own_event(label.value):
        detail = f'Choose another name: one that does not begin with "{AFTER}" or "{DONE_STATE}".'
        summary = f'The event "{label.value}" is one that only the engine sends'
        reader.report("own_event_fired", summary, detail, label.span)
        return None
    given = {name: optional(reader, block.body.attribute(name), ROOTS) for name in ("event", "when", "delay")}
    if any(
        expression is None and block.body.attribute(name) is not None for name, expression in given.items()
    ):
        return None
    return Raise(
        event=label.value,
        cancels=block.type == "cancel",
        when=given["when"],
        payload=given["event"],
        delay=given["delay"],
        span=settled(block.header_span),
    )


def _fallbacks(reader: Reader, action: syntax.Block) -> tuple[Action, ...] | None:
    block = only(reader, action.body, "on_failure", "An action")
    if block is None:
        return ()
    reader.check_shape(block)
    if not block.body.blocks_of("action"):
        detail = 'Add action "WORKER" "NAME" { … }: what is to be called instead.'
        reader.report("missing_block", "An on_failure block has no action", detail, block.header_span)
    return read_actions(reader, block.body)


def _arguments(
    reader: Reader, block: syntax.Block, caller: syntax.Block | None
) -> dict[str, Expression] | None:
    """The arguments that a block gives; None if one was reported to be unreadable.

    An action or a transition makes the call, if that could be read.
    """
    read = {a.name: reader.expression(a.value, ROOTS) for a in block.body.attributes}
    if caller is not None:
        worker, name = (each.value for each in caller.labels) if caller.type == "action" else (None, None)
        reader.calls.append(
            Call(
                action=name,
                worker=worker,
                arguments=read,
                places={a.name: settled(a.name_span) for a in block.body.attributes},
                span=settled(caller.header_span),
                block=settled(block.span),
            )
        )
    whole = {name: expression for name, expression in read.items() if expression is not None}
    return whole if len(whole) == len(read) else None


def _check_internal(reader: Reader, block: syntax.Block) -> None:
    """Without a target a transition keeps the state: then it must do something else, and has no call to decorate."""
    body = block.body
    given = {a.name for a in body.attributes}
    misnamed = given - SHAPES[block.type if block.type != "state" else "state event"].attributes()
    if body.attribute("leave") is not None:
        detail = "Remove it, or name a state inside as the target."
        reader.report("leave_without_target", "No state is left here in any case", detail, block.header_span)
    does = body.attribute("set") is not None or any(b.type in _DOES for b in body.blocks)
    if not does and not misnamed:
        detail = 'Add transition = "…"; or set = { … }, an action or a raise, to stay in the state.'
        what = f"{'An' if block.type in ('after', 'always', 'answer', 'on') else 'A'} {block.type} block"
        reader.report("missing_attribute", f'{what} has no "transition"', detail, block.header_span)
    elif not misnamed:
        for request in body.blocks_of("request"):
            detail = "Remove the request, or make the call with an action block."
            _no_call(reader, "the state is kept", detail, request.header_span)


def _no_call(reader: Reader, why: str, detail: str, place: Span) -> None:
    reader.report("request_without_call", f"No call is made here: {why}", detail, place)


def _check_end(reader: Reader, body: syntax.Body) -> None:
    attribute = body.attribute("set")
    unused = [] if attribute is None else [attribute.name_span]
    unused += [b.header_span for b in body.blocks if b.type in ("request", *_DOES)]
    for place in unused:
        detail = "Remove it, or name a state as the target."
        reader.report("end_has_effects", f"A transition to {END} calls and changes nothing", detail, place)
