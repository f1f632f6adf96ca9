"""Pictures of definitions: what they show, and that no name can break their syntax."""

import re

import pytest
from hypothesis import given, settings
from lark import Lark

from engine.machine.definition import Definition
from engine.machine.diagram import Diagram, Visit, diagram, taken
from engine.machine.drawing import FORMATS, draw
from engine.machine.read import read_definition
from tests.properties.charts import Chart, charts
from tests.properties.machines import Model, models, quoted

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
        "open       merged    no guard              <end>",
        "any state  reopened  no guard              open",
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


#: What Graphviz takes, as strictly as it is written here: every name plain or quoted, every bracket closed.
DOT = Lark(
    r"""
    start: "digraph" NAME block
    block: "{" statement* "}"
    statement: NAME "=" value ";" | NAME attributes? ";" | NAME "->" NAME attributes? ";"
             | "subgraph" NAME block
    attributes: "[" NAME "=" value ("," NAME "=" value)* "]"
    value: NAME | NUMBER | QUOTED
    NAME: /[a-zA-Z_][a-zA-Z0-9_]*/
    NUMBER: /[0-9]+(\.[0-9]+)?/
    QUOTED: /"([^"\\\n]|\\.)*"/
    %ignore /\s+/
    """,
    parser="lalr",
)
_LABEL = r"([A-Za-z0-9 _.,()=!|/+*'$@?\[\]-]|#\d+;|<br/>)+"
_END = r"(\[\*\]|(m\d+_)?s\d+)"
MERMAID = [
    re.compile(pattern)
    for pattern in (
        rf"{_END} --> {_END}( : {_LABEL})?",
        rf'state "{_LABEL}" as (m\d+_)?s\d+( {{)?',
        rf"note right of (m\d+_)?s\d+ : {_LABEL}",
        rf"(m\d+_)?s\d+ : {_LABEL}",
        r"}",
        r"--",
        r"class(Def)? .*",
    )
]


def assert_is_well_formed(picture: Diagram) -> None:
    DOT.parse(draw(picture, "dot"))
    depth = 0
    told: set[str] = set()
    for line in map(str.strip, draw(picture, "mermaid").splitlines()[1:]):
        assert any(pattern.fullmatch(line) for pattern in MERMAID), line
        depth += line.endswith("{") - (line == "}")
        assert depth >= 0
        assert line != "--" or depth
        head = re.fullmatch(rf'state "{_LABEL}" as (\w+)( {{)?', line)
        if head:
            assert head[2] not in told, "a state stands in one place"
            told.add(head[2])
        for end in re.findall(r"\bs\d+\b", line.partition(" : ")[0]) if "-->" in line else ():
            assert end in told, "Mermaid puts a state where it is named first"
    assert depth == 0


@settings(max_examples=40)
@given(models())
def test_no_name_breaks_a_picture(model: Model) -> None:
    assert_is_well_formed(diagram(read(model.source()).provisioners.values()))


@settings(max_examples=60, deadline=None)
@given(charts())
def test_states_in_states_are_drawn_in_each_other(chart: Chart) -> None:
    picture = diagram(read(chart.source()).provisioners.values())
    assert_is_well_formed(picture)
    clusters = len(re.findall(r"subgraph cluster_m0_s", draw(picture, "dot")))
    outer = {node.parent for node in chart.nodes.values()} | {past.parent for past in chart.pasts.values()}
    assert clusters == len(outer - {None})


@pytest.mark.parametrize(
    "hostile", ["m0_start", "m0_end", "<end", "end", "[*]", "--", "}", "state", "</b>", "s0"]
)
def test_names_that_mean_something_to_a_renderer_are_only_names(hostile: str) -> None:
    source = (
        f'provisioner "dev" {{\nstatemachine "dev" {{\ninitial = {quoted(hostile)}\n'
        f'state {quoted(hostile)} {{\non {quoted(hostile)} {{ transition = "<end>" }}\n}}\n}}\n}}\n'
    )
    picture = diagram(read(source).provisioners.values())
    assert_is_well_formed(picture)
    assert "m0_start -> m0_s0;" in draw(picture, "dot")
    assert draw(picture, "mermaid").splitlines()[2] == "  [*] --> s0"


CHART = """
provisioner "dev" {
  statemachine "dev" {
    initial = "open"
    state "open" "next" { transition = "work" }
    parallel "work" {
      on_enter {
        action "http" "tell" {}
      }
      history "last" { deep = true }
      state "code" {
        initial = "writing"
        state "writing" {
          on "written" { transition = "read" }
          after {
            delay      = "72h"
            transition = "stale"
          }
        }
        state "read" {
          always {
            when       = try(context.fast, false)
            transition = "writing"
          }
        }
      }
      state "docs" {}
    }
    state "stale" "resume" { transition = "work.last" }
  }
}
"""


