"""Which events a delivery means: for each machine that listens, which entity and which event. Pure.

One delivery fires an event at most once for an entity of a project, and for at most `MOST_ENTITIES` entities. Where it
means nothing, the reasons say so in sentences for the operator; an expression that fails is such a reason.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from engine.errors import EvaluationError
from engine.frozen import frozen
from engine.language.binary import BinaryFraction
from engine.language.values import show, truth
from engine.machine.compile import CompiledProvisioner
from engine.machine.definition import Receive
from engine.machine.expression import Expression
from engine.machine.values import NotPlainError, canonical, composed, printable, timestamp
from engine.model import Delivery, Entity, Event, is_own_event

#: The most entities that one delivery can concern; a longer list is cut, with a reason.
MOST_ENTITIES = 1000

_LONGEST_NAME = 255
_LONGEST_ONCE = 500
_MOST_LISTED = 5

#: A project, a dash and a number, as Jira writes its keys.
_NUMBERED = re.compile(r"(?P<project>.+)-[0-9]+", re.DOTALL)


@frozen
class Correlated:
    """One event, and whose machine it is for."""

    #: The name of the provisioner, which is the project.
    provisioner: str
    event: Event


@frozen
class Correlation:
    """What a delivery means."""

    #: In the order of the provisioners, their `receive` blocks, and the entities in the payload.
    events: tuple[Correlated, ...]
    #: Why it means no more than that, one sentence each.
    ignored: tuple[str, ...]


def correlate(provisioners: Iterable[CompiledProvisioner], delivery: Delivery) -> Correlation:
    """The events that a delivery means to these provisioners. Never raises."""
    known = {provisioner.name: provisioner for provisioner in provisioners}
    work = _Work(delivery=delivery, projects=frozenset(known))
    for provisioner in known.values():
        for receive in provisioner.receives:
            if (receive.source, receive.type) == (delivery.source, delivery.type):
                work.listen(provisioner, receive)
    return Correlation(events=tuple(work.events.values()), ignored=tuple(map(printable, work.ignored())))


def project_of(key: str) -> str:
    """The project of an entity's key, lower case: the part before the last dash and number, or the whole of it."""
    numbered = _NUMBERED.fullmatch(key)
    return (key if numbered is None else numbered["project"]).lower()


@dataclass(slots=True, kw_only=True)
class _Work:
    """One delivery while it is correlated: the events and the reasons found so far."""

    delivery: Delivery
    projects: frozenset[str]
    events: dict[tuple[str, Entity, str], Correlated] = field(default_factory=dict)
    entities: set[Entity] = field(default_factory=set)
    #: Whether any block listens to such deliveries at all.
    heard: bool = False
    cut: bool = False
    #: What a `receive` block says no with, and the provisioners for which it does.
    refusals: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    #: Where no key of their own was found: the text of the place, and the provisioners.
    without_key: dict[str, list[str]] = field(default_factory=dict)
    #: Projects that no machine serves, each with the first key that names it.
    strangers: dict[str, str] = field(default_factory=dict)
    #: Values of expressions that provisioners share; the default block is one for all of them.
    values: dict[int, Any] = field(default_factory=dict)
    #: The keys that those of `entity` gave, by project.
    keys: dict[int, dict[str, list[str]]] = field(default_factory=dict)

    def listen(self, provisioner: CompiledProvisioner, receive: Receive) -> None:
        """Add the events that one block makes of the delivery, or why it makes none."""
        self.heard = True
        try:
            self._receive(provisioner, receive)
        except _RefusedError as refusal:
            self.refusals.setdefault((receive.key, str(refusal)), []).append(provisioner.name)

    def _receive(self, provisioner: CompiledProvisioner, receive: Receive) -> None:
        names = provisioner.machine.definition.names
        scope = names.scope(event=self.delivery.payload, delivery=_facts(self.delivery))
        if receive.when is not None and not self._holds(receive.when, scope):
            raise _RefusedError(f"asks for {receive.when.text}{_because(receive.when, scope)}")
        own = self._keys(receive.entity, scope).get(provisioner.name)
        if own is None:
            where = " or ".join(look.text for look in receive.entity.looks) or receive.entity.text
            self.without_key.setdefault(where, []).append(provisioner.name)
            return
        name = self._value("fire", receive.fire, scope)
        if not isinstance(name, str) or not _is_name(name):
            raise _RefusedError(f"fires no event: fire is {show(name)}")
        name = composed(name)
        if is_own_event(name):
            raise _RefusedError(f"fires no event: {show(name)} is one of the engine's own")
        once, ordered = None, None
        if receive.once_per is not None:
            once = _once(name, self._value("once_per", receive.once_per, scope))
        if receive.ordered_by is not None:
            ordered = _ordered(self._value("ordered_by", receive.ordered_by, scope))
        for key in own:
            self._add(provisioner.name, receive, _entity(provisioner.name, key), name, once, ordered)

    def _keys(self, entity: Expression, scope: dict[str, Any]) -> dict[str, list[str]]:
        """The keys in the payload by project."""
        if id(entity) not in self.keys:
            by_project: dict[str, list[str]] = {}
            for key in _keys(self._value("entity", entity, scope)):
                by_project.setdefault(project_of(key), []).append(key)
            self.keys[id(entity)] = by_project
            for project, keys in by_project.items():
                if project not in self.projects and len(self.strangers) < MOST_ENTITIES:
                    self.strangers.setdefault(project, keys[0])
        return self.keys[id(entity)]

    def _add(
        self,
        project: str,
        receive: Receive,
        entity: Entity,
        name: str,
        once: str | None,
        ordered: str | None,
    ) -> None:
        if entity not in self.entities and len(self.entities) >= MOST_ENTITIES:
            self.cut = True
            return
        self.entities.add(entity)
        event = Event(
            name=name,
            entity=entity,
            receive=receive.key,
            once=once,
            ordered=ordered,
            payload=self.delivery.payload,
            delivery=_facts(self.delivery),
        )
        self.events.setdefault((project, entity, name), Correlated(provisioner=project, event=event))

    def _holds(self, when: Expression, scope: dict[str, Any]) -> bool:
        value = self._value("when", when, scope)
        held = truth(value)
        if held is None:
            raise _RefusedError(
                f"asks for {when.text}; it is neither true nor false but {when.shown(value, scope)}"
            )
        return held

    def _value(self, what: str, expression: Expression, scope: dict[str, Any]) -> Any:
        if id(expression) not in self.values:
            try:
                self.values[id(expression)] = expression.evaluate(scope)
            except EvaluationError as problem:
                raise _RefusedError(f"could not evaluate {what} = {expression.text}: {problem}") from None
        return self.values[id(expression)]

    def ignored(self) -> Iterable[str]:
        """The reasons, in sentences."""
        if not self.heard:
            yield f'no machine receives {self.delivery.source} "{self.delivery.type}"'
        for (key, why), projects in self.refusals.items():
            yield f"the receive block {key} of {_listed(projects, 'and')} {why}"
        if not self.events:
            for where, projects in self.without_key.items():
                yield f"no issue key of project {_listed(projects, 'or')} in {where}"
        for project, key in list(self.strangers.items())[:_MOST_LISTED]:
            yield f"no machine for project {project} ({key})"
        if len(self.strangers) > _MOST_LISTED:
            yield f"no machine for {len(self.strangers) - _MOST_LISTED} more projects"
        if self.cut:
            yield f"it names more than {MOST_ENTITIES} entities: the rest is left out"


