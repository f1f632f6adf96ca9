"""Finds an expression that would mean something else were a state called otherwise."""

from collections import deque
from collections.abc import Iterator, Mapping

from engine.editor.compared import Form, Roots, form_of
from engine.editor.document import Document
from engine.editor.navigate import Files
from engine.editor.outline import Outline, project_of
from engine.editor.renaming import NOTHING, Renaming
from engine.frozen import frozen
from engine.language import syntax
from engine.language.expressions import compile_expression
from engine.language.values import show
from engine.machine.definition import Kind, Machine, Provisioner, covers
from engine.machine.evaluated import arguments, changes, conditions, heard, others, payloads
from engine.machine.expression import Expression, Names
from engine.machine.references import references
from engine.model import EFFECT_FAILED

#: What the event `effect.failed` carries that is called after a state.
_FAILED = frozenset({"event", "source", "target"})
#: The same where a status is a state's name.
_FAILED_STATUSES = frozenset({"target_status"})


@frozen
class Otherwise:
    """Why a name cannot be followed."""

    #: Where.
    node: syntax.Expression
    #: What is so there.
    because: str


def said_otherwise(before: Provisioner, after: Provisioner, renaming: Renaming) -> Otherwise | None:
    """The first expression of a project that would not mean the same; None if all do."""
    pairs = [(one.node, other.node) for one, other in zip(_all(before), _all(after), strict=True)]
    roots = _roots(before.machine, renaming)
    return _first(_Both(old=before.machine.names, new=after.machine.names, roots=roots), pairs, renaming)


def written_otherwise(files: Files, changed: Mapping[str, str], renaming: Renaming) -> Otherwise | None:
    """The same of files that cannot be read yet, because some of their variables get their values elsewhere.

    What they say of names is compared, and nothing else: only a reader knows what else a text may be.
    """
    old, new = Outline(), Outline()
    pairs: dict[str, list[tuple[syntax.Expression, syntax.Expression]]] = {}
    for file, document in files.items():
        other = Document(changed[file], document.filename) if file in changed else document
        old, new = old.joined(document.own), new.joined(other.own)
        if document.tree is not None and other.tree is not None:
            for (project, one), (_, two) in zip(_written(document.tree), _written(other.tree), strict=True):
                pairs.setdefault(project, []).append((one, two))
    failing = any(EFFECT_FAILED.partition(".")[0] in document.source for document in files.values())
    both = _Both(old=_names(old), new=_names(new), roots=_failed(renaming, failing=failing, fired=True))
    for project, written in pairs.items():
        found = _first(both, written, renaming if project in renaming.projects else NOTHING, whole=False)
        if found is not None:
            return found
    return None


@frozen
class _Both:
    """What names mean before and after."""

    old: Names
    new: Names
    roots: Roots


def _first(
    both: _Both,
    pairs: list[tuple[syntax.Expression, syntax.Expression]],
    renaming: Renaming,
    *,
    whole: bool = True,
) -> Otherwise | None:
    """The first expression that differs, as it is before and after, or local that one of them depends on."""
    todo, done = deque(pairs), set[str]()
    while todo:
        one, other = todo.popleft()
        before, after = form_of(one, both.old, both.roots), form_of(other, both.new, both.roots)
        if whole and before.rest != after.rest:
            because = "uses the same text as the name of a state and as something else"
            return Otherwise(node=one, because=because)
        found = _strays(before, after, renaming)
        if found is not None:
            return found
        for name in before.locals:
            if name not in done and name in both.old.locals:
                done.add(name)
                todo.append((both.old.locals[name].node, both.new.locals[name].node))
    return None


def _strays(one: Form, other: Form, renaming: Renaming) -> Otherwise | None:
    if one.astray and renaming is not NOTHING:
        because = "makes something of the name of a state, which cannot be followed"
        return Otherwise(node=one.astray[0], because=because)
    for before, after in zip(one.held, other.held, strict=True):
        if not renaming.follows(before.kind, before.value, after.value):
            because = f"holds {show(before.value)} against the name of a state, and would not follow"
            return Otherwise(node=before.node, because=because)
    return None


def _roots(machine: Machine, renaming: Renaming) -> Roots:
    failing = any(covers(t.event, EFFECT_FAILED) for t in machine.transitions)
    named = (s for s in machine.states.values() if renaming.state(s.name) != s.name)
    fired = any(s.timers or s.awaits is not None or s.kind is not Kind.ATOMIC for s in named)
    return _failed(renaming, failing=failing, fired=fired)


def _failed(renaming: Renaming, *, failing: bool, fired: bool) -> Roots:
    statuses = frozenset() if renaming.aliased else _FAILED_STATUSES
    return Roots(failed=_FAILED | statuses if failing else frozenset(), fired=fired)


def _all(provisioner: Provisioner) -> Iterator[Expression]:
    machine = provisioner.machine
    for some in (changes, payloads, conditions, arguments, others):
        yield from some(machine)
    yield from heard(provisioner.receives)
    yield from (p.condition for p in provisioner.properties if p.condition is not None)


def _written(tree: syntax.Body) -> Iterator[tuple[str, syntax.Expression]]:
    """Every expression in the blocks of projects, with the project."""
    for block in tree.blocks_of("provisioner"):
        todo = [block.body]
        while todo:
            body = todo.pop()
            for attribute in body.attributes:
                yield project_of(block), attribute.value
            todo += [inner.body for inner in body.blocks]


def _names(outline: Outline) -> Names:
    """What the names of files mean, as far as nobody else has a say in it."""
    variables = {
        name: variable.default.value
        for name, variable in outline.variables.items()
        if isinstance(variable.default, syntax.Literal)
    }
    found = {
        name: Expression(
            node=node, compiled=compile_expression(node), text="", references=tuple(references(node))
        )
        for name, node in outline.locals.items()
    }
    return Names(variables=variables, locals=found)
