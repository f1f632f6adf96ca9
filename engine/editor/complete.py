"""What can be written at a place: names of states and events, blocks, attributes, functions, fields of payloads."""

from collections.abc import Iterable, Iterator
from enum import StrEnum

from engine.editor import places
from engine.editor.cursor import Cursor, Header, Where, cursor_at
from engine.editor.document import Document
from engine.editor.outline import Project
from engine.editor.uses import variables_of
from engine.editor.words import MEMBER_WORDS, ROOT_WORDS, meaning_of, words_of
from engine.frozen import frozen
from engine.language.failure import wording
from engine.language.functions import STANDARD
from engine.language.functions.examples import EXAMPLES
from engine.machine.definition import TOGETHER
from engine.machine.read_test import EFFECT_MEMBERS, VERDICTS
from engine.machine.shapes import SHAPES
from engine.machine.writing import key, text
from engine.model import DONE_STATE, EFFECT_FAILED, END
from engine.sources.catalog import SOURCES
from engine.sources.payloads import KNOWN_TYPES

_FLAGS = {("state", "final"): ("true", "false"), ("history", "deep"): ("true", "false")}
_KEYWORDS = ("true", "false", "null")
_OWN_WORKERS = ("http",)
_ENTITY_BLOCKS = frozenset({"statemachine", "aliasmapper"})
#: Blocks whose first label is an event.
_WITH_EVENT = frozenset({"on", "when", "raise", "cancel"})


class Kind(StrEnum):
    """What kind of thing is proposed."""

    STATE = "state"
    EVENT = "event"
    BLOCK = "block"
    ATTRIBUTE = "attribute"
    FUNCTION = "function"
    FIELD = "field"
    NAME = "name"
    VALUE = "value"


@frozen
class Proposal:
    """Something that can be written at a place."""

    #: What is shown, and compared with what was typed.
    label: str
    kind: Kind
    #: A few words beside it.
    detail: str = ""
    #: Sentences about it, in Markdown.
    doc: str = ""
    #: What is put in.
    text: str
    #: Where the cursor is to stand in `text` afterwards; None = behind it.
    stop: int | None = None


@frozen
class Completion:
    """Everything that can be written at a place, the likeliest first."""

    #: The offsets that a proposal takes the place of.
    start: int
    end: int
    proposals: tuple[Proposal, ...]


def complete(document: Document, offset: int) -> Completion:
    """What can be written at an offset. Never raises, whatever the text."""
    cursor = cursor_at(document.source, offset)
    found: dict[tuple[str, str], Proposal] = {}
    for proposal in _proposals(document, cursor):
        if proposal.label:
            found.setdefault((proposal.label, proposal.text), proposal)
    return Completion(start=cursor.start, end=cursor.end, proposals=tuple(found.values()))


def _proposals(document: Document, cursor: Cursor) -> Iterator[Proposal]:
    if cursor.where is Where.ITEM:
        yield from _items(document, cursor)
    elif cursor.where is Where.LABEL:
        yield from _labels(document, cursor)
    elif cursor.where is Where.KEY:
        yield from _keys(document, cursor)
    elif cursor.where is Where.VALUE:
        yield from _values(document, cursor)


# Attributes and blocks


def _items(document: Document, cursor: Cursor) -> Iterator[Proposal]:
    found = places.shape_at(cursor.blocks, document.filename)
    if found is None:
        return
    name, shape = found
    given = cursor.blocks[-1].attributes if cursor.blocks else ()
    words = words_of(name)
    if name == "module":
        yield from _arguments(document, cursor)
    names = sorted(shape.attributes() or words, key=lambda a: (a not in shape.required, [*words, a].index(a)))
    for attribute in names:
        if attribute not in given:
            kind, doc = words.get(attribute, ("", ""))
            needed = "required" if attribute in shape.required else ""
            detail = ", ".join(filter(None, (needed, kind)))
            yield Proposal(
                label=attribute, kind=Kind.ATTRIBUTE, detail=detail, doc=doc, text=f"{attribute} = "
            )
    for block in sorted(shape.blocks):
        yield _block(block, cursor)
        if block == "state":
            yield _block("state event", cursor)


def _arguments(document: Document, cursor: Cursor) -> Iterator[Proposal]:
    """What the module takes that a `module` block names: first what it cannot do without."""
    block = cursor.blocks[-1]
    project = places.project_at(document, cursor.blocks)
    source = project.modules.get(block.labels[0]) if block.labels else None
    taken, hidden = variables_of({} if source is None else document.used(source))
    for name in sorted(taken, key=lambda n: taken[n].default is not None):
        variable = taken[name]
        if name in block.attributes:
            continue
        kind = "" if variable.type is None else wording(variable.type, 80)
        doc = variable.description
        if variable.default is not None and name not in hidden:
            doc = f"{doc}\n\nDefault: `{wording(variable.default, 80)}`".strip()
        needed = "required" if variable.default is None else ""
        detail = ", ".join(filter(None, (needed, kind)))
        yield Proposal(label=name, kind=Kind.ATTRIBUTE, detail=detail, doc=doc, text=f"{name} = ")


