"""What holds of an editor's answers for every text: places go back and forth, nothing fails, a rename changes a name only."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from engine.editor.complete import complete
from engine.editor.cursor import cursor_at
from engine.editor.document import Document
from engine.editor.hover import hover
from engine.editor.layout import layout
from engine.editor.navigate import definition, references
from engine.editor.occurrences import Names, occurrences
from engine.editor.positions import Encoding, Text
from engine.editor.rename import CannotRenameError, apply, rename, renameable
from engine.editor.symbols import folds, symbols
from engine.language.format import format_text
from engine.machine.definition import Definition
from engine.machine.read import read_definition
from tests.properties.charts import Chart, charts
from tests.properties.machines import Model, models, names

ROOT = Path(__file__).resolve().parents[2]
SNIPPETS: list[str] = [
    snippet
    for page in sorted([ROOT / "README.md", *ROOT.glob("docs/*.md")])
    for snippet in re.findall(r"^```hcl\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)
]
PIECES = [
    "{", "}", '"', "\n", "\r\n", "\r", "[", "]", "(", ")", "=", ".", "event.", "state ", '"a"', "${", "%{ if", "<<EOT\n", "EOT\n", "#",
    "/*", "*/", "é", "😀", "\u2028", "\0", "\ufeff", "\ud800", 'transition = "', "on ", "aliases = {", "contains(active, ", " & ", "\\", "*", ",",
]  # fmt: skip
texts = st.text(st.characters() | st.sampled_from("\r\n\f\u2028\x85 é😀\ufeffab\ud800"), max_size=60)


def units(text: str, encoding: Encoding) -> int:
    return {
        Encoding.UTF_8: lambda: len(text.encode("utf-8", "surrogatepass")),
        Encoding.UTF_16: lambda: len(text.encode("utf-16-le", "surrogatepass")) // 2,
        Encoding.UTF_32: lambda: len(text),
    }[encoding]()


@given(texts, st.sampled_from(Encoding), st.data())
def test_a_position_leads_back_to_its_offset(text: str, encoding: Encoding, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, len(text)))
    assume(text[max(0, offset - 1) : offset + 1] != "\r\n")
    line, unit = Text(text).position(offset, encoding)
    before = re.split(r"\r\n|\n|\r", text[:offset])
    assert (line, unit) == (len(before) - 1, units(before[-1], encoding))
    assert Text(text).offset_at(line, unit, encoding) == offset


@given(texts, st.integers(-2, 9), st.integers(-2, 200), st.sampled_from(Encoding))
def test_every_position_is_some_offset_of_its_line(
    text: str, line: int, unit: int, encoding: Encoding
) -> None:
    offset = Text(text).offset_at(line, unit, encoding)
    assert 0 <= offset <= len(text)
    lines = len(re.split(r"\r\n|\n|\r", text))
    assert Text(text).line_at(offset) == max(0, min(line, lines - 1))


@given(texts, st.data())
def test_a_byte_leads_back_to_its_character(text: str, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, len(text)))
    byte = Text(text).byte(offset)
    assert byte == len(text[:offset].encode("utf-8", "surrogatepass"))
    assert Text(text).offset(byte) == offset
    assert 0 <= Text(text).offset(data.draw(st.integers(0, 300))) <= len(text)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A definition that somebody is about to change, or has just begun to break."""
    text = draw(st.sampled_from(SNIPPETS))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(text)))
        until = min(len(text), at + draw(st.sampled_from([0, 0, 1, 5, 80])))
        text = text[:at] + "".join(draw(st.lists(st.sampled_from(PIECES), max_size=3))) + text[until:]
    mark = draw(st.sampled_from(["", "", "\ufeff"]))
    return mark + text


