"""Reads what may happen on an event: the body of an ``on`` block, or of a `state` block with two labels."""

from collections.abc import Mapping

from engine.language import syntax
from engine.machine.definition import Action, Transition
from engine.machine.drafts import TransitionDraft
from engine.machine.expression import Expression
from engine.machine.read_names import ROOTS
from engine.machine.reading import Reader, Roots, settled
from engine.model import END

#: A guard is asked before anything happened: nothing is previous.
GUARD_ROOTS: Roots = {root: known for root, known in ROOTS.items() if root != "previous"}


def read_transition(reader: Reader, source: str, event: syntax.Label, block: syntax.Block) -> TransitionDraft:
    """Read one candidate; whatever is wrong with it is reported."""
    body = block.body
    attribute = body.attribute("transition")
    target = None if attribute is None else reader.constant_text(attribute)
    guard = _optional(reader, body.attribute("when"), GUARD_ROOTS, explained=True)
    change = _optional(reader, body.attribute("set"), ROOTS)
    request = _request(reader, body)
    actions = [_action(reader, inner) for inner in body.blocks_of("action")]
    if target == END:
        _check_end(reader, body)
    complete = [a for a in actions if a is not None]
    readable = (
        target is not None
        and (guard is not None or body.attribute("when") is None)
        and (change is not None or body.attribute("set") is None)
        and request is not None
        and len(complete) == len(actions)
    )
    return TransitionDraft(
        source=source,
        event=event.value,
        target=target,
        target_span=settled(block.header_span) if attribute is None else attribute.value.span,
        guarded=body.attribute("when") is not None,
        decorated=bool(body.blocks_of("request")),
        span=settled(block.header_span),
        transition=Transition(
            event=event.value,
            source=source,
            target=target or "",
            guard=guard,
            set=change,
            request=request or {},
            actions=tuple(complete),
            span=settled(block.header_span),
        )
        if readable
        else None,
    )


def _optional(
    reader: Reader, attribute: syntax.Attribute | None, roots: Roots, *, explained: bool = False
) -> Expression | None:
    return None if attribute is None else reader.expression(attribute.value, roots, explained=explained)


def _request(reader: Reader, body: syntax.Body) -> Mapping[str, Expression] | None:
    blocks = body.blocks_of("request")
    for later in blocks[1:]:
        detail = f"The first one is at {blocks[0].header_span}: put everything into it."
        reader.report("duplicate_block", "A transition has one request", detail, later.header_span)
    for block in blocks:
        reader.check_shape(block)
    return _arguments(reader, blocks[0].body) if blocks else {}


def _action(reader: Reader, block: syntax.Block) -> Action | None:
    labelled = reader.check_shape(block)
    arguments = _arguments(reader, block.body)
    if not labelled or arguments is None:
        return None
    worker, name = (label.value for label in block.labels)
    return Action(worker=worker, name=name, arguments=arguments, span=settled(block.header_span))


def _arguments(reader: Reader, body: syntax.Body) -> dict[str, Expression] | None:
    read = {a.name: reader.expression(a.value, ROOTS) for a in body.attributes}
    whole = {name: expression for name, expression in read.items() if expression is not None}
    return whole if len(whole) == len(read) else None


def _check_end(reader: Reader, body: syntax.Body) -> None:
    attribute = body.attribute("set")
    unused = [] if attribute is None else [attribute.name_span]
    unused += [b.header_span for b in body.blocks if b.type in ("request", "action")]
    for place in unused:
        detail = "Remove it, or name a state as the target."
        reader.report("end_has_effects", f"A transition to {END} calls and changes nothing", detail, place)