def _block(name: str, cursor: Cursor) -> Proposal:
    word = name.partition(" ")[0]
    labels = SHAPES[name].labels
    project = places.project_name(cursor.blocks)
    if word in _ENTITY_BLOCKS and project:
        written, stop = f"{word} {text(project)} {{\n  ", None
    else:
        written = " ".join([word, *('""' for _ in labels), "{\n  "])
        stop = written.index('""') + 1 if labels else None
    stop = len(written) if stop is None else stop
    shown = " ".join([word, *(f'"{label.upper()}"' for label in labels)])
    return Proposal(
        label=shown,
        kind=Kind.BLOCK,
        detail="block",
        doc=meaning_of(name),
        text=written + "\n}",
        stop=stop,
    )


# Labels


def _labels(document: Document, cursor: Cursor) -> Iterator[Proposal]:
    header = cursor.header
    if header is None:
        return
    project = places.project_at(document, cursor.blocks)
    position = len(header.labels)
    if header.type == "provisioner":
        yield from (_text(name, Kind.NAME, "project", cursor) for name in document.names.projects)
    elif header.type in _ENTITY_BLOCKS and not position:
        name = places.project_name(cursor.blocks)
        yield from [_text(name, Kind.NAME, "project", cursor)] if name else []
    elif header.type == "receive" or (header.type == "when" and position):
        yield from _deliveries(header, position, cursor)
    elif header.type == "action" and not position:
        workers = dict.fromkeys([*project.workers, *_OWN_WORKERS])
        yield from (_text(name, Kind.NAME, "worker", cursor) for name in workers)
    elif header.type == "state" and not position:
        yield from _undeclared(project, cursor)
    elif (header.type == "state" and position == 1) or (header.type in _WITH_EVENT and not position):
        yield from _events(project, cursor)
        if header.type == "when":
            yield from _deliveries(header, 0, cursor)


def _deliveries(header: Header, position: int, cursor: Cursor) -> Iterator[Proposal]:
    if not position:
        yield from (_text(name, Kind.NAME, "source", cursor) for name in sorted(SOURCES))
    elif position == 1:
        source = header.labels[0].lower()
        types = KNOWN_TYPES.get(source, frozenset())
        yield from (_text(name, Kind.NAME, f"event type of {source}", cursor) for name in sorted(types))


def _undeclared(project: Project, cursor: Cursor) -> Iterator[Proposal]:
    """States that are named somewhere and have no block yet, then those that have one, for the short form."""
    ways = [way.target for way in project.ways if way.target is not None and way.target != END]
    targets = [target for targets in ways for target in targets.split(TOGETHER)]
    named = dict.fromkeys([*project.aliases, *targets])
    parent = places.scope_of(cursor.blocks)
    for name in [*(n for n in named if n not in project.states), *project.states]:
        around, _, own = name.rpartition(".")
        if around == (parent or ""):
            yield _text(own, Kind.STATE, project.aliases.get(name, "state"), cursor)
    if parent is None:
        yield _text("*", Kind.STATE, "any state that is not final", cursor)


def _events(project: Project, cursor: Cursor) -> Iterator[Proposal]:
    for one in places.listening_of(project):
        for event in one.events:
            yield _text(event, Kind.EVENT, f"fired by {one.source}.{one.type}", cursor)
    for event in project.events():
        yield _text(event, Kind.EVENT, "event", cursor)
    around = {parent for parent in project.parents.values() if parent is not None}
    for name in project.states:
        if name in around and project.states[name] != "history":
            yield _text(DONE_STATE + name, Kind.EVENT, "the state came to its end", cursor)
    yield _text(EFFECT_FAILED, Kind.EVENT, "a transition call was given up", cursor)


# Values


def _keys(document: Document, cursor: Cursor) -> Iterator[Proposal]:
    found = places.shape_at(cursor.blocks, document.filename)
    name = found[0] if found is not None else ""
    project = places.project_at(document, cursor.blocks)
    if (name, cursor.attribute) == ("aliasmapper", "aliases"):
        for state in project.states:
            if state not in project.aliases and project.states[state] != "history":
                yield _key(state, Kind.STATE, "state", cursor)
    elif cursor.attribute in ("set", "context") and not cursor.keys:
        yield from (_key(member, Kind.FIELD, "remembered", cursor) for member in project.context)
    elif (name, cursor.attribute) == ("then", "effects") and not cursor.keys:
        yield from (_key(member, Kind.FIELD, "of an effect", cursor) for member in EFFECT_MEMBERS)
    elif name in ("when", "when delivery") and cursor.attribute == "event":
        fields = places.fields_at(project, cursor.blocks, cursor.keys)
        for field in fields:
            words = places.field_words(project, cursor.blocks, (*cursor.keys, field))
            yield _key(field, Kind.FIELD, words or "field of the payload", cursor)


