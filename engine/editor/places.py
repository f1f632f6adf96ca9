"""What a place in a definition means: the shape of the block, and which names an expression there may begin with."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from engine.editor.cursor import Header
from engine.editor.document import Document
from engine.editor.outline import Listening, Project
from engine.editor.words import FAILED_FIELDS, TIMER_FIELDS
from engine.language.types import ANY, Type
from engine.machine.read_names import ROOTS
from engine.machine.read_property import PROPERTY_ROOTS
from engine.machine.read_receive import RECEIVE_ROOTS, default_receives
from engine.machine.read_test_file import TEST_FILE_ENDING
from engine.machine.read_transition import GUARD_ROOTS
from engine.machine.reading import CONSTANT_ROOTS
from engine.machine.shapes import FILE, SHAPES, TEST_FILE, TEST_PROVISIONER, Shape
from engine.model import EFFECT_FAILED, is_own_event
from engine.sources.payload_types import payload_type
from engine.sources.payloads import fault_in, is_known

_TWO = 2
#: No payload has a field of this name: asking for it tells which ones there are.
_NO_FIELD = "\0"
_STATE_NAMES = {
    "statemachine": ("initial",),
    "state": ("initial",),
    "property": ("reachable", "eventually", "leads_to", "from"),
    "given": ("state",),
    "then": ("state",),
}
_CANDIDATES = ("on", "always", "after", "state event")
_CONSTANT = frozenset({"aliasmapper", "module", "statemachine", "state", "parallel", "history", "given", "when", "when delivery", "then"})  # fmt: skip


def shape_name(header: Header) -> str:
    """The key of a block's shape: some blocks have two forms, told by their labels."""
    name = header.type
    if len(header.labels) == _TWO:
        name = {"state": "state event", "when": "when delivery"}.get(name, name)
    return name


def shape_at(blocks: Sequence[Header], filename: str) -> tuple[str, Shape] | None:
    """The shape of the innermost block, and its key; None if there is no such block."""
    tests = filename.endswith(TEST_FILE_ENDING)
    if not blocks:
        return "", TEST_FILE if tests else FILE
    name = shape_name(blocks[-1])
    if tests and name == "provisioner":
        return name, TEST_PROVISIONER
    return (name, SHAPES[name]) if name in SHAPES else None


def project_name(blocks: Iterable[Header]) -> str | None:
    """The project that a place belongs to."""
    labels = [b.labels[0].lower() if b.labels else "" for b in blocks if b.type == "provisioner"]
    return labels[0] if labels else None


def project_at(document: Document, blocks: Sequence[Header]) -> Project:
    """The names of the project that a place belongs to; elsewhere, in `locals`, those of all projects."""
    name = project_name(blocks)
    projects = document.names.projects
    if name is not None:
        return projects.get(name, Project())
    return Project(
        states={k: v for p in projects.values() for k, v in p.states.items()},
        parents={k: v for p in projects.values() for k, v in p.parents.items()},
        listening=tuple(one for p in projects.values() for one in listening_of(p)),
        context=tuple(dict.fromkeys(name for p in projects.values() for name in p.context)),
    )


def scope_of(blocks: Iterable[Header]) -> str | None:
    """The full name of the innermost state around a place."""
    names = [b.labels[0] for b in blocks if b.type in ("state", "parallel") and b.labels]
    return ".".join(names) if names and names[0] != "*" else None


def names_states(shape: str, attribute: str) -> bool:
    """Whether the value of an attribute names states."""
    if attribute == "transition":
        return shape in SHAPES and attribute in SHAPES[shape].attributes()
    return attribute in _STATE_NAMES.get(shape, ())


def roots_at(shape: str, attribute: str) -> Mapping[str, Collection[str] | None]:
    """The names that an expression there may begin with, each with its attributes where they are known."""
    if shape == "variable":
        return {}
    if shape == "receive":
        return RECEIVE_ROOTS
    if shape == "property":
        return PROPERTY_ROOTS if attribute in ("always", "never") else CONSTANT_ROOTS
    if shape in _CONSTANT or attribute == "transition":
        return CONSTANT_ROOTS
    return GUARD_ROOTS if shape in _CANDIDATES and attribute == "when" else ROOTS


def listening_of(project: Project) -> tuple[Listening, ...]:
    """What a project listens to; without a `receive` block, the default."""
    return project.listening or tuple(
        Listening(source=r.source, type=r.type, events=("next",)) for r in default_receives()
    )


def fields_at(project: Project, blocks: Sequence[Header], steps: Sequence[Any]) -> list[str]:
    """The fields of ``event`` behind some steps, as far as the deliveries are known that can be meant at a place."""
    own = () if steps else _own_fields(blocks)
    fields: set[str] = set()
    for one in deliveries_at(project, blocks):
        if is_known(one.source, one.type):
            fault = fault_in(one.source, one.type, (*steps, _NO_FIELD))
            if fault is not None and fault.at == len(steps):
                fields.update(fault.known)
    return [*own, *sorted(fields.difference(own))]


def payload_words(one: Listening, steps: Sequence[Any]) -> str:
    """What is at the end of a path into a known payload, in a word or two: ``a string``, ``an object``."""
    found: Type | None = payload_type(one.source, one.type)
    for step in steps:
        if found is not None:
            found = found.element() if isinstance(step, int) else found.attribute(str(step))
    return "" if found is None else "anything" if found is ANY else found.told()


def field_words(project: Project, blocks: Sequence[Header], steps: Sequence[Any]) -> str:
    """The same for a path into whatever ``event`` can be at a place; empty where that is not one thing."""
    known = [one for one in deliveries_at(project, blocks) if is_known(one.source, one.type)]
    words = {payload_words(one, steps) for one in known} - {""}
    return words.pop() if len(words) == 1 else ""


def deliveries_at(project: Project, blocks: Sequence[Header]) -> list[Listening]:
    """The deliveries that ``event`` can be at a place."""
    for block in reversed(blocks):
        if block.type == "receive" or shape_name(block) == "when delivery":
            source, kind = (*block.labels, "", "")[:2]
            return [Listening(source=source.lower(), type=kind, events=())]
    event = event_of(blocks)
    if event is not None and is_own_event(event):
        return []
    listening = list(listening_of(project))
    if event is None:
        return listening
    firing = [one for one in listening if not one.events or event in one.events]
    return firing or listening  # who fires it may not be written yet


def event_of(blocks: Sequence[Header]) -> str | None:
    """The event that a place is about; None if it is about any."""
    for block in reversed(blocks):
        if block.type in ("on", "when") and len(block.labels) == 1:
            return block.labels[0]
        if block.type == "state" and len(block.labels) == _TWO:
            return block.labels[1]
    return None


def _own_fields(blocks: Sequence[Header]) -> tuple[str, ...]:
    """What the engine's own events carry."""
    if any(block.type == "after" for block in blocks):
        return TIMER_FIELDS
    return FAILED_FIELDS if event_of(blocks) == EFFECT_FAILED else ()
