"""What stands at a place, in a few words of Markdown: the texts of the reference, and what the file says itself."""

from collections.abc import Iterator, Sequence
from typing import Any

from engine.editor import places
from engine.editor.cursor import Header
from engine.editor.document import Document
from engine.editor.occurrences import Names, Occurrence, at
from engine.editor.outline import Listening, Project, Variable
from engine.editor.uses import Use, use_at, variables_of
from engine.editor.words import MEMBER_WORDS, ROOT_WORDS, meaning_of, words_of
from engine.frozen import frozen
from engine.language import syntax
from engine.language.depth import children
from engine.language.failure import wording
from engine.language.functions import STANDARD
from engine.language.functions.examples import EXAMPLES, value_of
from engine.machine.references import references
from engine.machine.shapes import FILE, SHAPES, Shape
from engine.machine.writing import hcl
from engine.sources.examples import words_in
from engine.sources.payloads import fault_in, is_known

_NO_FIELD = "\0"
_SHOWN = 12


@frozen
class Hover:
    """What is said about a range."""

    start: int
    end: int
    #: Markdown.
    text: str


def hover(document: Document, offset: int) -> Hover | None:
    """What is to be said about an offset; None if nothing is. Never raises, whatever the text."""
    if document.tree is None:
        return None
    use = use_at(document, offset)
    if use is not None and use.files:
        text = _argument_text(use) if use.argument else _module_text(use)
        if text:
            return Hover(start=use.start, end=use.end, text=text)
    found = _around(document, offset)
    named = at(document, offset)
    if named is not None:
        text = _about(document, named)
        return None if not text else Hover(start=named.start, end=named.end, text=text)
    return next((h for h in _said(document, offset, *found) if h.text), None)


def _around(
    document: Document, offset: int
) -> tuple[tuple[Header, ...], syntax.Block | None, syntax.Attribute | None]:
    """The blocks whose bodies are around an offset, the block whose header it is in, and the attribute."""
    body = document.tree
    path: list[Header] = []
    while body is not None:
        for attribute in body.attributes:
            if _within(document, attribute, offset):
                return tuple(path), None, attribute
        inner = next((b for b in body.blocks if _within(document, b, offset)), None)
        if inner is None:
            break
        if offset <= document.range(inner.header_span)[1]:
            return tuple(path), inner, None
        path.append(Header(type=inner.type, labels=tuple(label.value for label in inner.labels)))
        body = inner.body
    return tuple(path), None, None


def _within(document: Document, node: syntax.Node, offset: int) -> bool:
    first, last = document.range(node.span)
    return first <= offset <= last


def _said(
    document: Document,
    offset: int,
    path: tuple[Header, ...],
    block: syntax.Block | None,
    attribute: syntax.Attribute | None,
) -> Iterator[Hover]:
    if block is not None:
        first, last = document.range(block.type_span)
        if first <= offset <= last:
            header = Header(type=block.type, labels=tuple(label.value for label in block.labels))
            yield Hover(start=first, end=last, text=_block_text(places.shape_name(header)))
    elif attribute is not None:
        first, last = document.range(attribute.name_span)
        name = places.shape_name(path[-1]) if path else ""
        if first <= offset <= last:
            yield Hover(start=first, end=last, text=_attribute_text(name, attribute.name))
        elif _within(document, attribute.value, offset):
            yield from _in_value(document, offset, path, attribute.value)


def _block_text(name: str) -> str:
    shape = SHAPES.get(name)
    if shape is None:
        return ""
    head = " ".join([name.partition(" ")[0], *(f'"{label.upper()}"' for label in shape.labels)])
    parts = ["block", f"```hcl\n{head} {{ … }}\n```", meaning_of(name), *_members_of(name, shape)]
    return "\n\n".join(filter(None, parts))


