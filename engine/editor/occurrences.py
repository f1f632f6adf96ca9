"""Every place in a file that names a state, an event, a variable or a local: what definition, references and rename use."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from engine.editor.document import Document
from engine.editor.held import Member, Part, Uses, states_held
from engine.editor.outline import Outline, Project, candidates_in, fired_by, full_names, project_of, raises_in
from engine.frozen import frozen
from engine.language import syntax
from engine.language.depth import children
from engine.machine.definition import TOGETHER
from engine.machine.values import composed
from engine.model import AFTER, AWAIT, DONE_STATE, END

_WITH_EVENT = 2
_OWN_STATE = ("state", "previous")
_EFFECT_STATES = ("source", "target")
#: Without aliases the backend's words are the states' names.
_EFFECT_STATUSES = (*_EFFECT_STATES, "source_status", "target_status")


class Names(StrEnum):
    """What kind of thing is named."""

    STATE = "state"
    EVENT = "event"
    VARIABLE = "variable"
    LOCAL = "local"


class Thing(NamedTuple):
    """What is named."""

    kind: Names
    #: The project; empty for variables and locals, which belong to the file.
    project: str
    #: A state's full name.
    name: str


_ROOTS = {"var": Names.VARIABLE, "local": Names.LOCAL}


@frozen
class Occurrence:
    """One place that names something."""

    thing: Thing
    #: The offsets of the name, or of its part that is this thing's own: of ``review.wait`` that is ``wait``.
    start: int
    end: int
    #: It is made here; of an event: fired here.
    definition: bool = False
    #: What stands there is a bare name, not text in quotes.
    bare: bool = False
    #: Where the text in the quotes has escapes, `start` and `end` are around all of it: what is before and behind the
    #: name in it, as it is meant.
    before: str = ""
    behind: str = ""


def occurrences(document: Document) -> tuple[Occurrence, ...]:
    """Every occurrence in a file, in its order. Of what cannot be read there are none."""
    if document.tree is None:
        return ()
    walk = _Walk(document, document.names)
    found = {*walk.file(document.tree)}
    found.update(walk.held(document.tree))
    return tuple(sorted(found, key=lambda o: (o.start, o.end, o.thing)))


def at(document: Document, offset: int) -> Occurrence | None:
    """The occurrence at an offset, its end included; of several the shortest, then the innermost state."""
    here = [o for o in occurrences(document) if o.start <= offset <= o.end]
    return min(here, key=lambda o: (o.end - o.start, -len(o.thing.name)), default=None)


class _Walk:
    def __init__(self, document: Document, names: Outline) -> None:
        self.document = document
        self.names = names
        self.name = ""
        self.project = Project()
        self.uses = Uses()

    def file(self, tree: syntax.Body) -> Iterator[Occurrence]:
        for block in tree.blocks:
            if block.type == "variable":
                for label in block.labels[:1]:
                    yield from self._whole(Names.VARIABLE, label, label.value, definition=True)
            elif block.type == "locals":
                for attribute in block.body.attributes:
                    first, last = self.document.range(attribute.name_span)
                    thing = Thing(Names.LOCAL, "", attribute.name)
                    yield Occurrence(thing=thing, start=first, end=last, definition=True, bare=True)
                    yield from self._shared(attribute.value)
            elif block.type == "provisioner":
                yield from self._provisioner(block)

    def _shared(self, node: syntax.Expression) -> Iterator[Occurrence]:
        """A local is the same for all projects."""
        for name, project in self.names.projects.items() or [("", Project())]:
            self.name, self.project = name, project
            yield from self._expression(node)

    def _provisioner(self, block: syntax.Block) -> Iterator[Occurrence]:
        self.name = project_of(block)
        self.project = self.names.projects.get(self.name, Project())
        for inner in block.body.blocks:
            if inner.type == "statemachine":
                yield from self._machine(inner)
            elif inner.type == "aliasmapper":
                yield from self._aliases(inner)
            elif inner.type == "property":
                for attribute in inner.body.attributes:
                    if attribute.name in ("reachable", "eventually", "leads_to", "from"):
                        yield from self._listed(attribute.value)
            elif inner.type == "test":
                yield from self._test(inner)
            elif inner.type == "receive":
                fire = inner.body.attribute("fire")
                for node in () if fire is None else fired_by(fire.value):
                    yield from self._event(node, node.value, definition=True)
            yield from self._expressions(inner.body)

    def _machine(self, block: syntax.Block) -> Iterator[Occurrence]:
        yield from self._target(block.body, "initial", None)
        for inner, full, parent in full_names(block.body):
            scope = None if full == "*" else full
            if full != "*":
                yield from self._state(inner.labels[0], inner.labels[0].value, full, definition=True)
            if inner.type == "history":
                yield from self._target(inner.body, "transition", parent)
                continue
            yield from self._target(inner.body, "initial", scope)
            if len(inner.labels) >= _WITH_EVENT:
                yield from self._event(inner.labels[1], inner.labels[1].value)
                yield from self._target(inner.body, "transition", scope)
            for candidate in candidates_in(inner.body):
                for label in candidate.labels[:1] if candidate.type == "on" else ():
                    yield from self._event(label, label.value)
                yield from self._target(candidate.body, "transition", scope)
            for sent in raises_in(inner.body):
                label = sent.labels[0]
                yield from self._event(label, label.value, definition=sent.type == "raise")

    def _target(self, body: syntax.Body, name: str, scope: str | None) -> Iterator[Occurrence]:
        attribute = body.attribute(name)
        if attribute is not None:
            yield from self._naming(attribute.value, lambda value: self._targets(value, scope))

    def _targets(self, value: str, scope: str | None) -> Iterator[Part]:
        if value != END:
            for part, first, last in _several(value):
                yield Part(self.name, self.project.resolve(part, scope), first, last)

    def _aliases(self, block: syntax.Block) -> Iterator[Occurrence]:
        attribute = block.body.attribute("aliases")
        node = None if attribute is None else _open(attribute.value)
        for item in node.items if isinstance(node, syntax.Object) else ():
            literal = _plain(item.key)
            if literal is not None:
                yield from self._state(literal, literal.value, composed(literal.value))

    def _listed(self, node: syntax.Expression) -> Iterator[Occurrence]:
        inner = _open(node)
        for item in inner.items if isinstance(inner, syntax.Tuple) else (inner,):
            yield from self._naming(item, lambda value: [Part(self.name, value, 0, len(value))])

    def _test(self, block: syntax.Block) -> Iterator[Occurrence]:
        for inner in block.body.blocks:
            if inner.type == "when" and len(inner.labels) == 1:
                yield from self._event(inner.labels[0], inner.labels[0].value)
            for attribute in inner.body.attributes:
                if attribute.name == "state" and inner.type in ("given", "then"):
                    yield from self._together(attribute.value)
                elif attribute.name == "status" and not self.project.aliases:
                    literal = _plain(attribute.value)
                    yield from () if literal is None else self._known(literal, composed(literal.value))
                elif attribute.name == "effects" and inner.type == "then":
                    yield from self._effects(attribute.value)

    def _effects(self, node: syntax.Expression) -> Iterator[Occurrence]:
        inner = _open(node)
        for item in map(_open, inner.items if isinstance(inner, syntax.Tuple) else ()):
            literal = _plain(item)
            if literal is not None:
                yield from self._call(literal)
            elif isinstance(item, syntax.Object):
                members = {_key(m): _plain(m.value) for m in item.items}
                for name in _EFFECT_STATES if self.project.aliases else _EFFECT_STATUSES:
                    value = members.get(name)
                    if value is not None:
                        yield from self._known(value, composed(value.value))
                name_of = members.get("name")
                kind = members.get("kind")
                if (
                    name_of is not None
                    and (kind is None or kind.value != "action")
                    and "worker" not in members
                ):
                    yield from self._call(name_of)

    def _call(self, node: syntax.Literal) -> Iterator[Occurrence]:
        """A transition call is called after its target; an action of that name has no claim to be one."""
        if composed(node.value) not in self.project.calls:
            yield from self._known(node, composed(node.value))

    def _known(self, node: syntax.Literal, name: str) -> Iterator[Occurrence]:
        if name in self.project.states:
            yield from self._state(node, node.value, name)

    # Expressions

    def _expressions(self, body: syntax.Body) -> Iterator[Occurrence]:
        todo = [body]
        while todo:
            current = todo.pop()
            for attribute in current.attributes:
                yield from self._expression(attribute.value)
            todo += [block.body for block in current.blocks]

    def _expression(self, node: syntax.Expression) -> Iterator[Occurrence]:
        todo: list[syntax.Node] = [node]
        if isinstance(node, syntax.Variable):
            self.uses.wild.add(node.name)
        while todo:
            current = todo.pop()
            if isinstance(current, syntax.GetAttribute):
                yield from self._member(current)
            elif isinstance(current, syntax.Binary) and current.operator in ("==", "!="):
                for one, other in ((current.left, current.right), (current.right, current.left)):
                    if _is_root(one, _OWN_STATE):
                        yield from self._together(other)
            elif isinstance(current, syntax.Call) and current.name == "contains":
                yield from self._contains(current)
            below = children(current)
            if not (isinstance(current, syntax.GetAttribute) and _member_of(current) is not None):
                self.uses.wild.update(c.name for c in below if isinstance(c, syntax.Variable))
            todo += below

    def _member(self, node: syntax.GetAttribute) -> Iterator[Occurrence]:
        member = _member_of(node)
        if member is None:
            return
        last = self.document.range(node.span)[1]
        self.uses.add(member, last)
        first = last - len(node.name)
        if self.document.source[first:last] == node.name:
            thing = Thing(_ROOTS[member.root], "", node.name)
            yield Occurrence(thing=thing, start=first, end=last, bare=True)

    def _contains(self, call: syntax.Call) -> Iterator[Occurrence]:
        if len(call.arguments) != 2:  # noqa: PLR2004
            return
        values, value = call.arguments
        if _is_root(values, ("active",)):
            yield from self._together(value)
        elif _is_root(value, _OWN_STATE):
            yield from self._listed(values)

    def _together(self, node: syntax.Expression) -> Iterator[Occurrence]:
        """States of several regions are written in one text."""
        yield from self._naming(node, self._known_parts)

    def _known_parts(self, value: str) -> Iterator[Part]:
        for part, first, last in _several(value):
            if part in self.project.states:
                yield Part(self.name, part, first, last)

    # Names in locals and variables

    def _naming(
        self, node: syntax.Expression, named: Callable[[str], Iterable[Part]]
    ) -> Iterator[Occurrence]:
        """The states that a text names; one that a local or a variable holds is named there."""
        literal = _plain(node)
        if literal is not None:
            for part in named(composed(literal.value)):
                yield from self._state(literal, literal.value, part.full, part.first, part.last)
            return
        inner = _open(node)
        member = None if not isinstance(inner, syntax.GetAttribute) else _member_of(inner)
        text = None if member is None else self._text_of(member)
        if isinstance(inner, syntax.GetAttribute) and member is not None and text is not None:
            self.uses.names(member, self.document.range(inner.span)[1], named(composed(text)))

    def _text_of(self, member: Member) -> str | None:
        if member.root == "local":
            held = self.names.locals.get(member.name)
        else:
            variable = self.names.variables.get(member.name)
            held = None if variable is None else variable.default
        literal = _plain(held)
        return None if literal is None else literal.value

    def held(self, tree: syntax.Body) -> Iterator[Occurrence]:
        """The names of states in the locals and variables of this file, after all of it was walked."""
        files: list[Uses] | None = None
        names = {
            part
            for p in self.names.projects.values()
            for full in p.states
            for part in (full, full.rpartition(".")[2])
        }
        for member, literal in _texts_held(tree):
            if names.isdisjoint(part for part, _, _ in _several(composed(literal.value))):
                continue
            if files is None:
                files = [self.uses, *(_uses_in(beside, self.names) for beside in self.document.beside)]
            for part in states_held(member, files):
                self.name, self.project = part.project, self.names.projects[part.project]
                yield from self._state(literal, literal.value, part.full, part.first, part.last)

    # Places

    def _state(
        self,
        node: syntax.Literal | syntax.Label,
        value: str,
        full: str,
        first: int = 0,
        last: int | None = None,
        *,
        definition: bool = False,
    ) -> Iterator[Occurrence]:
        """The occurrences of a state and of those around it, whose names may be parts of what is written."""
        value = composed(value)
        stop = len(value) if last is None else last
        current: str | None = full
        while current is not None and stop > first:
            parent = self.project.parents.get(current)
            begin = stop - len(current if parent is None else current[len(parent) + 1 :])
            for start, end, bare, exact in self._inside(node, value, begin, stop):
                yield Occurrence(
                    thing=Thing(Names.STATE, self.name, current),
                    start=start,
                    end=end,
                    definition=definition and current == full,
                    bare=bare,
                    before="" if exact else value[:begin],
                    behind="" if exact else value[stop:],
                )
            stop = begin - 1
            current = parent

    def _event(
        self, node: syntax.Literal | syntax.Label, value: str, *, definition: bool = False
    ) -> Iterator[Occurrence]:
        yield from self._whole(Names.EVENT, node, value, definition=definition)
        value = composed(value)
        if value.startswith(DONE_STATE):
            full = value.removeprefix(DONE_STATE)
            yield from self._in_event(node, value, full, len(DONE_STATE), len(value))
        elif value.startswith(AFTER):
            yield from self._numbered(node, value, AFTER)
        elif value.startswith(AWAIT):
            yield from self._numbered(node, value, AWAIT)

    def _numbered(self, node: syntax.Literal | syntax.Label, value: str, kind: str) -> Iterator[Occurrence]:
        """A timer's number, or the name of an answer, follows the state."""
        full, _, last = value.removeprefix(kind).rpartition(".")
        yield from self._in_event(node, value, full, len(kind), len(value) - len(last) - 1)

    def _in_event(
        self, node: syntax.Literal | syntax.Label, value: str, full: str, first: int, last: int
    ) -> Iterator[Occurrence]:
        if full in self.project.states:
            yield from self._state(node, value, full, first, last)

    def _whole(
        self, kind: Names, node: syntax.Literal | syntax.Label, value: str, *, definition: bool = False
    ) -> Iterator[Occurrence]:
        for start, end, bare, _exact in self._inside(node, composed(value), 0, len(value)):
            project = self.name if kind is Names.EVENT else ""
            thing = Thing(kind, project, composed(value))
            yield Occurrence(thing=thing, start=start, end=end, definition=definition, bare=bare)

    def _inside(
        self, node: syntax.Node, value: str, first: int, last: int
    ) -> Iterator[tuple[int, int, bool, bool]]:
        """Where a part of a text is written, whether it has no quotes, and whether it is there letter by letter."""
        start, end = self.document.range(node.span)
        written = self.document.source[start:end]
        if written == value:
            yield start + first, start + last, True, True
        elif written == f'"{value}"':
            yield start + 1 + first, start + 1 + last, False, True
        elif len(written) > 1 and written[0] == written[-1] == '"':
            yield start + 1, end - 1, False, False