def _values(document: Document, cursor: Cursor) -> Iterator[Proposal]:
    found = places.shape_at(cursor.blocks, document.filename)
    if found is None:
        return
    name = found[0]
    project = places.project_at(document, cursor.blocks)
    if cursor.steps is not None:
        yield from _members(document, project, cursor, name)
        return
    yield from _special(name, project, cursor)
    if cursor.quoted:
        return
    roots = places.roots_at(name, cursor.attribute)
    for root in roots:
        yield Proposal(label=root, kind=Kind.NAME, detail="name", doc=ROOT_WORDS.get(root, ""), text=root)
    if not places.names_states(name, cursor.attribute):
        yield from (Proposal(label=word, kind=Kind.VALUE, text=word) for word in _KEYWORDS)
        yield from _functions()


def _special(name: str, project: Project, cursor: Cursor) -> Iterator[Proposal]:
    """What an attribute wants more than anything else."""
    attribute = cursor.attribute
    if places.names_states(name, attribute):
        yield from _states(name, attribute, project, cursor)
    elif (name, attribute) in _FLAGS:
        yield from (Proposal(label=word, kind=Kind.VALUE, text=word) for word in _FLAGS[name, attribute])
    elif name == "receive" and attribute == "fire":
        waited = dict.fromkeys(way.event for way in project.ways if way.named)
        yield from (_text(event, Kind.EVENT, "event", cursor) for event in waited)
    elif name == "then" and attribute == "verdict":
        yield from (_text(verdict, Kind.VALUE, "verdict", cursor) for verdict in VERDICTS)
    elif name == "then" and attribute == "effects" and cursor.keys[-1:] in (("source",), ("target",), ()):
        yield from _states(name, "state", project, cursor)
    elif cursor.quoted and name not in ("aliasmapper", "given"):
        # in an expression: most likely it is compared with state or previous
        yield from _states(name, "state", project, cursor)


def _states(name: str, attribute: str, project: Project, cursor: Cursor) -> Iterator[Proposal]:
    scope = places.scope_of(cursor.blocks)
    relative = attribute == "transition" or (name == "state" and attribute == "initial")
    for full, kind in project.states.items():
        if kind == "history" and attribute != "transition":
            continue
        if name == "state" and attribute == "initial" and project.parents.get(full) != scope:
            continue
        if name == "statemachine" and project.parents.get(full) is not None:
            continue
        shown = project.shortest(full, scope) if relative else full
        yield _text(shown, Kind.STATE, project.aliases.get(full) or kind, cursor)
    if attribute == "transition" and name != "history":
        yield _text(END, Kind.STATE, "calls nothing, keeps the state", cursor)


def _members(document: Document, project: Project, cursor: Cursor, shape: str) -> Iterator[Proposal]:
    root, *steps = cursor.steps or ("",)
    if root not in places.roots_at(shape, cursor.attribute):
        return
    if root == "event":
        for field in places.fields_at(project, cursor.blocks, steps):
            words = places.field_words(project, cursor.blocks, (*steps, field))
            yield _field(field, words or "field of the payload", "")
    elif not steps:
        yield from (_field(*found) for found in _of_root(document, project, str(root)))


def _of_root(document: Document, project: Project, root: str) -> Iterator[tuple[str, str, str]]:
    """The members of a root other than the payload, each with a few words and a sentence."""
    yield from ((member, root, doc) for member, doc in MEMBER_WORDS.get(root, {}).items())
    if root == "context":
        yield from ((member, "remembered", "") for member in project.context)
    elif root == "var":
        for name, variable in document.names.variables.items():
            default = None if name in document.names.sensitive else variable.default
            yield name, "variable", "" if default is None else f"`{wording(default, 80)}`"
    elif root == "local":
        for name, node in document.names.locals.items():
            yield name, "local", f"`{wording(node, 80)}`"


def _functions() -> Iterable[Proposal]:
    for function in STANDARD.values():
        example = EXAMPLES.get(function.name)
        yield Proposal(
            label=function.name,
            kind=Kind.FUNCTION,
            detail=function.signature,
            doc=function.doc + (f"\n\n`{example}`" if example else ""),
            text=f"{function.name}()",
            stop=len(function.name) + 1,
        )


# What is put in


def _field(name: str, detail: str, doc: str) -> Proposal:
    return Proposal(label=name, kind=Kind.FIELD, detail=detail, doc=doc, text=name)


def _text(value: str, kind: Kind, detail: str, cursor: Cursor) -> Proposal:
    """A proposal that is a text: quotes are added where there are none yet."""
    written = text(value)
    if cursor.quoted:
        written = written[1:] if cursor.open else written[1:-1]
    return Proposal(label=value, kind=kind, detail=detail, text=written)


def _key(value: str, kind: Kind, detail: str, cursor: Cursor) -> Proposal:
    if cursor.quoted:
        return _text(value, kind, detail, cursor)
    return Proposal(label=value, kind=kind, detail=detail, text=f"{key(value)} = ")
