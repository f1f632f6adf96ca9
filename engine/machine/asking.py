"""Whom `await` blocks ask, taken apart: the names and the paths that `from` is made of, so that proofs try who matters. Pure.

A part of `from` is a constant, a path that holds one name (an item of a written list), or a path that may hold a name or a
list of them. Whoever is compared with who answers is compared with those parts. What is made in another way (a function, the
items of a list of unknown length) is only tried with samples, and `ask` says so.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from engine.language import syntax
from engine.language.depth import children
from engine.machine.approvals import event_name
from engine.machine.atoms import Uses, path_of
from engine.machine.definition import Machine, State
from engine.machine.expression import Expression
from engine.machine.use import Path, Use

#: Where guards see who answers.
WHO: Path = ("event", "who")
#: Where they see what was answered before.
ANSWERS: Path = ("event", "answers")
#: Whose values are explored.
_EXPLORED = ("event", "delivery", "context")
#: What cannot be anybody's name, though it is there.
_NOBODY = ""
#: The most names that are tried in what cannot be taken apart.
_MOST_SAMPLED = 6


@dataclass(slots=True, kw_only=True)
class Parts:
    """What the names are made of that one `await` block gives."""

    #: Those that are written out.
    names: list[str] = field(default_factory=list)
    #: Paths of one name each.
    single: list[Path] = field(default_factory=list)
    #: Paths of one name, or of a list.
    several: list[Path] = field(default_factory=list)
    #: What cannot be taken apart.
    opaque: list[syntax.Expression] = field(default_factory=list)

    @property
    def paths(self) -> tuple[Path, ...]:
        """All paths, each once."""
        return tuple(dict.fromkeys((*self.single, *self.several)))


def asking(machine: Machine, names: Iterable[str]) -> Iterator[State]:
    """The states among these that ask people, in the order of the definition."""
    wanted = frozenset(names)
    return (state for state in machine.states.values() if state.awaits is not None and state.name in wanted)


def taken_apart(uses: Uses, state: State) -> Parts:
    """What the names are made of that a state's `await` block gives; what it asks besides is added to `uses`."""
    parts = Parts()
    if state.awaits is not None:
        _take_apart(uses, state.awaits.people.node, parts)
    return parts


def _take_apart(uses: Uses, node: syntax.Expression, parts: Parts) -> None:
    node = uses.unfolded(node)
    if isinstance(node, syntax.Tuple):
        for item in node.items:
            _put(uses, item, parts, parts.single)
    elif isinstance(node, syntax.Conditional):
        uses.condition(node.condition)
        _take_apart(uses, node.then, parts)
        _take_apart(uses, node.otherwise, parts)
    elif isinstance(node, syntax.Call) and node.name == "concat" and not node.expand:
        for argument in node.arguments:
            _take_apart(uses, argument, parts)
    else:
        _put(uses, node, parts, parts.several)


def _put(uses: Uses, node: syntax.Expression, parts: Parts, paths: list[Path]) -> None:
    """Add what one value of `from` can be: constants, and paths."""
    terms = uses.terms(node)
    if terms is None or any(is_path and path[0] not in (*_EXPLORED, "var") for is_path, path in terms):
        parts.opaque.append(uses.unfolded(node))
        return
    for is_path, value in terms:
        if not is_path:
            parts.names += names_in(value)
        elif value[0] in _EXPLORED:
            paths.append(value)


def _told_apart(asked: Uses, machine: Machine, looks: Iterable[Expression]) -> Use:
    """All that is asked of who answers: at once, and when the answer is one of those before."""
    who = asked.use(WHO)
    for path in [p for p in asked.of if p[:2] == ANSWERS and p[-1] == WHO[-1]]:
        who.meet(asked.of[path])
    for expression in looks:
        looked = list(asked.read_by(expression.node))
        if (who.opaque and WHO in looked) or any(path[:2] == ANSWERS for path in looked):
            who.compare(*_texts_in(machine, expression))
    return who


def _texts_in(machine: Machine, expression: Expression) -> Iterator[str]:
    """Every text that is written out in an expression, or in what it calls by a local name: it may be somebody's name."""
    used, _ = machine.names.used_by([expression])
    todo: list[syntax.Node] = [expression.node, *(machine.names.locals[name].node for name in used)]
    while todo:
        part = todo.pop()
        if isinstance(part, syntax.Literal) and isinstance(part.value, str) and part.value:
            yield part.value
        todo += [part.value] if isinstance(part, syntax.ObjectItem) else children(part)


def names_in(value: Any) -> list[str]:
    """The texts that a value is, or lists."""
    listed = value if isinstance(value, list | tuple) else [value]
    return [name for name in listed if isinstance(name, str) and name != _NOBODY]


def most_heard(machine: Machine, state: State) -> int:
    """How many people who are not told apart can make a difference: all whose answers count and do not suffice, and one."""
    needs: dict[str, int] = {}
    for transition in machine.transitions:
        if transition.source == state.name and transition.event.startswith(event_name(state.name, "")):
            needs[transition.event] = max(transition.needs, needs.get(transition.event, 1))
    return 1 + sum(count - 1 for count in needs.values())


