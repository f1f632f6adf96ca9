"""Reads an `aliasmapper` block: what the backend calls the states."""

from collections.abc import Mapping

from engine.diagnostics import Severity
from engine.language import syntax
from engine.machine.drafts import Alias
from engine.machine.reading import FIRST, Reader
from engine.machine.values import composed


def read_aliases(reader: Reader, block: syntax.Block, project: str) -> dict[str, Alias] | None:
    """The aliases by state; whatever is wrong with them is reported. None if there is no telling what they are."""
    if reader.check_shape(block) and block.labels[0].value.lower() != project:
        reader.report(
            "alias_mapper_id_mismatch",
            f'The aliasmapper is called "{block.labels[0].value}", its provisioner "{project}"',
            f'Call it "{project}" too.',
            block.labels[0].span,
            severity=Severity.WARNING,
        )
    attribute = block.body.attribute("aliases")
    if attribute is None:
        return {}
    node = attribute.value
    while isinstance(node, syntax.Parentheses):
        node = node.inner
    if not isinstance(node, syntax.Object):
        made = _made(reader, node)
        return None if made is None else _aliases(reader, made)
    return _aliases(reader, node)


def _made(reader: Reader, node: syntax.Expression) -> syntax.Object | None:
    """The object that an expression gives, for instance a variable, as if it were written out in its place."""
    fine, value = reader.constant(node)
    if not isinstance(value, Mapping):
        if fine:
            detail = 'Write aliases = { to_do: "To Do", … }.'
            reader.report("wrong_type", '"aliases" is not an object of texts', detail, node.span)
        return None
    items = []
    for state, status in value.items():
        key, named = (syntax.Literal(span=node.span, value=part) for part in (state, status))
        items.append(syntax.ObjectItem(span=node.span, key=key, value=named))
    return syntax.Object(span=node.span, items=tuple(items))


def _aliases(reader: Reader, node: syntax.Object) -> dict[str, Alias]:
    found: dict[str, Alias] = {}
    by_status: dict[str, Alias] = {}
    written: set[str] = set()
    for item in node.items:
        state = _text(reader, item.key, "a state's name")
        status = _text(reader, item.value, "a status name")
        if state is None or status is None:
            continue
        alias = Alias(state=state, status=status, span=item.key.span)
        first = found.setdefault(state, alias)
        same = by_status.setdefault(status, alias)
        if first is not alias and isinstance(item.key, syntax.Literal) and state in written:
            continue  # a key that is written out twice is a problem of the object, and reported as one
        if isinstance(item.key, syntax.Literal):
            written.add(state)
        if first is not alias:
            detail = f"The first one is at {first.span}: keep one of them."
            reader.report(
                "duplicate_alias",
                f'"{state}" has two aliases',
                detail,
                item.key.span,
                related=[(first.span, FIRST)],
            )
        elif same is not alias:
            summary = f'"{state}" and "{same.state}" have the same alias "{status}"'
            detail = f"The other one is at {same.span}: a status can stand for one state only."
            reader.report(
                "duplicate_alias_value",
                summary,
                detail,
                item.value.span,
                related=[(same.span, "the other one is here")],
            )
    return found


def _text(reader: Reader, node: syntax.Expression, what: str) -> str | None:
    fine, value = reader.constant(node)
    if not fine:
        return None
    if isinstance(value, str) and value:
        return composed(value)
    reader.report("wrong_type", f"This is not {what}", "Write a text that is not empty.", node.span)
    return None
