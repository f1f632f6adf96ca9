"""Types of the names that expressions start with, as far as a definition says what they are."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from engine.language import syntax
from engine.language.types import (
    ANY,
    NUMBER,
    OBJECT,
    STRING,
    Type,
    join,
    list_of,
    map_of,
    object_of,
    perhaps,
)
from engine.machine import value_types
from engine.machine.check_types import FIXED, type_problems, typed_locals
from engine.machine.definition import Machine
from engine.machine.expression import Expression, Names


def variable_type(declared: value_types.Type, *, nullable: bool) -> Type:
    """What a variable can be."""
    made = _SIMPLE.get(declared.name, ANY)
    if declared.name == "list":
        made = list_of(variable_type(declared.inner or value_types.ANY, nullable=False))
    elif declared.name == "map":
        made = map_of(variable_type(declared.inner or value_types.ANY, nullable=False))
    elif declared.name == "object":
        members = declared.members.items()
        made = object_of({name: variable_type(inner, nullable=inner.optional) for name, inner in members})
    return perhaps(made) if nullable else made


_SIMPLE = {"string": STRING, "number": NUMBER, "bool": Type(kinds=frozenset(("bool",)))}


def with_locals(names: Names, given: Mapping[str, Type]) -> Mapping[str, Type]:
    """The types of all names of a scope, those of the locals made from the `given` ones."""
    nodes = {name: expression.node for name, expression in names.locals.items()}
    return typed_locals(nodes, {**FIXED, **given, "var": object_of(names.types, more=True)})[1]


def context_type(machine: Machine) -> Type:
    """What an instance remembers: what any `set` of the machine writes; a name that none writes may be anything."""
    members = written_out([change.node for change in _changes(machine)], machine.names)
    return object_of(members, more=True) if members else OBJECT


def written_out(nodes: Sequence[syntax.Expression], names: Names) -> Mapping[str, Type] | None:
    """The members of objects, each with what it may be in any of them; None where not all of them are written out."""
    if any(isinstance(node, syntax.Unread) for node in nodes):
        return None
    types = with_locals(names, {}) if nodes else {}
    members: dict[str, Type] = {}
    for node in nodes:
        _, found = type_problems(node, types)
        if not found.only("object") or found.members is None or found.open:
            return None
        for name, type_ in found.members.items():
            members[name] = join(members[name], type_) if name in members else type_
    return members


def remembered(machine: Machine) -> Collection[str] | None:
    """The names that the `set` of a machine write; None where not all of them are known."""
    return written_out([change.node for change in _changes(machine)], machine.names)


def _changes(machine: Machine) -> Iterable[Expression]:
    reactions = (r for s in machine.states.values() for r in (s.on_enter, s.on_exit))
    return (e.set for e in (*machine.transitions, *reactions) if e is not None and e.set is not None)
