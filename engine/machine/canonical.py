"""What a definition means, as one number: equal for equal meaning, whatever its layout, comments and parentheses."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import fields
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from engine.language import syntax
from engine.language.binary import is_rounded
from engine.language.printing import shortest
from engine.language.source import Place
from engine.machine.values import canonical

if TYPE_CHECKING:
    from engine.machine.definition import (
        Action,
        History,
        Provisioner,
        Raise,
        Reaction,
        Receive,
        State,
        Transition,
    )
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
        elif isinstance(part, syntax.Literal) and is_rounded(part.value):
            digest.update(b"Literal/1;")
            todo.append(_spelled(part))
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


def _spelled(literal: syntax.Literal) -> int | Decimal:
    """A number as its author wrote it: so it was hashed when numbers were decimals, and stores have recorded the hashes."""
    place = literal.span
    if isinstance(place, Place):
        spelled = Decimal(place.source.text[place.first : place.last])
    else:
        spelled = shortest(literal.value)
    return int(spelled) if spelled == spelled.to_integral_value() else spelled


def meaning_of_machine(
    *,
    name: str,
    initial: str,
    states: Collection["State"],
    histories: Iterable["History"],
    aliases: Mapping[str, str],
    transitions: Iterable["Transition"],
    names: "Names",
) -> Any:
    """All of a machine that can make a difference to a decision, as JSON."""
    listed = sorted(transitions, key=lambda t: (t.source, t.event))  # stable: candidates stay in their order
    # The order of nested states is that in which regions are entered; the order at the top means nothing.
    nested = [state for state in states if state.parent is not None]
    placed = sorted((s for s in states if s.parent is None), key=lambda s: s.name) + nested
    used = [e for t in listed for e in _expressions_of(t)] + [e for s in placed for e in _expressions_in(s)]
    return {
        "name": name,
        "initial": initial,
        "states": [_meaning_of_state(state) for state in placed],
        "histories": sorted([h.name, h.deep, h.target or ""] for h in histories),
        "aliases": dict(aliases),
        "transitions": [_meaning_of_transition(t) for t in listed],
        "names": _meaning_of_names(names, used),
    }


def meaning_of_provisioner(provisioner: "Provisioner") -> Any:
    """A machine and what it listens to, as JSON."""
    receives = [
        [f"{receive.source}.{receive.type}", receive.source, receive.type, *map(_optional, _asked(receive))]
        for receive in provisioner.receives
    ]
    used = [e for receive in provisioner.receives for e in _asked(receive) if e is not None]
    return {
        "machine": provisioner.machine.hash,
        "receives": receives,
        "names": _meaning_of_names(provisioner.machine.names, used),
    }


def _asked(receive: "Receive") -> list["Expression | None"]:
    return [receive.when, receive.entity, receive.fire, receive.once_per, receive.ordered_by]


def _meaning_of_state(state: "State") -> Any:
    return [
        state.name,
        state.alias,
        state.final,
        state.kind,
        state.initial,
        _meaning_of_reaction(state.on_enter),
        _meaning_of_reaction(state.on_exit),
        [[timer.event, hash_of_expression(timer.delay.node)] for timer in state.timers],
        # Only where there is one: machines without it keep the hash that stores have recorded for them.
        *([] if state.awaits is None else [hash_of_expression(state.awaits.people.node)]),
        *([] if state.payload is None else [["event", hash_of_expression(state.payload.node)]]),
    ]


def _meaning_of_reaction(reaction: "Reaction | None") -> Any:
    if reaction is None:
        return None
    actions = [_meaning_of_action(a) for a in reaction.actions]
    return [_optional(reaction.set), actions, *_meaning_of_raises(reaction.raises)]


def _meaning_of_transition(transition: "Transition") -> Any:
    return [
        transition.source,
        transition.event,
        transition.target,
        _optional(transition.guard),
        _optional(transition.set),
        _arguments(transition.request),
        [_meaning_of_action(action) for action in transition.actions],
        *([] if transition.needs == 1 else [transition.needs]),
        *_meaning_of_raises(transition.raises),
        *([] if transition.leave else ["kept"]),
    ]


def _meaning_of_raises(raises: Iterable["Raise"]) -> list[Any]:
    """Nothing where nothing is raised: what was written before this version keeps its number."""
    found = [[r.event, r.cancels, *map(_optional, (r.when, r.payload, r.delay))] for r in raises]
    return [{"raises": found}] if found else []


def _meaning_of_action(action: "Action") -> Any:
    fallbacks = [_meaning_of_action(a) for a in action.fallbacks]
    return [action.worker, action.name, _arguments(action.arguments), fallbacks]


def _expressions_of(transition: "Transition") -> list["Expression"]:
    single = [e for e in (transition.guard, transition.set) if e is not None]
    raised = [e for r in transition.raises for e in r.expressions()]
    return [*single, *transition.request.values(), *_expressions_of_actions(transition.actions), *raised]


def _expressions_in(state: "State") -> list["Expression"]:
    found = [timer.delay for timer in state.timers]
    found += [] if state.awaits is None else [state.awaits.people]
    found += [] if state.payload is None else [state.payload]
    for reaction in (state.on_enter, state.on_exit):
        if reaction is not None:
            found += [] if reaction.set is None else [reaction.set]
            found += _expressions_of_actions(reaction.actions)
            found += [e for r in reaction.raises for e in r.expressions()]
    return found


def _expressions_of_actions(actions: Iterable["Action"]) -> list["Expression"]:
    found: list[Expression] = []
    for action in actions:
        found += [*action.arguments.values(), *_expressions_of_actions(action.fallbacks)]
    return found


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
