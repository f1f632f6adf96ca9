"""A picture of a definition as values: boxes and arrows. `engine.machine.drawing` renders it, in several formats."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from engine.language import syntax
from engine.machine.definition import ALWAYS, ANY, Kind, Machine, Provisioner, Transition
from engine.model import END


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One decision of an entity's past: what a picture highlights."""

    before: str
    event: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A state, or `ANY` for what may happen in every state."""

    state: str
    #: What the backend calls it; None where it is called the same, or nothing.
    status: str | None = None
    initial: bool = False
    final: bool = False
    #: The backend knows nothing of it.
    internal: bool = False
    #: The highlighted path came through it.
    visited: bool = False
    #: The highlighted path ends here.
    current: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
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
    #: The highlighted path went along it.
    visited: bool = False

    def label(self) -> str:
        """The whole of it on one line: ``merged [event.x == 1] / set a, http announce``."""
        guard = f" [{self.guard}]" if self.guard else ""
        effects = f" / {', '.join(self.effects)}" if self.effects else ""
        return f"{self.event}{guard}{effects}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The picture of one project's machine."""

    project: str
    #: In the order of the definition.
    boxes: tuple[Box, ...]
    #: In the order of the definition, which is the order in which candidates are tried.
    arrows: tuple[Arrow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
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
    through = {state for visit in path for state in (visit.before, visit.after)}
    boxes = [
        Box(
            state=state.name,
            status=state.alias if state.alias != state.name else None,
            initial=state.name in starts,
            final=state.final,
            internal=machine.status_of(state.name) is None,
            visited=state.name in through,
            current=bool(path) and path[-1].after == state.name,
        )
        for state in machine.states.values()
    ]
    boxes += [Box(state=history.name, internal=True) for history in machine.histories.values()]
    if any(transition.source == ANY for transition in machine.transitions):
        boxes.append(Box(state=ANY))
    delays = {timer.event: timer.delay.text for s in machine.states.values() for timer in s.timers}
    arrows = [*_inner(machine), *(a for t in machine.transitions for a in _arrows(machine, t, path, delays))]
    return Group(project=machine.name, boxes=tuple(boxes), arrows=tuple(arrows))


def _inner(machine: Machine) -> Iterable[Arrow]:
    """Where a state with states in it begins."""
    for state in machine.states.values():
        if state.kind is Kind.COMPOUND and state.initial is not None:
            for target in machine.named(state.initial):
                yield Arrow(source=state.name, target=target, event="begins in")
        elif state.parent is not None and machine.states[state.parent].kind is Kind.PARALLEL:
            yield Arrow(source=state.parent, target=state.name, event="has the region")


def _arrows(
    machine: Machine, transition: Transition, path: tuple[Visit, ...], delays: Mapping[str, str]
) -> Iterable[Arrow]:
    """One arrow for each state that the transition names, of which it goes to all at once."""
    event = "always" if transition.event == ALWAYS else transition.event
    if event in delays:
        event = f"after {delays[event]}"
    for target in [transition.source] if transition.target is None else machine.named(transition.target):
        yield Arrow(
            source=transition.source,
            target=target,
            event=event,
            guard="" if transition.guard is None else transition.guard.text,
            effects=tuple(_effects(transition)),
            visited=any(_along(transition, visit) for visit in path),
        )


def _along(transition: Transition, visit: Visit) -> bool:
    """Whether a decision may have taken this transition: history names states and event, not the candidate."""
    target = visit.before if transition.target in (END, None) else transition.target
    source = transition.source in (visit.before, ANY)
    return source and transition.event == visit.event and target == visit.after


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