def meet(asked: Uses, machine: Machine, looks: Iterable[Expression]) -> set[Path]:
    """Let what is remembered be asked whether it is whom some state asks; give the parts of the context that decide that.

    `looks` is everything that may look at who answers.
    """
    read: set[Path] = set()
    who = _told_apart(asked, machine, looks)
    held = [path for path in sorted(who.joined) if path in asked.of]
    for state in asking(machine, machine.states):
        if state.awaits is None:
            continue
        parts = taken_apart(asked, state)
        who.compare(*parts.names)
        for path in parts.paths:
            use = asked.use(path)
            use.asks = True
            use.compare(*parts.names)
            use.sample(_NOBODY)
            use.presence = True
            use.beside = max(use.beside, len(parts.paths) - 1 + len(held))
            if path in parts.several:
                use.several = max(use.several, most_heard(machine, state) + len(held))
        people = sum(asked.of[path].several or 1 for path in parts.paths)
        for other in held:
            # Who answers is counted among those it is compared with, and is one of these.
            asked.of[other].beside = max(asked.of[other].beside, people - 1)
        for node in parts.opaque:
            for path in asked.read_by(node):
                if path[0] == "context":
                    asked.use(path).opaque = True
        read |= {p for p in asked.read_by(state.awaits.people.node) if p[0] == "context"}
    return read


def spread(asked: Uses) -> None:
    """Let all whose names matter be tried wherever people are named."""
    who = asked.use(WHO)
    for use in list(asked.of.values()):
        if use.asks:
            who.compare(*(name for value in use.constants for name in names_in(value)))
    for path in sorted(who.joined):
        if path in asked.of:
            who.compare(*asked.of[path].constants)
    names = named(asked)
    for path in [p for p, use in asked.of.items() if use.asks or p in who.joined]:
        asked.of[path].compare(*names)


def named(asked: Uses) -> list[str]:
    """Everybody whose name makes a difference somewhere."""
    return [name for value in asked.use(WHO).constants for name in names_in(value)]


def ask(uses: Uses, asked: Uses, machine: Machine, state: State) -> str:
    """Add what it takes to know whom a state asks that is entered; why that is only sampled, empty if it is not.

    `asked` is what the whole machine asks.
    """
    parts = taken_apart(uses, state)
    for path in parts.paths:
        uses.use(path).meet(asked.use(path))
        uses.use(path).several = asked.use(path).several
        uses.use(path).asks = True
    for node in parts.opaque:
        _sample(uses, node, named(asked))
    if parts.opaque:
        text = "" if state.awaits is None else state.awaits.people.text
        return f'"{state.name}" asks {text}, of which only samples can be tried'
    if parts.paths and any(
        use.opaque for path, use in asked.of.items() if path == WHO or path[:2] == ANSWERS
    ):
        return f'whom "{state.name}" asks comes in, and of who answers only samples can be tried'
    if parts.several and _stays(machine, state):
        return f'"{state.name}" may ask any number of people, and answers leave it where it is'
    return ""


def _stays(machine: Machine, state: State) -> bool:
    """Whether some answer does not end the asking: any number of people may give it, one after the other."""
    inner = f"{state.name}."
    return any(
        t.target is None or t.target.startswith(inner)
        for t in machine.transitions
        if t.source == state.name and t.event.startswith(event_name(state.name, ""))
    )


def _sample(uses: Uses, node: syntax.Expression, names: list[str]) -> None:
    """Let names be tried in what an expression is made of, and lists of things that have a name where it looks for one."""
    before = uses.opaque
    uses.value(node)
    uses.opaque = before  # that only samples are tried is said of whom it asks
    tried = [*names[:_MOST_SAMPLED], "one", "two"]
    lists = [*([name] for name in tried), tried]
    for path in uses.read_by(node):
        if path[0] in _EXPLORED:
            use = uses.use(path)
            use.opaque = True
            use.sample(*tried, *lists)
    for path, steps in _items(uses, node):
        use = uses.use(path)
        shaped = [[_shaped(steps, name) for name in group] for group in lists]
        use.samples = [*shaped, *(one for one in use.samples if one not in shaped)]


def _items(uses: Uses, node: syntax.Expression) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """The lists in an expression whose items it takes a name from, each with where in an item that stands."""
    todo: list[syntax.Expression] = [node]
    while todo:
        part = uses.unfolded(todo.pop())
        if isinstance(part, syntax.Splat):
            path, steps = path_of(uses.unfolded(part.target)), _steps(part.each)
            if path is not None and steps is not None:
                yield path, steps
        elif isinstance(part, syntax.For):
            path, inside = path_of(uses.unfolded(part.collection)), path_of(part.result)
            if path is not None and inside is not None and inside[0] == part.value:
                yield path, inside[1:]
        elif isinstance(part, syntax.Call):
            todo += part.arguments


def _steps(each: syntax.Expression) -> tuple[str, ...] | None:
    """The names that lead from an item to what is taken of it."""
    steps: list[str] = []
    while isinstance(each, syntax.GetAttribute):
        steps.append(each.name)
        each = each.target
    return tuple(reversed(steps)) if isinstance(each, syntax.SplatItem) else None


def _shaped(steps: tuple[str, ...], name: str) -> Any:
    made: Any = name
    for step in reversed(steps):
        made = {step: made}
    return made
