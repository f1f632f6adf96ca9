"""Reads a file of tests that stands beside a definition: ``soc_test.hcl`` beside ``soc.hcl``."""

from dataclasses import replace

from engine.diagnostics import Diagnostic, errors_in
from engine.language import parse, syntax
from engine.machine.check_types import FIXED
from engine.machine.definition import Definition, Provisioner
from engine.machine.read_property import read_properties
from engine.machine.read_test import read_tests
from engine.machine.reading import Reader
from engine.machine.shapes import TEST_FILE, TEST_PROVISIONER
from engine.machine.state_names import state_types

#: How the name of such a file ends.
TEST_FILE_ENDING = "_test.hcl"


def read_test_file(
    source: str, filename: str, definition: Definition
) -> tuple[Definition | None, tuple[Diagnostic, ...]]:
    """The definition with the file's `property` and `test` blocks added, None if it has an error; every problem."""
    parsed = parse(source, filename)
    if parsed.tree is None:
        return None, parsed.told
    reader = Reader({filename: source})
    reader.hidden = definition.sensitive
    reader.check_body(parsed.tree, TEST_FILE, "", None)
    provisioners = dict(definition.provisioners)
    for block in parsed.tree.blocks_of("provisioner"):
        found = _of(reader, block, definition)
        if found is not None:
            provisioners[found.name] = _joined(reader, block, provisioners[found.name])
    found_problems = (*parsed.told, *reader.diagnostics)
    if errors_in(found_problems):
        return None, found_problems
    return replace(definition, provisioners=provisioners), found_problems


def _of(reader: Reader, block: syntax.Block, definition: Definition) -> Provisioner | None:
    """The provisioner that a block adds to; None if it was reported to be none."""
    reader.check_body(block.body, TEST_PROVISIONER, "provisioner", block.header_span)
    name = block.labels[0].value.lower() if block.labels else ""
    found = definition.provisioners.get(name)
    if found is None:
        detail = reader.suggest(name, definition.provisioners) or (
            f"{definition.filename} has {', '.join(definition.provisioners) or 'no provisioner'}."
        )
        reader.report("unknown_provisioner", f'There is no provisioner "{name}"', detail, block.header_span)
    return found


def _joined(reader: Reader, block: syntax.Block, provisioner: Provisioner) -> Provisioner:
    names = provisioner.machine.names
    reader.names = replace(names, hidden=names.studied)
    states = provisioner.machine.states
    reader.types = {**FIXED, **state_types(states, provisioner.machine.histories)}
    properties = read_properties(reader, block.body.blocks_of("property"), states)
    tests = read_tests(reader, block.body.blocks_of("test"), states)
    return replace(
        provisioner,
        properties=(*provisioner.properties, *properties),
        tests=(*provisioner.tests, *tests),
    )
