"""The `module` block around a place, and what the module there takes."""

from collections.abc import Mapping

from engine.editor.document import Document
from engine.editor.outline import Variable, attribute_text
from engine.frozen import frozen
from engine.language import syntax

SOURCE = "source"


@frozen
class Use:
    """A `module` block, and what of it stands at a place."""

    block: syntax.Block
    #: The files of the module; empty if there is none.
    files: Mapping[str, Document]
    #: The offsets of what is meant: an argument's name, the whole of `source`, or the block's header.
    start: int
    end: int
    #: The argument; empty where the module itself is meant.
    argument: str = ""


def use_at(document: Document, offset: int) -> Use | None:
    """What of a `module` block is at an offset; None in the values of its arguments, and anywhere else."""
    for around in () if document.tree is None else document.tree.blocks_of("provisioner"):
        for block in around.body.blocks_of("module"):
            first, last = document.range(block.span)
            if first <= offset <= last:
                return _part(document, block, offset)
    return None


def _part(document: Document, block: syntax.Block, offset: int) -> Use | None:
    source = attribute_text(block.body, SOURCE)
    files = {} if source is None else document.used(source)
    start, end = document.range(block.header_span)
    if start <= offset <= end:
        # The word itself is explained as that of any other block.
        kind_end = document.range(block.type_span)[1]
        return Use(block=block, files=files, start=start, end=end) if offset > kind_end else None
    for attribute in block.body.attributes:
        name = document.range(attribute.name_span)
        if name[0] <= offset <= name[1]:
            argument = "" if attribute.name == SOURCE else attribute.name
            return Use(block=block, files=files, start=name[0], end=name[1], argument=argument)
        value = document.range(attribute.value.span)
        if attribute.name == SOURCE and value[0] <= offset <= value[1]:
            return Use(block=block, files=files, start=value[0], end=value[1])
    return None


def variables_of(files: Mapping[str, Document]) -> tuple[Mapping[str, Variable], frozenset[str]]:
    """What a module takes, and what of it is sensitive."""
    document = next((d for d in files.values() if not d.is_tests), None)
    if document is None:
        return {}, frozenset()
    taken = {name: variable for name, variable in document.names.variables.items() if name != SOURCE}
    return taken, document.names.sensitive
