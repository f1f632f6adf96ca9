"""Finds where a sensitive value would be shown whatever is done about it: as the name of something."""

from engine.language import syntax
from engine.machine.definition import Machine, Receive
from engine.machine.evaluated import changes
from engine.machine.expression import Expression
from engine.machine.reading import Reader
from engine.machine.sensitive import Sensitive, is_written_out


def check_sensitive(
    reader: Reader, machine: Machine, receives: tuple[Receive, ...], sensitive: Sensitive
) -> None:
    """Report what names entities, events, people and members of the context and is made of what is not to be shown."""
    outside = sensitive.outside
    for receive in receives:
        for named in (receive.entity, receive.fire, receive.once_per, receive.ordered_by):
            _check(reader, outside, named)
    for state in machine.states.values():
        _check(reader, sensitive, None if state.awaits is None else state.awaits.people)
    for change in changes(machine):
        for key in _names_in(change.node, sensitive):
            origins = sensitive.of_value(key)
            if origins:
                reader.expose(key, origins)


def _check(reader: Reader, sensitive: Sensitive, named: Expression | None) -> None:
    origins = None if named is None else sensitive.of_value(named.node)
    if named is not None and origins:
        reader.expose(named.node, origins)


def _names_in(change: syntax.Expression, sensitive: Sensitive) -> list[syntax.Expression]:
    """What gives the names of members: where they are not written out, all of the expression may."""
    body = sensitive.body_of(change)
    if not isinstance(body, syntax.Object):
        return [change]
    return [item.key for item in body.items if not is_written_out(item)]
