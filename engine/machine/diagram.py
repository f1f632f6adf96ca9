"""A picture of a definition as values: boxes and arrows. `engine.machine.drawing` renders it, in several formats."""

from collections.abc import Iterable, Mapping
from dataclasses import field
from enum import StrEnum

from engine.frozen import frozen
from engine.language import syntax
from engine.machine.approvals import event_name
from engine.machine.definition import (
    ALWAYS,
    ANY,
    TOGETHER,
    Kind,
    Machine,
    Provisioner,
    Reaction,
    Transition,
    covers,
)
from engine.machine.timers import raised_by
from engine.model import END

#: A transition as traces name it: from where to where, and its line and column.
Taken = tuple[str, str, str]


@frozen
class Visit:
    """One decision of an entity's past: what a picture highlights."""

    before: str
    event: str
    after: str
    #: The transitions taken; empty where nobody recorded them.
    taken: frozenset[Taken] = frozenset()


class Shape(StrEnum):
    """What a box is."""

    STATE = "state"
    #: A state whose states are regions.
    PARALLEL = "parallel"
    #: One of those.
    REGION = "region"
    HISTORY = "history"
    #: What may happen in every state.
    ANYWHERE = "anywhere"


@frozen
class Box:
    """A state, a history, or `ANY` for what may happen in every state."""

    #: Its full name.
    state: str
    shape: Shape = Shape.STATE
    #: The full name of the box around it.
    parent: str | None = None
    #: The boxes in it where it begins: one, or several that it is in at once; none if it is parallel.
    begins: tuple[str, ...] = ()
    #: What the backend calls it; None where it is called the same, or nothing.
    status: str | None = None
    #: What is done when it is entered or left, in words.
    does: tuple[str, ...] = ()
    initial: bool = False
    final: bool = False
    #: The backend knows nothing of it.
    internal: bool = False
    #: The highlighted path came through it.
    visited: bool = False
    #: The highlighted path ends here.
    current: bool = False


@frozen
class Arrow:
    """A transition."""

    source: str
    #: A state or a history, or `engine.model.END`.
    target: str
    event: str
    #: The guard as written; empty without one.
    guard: str = ""
    #: What it does, in words: ``set merged_by``, ``request comment``, ``http announce``.
    effects: tuple[str, ...] = ()
    #: It leaves no state.
    stays: bool = False
    #: The highlighted path went along it.
    visited: bool = False

    def label(self) -> str:
        """The whole of it on one line: ``merged [event.x == 1] / set a, http announce``."""
        guard = f" [{self.guard}]" if self.guard else ""
        effects = f" / {', '.join(self.effects)}" if self.effects else ""
        return f"{self.event}{guard}{effects}"


@frozen
class Group:
    """The picture of one project's machine."""

    project: str
    #: In the order of the definition.
    boxes: tuple[Box, ...]
    #: In the order of the definition, which is the order in which candidates are tried.
    arrows: tuple[Arrow, ...]


@frozen
class Diagram:
    """The pictures of all machines that are to be seen together."""

    groups: tuple[Group, ...] = field(default=())


def diagram(
    provisioners: Iterable[Provisioner], visits: Mapping[str, tuple[Visit, ...]] | None = None
) -> Diagram:
    """The picture of these provisioners; `visits` are the highlighted paths by project, oldest decision first."""
    return Diagram(groups=tuple(_group(p.machine, (visits or {}).get(p.name, ())) for p in provisioners))


