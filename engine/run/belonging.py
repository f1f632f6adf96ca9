"""Which folder a definition's file is a part of: one that workers.yaml, or a `module` block, takes as one module."""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from engine.diagnostics import Diagnostic
from engine.language import parse, syntax
from engine.machine.read_modules import wrong_source
from engine.run.files import read_text
from engine.run.library import definitions_beside, is_inside

_ENDING = ".hcl"
_MISSING = re.compile(r"There is no (var|local)\.(?P<name>\S+)\Z")


def folder_of(file: Path, machines: Path, named: Iterable[Path]) -> Path | None:
    """The folder whose files are one definition or module with this one; None for a file that stands for itself.

    `named` are the files and folders that workers.yaml names. Where it names none in the folder, another definition in the
    machines directory may.
    """
    folder = file.parent
    real = os.path.realpath(folder)
    places = [os.path.realpath(place) for place in named]
    if real in places:
        return folder
    if real in map(os.path.dirname, places) or real == os.path.realpath(machines):
        return None
    return folder if is_inside(folder, machines) and _is_module(real, machines) else None


def _is_module(real: str, machines: Path) -> bool:
    """Whether a `source` in the machines directory leads to a folder."""
    name = os.path.basename(real)  # noqa: PTH119 - the last part of a text
    for file in sorted(machines.rglob(f"*{_ENDING}")):
        text = None if file.name.startswith(".") else read_text(file, "a definition", [])
        if text is None or "module" not in text or (name not in text and ".." not in text):
            continue
        if any(os.path.realpath(file.parent / source) == real for source in _sources(text, str(file))):
            return True
    return False


def _sources(text: str, name: str) -> Iterator[str]:
    tree = parse(text, name).tree
    for provisioner in () if tree is None else tree.blocks_of("provisioner"):
        for block in provisioner.body.blocks_of("module"):
            source = block.body.attribute("source")
            value = source.value if source is not None else None
            if isinstance(value, syntax.Literal) and wrong_source(value.value) is None:
                yield value.value


def neighbour_with(problem: Diagnostic, file: Path) -> Path | None:
    """The file beside this one that declares what a problem says is not there; None if no such thing is missing."""
    missing = _MISSING.match(problem.summary)
    if problem.code != "unknown_name" or missing is None:
        return None
    for other in definitions_beside(file.parent):
        text = None if other == file else read_text(other, "a definition", [])
        tree = None if text is None else parse(text, str(other)).tree
        if tree is not None and missing["name"] in _declared(tree, missing[1]):
            return other
    return None


def _declared(tree: syntax.Body, root: str) -> set[str]:
    if root == "var":
        return {label.value for block in tree.blocks_of("variable") for label in block.labels[:1]}
    return {a.name for block in tree.blocks_of("locals") for a in block.body.attributes}
