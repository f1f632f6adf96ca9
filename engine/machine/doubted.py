"""Fields that no known payload has and a definition looks at all the same: the table may be older than the sender.

Whoever writes such a field, guarded by ``try`` or with a warning that says to keep it where it is new, must not be told that
it is never there: in proofs it may be, and may be anything.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache

from engine.diagnostics import Diagnostic, Severity
from engine.language import syntax
from engine.language.types import ANY, Fields, Type
from engine.machine.atoms import path_of
from engine.machine.definition import Provisioner
from engine.machine.evaluated import arguments, changes, conditions, heard, others, payloads
from engine.machine.expression import Expression, Names
from engine.machine.payload_values import Payloads, is_nowhere
from engine.machine.use import Path


def doubting(known: Payloads, provisioner: Provisioner, told: Iterable[Diagnostic] = ()) -> Payloads:
    """The types of payloads, with the fields that are doubted in them.

    These are the ones that no payload has of those that this project receives, and those warned of among `told`: where one
    payload has what another one lacks, that is no news.
    """
    places = {p.subject for p in told if p.code == "unknown_payload_field" and p.severity is Severity.WARNING}
    kinds = [known(receive.source, receive.type) for receive in provisioner.receives]
    asked = list(_asked(provisioner))
    warned = {path for path, node in asked if places and node.span in places}
    nowhere = {
        p for p in {path for path, _ in asked} if all(k is not None and is_nowhere(k, p) for k in kinds)
    }
    paths = warned | nowhere
    if not paths:
        return known

    @cache  # the same type each time: proofs remember what they have found out about one
    def payload(source: str, event_type: str) -> Type | None:
        found = known(source, event_type)
        return None if found is None else _with(found, paths)

    return payload


def _asked(provisioner: Provisioner) -> Iterator[tuple[Path, syntax.Expression]]:
    """Every path of a payload that something looks at, from the payload on, with those that it goes along."""
    for expression in _expressions(provisioner):
        for reference in expression.references:
            node: syntax.Expression = reference.node
            while isinstance(node, syntax.GetAttribute | syntax.Index):
                for path in _in_payload(path_of(node), provisioner.machine.names):
                    yield path, node
                node = node.target


def _in_payload(path: Path | None, names: Names) -> Iterator[Path]:
    """The path from the payload on; a local that is nothing but a part of the payload stands for that."""
    while path is not None and path[0] == "local" and len(path) > 1 and path[1] in names.locals:
        inner = path_of(names.locals[path[1]].node)
        path = None if inner is None else (*inner, *path[2:])
    if path is not None and path[0] == "event":
        yield path[1:]


def _expressions(provisioner: Provisioner) -> Iterator[Expression]:
    machine = provisioner.machine
    yield from heard(provisioner.receives)
    for several in (conditions, changes, payloads, arguments, others):
        yield from several(machine)
    yield from (p.condition for p in provisioner.properties if p.condition is not None)
    yield from machine.names.locals.values()


def _with(found: Type, paths: Iterable[Path]) -> Type:
    """The type, with something at each path that its fields do not have."""
    inside: dict[str, list[Path]] = {}
    for first, *rest in filter(None, paths):
        inside.setdefault(first, []).append(tuple(rest))
    if not inside:
        return found
    if found.fields is not None:
        return replace(found, fields=_MoreFields(found.fields, inside))
    if found.inner is not None:
        return replace(found, inner=_with(found.inner, [p for several in inside.values() for p in several]))
    return found


class _MoreFields:
    """The fields of an object, and some that may be there, too."""

    __slots__ = ("_fields", "_inside", "always", "known", "open")

    def __init__(self, fields: Fields, inside: Mapping[str, list[Path]]) -> None:
        """Take the fields, and the paths that go on from here by their first steps."""
        self._fields = fields
        self._inside = inside
        self.known = fields.known
        self.open = fields.open
        self.always = fields.always

    def field(self, name: str) -> Type | None:
        """What a field can be; one that is only doubted can be anything."""
        found = self._fields.field(name)
        if name not in self._inside:
            return found
        return ANY if found is None else _with(found, self._inside[name])