def test_regions_timers_histories_and_reactions_are_shown() -> None:
    text = drawn(CHART, "mermaid")
    assert text == (
        "stateDiagram-v2\n"
        '  state "open" as s0\n'
        '  state "work" as s1 {\n'
        '    state "code" as s2 {\n'
        '      state "writing" as s3\n'
        '      state "read" as s4\n'
        "      [*] --> s3\n"
        "      s3 --> s4 : written\n"
        "      s4 --> s3 : always [try#40;context.fast, false#41;]\n".replace("#40;", "(").replace(
            "#41;", ")"
        )
        + "    }\n"
        "    --\n"
        '    state "docs" as s5\n'
        "    --\n"
        '    state "last (deep history)" as s7\n'
        "  }\n"
        "  note right of s1 : enter / http tell\n"
        '  state "stale" as s6\n'
        "  [*] --> s0\n"
        "  s0 --> s1 : next\n"
        "  s3 --> s6 : after #34;72h#34;\n"
        "  s6 --> s7 : resume\n"
    )
    told = drawn(CHART, "dot")
    assert 'm0_s7 [label="H*", shape=circle, tooltip="work.last"];' in told
    assert 'm0_s0 -> m0_s1 [label="next", lhead=cluster_m0_s1];' in told
    assert 'label="work\\nenter / http tell";' in told
    table = drawn(CHART, "table")
    assert "work has the regions work.code, work.docs" in table
    assert "work.code begins in work.code.writing" in table
    assert "work: on enter, http tell" in table


def test_the_way_through_states_in_states_is_highlighted() -> None:
    path = (
        Visit(before="open", event="next", after="work.code.writing & work.docs"),
        Visit(before="work.code.writing & work.docs", event="after.work.code.writing.1", after="stale"),
        Visit(before="stale", event="resume", after="work.code.writing & work.docs"),
    )
    lines = drawn(CHART, "table", *path).splitlines()
    assert [line.split()[1] for line in lines if line.startswith("*")] == [
        "open",
        "work.code.writing",
        "stale",
    ]
    assert lines[-1] == "the way ends in: work.code.writing, work.docs"
    assert "class s2 current" in drawn(CHART, "mermaid", *path)
    assert "penwidth=3" in drawn(CHART, "dot", *path)
    DOT.parse(drawn(CHART, "dot", *path))


def test_of_two_transitions_alike_the_one_that_was_taken_is_highlighted() -> None:
    twice = """
    provisioner "dev" {
      statemachine "dev" {
        initial = "a"
        state "a" {
          on "go" {
            when       = event.x
            transition = "b"
          }
          on "go" { transition = "b" }
        }
        state "b" { final = true }
      }
    }
    """
    second = read(twice).provisioners["dev"].machine.transitions[1]
    way = frozenset({taken("a", "b", f"elsewhere/{second.span}")})
    marked = drawn(twice, "table", Visit(before="a", event="go", after="b", taken=way)).splitlines()[2:4]
    assert [line[0] for line in marked] == [" ", "*"]
    moved = frozenset({taken("a", "b", "old.hcl:1:1")})  # the definition was another one then
    marked = drawn(twice, "table", Visit(before="a", event="go", after="b", taken=moved)).splitlines()[2:4]
    assert [line[0] for line in marked] == ["*", "*"]


@pytest.mark.parametrize("form", FORMATS)
def test_equal_definitions_give_equal_pictures(form: str) -> None:
    spaced = DEV.replace("\n", "\n\n").replace("# ", "")
    assert drawn(DEV, form) == drawn(spaced, form)


def test_names_that_mean_something_to_a_renderer_are_told_as_they_are() -> None:
    """What `make pictures` found: Graphviz reads HTML's entities, and Mermaid a direction in any line that has one."""
    text = """
provisioner "p" {
  statemachine "p" {
    initial = "&amp;"
    state "&amp;" "\\\\N" { transition = "direction LR" }
    state "direction LR" { final = true }
  }
}
"""
    definition = read_definition(text, "p.hcl").definition
    assert definition is not None
    picture = diagram(definition.provisioners.values())
    assert 'label="&amp;amp;"' in draw(picture, "dot")
    assert 'label="\\\\N"' in draw(picture, "dot")
    assert "direction" not in draw(picture, "mermaid")
    assert '"#100;irection LR"' in draw(picture, "mermaid")