@given(mutated(), st.sampled_from(["soc.hcl", "soc_test.hcl"]), st.data())
def test_nothing_fails_at_any_place_of_any_text(text: str, filename: str, data: st.DataObject) -> None:
    beside = Document(SNIPPETS[0], "soc.hcl") if filename != "soc.hcl" else None
    document = Document(
        text, filename, before=Document(SNIPPETS[0], filename), beside=[beside] if beside else ()
    )
    found = symbols(document)
    assert all(s.start <= s.name_start <= s.name_end <= s.end for s in found)
    assert all(first < last for first, last in folds(document))
    layout(document)
    places = data.draw(st.lists(st.integers(0, len(text)), min_size=5, max_size=25))
    for offset in [*places, 0, len(text)]:
        completion = complete(document, offset)
        assert completion.start <= offset <= completion.end <= len(text)
        assert "\n" not in text[completion.start : completion.end]
        told = hover(document, offset)
        assert told is None or told.start <= offset <= told.end
        files = {"own": document}
        definition(files, "own", offset)
        references(files, "own", offset, declared=True)
        place = renameable(document, offset)
        if place is not None:
            assert place[0] <= offset <= place[1]
            try:
                rename(files, "own", offset, "other")
            except CannotRenameError:
                continue


@pytest.mark.parametrize("text", SNIPPETS)
def test_every_prefix_of_every_example_can_be_completed(text: str) -> None:
    for offset in range(0, len(text) + 1, 3):
        found = complete(Document(text[:offset], "soc.hcl"), offset)
        assert found.start <= offset == found.end
        whole = cursor_at(text, offset)
        assert (whole.where, whole.blocks) == (cursor_at(text[:offset], offset).where, whole.blocks)


@given(mutated())
def test_the_edits_of_the_layout_give_the_canonical_text(text: str) -> None:
    formatted = format_text(text, "soc.hcl").text
    assert apply(text, layout(Document(text, "soc.hcl"))) == (text if formatted is None else formatted)


def renamed_there_and_back(text: str, pick: Callable[[int], int], name: str) -> None:
    """Rename a state and take it back: nothing but the name has changed, and then nothing at all."""
    document = Document(text, "soc.hcl")
    states = [o for o in occurrences(document) if o.thing.kind is Names.STATE]
    chosen = states[pick(len(states))]
    before = read_definition(text, "soc.hcl").definition
    assert before is not None
    try:
        edits = rename({"own": document}, "own", chosen.start, name)
    except CannotRenameError:
        return
    changed = apply(text, edits["own"])
    after = read_definition(changed, "soc.hcl").definition
    assert after is not None
    around = chosen.thing.name.rpartition(".")[0] if chosen.thing.name in _inner(before) else ""
    new = f"{around}.{name}" if around else name
    assert new in {n for p in after.provisioners.values() for n in (*p.machine.states, *p.machine.histories)}
    assert after.hash != before.hash
    again = Document(changed, "soc.hcl")
    thing = chosen.thing._replace(name=new)
    place = next(o.start for o in occurrences(again) if o.thing == thing and o.definition)
    back = apply(changed, rename({"own": again}, "own", place, _own(chosen.thing.name, around))["own"])
    found = read_definition(back, "soc.hcl").definition
    assert found is not None
    assert found.hash == before.hash


def _inner(definition_: Definition) -> set[str]:
    machines = [p.machine for p in definition_.provisioners.values()]
    return {s.name for m in machines for s in m.states.values() if s.parent} | {
        name for m in machines for name in m.histories
    }


def _own(name: str, around: str) -> str:
    return name.removeprefix(f"{around}.") if around else name


new_names = names | st.sampled_from(["x", "in review", "für", "for", "true", 'a"b', "${y}", "open"])


@given(models(), new_names, st.data())
def test_a_renamed_machine_differs_in_the_name_only(model: Model, name: str, data: st.DataObject) -> None:
    renamed_there_and_back(model.source(), lambda count: data.draw(st.integers(0, count - 1)), name)


@given(charts(), st.sampled_from(["x", "s1", "in review", "für"]), st.data())
def test_a_renamed_statechart_differs_in_the_name_only(chart: Chart, name: str, data: st.DataObject) -> None:
    renamed_there_and_back(chart.source(), lambda count: data.draw(st.integers(0, count - 1)), name)


@given(st.sampled_from(SNIPPETS), new_names, st.data())
@example(SNIPPETS[0], "to_do", None).via("a name that is taken")
def test_a_renamed_example_differs_in_the_name_only(text: str, name: str, data: st.DataObject | None) -> None:
    renamed_there_and_back(text, lambda count: data.draw(st.integers(0, count - 1)) if data else 0, name)