def _members_of(name: str, shape: Shape) -> Iterator[str]:
    known = words_of(name)
    rows = [
        f"- `{a}` ({kind}{', required' if a in shape.required else ''}): {doc}"
        for a, (kind, doc) in known.items()
    ]
    yield "\n".join(rows)
    if shape.blocks:
        yield "Blocks in it: " + ", ".join(f"`{block}`" for block in sorted(shape.blocks)) + "."


def _attribute_text(name: str, attribute: str) -> str:
    known = words_of(name)
    if attribute not in known:
        return ""
    kind, doc = known[attribute]
    shape = SHAPES.get(name, FILE)
    return f"attribute `{attribute}`: {kind}{', required' if attribute in shape.required else ''}\n\n{doc}"


# Names


def _about(document: Document, named: Occurrence) -> str:
    kind, project_name, name = named.thing
    project = document.names.projects.get(project_name, Project())
    if kind is Names.STATE:
        return _state_text(project, name)
    if kind is Names.EVENT:
        return _event_text(project, name)
    if kind is Names.VARIABLE:
        variable = document.names.variables.get(name)
        hidden = name in document.names.sensitive
        head = f"variable `var.{name}`\n\n{meaning_of('variable')}"
        return "" if variable is None else "\n\n".join([head, *_variable_lines(variable, hidden=hidden)])
    node = document.names.locals.get(name)
    return "" if node is None else f"local `local.{name}`\n\n```hcl\n{wording(node, 400)}\n```"


def _variable_lines(variable: Variable, *, hidden: bool) -> Iterator[str]:
    """What it is for, which values it takes, and which it has where none is given."""
    if variable.description:
        yield variable.description
    if variable.type is not None:
        yield f"Type: `{wording(variable.type, 200)}`"
    if hidden:
        yield "It is sensitive: its value is not shown."
    elif variable.default is None:
        yield "It has no default."
    else:
        yield f"Default: `{wording(variable.default, 200)}`"


def _module_text(use: Use) -> str:
    taken, hidden = variables_of(use.files)
    names = ", ".join(f"`{d.filename}`" for d in use.files.values() if not d.is_tests)
    lines = [
        f"module `{use.block.labels[0].value}`" if use.block.labels else "module",
        f"It is made of {names}.",
    ]
    if taken:
        lines.append("It takes:")
        lines.append(
            "\n".join(
                f"- `{name}`: {' '.join(_variable_lines(variable, hidden=name in hidden))}"
                for name, variable in taken.items()
            )
        )
    return "\n\n".join(lines)


def _argument_text(use: Use) -> str:
    taken, hidden = variables_of(use.files)
    if use.argument not in taken:
        return ""
    told = _variable_lines(taken[use.argument], hidden=use.argument in hidden)
    return "\n\n".join([f"argument `{use.argument}`, a variable of the module", *told])


def _state_text(project: Project, name: str) -> str:
    kind = project.states.get(name)
    if kind is None:
        return ""
    lines = [f'{kind} `"{name}"`']
    if project.aliases.get(name):
        lines.append(f'Its alias, what the backend calls it: "{project.aliases[name]}".')
    inner = [state for state, parent in project.parents.items() if parent == name]
    if inner:
        lines.append("In it: " + _listed(inner) + ".")
    out = [f"`{way.event}` to `{way.target or '(stays)'}`" for way in project.ways if way.source == name]
    into = [f"`{way.event}` from `{way.source}`" for way in project.ways if way.target == name]
    if out:
        lines.append("Out: " + _plainly(out) + ".")
    if into:
        lines.append("In: " + _plainly(into) + ".")
    return "\n\n".join(lines)


def _event_text(project: Project, name: str) -> str:
    fired = [f"`{o.source}.{o.type}`" for o in places.listening_of(project) if name in o.events]
    waited = [f"`{w.source}` to `{w.target or '(stays)'}`" for w in project.ways if w.event == name]
    lines = [f'event `"{name}"`']
    lines += [f"Fired by {_plainly(fired)}."] if fired else []
    lines += [f"Taken in {_plainly(waited)}."] if waited else []
    return "\n\n".join(lines)


