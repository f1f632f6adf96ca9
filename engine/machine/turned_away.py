"""What `once_per` and `ordered_by` turn away, as far as proofs have to know. Pure.

Exploring lets every delivery through. That is exact where the next delivery can always have a value of its own, or a later one:
where the value comes in at a path that nothing else looks at. Elsewhere less may happen than was explored: what was found to be
impossible still is, but a way that was found may be closed, and is gone again with both in mind.
"""

from collections.abc import Iterable, Iterator, Mapping

from engine.errors import EvaluationError
from engine.frozen import frozen
from engine.language import syntax
from engine.language.types import Type
from engine.machine.atoms import Uses, path_of
from engine.machine.course import Pause
from engine.machine.definition import Machine, Provisioner, Receive
from engine.machine.evaluated import changes, conditions, others, payloads
from engine.machine.expression import Expression
from engine.machine.order import is_older
from engine.machine.payload_values import Payloads, type_at
from engine.machine.use import Path
from engine.machine.values import NotPlainError, canonical
from engine.model import Event

#: Of a delivery, what is another for each of them.
_OF_ITS_OWN = frozenset({("delivery", "id"), ("delivery", "received_at")})


@frozen
class TurnedAway:
    """The `receive` blocks of a provisioner that turn deliveries away in a way that matters."""

    #: By key.
    receives: Mapping[str, Receive]
    machine: Machine

    @staticmethod
    def by(provisioner: Provisioner, payloads_of: Payloads) -> "TurnedAway":
        """Find them; `payloads_of` gives the types of what comes in."""
        looked = _looked_at(provisioner)
        found = {}
        for receive in provisioner.receives:
            free = _Free(
                uses=Uses(names=provisioner.machine.names),
                looked=looked,
                payload=payloads_of(receive.source, receive.type),
            )
            once, ordered = receive.once_per, receive.ordered_by
            if not (once is None or free.is_new(once.node)) or not (
                ordered is None or free.grows(ordered.node)
            ):
                found[receive.key] = receive
        return TurnedAway(receives=found, machine=provisioner.machine)

    def reasons(self) -> tuple[str, ...]:
        """Why not everything is known for them, one sentence each."""
        return tuple(
            f"what {' and '.join(_texts(receive))} of {key} turns away is not followed, for its value is not free: "
            "it is looked at elsewhere, or cannot be another for each delivery"
            for key, receive in self.receives.items()
        )

    def stopped(self, course: Iterable[Event | Pause], *, again: bool = False) -> str:
        """Why a way cannot be gone, in a sentence; empty if it can. `again`: a part of it repeats itself for ever."""
        seen: set[str] = set()
        latest: dict[str, str] = {}
        for event in course:
            receive = self.receives.get(event.receive or "") if isinstance(event, Event) else None
            if receive is None or not isinstance(event, Event):
                continue
            scope = self.machine.names.scope(event=event.payload, delivery=event.delivery)
            once, ordered = _value(receive.once_per, scope), _value(receive.ordered_by, scope)
            if once is not None:
                key = f"{event.name} {once}"
                if again or not once or key in seen:
                    return f'once_per of {receive.key} may take "{event.name}" for one that came before'
                seen.add(key)
            if ordered is not None:
                last = latest.get(receive.key)
                if not ordered or (last is not None and is_older(ordered, last)):
                    return f'"{event.name}" may be late, by ordered_by of {receive.key}'
                latest[receive.key] = ordered
        return ""


@frozen
class _Free:
    """Tells whether what a sender writes can always be another value, whatever else is in its payload."""

    uses: Uses
    #: What decides anything else.
    looked: frozenset[Path]
    #: What the payload is known to be.
    payload: Type | None

    def is_new(self, node: syntax.Expression) -> bool:
        """Whether a value can be one that never was; a list, an object and a text are if a part of them is."""
        node = self.uses.unfolded(node)
        if isinstance(node, syntax.Tuple):
            return any(map(self.is_new, node.items))
        if isinstance(node, syntax.Object):
            return any(self.is_new(item.value) for item in node.items)
        if isinstance(node, syntax.Template):
            return any(map(self.is_new, node.parts))
        return self.grows(node)

    def grows(self, node: syntax.Expression) -> bool:
        """Whether a value can be greater than every one before."""
        node = self.uses.unfolded(node)
        if isinstance(node, syntax.Call) and node.name in ("try", "coalesce") and node.arguments:
            return self.grows(node.arguments[0])
        if isinstance(node, syntax.Conditional):
            return self.grows(node.then) and self.grows(node.otherwise)
        if isinstance(node, syntax.Template) and node.wrapped:
            return self.grows(node.parts[0])
        path = path_of(node)
        if path is None or path in _OF_ITS_OWN:
            return path is not None
        if path[0] != "event" or len(path) == 1 or any(_overlap(path, other) for other in self.looked):
            return False
        if self.payload is None:
            return True
        found = type_at(self.payload, path[1:])
        return found.choices is None and bool(found.kinds & {"string", "number"})


def _value(expression: Expression | None, scope: Mapping[str, object]) -> str | None:
    """The value as canonical JSON; None where nothing is asked, empty where it is not known."""
    if expression is None:
        return None
    try:
        value = expression.evaluate(scope)
        return None if value is None else canonical(value)
    except (EvaluationError, NotPlainError):
        return ""


def _looked_at(provisioner: Provisioner) -> frozenset[Path]:
    """Everything that decides where an instance is, or whether a delivery is about it."""
    machine = provisioner.machine
    # An event that is handed on as it came is looked at where it comes to.
    handed_on = [e for e in payloads(machine) if path_of(e.node) != ("event",)]
    deciding = [*conditions(machine), *others(machine), *handed_on]
    deciding += [p.condition for p in provisioner.properties if p.condition is not None]
    for receive in provisioner.receives:
        deciding += [e for e in (receive.when, receive.entity, receive.fire) if e is not None]
    found = set(_paths(machine, deciding))
    if any(path[0] == "context" for path in found):
        found.update(_paths(machine, changes(machine)))
    return frozenset(found)


def _paths(machine: Machine, expressions: Iterable[Expression]) -> Iterator[Path]:
    read = list(expressions)
    used, _ = machine.names.used_by(read)
    for expression in (*read, *(machine.names.locals[name] for name in used)):
        for reference in expression.references:
            yield (reference.root, *map(str, reference.steps))


def _overlap(one: Path, other: Path) -> bool:
    """Whether one path is the other, or leads to it."""
    shared = min(len(one), len(other))
    return one[:shared] == other[:shared]


def _texts(receive: Receive) -> list[str]:
    asked = {"once_per": receive.once_per, "ordered_by": receive.ordered_by}
    return [f"{name} = {expression.text}" for name, expression in asked.items() if expression is not None]