def _group(machine: Machine, path: tuple[Visit, ...]) -> Group:
    starts = machine.named(machine.initial)
    through = {
        state for visit in path for text in (visit.before, visit.after) for state in _active(machine, text)
    }
    now = _active(machine, path[-1].after) if path else set()
    boxes = [
        Box(
            state=state.name,
            shape=_shape(machine, state.name),
            parent=state.parent,
            begins=() if state.initial is None else tuple(machine.named(state.initial)),
            status=state.alias if state.alias != state.name else None,
            does=(*_reacts("enter", state.on_enter), *_reacts("exit", state.on_exit)),
            initial=state.name in starts,
            final=state.final,
            internal=machine.status_of(state.name) is None,
            visited=state.name in through,
            current=state.name in now,
        )
        for state in machine.states.values()
    ]
    boxes += [
        Box(
            state=history.name,
            shape=Shape.HISTORY,
            parent=history.parent,
            status="deep" if history.deep else None,
        )
        for history in machine.histories.values()
    ]
    if any(transition.source == ANY for transition in machine.transitions):
        boxes.append(Box(state=ANY, shape=Shape.ANYWHERE))
    told = {t.event: f"after {t.delay.text}" for s in machine.states.values() for t in s.timers}
    told |= {
        event_name(s.name, choice): f"{choice} by {s.awaits.people.text}"
        for s in machine.states.values()
        if s.awaits is not None
        for choice in s.awaits.choices
    }
    known = {_taken(t) for t in machine.transitions}
    arrows = [
        arrow
        for t in machine.transitions
        for arrow in _arrows(machine, t, [v for v in path if _took(machine, t, v, known)], told)
    ]
    arrows += [
        Arrow(source=h.name, target=target, event="")
        for h in machine.histories.values()
        if h.target is not None
        for target in machine.named(h.target)
    ]
    return Group(project=machine.name, boxes=tuple(boxes), arrows=tuple(arrows))


def _shape(machine: Machine, name: str) -> Shape:
    state = machine.states[name]
    if state.kind is Kind.PARALLEL:
        return Shape.PARALLEL
    if state.parent is not None and machine.states[state.parent].kind is Kind.PARALLEL:
        return Shape.REGION
    return Shape.STATE


def _active(machine: Machine, text: str) -> set[str]:
    """The states that a snapshot's state names, and those around them."""
    found: set[str] = set()
    for name in text.split(TOGETHER):
        at: str | None = name
        while at is not None and at in machine.states:
            found.add(at)
            at = machine.states[at].parent
    return found


def _arrows(
    machine: Machine, transition: Transition, visits: list[Visit], told: Mapping[str, str]
) -> Iterable[Arrow]:
    """One arrow for each state that the transition names, of which it goes to all at once."""
    event = "always" if transition.event == ALWAYS else told.get(transition.event, transition.event)
    if transition.needs > 1:
        event = event.replace(" by ", f" by {transition.needs} of ", 1)
    for target in [transition.source] if transition.target is None else machine.named(transition.target):
        yield Arrow(
            source=transition.source,
            target=target,
            event=event,
            guard="" if transition.guard is None else transition.guard.text,
            effects=tuple(_effects(transition)),
            stays=transition.target is None,
            visited=bool(visits),
        )


def taken(source: str, target: str, place: str) -> Taken:
    """A transition as a trace's candidate tells of it; of its place the file does not count."""
    return (source, target, ":".join(place.split(":")[-2:]))


def _taken(transition: Transition) -> Taken:
    target = transition.source if transition.target is None else transition.target
    return taken(transition.source, target, str(transition.span))


def _took(machine: Machine, transition: Transition, visit: Visit, known: set[Taken]) -> bool:
    """Whether a decision took a transition; one made with another text of the definition is told by its states."""
    if visit.taken and visit.taken <= known:
        return _taken(transition) in visit.taken
    before, after = _active(machine, visit.before), _active(machine, visit.after)
    if transition.target in (END, None):
        arrived = before == after
    else:
        named = machine.named(str(transition.target))
        arrived = all(
            machine.histories[n].parent in after if n in machine.histories else n in after for n in named
        )
    return (
        (transition.source in before or transition.source == ANY)
        and covers(transition.event, raised_by(visit.event) or visit.event)
        and arrived
    )


def _reacts(moment: str, reaction: Reaction | None) -> Iterable[str]:
    if reaction is None:
        return
    if reaction.set is not None:
        yield f"{moment} / set {' '.join(_names(reaction.set.node)) or reaction.set.text}"
    for action in reaction.actions:
        yield f"{moment} / {action.worker} {action.name}"


def _effects(transition: Transition) -> Iterable[str]:
    if transition.set is not None:
        yield f"set {' '.join(_names(transition.set.node)) or transition.set.text}"
    if transition.request:
        yield f"request {' '.join(transition.request)}"
    for action in transition.actions:
        yield f"{action.worker} {action.name}"
    for one in transition.raises:
        yield f"{'cancel' if one.cancels else 'raise'} {one.event}"


def _names(node: syntax.Expression) -> list[str]:
    """The names that an object sets, if it is written out."""
    if not isinstance(node, syntax.Object):
        return []
    keys = [item.key for item in node.items]
    return [str(key.value) for key in keys if isinstance(key, syntax.Literal)]