def _listed(names: Sequence[str]) -> str:
    return _plainly([f"`{name}`" for name in names])


def _plainly(parts: Sequence[str]) -> str:
    """The first of them; a list in a tooltip ends where it stops to be read."""
    return ", ".join(parts[:_SHOWN]) + (f" and {len(parts) - _SHOWN} more" if len(parts) > _SHOWN else "")


# Expressions


def _in_value(
    document: Document, offset: int, path: tuple[Header, ...], value: syntax.Expression
) -> Iterator[Hover]:
    node: syntax.Node | None = value
    while node is not None:
        if isinstance(node, syntax.Call):
            first, last = document.range(node.name_span)
            if first <= offset <= last:
                yield Hover(start=first, end=last, text=_function_text(node.name))
                return
        inner = [c for c in children(node) if _within(document, c, offset)]
        if isinstance(node, syntax.GetAttribute | syntax.Variable) and not inner:
            yield from _path(document, path, node)
            return
        node = inner[-1] if inner else None


def _path(
    document: Document, path: tuple[Header, ...], node: syntax.GetAttribute | syntax.Variable
) -> Iterator[Hover]:
    last = document.range(node.span)[1]
    first = last - len(node.name)
    if isinstance(node, syntax.Variable):
        yield Hover(start=first, end=last, text=_root_text(node.name))
        return
    found = next(references(node), None)
    if found is None:
        return
    if found.root == "event":
        yield Hover(start=first, end=last, text=_field_text(document, path, found.steps))
    elif len(found.steps) == 1:
        doc = MEMBER_WORDS.get(found.root, {}).get(str(found.steps[0]), "")
        yield Hover(
            start=first, end=last, text=f"member `{found.root}.{found.steps[0]}`\n\n{doc}" if doc else ""
        )


def _root_text(name: str) -> str:
    return f"name `{name}`\n\n{ROOT_WORDS[name]}" if name in ROOT_WORDS else ""


def _function_text(name: str) -> str:
    function = STANDARD.get(name)
    if function is None:
        return ""
    example = EXAMPLES.get(name)
    shown = f"\n\nFor instance `{example}` is `{value_of(example)}`." if example else ""
    return f"function\n\n```hcl\n{function.signature}\n```\n\n{function.doc}{shown}"


def _field_text(document: Document, path: tuple[Header, ...], steps: Sequence[Any]) -> str:
    project = places.project_at(document, path)
    told: dict[str, list[str]] = {}
    names = [str(step) for step in steps if not isinstance(step, int)]
    words: dict[Any, None] = {}
    for one in places.deliveries_at(project, path):
        if is_known(one.source, one.type):
            shape = _shape_of(one, steps)
            if shape:
                told.setdefault(shape, []).append(f"`{one.source}.{one.type}`")
                words.update(dict.fromkeys(words_in(one.source, one.type, names)))
    if not told:
        return ""
    written = ".".join(["event", *map(str, steps)])
    lines = [f"{shape}, in {_plainly(list(dict.fromkeys(kinds)))}" for shape, kinds in told.items()]
    if words:
        lines.append(f"For instance {_listed([hcl(word) for word in words])}.")
    return f"payload field `{written}`\n\n" + "\n\n".join(lines)


def _shape_of(one: Listening, steps: Sequence[Any]) -> str:
    """What is at the end of a path into a payload, in words; empty where no such field is known."""
    source, kind = one.source, one.type
    fault = fault_in(source, kind, (*steps, _NO_FIELD))
    if fault is not None:
        return f"object with {_listed(fault.known)}" if fault.at == len(steps) else ""
    inside = fault_in(source, kind, (*steps, 0, _NO_FIELD))
    if inside is not None and inside.at == len(steps) + 1:
        return f"list of objects with {_listed(inside.known)}"
    return places.payload_words(one, steps)
