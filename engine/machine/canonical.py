"""What a definition means, as one number: equal for equal meaning, whatever its layout, comments and parentheses."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from engine.language import syntax
from engine.machine.values import canonical

if TYPE_CHECKING:
    from engine.machine.definition import Provisioner, State, Transition
    from engine.machine.expression import Expression, Names


def hash_of(meaning: Any) -> str:
    """SHA-256 of a JSON value, as lower-case hexadecimal digits."""
    return hashlib.sha256(canonical(meaning).encode("utf-8")).hexdigest()


def hash_of_expression(node: syntax.Expression) -> str:
    """SHA-256 of an expression's tree without its positions.

    Works without recursion: the tree is written out as a sequence in which every node says how many parts follow.
    """
    digest = hashlib.sha256()
    todo: list[Any] = [node]
    while todo:
        part = todo.pop()
        if isinstance(part, syntax.Parentheses):
            todo.append(part.inner)
        elif isinstance(part, syntax.ObjectItem):
            # The one place where parentheses mean something: a key in them is computed, a bare one is a name.
            digest.update(b"computed key" if isinstance(part.key, syntax.Parentheses) else b"key")
            todo += [part.value, part.key]
        elif isinstance(part, syntax.Node):
            values = [getattr(part, f.name) for f in fields(part) if not f.name.endswith("span")]
            digest.update(f"{type(part).__name__}/{len(values)};".encode())
            todo += reversed(values)
        elif isinstance(part, tuple):
            digest.update(f"list/{len(part)};".encode())
            todo += reversed(part)
        else:
            text = f"{type(part).__name__}:{part}".encode("utf-8", "surrogatepass")
            digest.update(f"{len(text)}:".encode() + text)
    return digest.hexdigest()


def meaning_of_machine(
    *,
    name: str,
    initial: str,
    states: Iterable["State"],
    aliases: Mapping[str, str],
    transitions: Iterable["Transition"],
    names: "Names",
) -> Any:
    """All of a machine that can make a difference to a decision, as JSON."""
    listed = sorted(transitions, key=lambda t: (t.source, t.event))  # stable: candidates stay in their order
    return {
        "name": name,
        "initial": initial,
        "states": sorted([state.name, state.alias, state.final] for state in states),
        "aliases": dict(aliases),
        "transitions": [_meaning_of_transition(t) for t in listed],
        "names": _meaning_of_names(names, [e for t in listed for e in _expressions_of(t)]),
    }


def meaning_of_provisioner(provisioner: "Provisioner") -> Any:
    """A machine and what it listens to, as JSON."""
    receives = [
        [
            receive.key,
            receive.source,
            receive.type,
            *(_optional(e) for e in (receive.when, receive.entity, receive.fire, receive.once_per)),
        ]
        for receive in provisioner.receives
    ]
    used = [
        e
        for receive in provisioner.receives
        for e in (receive.when, receive.entity, receive.fire, receive.once_per)
        if e is not None
    ]
    return {
        "machine": provisioner.machine.hash,
        "receives": receives,
        "names": _meaning_of_names(provisioner.machine.names, used),
    }


def _meaning_of_transition(transition: "Transition") -> Any:
    return [
        transition.source,
        transition.event,
        transition.target,
        _optional(transition.guard),
        _optional(transition.set),
        _arguments(transition.request),
        [[action.worker, action.name, _arguments(action.arguments)] for action in transition.actions],
    ]


def _expressions_of(transition: "Transition") -> list["Expression"]:
    single = [e for e in (transition.guard, transition.set) if e is not None]
    blocks = [transition.request, *(action.arguments for action in transition.actions)]
    return [*single, *(e for block in blocks for e in block.values())]


def _meaning_of_names(names: "Names", expressions: Iterable["Expression"]) -> Any:
    used_locals, used_variables = names.used_by(expressions)
    return {
        "local": {name: hash_of_expression(names.locals[name].node) for name in used_locals},
        "var": {name: names.variables[name] for name in used_variables},
    }


def _arguments(arguments: Mapping[str, "Expression"]) -> dict[str, str]:
    return {name: hash_of_expression(e.node) for name, e in arguments.items()}


def _optional(expression: "Expression | None") -> str | None:
    return None if expression is None else hash_of_expression(expression.node)