class _RefusedError(Exception):
    """A `receive` block makes nothing of the delivery; the message is what follows its name in the reason."""


def _facts(delivery: Delivery) -> dict[str, Any]:
    return {
        "source": delivery.source,
        "type": delivery.type,
        "id": delivery.id,
        "received_at": timestamp(delivery.received_at),
    }


def _because(when: Expression, scope: dict[str, Any]) -> str:
    if len(when.looks) == 1:
        return f"; it{when.seen(scope).removeprefix(when.looks[0].text)}"
    seen = when.seen(scope)
    return f"; {seen}" if seen else ""


def _keys(value: Any) -> list[str]:
    """The keys that `entity` gave, each once, in order: one text, a list of them, or null for none."""
    listed = list(value) if isinstance(value, list | tuple) else [] if value is None else [value]
    for key in listed:
        if not isinstance(key, str) or not _is_name(key):
            raise _RefusedError(f"names no entity: it gives {show(key)}")
    return list(dict.fromkeys(map(composed, listed)))


def _is_name(text: str) -> bool:
    return 0 < len(text) <= _LONGEST_NAME and text.isprintable()


def _entity(project: str, key: str) -> Entity:
    """The entity of a key; the letters of a numbered key have one size, so that it has one instance."""
    return Entity(project=project, id=key.upper() if _NUMBERED.fullmatch(key) else key)


def _once(name: str, value: Any) -> str | None:
    """What is to be decided about once, as canonical JSON; null means that nothing is repeated.

    The event's name belongs to it: blocks that fire different events about one fact do not repeat each other, in
    whatever order they stand. A long value is kept as its hash.
    """
    if value is None:
        return None
    try:
        text = canonical([name, value])
    except NotPlainError as problem:
        raise _RefusedError(f"cannot use the value of once_per: {problem}") from None
    if len(text) <= _LONGEST_ONCE:
        return text
    return canonical([name, "sha256:" + hashlib.sha256(text.encode("utf-8")).hexdigest()])


def _ordered(value: Any) -> str | None:
    """What says which of two events is older, as canonical JSON; null means that nobody knows."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float | BinaryFraction):
        raise _RefusedError(
            f"cannot use the value of ordered_by: {show(value)} is neither a time nor a number"
        )
    try:
        text = canonical(value)
    except NotPlainError as problem:
        raise _RefusedError(f"cannot use the value of ordered_by: {problem}") from None
    if len(text) > _LONGEST_ONCE:
        raise _RefusedError(
            f"cannot use the value of ordered_by: it has more than {_LONGEST_ONCE} characters"
        )
    return text


def _listed(names: list[str], word: str) -> str:
    shown_names = names[:_MOST_LISTED]
    if len(names) > _MOST_LISTED:
        return f"{', '.join(shown_names)} {word} {len(names) - _MOST_LISTED} more"
    return f" {word} ".join(filter(None, [", ".join(shown_names[:-1]), shown_names[-1]]))
