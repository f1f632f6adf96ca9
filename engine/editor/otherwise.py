"""Finds an expression that would mean something else were a state called otherwise."""

from collections.abc import Iterable, Iterator, Mapping

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
    roots = _roots(before.machine, renaming)
    old, new = before.machine.names, after.machine.names
    todo = [(one.node, other.node) for one, other in zip(_all(before), _all(after), strict=True)]
    done: set[str] = set()
    while todo:
        one, other = todo.pop(0)
        form = form_of(one, old, roots)
        found = _differs(one, form, form_of(other, new, roots), renaming)
        if found is not None:
            return found
        for name in form.locals:
            if name not in done and name in old.locals:
                done.add(name)
                todo.append((old.locals[name].node, new.locals[name].node))
    return None


def written_otherwise(files: Files, changed: Mapping[str, str], renaming: Renaming) -> Otherwise | None:
    """The same of files that cannot be read yet, because some of their variables get their values elsewhere."""
    documents = [*files.values()]
    outline = Outline()
    later = Outline()
    expressions: list[tuple[syntax.Expression, syntax.Expression]] = []
    for file, document in files.items():
        other = Document(changed[file], document.filename) if file in changed else document
        outline, later = outline.joined(document.own), later.joined(other.own)
        if document.tree is not None and other.tree is not None:
            pairs = zip(
                _written(document.tree, renaming), _written(other.tree, renaming), strict=True
            )
            expressions += pairs
    statuses = frozenset() if renaming.aliased else _FAILED_STATUSES
    failing = any(EFFECT_FAILED.partition(".")[0] in document.source for document in documents)
    roots = Roots(failed=_FAILED | statuses if failing else frozenset(), fired=True)
    old, new = _names(outline), _names(later)
    expressions += [(e.node, new.locals[name].node) for name, e in old.locals.items()]
    for one, two in expressions:
        found = _strays(form_of(one, old, roots), form_of(two, new, roots), renaming)
        if found is not None:
            return found
    return None


def _differs(node: syntax.Expression, one: Form, other: Form, renaming: Renaming) -> Otherwise | None:
    if one.rest != other.rest:
        return Otherwise(node=node, because="would say something else, as a part of it is no state's name")
    return _strays(one, other, renaming)


def _strays(one: Form, other: Form, renaming: Renaming) -> Otherwise | None:
    if one.astray and renaming is not NOTHING:
        because = "makes something of the name of a state that cannot be followed"
        return Otherwise(node=one.astray[0], because=because)
    for before, after in zip(one.held, other.held, strict=True):
        if not renaming.follows(before.kind, before.value, after.value):
            return Otherwise(
                node=before.node, because=f"holds {show(before.value)} against the name of a state"
            )
    return None


def _roots(machine: Machine, renaming: Renaming) -> Roots:
    failing = any(covers(t.event, EFFECT_FAILED) for t in machine.transitions)
    statuses = frozenset() if renaming.aliased else _FAILED_STATUSES
    named = (s for s in machine.states.values() if renaming.state(s.name) != s.name)
    return Roots(
        failed=_FAILED | statuses if failing else frozenset(),
        fired=any(s.timers or s.awaits is not None or s.kind is not Kind.ATOMIC for s in named),
    )


def _all(provisioner: Provisioner) -> Iterator[Expression]:
    machine = provisioner.machine
    for some in (changes, payloads, conditions, arguments, others):
        yield from some(machine)
    yield from heard(provisioner.receives)
    yield from (p.condition for p in provisioner.properties if p.condition is not None)


def _written(tree: syntax.Body, renaming: Renaming) -> Iterable[syntax.Expression]:
    """Every expression in the blocks of the projects."""
    todo = [b.body for b in tree.blocks_of("provisioner") if project_of(b) in renaming.projects]
    while todo:
        body = todo.pop()
        yield from (attribute.value for attribute in body.attributes)
        todo += [block.body for block in body.blocks]


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
