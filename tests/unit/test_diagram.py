"""Pictures of definitions: what they show, and that no name can break their syntax."""

import re

import pytest
from hypothesis import given, settings

from engine.machine.definition import Definition
from engine.machine.diagram import Visit, diagram
from engine.machine.drawing import FORMATS, draw
from engine.machine.read import read_definition
from tests.properties.machines import Model, models

DEV = """
provisioner "dev" {
  statemachine "dev" {
    initial = "open"
    state "open" {
      on "merged" {
        when       = event.base == "main"
        transition = "done"
        set        = { by = event.user }
        request { comment = "Merged" }
        action "http" "announce" { url = "https://chat.example/" }
      }
      on "merged" { transition = "<end>" }
    }
    state "*" "reopened" { transition = "open" }
    state "noted" {
      alias = null
    }
    state "done" { final = true }
  }
}
"""


def read(source: str) -> Definition:
    result = read_definition(source, "test.hcl")
    assert result.definition is not None, result.diagnostics
    return result.definition


def drawn(source: str, form: str, *path: Visit) -> str:
    definition = read(source)
    return draw(diagram(definition.provisioners.values(), {"dev": path}), form)


def test_mermaid_shows_guards_and_effects() -> None:
    assert drawn(DEV, "mermaid") == (
        "stateDiagram-v2\n"
        '  state "open" as s0\n'
        '  state "noted / internal" as s1\n'
        '  state "done" as s2\n'
        '  state "any state" as s3\n'
        "  [*] --> s0\n"
        "  s0 --> s2 : merged [event.base == #34;main#34;] / set by, request comment, http announce\n"
        "  s0 --> [*] : merged\n"
        "  s3 --> s0 : reopened\n"
        "  s2 --> [*]\n"
    )


def test_dot_shows_guards_and_effects() -> None:
    text = drawn(DEV, "dot")
    assert (
        'm0_s0 -> m0_s2 [label="merged\\n[event.base == \\"main\\"]\\n/ set by\\n/ request comment\\n/ http announce"];'
        in text
    )
    assert 'm0_s1 [label="noted\\ninternal", style="rounded,dashed"];' in text
    assert 'm0_s2 [label="done", peripheries=2];' in text


def test_the_table_is_whole() -> None:
    assert drawn(DEV, "table").splitlines() == [
        "dev: starts in open",
        "from       event     when                  to     does",
        'open       merged    event.base == "main"  done   set by, request comment, http announce',
        "open       merged    always                <end>",
        "any state  reopened  always                open",
        "nothing leads out of: noted / internal, done",
    ]


def test_a_path_is_highlighted_in_every_format() -> None:
    path = (
        Visit(before="done", event="reopened", after="open"),
        Visit(before="open", event="merged", after="done"),
    )
    text = drawn(DEV, "mermaid", *path)
    assert "s3 --> s0 : * reopened" in text
    assert "class s0 visited" in text
    assert "class s2 current" in text
    assert "s0 --> [*] : merged" in text
    assert 'm0_s3 -> m0_s0 [label="reopened", penwidth=3];' in drawn(DEV, "dot", *path)
    assert drawn(DEV, "table", *path).splitlines()[1].split() == ["from", "event", "when", "to", "does"]
    assert [line[0] for line in drawn(DEV, "table", *path).splitlines()[2:5]] == ["*", " ", "*"]


def test_an_end_is_highlighted_where_it_was_met() -> None:
    path = (Visit(before="open", event="merged", after="open"),)
    assert "s0 --> [*] : * merged" in drawn(DEV, "mermaid", *path)
    assert "s0 --> s2 : merged" in drawn(DEV, "mermaid", *path)


_ARROW = re.compile(r"(m\d+_)?s\d+ --> (\[\*\]|(m\d+_)?s\d+)( : ([A-Za-z0-9 _.,()=!|/+*'$@?\[\]-]|#\d+;)+)?")
_STATE = re.compile(r'state "([A-Za-z0-9 _.,()=!|/+*\'$@?\[\]-]|#\d+;)+" as s\d+')


@settings(max_examples=40)
@given(models())
def test_no_name_breaks_a_picture(model: Model) -> None:
    definition = read(model.source())
    picture = diagram(definition.provisioners.values())
    for line in draw(picture, "mermaid").splitlines()[1:]:
        assert (
            _ARROW.fullmatch(line.strip()) or _STATE.fullmatch(line.strip()) or line.startswith("  [*] --> s")
        )
    for line in draw(picture, "dot").splitlines():
        assert len(re.sub(r"\\.", "", line).split('"')) % 2 == 1, line


@pytest.mark.parametrize("form", FORMATS)
def test_equal_definitions_give_equal_pictures(form: str) -> None:
    spaced = DEV.replace("\n", "\n\n").replace("# ", "")
    assert drawn(DEV, form) == drawn(spaced, form)
