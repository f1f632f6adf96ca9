"""The reference of blocks is made of the code, and its examples do what they say."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.config.workers import read_workers
from engine.decide.run_test import run_test
from engine.diagnostics import render
from engine.language import parse, syntax
from engine.language.format import format_text
from engine.machine.block_examples import EXAMPLES
from engine.machine.block_words import page
from engine.machine.blocks import BLOCKS
from engine.machine.claims import Outcome
from engine.machine.compile import compile_definition
from engine.machine.definition import Definition
from engine.machine.files import Files
from engine.machine.prove import prove
from engine.machine.read import ReadResult, read_files
from engine.machine.shapes import SHAPES
from engine.run.library import MachinesFolder
from engine.sources.check import check_sources
from tests.harness.daemon import ROOT
from tests.harness.several_files import split, write

PAGE = ROOT / "docs/reference/blocks.md"


def test_every_block_is_in_the_reference() -> None:
    assert sorted(BLOCKS) == sorted(SHAPES), "add the block to BLOCKS of engine/machine/blocks.py"
    assert sorted(EXAMPLES) == sorted(SHAPES), "add an example to engine/machine/block_examples.py"


@pytest.mark.parametrize("name", SHAPES)
def test_every_attribute_of_a_block_has_its_row(name: str) -> None:
    shape = SHAPES[name]
    wanted = shape.attributes() | ({"*"} if shape.open and name != "action" else set())
    wanted |= {"*"} if name == "action" else set()
    assert sorted(BLOCKS[name].attributes) == sorted(wanted), (
        "add its row in engine/machine/blocks.py, then run: interlock explain --blocks > docs/reference/blocks.md"
    )


def test_the_page_is_made_of_the_code() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), (
        "run: interlock explain --blocks > docs/reference/blocks.md"
    )


def read(text: str, folder: Path) -> ReadResult:
    """The definition that an example is about: its only file, or the last one."""
    if not text.startswith("# "):
        files = Files(place="example.hcl", folder="", name="example.hcl", texts={"example.hcl": text})
        return read_files(files, MachinesFolder(folder))
    last = write(text, folder)[-1]
    machines = folder / "statemachines"
    found = MachinesFolder(machines)(last.relative_to(machines).as_posix())
    assert isinstance(found, Files)
    return read_files(found, MachinesFolder(machines))


def shape_of(block: syntax.Block) -> str:
    count = len(block.labels)
    return {("state", 2): "state event", ("when", 2): "when delivery"}.get((block.type, count), block.type)


def walk(body: syntax.Body) -> Iterator[syntax.Block]:
    for block in body.blocks:
        yield block
        yield from walk(block.body)


@pytest.mark.parametrize("name", BLOCKS)
def test_an_example_uses_all_of_its_block_and_is_right(name: str, tmp_path: Path) -> None:
    example = EXAMPLES[name]
    result = read(example, tmp_path)
    assert render(result.diagnostics, result.sources) == ""
    assert result.definition is not None
    assert check_sources(result) == ()
    used = [
        block
        for text in (split(example) if example.startswith("# ") else {"": example}).values()
        for block in walk(parse(text, name).tree or pytest.fail("no tree"))
        if shape_of(block) == name
    ]
    set_there = {attribute.name for block in used for attribute in block.body.attributes}
    assert used
    assert SHAPES[name].attributes() <= set_there
    assert set_there - SHAPES[name].attributes() or "*" not in BLOCKS[name].attributes
    does_what_it_says(result.definition)


def does_what_it_says(definition: Definition) -> None:
    compiled = compile_definition(definition)
    for name, provisioner in definition.provisioners.items():
        assert [t.name for t in provisioner.tests if not run_test(compiled[name], t).passed] == []
        proof = prove(provisioner)
        assert [f.property.name for f in proof.findings if f.outcome is not Outcome.HOLDS] == []


@pytest.mark.parametrize("name", BLOCKS)
def test_an_example_is_in_the_canonical_style(name: str) -> None:
    example = EXAMPLES[name]
    for text in (split(example) if example.startswith("# ") else {"": example}).values():
        assert format_text(text.encode(), name).text == text


_SEVERAL = re.compile(r"^```tf\n(.*?)^```", re.MULTILINE | re.DOTALL)
SEVERAL = [
    (f"{place.relative_to(ROOT)}:{number}", text)
    for place in sorted([ROOT / "README.md", *ROOT.glob("docs/**/*.md")])
    for number, text in enumerate(_SEVERAL.findall(place.read_text()))
]


@pytest.mark.parametrize(("place", "text"), SEVERAL, ids=[place for place, _ in SEVERAL])
def test_an_example_of_several_files_in_the_documentation_is_right(
    place: str, text: str, tmp_path: Path
) -> None:
    result = read(text, tmp_path)
    assert render(result.diagnostics, result.sources) == "", place
    assert result.definition is not None
    does_what_it_says(result.definition)


@pytest.mark.parametrize("place", sorted(ROOT.glob("docs/**/*.md")), ids=lambda p: p.name)
def test_a_workers_file_in_the_documentation_is_right(place: Path) -> None:
    for text in re.findall(r"^```yaml\n(.*?)^```", place.read_text(), re.MULTILINE | re.DOTALL):
        if re.search(r"^workers:", text, re.MULTILINE):
            assert [d.summary for d in read_workers(text, place.name).diagnostics] == []