def _uses_in(document: Document, names: Outline) -> Uses:
    """How another file of the same module uses the names of all."""
    walk = _Walk(document, names)
    if document.tree is not None:
        deque(walk.file(document.tree), maxlen=0)
    return walk.uses


def _texts_held(tree: syntax.Body) -> Iterator[tuple[Member, syntax.Literal]]:
    """The locals and the defaults of variables that are plain texts."""
    for block in tree.blocks:
        found: list[tuple[Member, syntax.Expression]] = []
        if block.type == "locals":
            found = [(Member("local", a.name), a.value) for a in block.body.attributes]
        elif block.type == "variable" and block.labels:
            default = block.body.attribute("default")
            found = [] if default is None else [(Member("var", block.labels[0].value), default.value)]
        for member, value in found:
            literal = _plain(value)
            if literal is not None:
                yield member, literal


def _several(value: str) -> Iterator[tuple[str, int, int]]:
    """The names in a text of states that an instance is in at once, each with its place in it."""
    first = 0
    for part in value.split(TOGETHER):
        yield part, first, first + len(part)
        first += len(part) + len(TOGETHER)


def _member_of(node: syntax.GetAttribute) -> Member | None:
    root = node.target.name if isinstance(node.target, syntax.Variable) else ""
    return Member(root, node.name) if root in _ROOTS else None


def _open(node: syntax.Expression) -> syntax.Expression:
    while isinstance(node, syntax.Parentheses):
        node = node.inner
    return node


def _plain(node: syntax.Expression | None) -> syntax.Literal | None:
    inner = None if node is None else _open(node)
    return inner if isinstance(inner, syntax.Literal) and isinstance(inner.value, str) else None


def _key(item: syntax.ObjectItem) -> str:
    literal = _plain(item.key)
    return "" if literal is None else literal.value


def _is_root(node: syntax.Expression, names: Sequence[str]) -> bool:
    inner = _open(node)
    return isinstance(inner, syntax.Variable) and inner.name in names
