"""Warns of locals and variables that nothing uses."""

import re
from collections.abc import Iterable, Iterator, Mapping

from engine.diagnostics import Diagnostic, Severity, Span
from engine.language import parse, syntax
from engine.language.source import Place
from engine.language.suggest import did_you_mean
from engine.machine.references import references
from engine.machine.reporting import settled

#: What names are declared for.
_ROOTS = ("var", "local")
_WORD = re.compile(r"[^\W\d][\w-]*")


class _Uses:
    """The names that something uses, by their root; a root that is used as a whole uses all."""

    def __init__(self) -> None:
        self.names: dict[str, set[str]] = {root: set() for root in _ROOTS}
        self.whole: set[str] = set()

    def add(self, nodes: Iterable[syntax.Expression]) -> None:
        """Note what is used in values; of one that could not be read, every word that may name something."""
        nodes = list(nodes)
        for node in nodes:
            if isinstance(node, syntax.Unread):
                self._guess(node)
        for reference in (r for node in nodes for r in references(node) if r.root in _ROOTS):
            if reference.steps:
                self.names[reference.root].add(str(reference.steps[0]))
            else:
                self.whole.add(reference.root)

    def _guess(self, node: syntax.Unread) -> None:
        text = node.span.text if isinstance(node.span, Place) else ""
        if not text.strip():  # nobody knows what is going to stand there
            self.whole.update(_ROOTS)
        for root in _ROOTS:
            if re.search(rf"\b{root}\b", text):
                self.names[root].update(_WORD.findall(text))


def unused(tree: syntax.Body, tests: Mapping[str, str]) -> Iterator[Diagnostic]:
    """What a module declares and does not use, in `tests` either: the texts of files of tests by their names.

    What is used only by locals that nothing uses is not used. A module without a provisioner is not finished.
    """
    if not tree.blocks_of("provisioner"):
        return
    local = {a.name: a for block in tree.blocks_of("locals") for a in block.body.attributes}
    variables = {b.labels[0].value: b for b in tree.blocks_of("variable") if b.labels}
    if not local and not variables:
        return
    uses = _Uses()
    uses.add(_values(block for block in tree.blocks if block.type not in ("locals", "variable")))
    for name, text in tests.items():
        beside = parse(text, name).tree
        uses.add(_values(() if beside is None else beside.blocks))
    _follow(uses, local)
    for name in _unused(uses, "local", local):
        yield _warning(
            "unused_local", f"local.{name} is used nowhere", f"local.{name}", local[name].name_span
        )
    for name in _unused(uses, "var", variables):
        place = variables[name].header_span
        yield _warning("unused_variable", f'Variable "{name}" is used nowhere', f"var.{name}", place)


def _warning(code: str, summary: str, use: str, place: Span) -> Diagnostic:
    detail = f"Remove it, or use it: {use}."
    return Diagnostic(
        code=code, summary=summary, detail=detail, subject=settled(place), severity=Severity.WARNING
    )


def _values(blocks: Iterable[syntax.Block]) -> Iterator[syntax.Expression]:
    """Every expression in blocks, at any depth."""
    waiting = list(blocks)
    while waiting:
        body = waiting.pop().body
        yield from (attribute.value for attribute in body.attributes)
        waiting += body.blocks


def _follow(uses: _Uses, local: Mapping[str, syntax.Attribute]) -> None:
    """Add what the locals use that are used."""
    done: set[str] = set()
    while True:
        wanted = local.keys() if "local" in uses.whole else uses.names["local"] & local.keys()
        new = wanted - done
        if not new:
            return
        uses.add(local[name].value for name in new)
        done |= new


def _unused(uses: _Uses, root: str, declared: Iterable[str]) -> list[str]:
    """The names that are not used; one that a misspelled name is like is meant by it."""
    if root in uses.whole:
        return []
    known = set(declared)
    misspelled = uses.names[root] - known
    return [
        name
        for name in declared
        if name not in uses.names[root] and not any(did_you_mean(other, [name]) for other in misspelled)
    ]
