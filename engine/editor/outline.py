"""The names in a definition, read from a tree that may have holes: what completion and hover choose from."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, replace

from engine.frozen import frozen
from engine.language import syntax
from engine.language.depth import children
from engine.machine.definition import TOGETHER
from engine.machine.read_variables import seems_sensitive
from engine.machine.values import composed
from engine.model import END

#: Blocks that a state can stand for in a target.
STATES = ("state", "parallel", "history")
_CANDIDATES = ("on", "always", "after")
_WITH_EVENT = 2


@frozen
class Way:
    """Something that may happen in a state."""

    #: The full name of the state, or ``*``.
    source: str
    #: The event's name, or the block's type where none is waited for: ``after``.
    event: str
    #: An event is waited for.
    named: bool = True
    #: Where it leads, as a full name where there is such a state; None if no state is left, or it is computed.
    target: str | None


@frozen
class Listening:
    """A `receive` block."""

    source: str
    type: str
    #: The events that it is seen to fire; empty if that is computed.
    events: tuple[str, ...]


@frozen
class Project:
    """The names of one provisioner."""

    #: By full name ``state``, ``parallel`` or ``history``.
    states: Mapping[str, str] = field(default_factory=dict)
    #: The state around each, by full name.
    parents: Mapping[str, str | None] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    ways: tuple[Way, ...] = ()
    listening: tuple[Listening, ...] = ()
    #: What `set` gives values to.
    context: tuple[str, ...] = ()
    #: The workers that its actions name.
    workers: tuple[str, ...] = ()
    #: What its actions are called.
    calls: tuple[str, ...] = ()
    #: The `source` of each module that it uses, by the module's name here.
    modules: Mapping[str, str] = field(default_factory=dict)

    def events(self) -> tuple[str, ...]:
        """Every event that is fired or waited for."""
        fired = [event for one in self.listening for event in one.events]
        waited = [way.event for way in self.ways if way.named]
        return tuple(dict.fromkeys([*fired, *waited]))

    def resolve(self, name: str, scope: str | None) -> str:
        """The full name that is meant from `scope`: looked for inside it, then outwards; as written if there is none."""
        while scope is not None and scope in self.parents:
            if f"{scope}.{name}" in self.states:
                return f"{scope}.{name}"
            scope = self.parents[scope]
        return name

    def shortest(self, full: str, scope: str | None) -> str:
        """How a state is called from `scope`."""
        own = full.rpartition(".")[2]
        return own if self.resolve(own, scope) == full else full


@frozen
class Variable:
    """A `variable` block."""

    default: syntax.Expression | None = None
    type: syntax.Expression | None = None
    description: str = ""


@frozen
class Outline:
    """The names of one file, or of several that share them."""

    #: By the project's name, lower case.
    projects: Mapping[str, Project] = field(default_factory=dict)
    variables: Mapping[str, Variable] = field(default_factory=dict)
    locals: Mapping[str, syntax.Expression] = field(default_factory=dict)
    #: The variables whose values are not to be shown.
    sensitive: frozenset[str] = frozenset()

    def joined(self, other: "Outline") -> "Outline":
        """Both, of which the first counts where they differ."""
        if other is self:
            return self
        projects = {**other.projects}
        for name, project in self.projects.items():
            projects[name] = both(project, projects[name]) if name in projects else project
        return Outline(
            projects=projects,
            variables={**other.variables, **self.variables},
            locals={**other.locals, **self.locals},
            sensitive=other.sensitive | self.sensitive,
        )


def both(one: Project, other: Project) -> Project:
    """Both, of which the first counts where they differ."""
    return replace(
        one,
        states={**one.states, **other.states, **one.states},
        parents={**one.parents, **other.parents, **one.parents},
        aliases={**one.aliases, **other.aliases, **one.aliases},
        ways=tuple(dict.fromkeys([*one.ways, *other.ways])),
        listening=tuple(dict.fromkeys([*one.listening, *other.listening])),
        context=tuple(dict.fromkeys([*one.context, *other.context])),
        workers=tuple(dict.fromkeys([*one.workers, *other.workers])),
        calls=tuple(dict.fromkeys([*one.calls, *other.calls])),
        modules={**other.modules, **one.modules},
    )


def outline_of(tree: syntax.Body | None) -> Outline:
    """The names of a file; of one that cannot be read, none."""
    if tree is None:
        return Outline()
    variables: dict[str, Variable] = {}
    sensitive: set[str] = set()
    for block in tree.blocks_of("variable"):
        sensitive.update(label.value for label in block.labels if seems_sensitive(block, label.value))
        variables.update({label.value: _variable(block.body) for label in block.labels[:1]})
    local = {a.name: a.value for block in tree.blocks_of("locals") for a in block.body.attributes}
    projects: dict[str, Project] = {}
    for block in tree.blocks_of("provisioner"):
        name = project_of(block)
        found = _project(block)
        projects[name] = both(projects[name], found) if name in projects else found
    return Outline(projects=projects, variables=variables, locals=local, sensitive=frozenset(sensitive))


def _variable(body: syntax.Body) -> Variable:
    default, kind = body.attribute("default"), body.attribute("type")
    return Variable(
        default=None if default is None else default.value,
        type=None if kind is None else kind.value,
        description=attribute_text(body, "description") or "",
    )


def project_of(block: syntax.Block) -> str:
    """The project that a provisioner block is about; empty without a label."""
    return block.labels[0].value.lower() if block.labels else ""


def text_of(node: syntax.Expression | None) -> str | None:
    """The text that an expression plainly is."""
    while isinstance(node, syntax.Parentheses):
        node = node.inner
    return composed(node.value) if isinstance(node, syntax.Literal) and isinstance(node.value, str) else None


def attribute_text(body: syntax.Body, name: str) -> str | None:
    """The text that an attribute plainly is; None if it is missing or computed."""
    attribute = body.attribute(name)
    return None if attribute is None else text_of(attribute.value)


def full_names(body: syntax.Body) -> Iterator[tuple[syntax.Block, str, str | None]]:
    """The blocks of states and histories at any depth, each with its full name and the state around it."""
    todo: list[tuple[syntax.Block, str | None]] = [(block, None) for block in body.blocks]
    while todo:
        block, parent = todo.pop(0)
        if block.type not in STATES or not block.labels:
            continue
        own = composed(block.labels[0].value)
        full = own if parent is None else f"{parent}.{own}"
        yield block, full, parent
        if own != "*":
            todo[:0] = [(inner, full) for inner in block.body.blocks]


def candidates_in(body: syntax.Body) -> Iterator[syntax.Block]:
    """The blocks in a state that may say where it leads: those that wait for an event, or have a target."""
    todo = [block for block in body.blocks if block.type not in STATES]
    while todo:
        block = todo.pop(0)
        if block.type in _CANDIDATES or block.body.attribute("transition") is not None:
            yield block
        todo[:0] = block.body.blocks


def raises_in(body: syntax.Body) -> Iterator[syntax.Block]:
    """The blocks in a state, but for those in states inside it, that send an event or take one back."""
    todo = [block for block in body.blocks if block.type not in STATES]
    while todo:
        block = todo.pop(0)
        if block.type in ("raise", "cancel") and block.labels:
            yield block
        todo[:0] = block.body.blocks


def fired_by(node: syntax.Expression) -> Iterator[syntax.Literal]:
    """The texts that an expression can be seen to give: the ends of its conditionals, members of its objects."""
    todo: list[syntax.Expression] = [node]
    while todo:
        current = todo.pop(0)
        if isinstance(current, syntax.Literal) and isinstance(current.value, str):
            yield current
        todo[:0] = _ends(current)


def _ends(node: syntax.Expression) -> Iterable[syntax.Expression]:
    """The expressions of which one gives the value of this one."""
    if isinstance(node, syntax.Parentheses):
        return (node.inner,)
    if isinstance(node, syntax.Conditional):
        return (node.then, node.otherwise)
    if isinstance(node, syntax.Object):
        return [item.value for item in node.items]
    if isinstance(node, syntax.Tuple):
        return node.items
    if isinstance(node, syntax.Index):
        return (node.target,)
    return _given_by(node) if isinstance(node, syntax.Call) else ()


def _given_by(call: syntax.Call) -> list[syntax.Expression]:
    if call.name == "lookup":
        return [*call.arguments[:1], *call.arguments[2:]]
    return list(call.arguments) if call.name in ("try", "coalesce") else []


def _project(block: syntax.Block) -> Project:
    states: dict[str, str] = {}
    parents: dict[str, str | None] = {}
    ways: list[tuple[Way, str | None]] = []
    for machine in block.body.blocks_of("statemachine"):
        for inner, full, parent in full_names(machine.body):
            if full != "*":
                states.setdefault(full, inner.type)
                parents.setdefault(full, parent)
            ways += _ways(inner, full)
    project = Project(states=states, parents=parents)
    context: dict[str, None] = {}
    actions: list[tuple[str, ...]] = []
    for inner in _blocks(block.body):
        change = inner.body.attribute("set")
        context.update(dict.fromkeys(_members(change.value if change else None)))
        if inner.type == "action":
            actions.append(tuple(label.value for label in inner.labels))
    return replace(
        project,
        aliases=_aliases(block),
        ways=tuple(
            way
            if way.target in (None, END)
            else replace(way, target=_resolved(project, way.target or "", scope))
            for way, scope in ways
        ),
        listening=tuple(_listening(inner) for inner in block.body.blocks_of("receive")),
        context=tuple(context),
        workers=tuple(dict.fromkeys(labels[0] for labels in actions if labels)),
        calls=tuple(dict.fromkeys(labels[-1] for labels in actions if labels)),
        modules={
            inner.labels[0].value: source
            for inner in block.body.blocks_of("module")
            if inner.labels and (source := attribute_text(inner.body, "source")) is not None
        },
    )


def _resolved(project: Project, target: str, scope: str | None) -> str:
    return TOGETHER.join(project.resolve(part, scope) for part in target.split(TOGETHER))


def _ways(block: syntax.Block, full: str) -> Iterator[tuple[Way, str | None]]:
    scope = None if full == "*" else full
    if block.type == "state" and len(block.labels) >= _WITH_EVENT:
        event = composed(block.labels[1].value)
        yield Way(source=full, event=event, target=attribute_text(block.body, "transition")), scope
        return
    for inner in candidates_in(block.body):
        named = inner.type == "on" and bool(inner.labels)
        event = composed(inner.labels[0].value) if named else inner.type
        target = attribute_text(inner.body, "transition")
        yield Way(source=full, event=event, named=named, target=target), scope


def _listening(block: syntax.Block) -> Listening:
    labels = [label.value for label in block.labels[:2]] + ["", ""]
    fire = block.body.attribute("fire")
    events = () if fire is None else tuple(composed(node.value) for node in fired_by(fire.value))
    return Listening(source=labels[0].lower(), type=labels[1], events=tuple(dict.fromkeys(events)))


def _aliases(block: syntax.Block) -> dict[str, str]:
    found: dict[str, str] = {}
    for mapper in block.body.blocks_of("aliasmapper"):
        attribute = mapper.body.attribute("aliases")
        node = None if attribute is None else attribute.value
        for item in node.items if isinstance(node, syntax.Object) else ():
            state, status = text_of(item.key), text_of(item.value)
            if state is not None:
                found[state] = status or ""
    return found


def _blocks(body: syntax.Body) -> Iterator[syntax.Block]:
    todo = list(body.blocks)
    while todo:
        block = todo.pop(0)
        yield block
        todo[:0] = block.body.blocks


def _members(node: syntax.Expression | None) -> list[str]:
    """The names of an object's members, those of objects inside calls and conditionals included."""
    if node is None:
        return []
    found: list[str] = []
    todo: list[syntax.Node] = [node]
    while todo:
        current = todo.pop()
        if isinstance(current, syntax.Object):
            found += [name for item in current.items if (name := text_of(item.key)) is not None]
        elif isinstance(current, syntax.Call | syntax.Conditional | syntax.Parentheses):
            todo += children(current)
    return found
